"""Templates are laid out so that people can read them: one element a line, and lines of at most 120 characters.

`make lint` checks the layout itself (djade and djhtml). This file counts what they leave: a line stays longer where a
line break would show on the page, inside a line of text, or inside one tag of Django's.
"""

from __future__ import annotations

import re

from tests.support.paths import ROOT

TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
LONGEST = 120
# How many longer lines there are today. It may fall; it does not rise.
LEFT = 405
ONE_TAG = re.compile(r"\s*\{%(?:(?!%\}).)*%\}")


def longer_lines() -> list[tuple[str, int]]:
    """Name and length of each line that is too long and is more than one tag."""
    return [
        (f"{path.relative_to(ROOT)}:{number}", len(line))
        for path in TEMPLATES
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if len(line) > LONGEST and not ONE_TAG.fullmatch(line)
    ]


def test_few_lines_of_templates_are_long():
    found = longer_lines()
    assert len(found) <= LEFT, f"{len(found)} lines, the longest: {sorted(found, key=lambda line: -line[1])[:10]}"


def test_no_line_of_a_template_is_longer_than_four_times_the_limit():
    assert [line for line in longer_lines() if line[1] > 4 * LONGEST] == []
