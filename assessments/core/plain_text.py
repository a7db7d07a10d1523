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
SENTENCE = re.compile(r"(?<=[.!?]) +")


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
    marked: bool = True
    missing: list[str] = field(default_factory=list)

    def block(self, text: str) -> SafeString:
        """Return a paragraph or a line of a list; unless what is missing is marked, without the sentences that lack something."""
        if self.marked:
            return self.html(text)
        whole = []
        for sentence in SENTENCE.split(text):
            before = len(self.missing)
            said = self.html(sentence)
            if len(self.missing) == before:
                whole.append(said)
        return mark_safe(" ".join(whole))  # noqa: S308 (each is made by `html`)

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


def read(text: str, values: Mapping[str, str], *, marked: bool = True) -> Page:
    """Read a page. `values`: what `{name}` stands for; an empty value shows as still to be filled in.

    Unless `marked`, a sentence that lacks something is left out, and a heading below which nothing is left.

    Raises CannotRead: too long, no title, an unknown name, a heading or link of another kind.
    """
    if len(text) > MOST_SIGNS:
        raise CannotRead(_("the file is longer than %s characters") % MOST_SIGNS)
    title = ""
    html: list[tuple[str, SafeString]] = []
    words = _Words(values, marked)
    for number, line in enumerate(text.splitlines(), start=1):
        _check(line, number, values)
    for number, block in _blocks(text):
        if block.kind == "h1":
            if title:
                raise CannotRead(_("line %s: there is a second title. Begin headings with ##") % number)
            title = block.lines[0]
        elif not title:
            raise CannotRead(_("line %s: the first line must be the title, for example: # Privacy notice") % number)
        elif block.kind == "ul":
            lines = [line for line in map(words.block, block.lines) if line]
            items = format_html_join("", "<li>{}</li>", ((line,) for line in lines))
            html += [("ul", format_html("<ul>{}</ul>", items))] if lines else []
        else:
            tag = mark_safe(block.kind)  # noqa: S308 (h2, h3 or p, from `_blocks`)
            said = words.block(" ".join(block.lines))
            html += [(block.kind, format_html("<{}>{}</{}>", tag, said, tag))] if said else []
    if not title:
        raise CannotRead(_("the file is empty"))
    parts = [part for _kind, part in html] if marked or not words.missing else _without_bare_headings(html)
    return Page(title, mark_safe("\n".join(parts)), tuple(words.missing))  # noqa: S308 (joined from safe parts)


def _without_bare_headings(blocks: list[tuple[str, SafeString]]) -> list[SafeString]:
    kept: list[tuple[str, SafeString]] = []
    for kind, html in reversed(blocks):
        following = kept[-1][0] if kept else "h2"
        if (kind, following) not in (("h2", "h2"), ("h3", "h2"), ("h3", "h3")):
            kept.append((kind, html))
    return [html for _kind, html in reversed(kept)]


def _blocks(text: str) -> Iterator[tuple[int, Block]]:
    """Yield each block with the number of the line where it begins."""
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
        raise CannotRead(_("line %s: begin a heading with at most three # signs") % number)
    for found in TOKEN.finditer(line):
        _words, link, _bold, name = found.groups()
        if link and not GOOD_LINK.fullmatch(link):
            words = _("line %(number)s: the link %(link)s must begin with https://, http://, mailto: or /")
            raise CannotRead(words % {"number": number, "link": link})
        if name is not None and not name.startswith(FILL) and name not in values:
            known = ", ".join(f"{{{value}}}" for value in sorted(values))
            words = _("line %(number)s: {%(name)s} is not a known value. Use one of these: %(known)s")
            raise CannotRead(words % {"number": number, "name": name, "known": known})
