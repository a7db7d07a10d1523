"""What the page of a response says, and its tags, however its templates are laid out."""

from __future__ import annotations

import re
from typing import Any

# Elements that stand in a line of text: a space beside one is seen. Beside all others white space is not.
INLINE = (
    *("a", "abbr", "b", "bdi", "button", "cite", "code", "del", "em", "i", "img", "input", "ins", "kbd", "label"),
    *("mark", "output", "q", "s", "samp", "select", "small", "span", "strong", "sub", "sup", "svg", "textarea", "time"),
    *("u", "var"),
)

WHOLE = r'<(?:[^<>"]|"[^"]*")+>'
# One tag, or an element that is read letter by letter.
PIECE = re.compile(rf"(<(textarea|pre|script|style)\b.*?</\2>|{WHOLE})", re.DOTALL)
PART = re.compile(r'(?:[^\s"]|"[^"]*")+')
TAG = re.compile(r"</?([\w-]*)")


def text_of(response: Any) -> str:
    """Return the words of a page without its tags."""
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def markup_of(response: Any) -> str:
    """Return a page with its tags in one form."""
    return compact(response.content.decode())


def compact(page: str) -> str:
    """Return the HTML of a page in one form that does not depend on how its templates are laid out.

    In a tag one space is between two attributes and none is at its edges. White space beside a tag is gone; in a line of
    text only white space with a line break is. Other white space is one space. A text box and `pre` stay as they are.
    """
    parted = PIECE.split(page)
    texts, pieces = parted[::3], parted[1::3]
    beside = [r"\s+", *(_layout_beside(piece) for piece in pieces), r"\s+"]
    shown = []
    for n, text in enumerate(texts):
        shown.append(re.sub(r"\s+", " ", re.sub(f"^{beside[n]}|{beside[n + 1]}$", "", text)))
        shown += [re.sub(f"^{WHOLE}", lambda tag: _one_line(tag[0]), piece) for piece in pieces[n : n + 1]]
    return "".join(shown)


def _layout_beside(piece: str) -> str:
    """Return the pattern of the white space beside a tag that is its layout."""
    tag = TAG.match(piece)
    return r"\s*\n\s*" if tag and tag[1] in INLINE else r"\s+"


def _one_line(tag: str) -> str:
    """Return a tag with its attributes on one line."""
    parts = (re.sub(r'(?<!\bvalue)="([^"]*)"', _trimmed, part) for part in PART.findall(tag))
    return re.sub(r" (/?>)$", r"\1", " ".join(parts))


def _trimmed(value: re.Match[str]) -> str:
    """Return the value of an attribute without the white space that its template put around it."""
    return f'="{" ".join(value[1].split())}"'
