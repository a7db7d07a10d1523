"""A page as a plain text file: headings, paragraphs, lists, links and bold words, and nothing else.

    # The title of the page
    ## A heading, ### one below it
    A paragraph; an empty line ends it.
    - a line of a list
    [words](https://example.org), [words](/method/) or [words](mailto:help@example.org), and **bold words**
    {operator} for a value that the installation knows, {fill: what is missing} for what its operator has to write

Every other sign is shown as it was typed: there is no HTML in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from django.utils.html import conditional_escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

MOST_SIGNS = 100_000
HEADING = re.compile(r"(#{1,6}) +(\S.*)")
ITEM = re.compile(r"[-*] +(\S.*)")
TOKEN = re.compile(r"\[([^\[\]\n]+)\]\(([^()\s]+)\)|\*\*([^*\n]+)\*\*|\{([^{}\n]*)\}")
GOOD_LINK = re.compile(r"https?://[^\s]+|mailto:[^\s@]+@[^\s@]+|/(?!/)[^\s\\]*")
ADDRESS = re.compile(r"[^\s@]+@[^\s@]+")
FILL = "fill:"


class CannotRead(ValueError):
    """A text that is no such page; the message says what is wrong and on which line."""


@dataclass(frozen=True, slots=True)
class Block:
    """A heading (`h2`, `h3`), a paragraph (`p`) or a list (`ul`), with its lines."""

    kind: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Page:
    title: str
    html: SafeString
    missing: tuple[str, ...]  # what its operator still has to write, in the order of the page


@dataclass(slots=True)
class _Words:
    values: Mapping[str, str]
    missing: list[str] = field(default_factory=list)

    def html(self, text: str) -> SafeString:
        parts, at = [], 0
        for found in TOKEN.finditer(text):
            parts += [conditional_escape(text[at : found.start()]), self._token(found)]
            at = found.end()
        parts.append(conditional_escape(text[at:]))
        return mark_safe("".join(parts))  # noqa: S308 (each part is escaped above, or made by format_html)

    def _token(self, found: re.Match[str]) -> SafeString:
        words, link, bold, name = found.groups()
        if link:
            return format_html('<a href="{}">{}</a>', link, words)
        if bold:
            return format_html("<strong>{}</strong>", self.html(bold))
        value = "" if name.startswith(FILL) else self.values[name]
        if ADDRESS.fullmatch(value):
            return format_html('<a href="mailto:{}">{}</a>', value, value)
        if value:
            return conditional_escape(value)
        missing = name.removeprefix(FILL).strip() if name.startswith(FILL) else name
        self.missing.append(missing)
        return format_html('<mark class="hk-to-fill">{}</mark>', _("To be filled in: %s") % missing)


def read(text: str, values: Mapping[str, str]) -> Page:
    """Read a page. `values`: what `{name}` stands for; an empty value shows as still to be filled in.

    Raises CannotRead: too long, no title, an unknown name, a heading or link of another kind.
    """
    if len(text) > MOST_SIGNS:
        raise CannotRead(_("longer than %s characters") % MOST_SIGNS)
    title = ""
    html = []
    words = _Words(values)
    for number, line in enumerate(text.splitlines(), start=1):
        _check(line, number, values)
    for number, block in _blocks(text):
        if block.kind == "h1":
            if title:
                raise CannotRead(_("line %s: a second title. Begin headings with ##") % number)
            title = block.lines[0]
        elif not title:
            raise CannotRead(_("line %s: the first line has to be the title, as in: # Privacy notice") % number)
        elif block.kind == "ul":
            items = format_html_join("", "<li>{}</li>", ((words.html(line),) for line in block.lines))
            html.append(format_html("<ul>{}</ul>", items))
        else:
            tag = mark_safe(block.kind)  # noqa: S308 (h2, h3 or p, from `_blocks`)
            html.append(format_html("<{}>{}</{}>", tag, words.html(" ".join(block.lines)), tag))
    if not title:
        raise CannotRead(_("it is empty"))
    return Page(title, mark_safe("\n".join(html)), tuple(words.missing))  # noqa: S308 (joined from safe parts)


def _blocks(text: str) -> Iterator[tuple[int, Block]]:
    """Each block with the number of the line where it begins."""
    lines: list[str] = []
    kind, first = "", 0
    for number, raw in enumerate([*text.splitlines(), ""], start=1):
        line = raw.strip()
        heading, item = HEADING.fullmatch(line), ITEM.fullmatch(line)
        follows = bool(line and lines and not heading and (kind == "ul" or not item))
        if lines and not follows:
            yield first, Block(kind, tuple(lines))
            lines = []
        if heading:
            yield number, Block(f"h{len(heading[1])}", (heading[2],))
        elif line:
            if not lines:
                kind, first = "ul" if item else "p", number
            if kind == "ul" and not item:
                lines[-1] += f" {line}"
            else:
                lines.append(item[1] if item else line)


def _check(line: str, number: int, values: Mapping[str, str]) -> None:
    if (heading := HEADING.fullmatch(line.strip())) and len(heading[1]) > 3:
        raise CannotRead(_("line %s: headings go down to ###") % number)
    for found in TOKEN.finditer(line):
        _words, link, _bold, name = found.groups()
        if link and not GOOD_LINK.fullmatch(link):
            words = _("line %(number)s: a link begins with https://, http://, mailto: or /, not %(link)s")
            raise CannotRead(words % {"number": number, "link": link})
        if name is not None and not name.startswith(FILL) and name not in values:
            known = ", ".join(f"{{{value}}}" for value in sorted(values))
            words = _("line %(number)s: {%(name)s} is none of %(known)s")
            raise CannotRead(words % {"number": number, "name": name, "known": known})
