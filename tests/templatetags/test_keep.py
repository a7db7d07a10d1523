"""What a template keeps, it keeps by the values that it shows, and inside of that nothing else is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.template import Context, Template, TemplateSyntaxError
from django.utils import translation
from django.utils.safestring import mark_safe

from assessments.templatetags.hk import KeepNode

LOAD = "{% load hk i18n %}"


def draw(template: Template, **context: Any) -> str:
    return template.render(Context(context))


def test_the_same_values_are_drawn_once_and_others_anew():
    template = Template(LOAD + "{% keep name=name %}{{ name }}{% endkeep %}")
    assert [draw(template, name=name) for name in ("Olivia", "Connie", "Olivia")] == ["Olivia", "Connie", "Olivia"]
    with pytest.raises(TypeError):  # what may change is refused, not kept
        draw(template, name=object())


def test_inside_nothing_is_known_but_what_is_named():
    template = Template(LOAD + "{% keep name=name %}{{ name }} {{ other }}{{ user }}{% endkeep %}")
    assert draw(template, name="Olivia", other="secret", user="Otto") == "Olivia "


def test_what_is_equal_but_not_alike_is_kept_apart():
    template = Template(LOAD + "{% keep value=value %}{{ value }}{% endkeep %}")
    assert [draw(template, value=value) for value in (1, True, "<b>", mark_safe("<b>"))] == [
        "1",
        "True",
        "&lt;b&gt;",
        "<b>",
    ]


def test_each_page_has_a_token_of_its_own():
    template = Template(LOAD + "{% keep %}{{ csrf_token }}{% endkeep %}")
    assert [draw(template, csrf_token=token) for token in ("first", "second")] == ["first", "second"]


def test_each_language_is_kept_for_itself():
    template = Template(LOAD + "{% keep %}{% get_current_language as code %}{{ code }}{% endkeep %}")
    with translation.override("en"):
        assert draw(template) == "en"
    with translation.override("zh-hant"):
        assert draw(template) == "zh-hant"


def test_a_frozen_record_is_a_value_and_one_with_a_list_is_none():
    @dataclass(frozen=True)
    class Record:
        names: Any

    template = Template(LOAD + "{% keep record=record %}{{ record.names|join:', ' }}{% endkeep %}")
    assert draw(template, record=Record(("a", "b"))) == "a, b"
    with pytest.raises(TypeError):
        draw(template, record=Record(["a", "b"]))


def test_what_has_no_name_cannot_be_kept():
    with pytest.raises(TemplateSyntaxError):
        Template(LOAD + "{% keep name %}{% endkeep %}")


def test_what_is_filled_in_is_of_each_page_and_escaped() -> None:
    template = Template(
        LOAD + "{% keep word=word fill name=name n=n %}{{ word }}: {{ name }}, {{ n }}, {{ name }}{% endkeep %}"
    )
    shown = [template.render(Context({"word": "For", "name": name, "n": n})) for name, n in (("Ann", 1), ("<b>", 2))]
    assert shown == ["For: Ann, 1, Ann", "For: &lt;b&gt;, 2, &lt;b&gt;"]
    (node,) = template.nodelist.get_nodes_by_type(KeepNode)
    assert len(node.kept) == 1


def test_nobody_who_writes_a_text_can_name_the_place_of_another() -> None:
    template = Template(LOAD + "{% keep word=word fill name=name %}{{ word }} {{ name }}{% endkeep %}")
    assert template.render(Context({"word": "-name-", "name": "-word-"})) == "-name- -word-"
