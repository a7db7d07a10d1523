"""Find retired phrases in what people read: `python -m tests.phrases`, part of `make lint`.

Reads the visible strings of templates, of mails and of the code (messages, errors, help texts of commands) and compares
each with tests/data/retired-phrases.txt. `--try FILE…` says which patterns of other lists find nothing, so that they
can be added.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from django.template.base import Lexer, Token, TokenType

from tests.support.paths import ROOT

RETIRED = ROOT / "tests" / "data" / "retired-phrases.txt"
READ = ("templates", "assessments", "hkguide")
SPOKEN_ATTRIBUTES = {"alt", "aria-label", "content", "data-confirm", "placeholder", "title", "value"}
TRANSLATED = re.compile(r"""^(?:translate|trans)\s+("[^"]*"|'[^']*')|_\(("[^"]*"|'[^']*')\)|=("[^"]* [^"]*")""")


@dataclass(frozen=True, slots=True)
class Visible:
    """One string that people may read, on one line; what is filled in reads %(name)s."""

    path: Path
    line: int
    text: str

    def says(self, pattern: re.Pattern[str]) -> bool:
        """Whether the pattern is in the text, with the names of what is filled in or with a number there."""
        return bool(pattern.search(self.text) or pattern.search(re.sub(r"%\(\w+\)s", "1", self.text)))


@dataclass(frozen=True, slots=True)
class Phrase:
    """A pattern that no visible string matches, in lower case, and what to say instead."""

    pattern: str
    instead: str = ""

    def compiled(self) -> re.Pattern[str]:
        return re.compile(self.pattern, re.IGNORECASE)


def phrases_of(path: Path) -> list[Phrase]:
    """Read a list: a pattern a line, then a tab and what to say instead; lines with # are comments."""
    lines = [line for line in path.read_text("utf-8").splitlines() if line.strip() and not line.startswith("#")]
    return [Phrase(pattern.strip(), instead.strip()) for pattern, _tab, instead in (ln.partition("\t") for ln in lines)]


def visible_in(root: Path) -> Iterator[Visible]:
    """Yield each visible string below a folder."""
    for folder in READ:
        for path in sorted((root / folder).rglob("*")):
            if path.suffix in {".html", ".txt"} and folder == "templates":
                yield from of_template(path)
            elif path.suffix == ".py" and "migrations" not in path.parts:
                yield from of_code(path)


def found_in(strings: Iterable[Visible], phrases: Iterable[Phrase]) -> list[tuple[Visible, Phrase]]:
    compiled = [(phrase, phrase.compiled()) for phrase in phrases]
    return [(said, phrase) for said in strings for phrase, pattern in compiled if said.says(pattern)]


# --- templates -------------------------------------------------------------------------------------------------------


def of_template(path: Path) -> Iterator[Visible]:
    """Yield the texts between tags, attributes that are read out, and strings inside of template tags."""
    html: list[str] = []
    line, is_read = 1, True
    for token in Lexer(path.read_text("utf-8")).tokenize():
        if token.token_type == TokenType.TEXT:
            html.append(token.contents if is_read else "\n" * token.contents.count("\n"))
            line += token.contents.count("\n")
            continue
        if token.contents.split(" ")[0] in ("comment", "endcomment"):
            is_read = token.contents.startswith("end")
        elif token.token_type in (TokenType.BLOCK, TokenType.VAR):
            for texts in TRANSLATED.findall(token.contents):
                yield from _one(path, line, next(filter(None, texts))[1:-1])
        html.append(_filled_in(token))
    reader = _Reader()
    reader.feed("".join(html))
    reader.close()
    for number, text in reader.found:
        yield from _one(path, number, text)


def _filled_in(token: Token) -> str:
    """Return what stands in the place of a tag: a name for a value, nothing for all else."""
    return f"%({re.sub(r'[^0-9A-Za-z]+', '_', token.contents)})s" if token.token_type == TokenType.VAR else ""


class _Reader(HTMLParser):
    """Collects texts and spoken attributes with their lines; a template need not be a whole document."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[int, str]] = []

    def handle_data(self, data: str) -> None:
        self.found.append((self.getpos()[0] + data[: len(data) - len(data.lstrip())].count("\n"), data))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(self.getpos()[0], value) for name, value in attrs if value and name in SPOKEN_ATTRIBUTES]


# --- code ------------------------------------------------------------------------------------------------------------


def of_code(path: Path) -> Iterator[Visible]:
    """Yield each string of two words or more that is no docstring."""
    tree = ast.parse(path.read_text("utf-8"))
    inner: set[int] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Expr(value=ast.Constant(value=str())):
                inner.add(id(node.value))
            case ast.JoinedStr(values=values):
                inner.update(map(id, values))
                yield from _one(path, node.lineno, "".join(map(_literal, values)))
            case ast.Constant(value=str(text)) if id(node) not in inner and " " in text.strip():
                yield from _one(path, node.lineno, text)


def _literal(part: ast.expr) -> str:
    return part.value if isinstance(part, ast.Constant) and isinstance(part.value, str) else "%(value)s"


def _one(path: Path, line: int, text: str) -> Iterator[Visible]:
    words = " ".join(text.split())
    if words:
        yield Visible(path, line, words)


# --- the command -----------------------------------------------------------------------------------------------------


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--try", dest="tried", nargs="+", type=Path, help="lists whose patterns may be added")
    parser.add_argument("--root", type=Path, default=ROOT)
    options = parser.parse_args(arguments)
    strings = list(visible_in(options.root))
    if options.tried:
        return _try(strings, options.tried)
    found = found_in(strings, phrases_of(RETIRED))
    for said, phrase in found:
        place = said.path.relative_to(options.root)
        print(f"{place}:{said.line}: “{phrase.pattern}” is retired, say {phrase.instead or 'it plainly'}: {said.text}")
    print(f"{len(strings)} visible strings, {len(found)} with a retired phrase")
    return bool(found)


def _try(strings: list[Visible], lists: list[Path]) -> int:
    """Print the patterns that find nothing as lines of the list, and what the others find as comments."""
    known = {phrase.pattern for phrase in phrases_of(RETIRED)}
    tried = {phrase.pattern: phrase for path in lists for phrase in phrases_of(path)}
    for pattern, phrase in sorted(tried.items()):
        if pattern in known:
            continue
        hits = found_in(strings, [phrase])
        print(f"{pattern}\t{phrase.instead}" if not hits else f"# {len(hits)} × {pattern}: {hits[0][0].text[:90]}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
