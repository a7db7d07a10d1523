"""Phrases that were given up stay given up: in templates, mails, errors and help texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import phrases
from tests.phrases import Phrase, Visible, found_in, of_code, of_template, phrases_of

TEMPLATE = """{% extends "base.html" %}
{# Put 2 things right: a comment #}
{% comment %}Put 2 things right{% endcomment %}
{% block content %}
<p class="put-2-things-right">
  {% blocktranslate %}Put {{ n }} things right{% endblocktranslate %}</p>
<input placeholder="{% translate "Put 3 things right" %}" aria-label="Put 4 things right">
{% include "part.html" with label=_("Put 5 things right") %}
{% endblock %}
"""
CODE = '''"""Put 2 things right: a docstring."""
from django.utils.translation import gettext as _

KEY = "put_2_things_right"


def said(n):
    """Put 2 things right."""
    # Put 2 things right
    return _("Put %(n)s things right") % {"n": n}, f"Put {n} things right"


class Command:
    help = "Put 6 things right"
'''
PHRASE = Phrase(r"put \d+ things right", "Correct 2 fields")


def lines_with(strings: list[Visible]) -> list[int]:
    return sorted(said.line for said, _phrase in found_in(strings, [PHRASE]))


def test_a_template_is_read_as_people_see_it(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(TEMPLATE)
    assert lines_with(list(of_template(path))) == [6, 7, 7, 8]


def test_code_is_read_without_comments_and_docstrings(tmp_path: Path) -> None:
    path = tmp_path / "views.py"
    path.write_text(CODE)
    assert lines_with(list(of_code(path))) == [10, 10, 14]


def test_each_retired_phrase_is_a_pattern_and_is_listed_once() -> None:
    listed = phrases_of(phrases.RETIRED)
    assert len(listed) > 20
    assert len({phrase.pattern for phrase in listed}) == len(listed)
    for phrase in listed:
        phrase.compiled()


@pytest.mark.long
def test_no_retired_phrase_is_visible(capsys: pytest.CaptureFixture[str]) -> None:
    assert phrases.main([]) == 0, capsys.readouterr().out
    assert int(capsys.readouterr().out.split()[0]) > 5000


def test_a_planted_phrase_fails_the_lint_and_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    planted = next(one for one in phrases_of(phrases.RETIRED) if one.pattern.replace(" ", "").isalpha())
    path = tmp_path / "templates" / "page.html"
    path.parent.mkdir()
    path.write_text(f"<h1>Home</h1>\n<p>Now {planted.pattern} here.</p>\n")
    assert phrases.main(["--root", str(tmp_path)]) == 1
    said = capsys.readouterr().out
    assert said.startswith(
        f"templates/page.html:2: “{planted.pattern}” is retired, say {planted.instead or 'it plainly'}: "
    )
    path.write_text("<h1>Home</h1>\n")
    assert phrases.main(["--root", str(tmp_path)]) == 0
