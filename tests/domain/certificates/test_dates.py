"""Dates for conditions: suggested from what the organisation said, and one date for all of them."""

from __future__ import annotations

from datetime import date

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.formats import date_format

from assessments.core.errors import InvalidAnswer
from assessments.domain.certificates.conditions import one_for_all, suggested
from assessments.models import Certificate, Condition, State
from tests.support.factories import in_days, make_assessment, proved
from tests.support.looking import mark_all
from tests.support.page_text import markup_of, text_of

pytestmark = pytest.mark.sqlite_alone

QUESTION, OTHER = "use-register", "laws-list"


def content(planned: date | None = None, due: date | None = None, full: date | None = None) -> dict:
    actions = [{"question": QUESTION, "due": due.isoformat()}] if due else []
    if full:
        actions[0]["full_due"] = full.isoformat()
    return {"answers": {QUESTION: {"planned_for": planned and planned.isoformat()}}, "actions": actions}


@pytest.mark.parametrize(
    ("planned", "due", "full", "day", "why"),
    [
        (20, 40, None, 20, "planned by the organisation"),
        (200, 40, None, 40, "the end date in the plan"),  # what the organisation planned is too late
        (None, 40, 70, 70, "the end date in the plan"),  # and not the day of the first step
        (-3, None, None, 90, "the latest day allowed"),
        (None, None, None, 90, "the latest day allowed"),
    ],
)
def test_a_date_is_suggested_within_what_is_allowed(planned, due, full, day, why):
    days = [None if number is None else in_days(number) for number in (planned, due, full)]
    found = suggested(content(*days), {QUESTION: 90})[QUESTION]
    assert (found.day, found.why) == (in_days(day), why)


def test_a_plan_that_ends_after_the_latest_day_is_named_beside_that_day():
    found = suggested(content(None, in_days(60), in_days(120)), {QUESTION: 90})[QUESTION]
    later = date_format(in_days(120), "DATE_FORMAT")
    words = f"the latest day allowed, because the end date in the plan is too late ({later})"
    assert (found.day, found.why) == (in_days(90), words)


def test_of_a_split_action_the_part_that_is_done_last_gives_the_date():
    parts = [{"question": QUESTION, "due": in_days(day).isoformat(), "full_due": None} for day in (30, 50)]
    found = suggested({"answers": {}, "actions": parts}, {QUESTION: 90})[QUESTION]
    assert found.day == in_days(50)


def test_one_date_goes_to_all_and_the_latest_day_to_those_that_may_not_take_so_long():
    assert one_for_all(in_days(60), {QUESTION: 90, OTHER: 30}) == {QUESTION: in_days(60), OTHER: in_days(30)}


@pytest.mark.parametrize(("day", "words"), [(0, "after today"), (91, "No requirement can have a due date this late")])
def test_a_date_that_none_may_have_is_refused(day, words):
    with pytest.raises(InvalidAnswer, match=words) as refused:
        one_for_all(in_days(day), {QUESTION: 90, OTHER: 30})
    assert refused.value.field == "one_date"


@pytest.fixture
def case(cast):
    answers = {key: {"choice": "partly", "text": f"Half of {key}."} for key in (QUESTION, OTHER)}
    found = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers).current_submission
    mark_all(found, by=cast.independent)
    return found


@pytest.fixture
def ines(cast):
    return proved(Client(), cast.independent)


def days_in(response) -> dict[str, str]:
    form = response.context["form"]
    return {name: str(form[name].value() or "") for name in form.fields if name.startswith("due-")}


@pytest.mark.django_db
def test_the_answer_and_the_way_to_it_stand_beside_each_condition(ines, case):
    page = ines.get(reverse("approve", args=[case.reference]))
    assert "Half of use-register." in text_of(page)
    assert f'href="{reverse("review_section", args=[case.reference, "governance"])}#q-{QUESTION}"' in markup_of(page)
    assert days_in(page) == {f"due-{QUESTION}": "", f"due-{OTHER}": ""}  # no date is set that nobody chose


@pytest.mark.long
@pytest.mark.django_db
def test_one_date_fills_all_in_one_step_and_saves_nothing_before_the_approval(ines, case):
    page = reverse("approve", args=[case.reference])
    day = in_days(30).isoformat()
    filled = ines.post(page, {"preview": "all", "one_date": day, "statement": "Read."})
    assert days_in(filled) == {f"due-{QUESTION}": day, f"due-{OTHER}": day}
    assert ">\nRead.</textarea>" in markup_of(filled)
    assert "not saved yet" in text_of(filled)
    assert not case.decisions.exists()
    ines.post(page, {"statement": "Read.", **days_in(filled)})
    assert set(Condition.objects.values_list("due_on", flat=True)) == {in_days(30)}
    assert Certificate.objects.exists()


@pytest.mark.django_db
def test_the_suggested_dates_are_filled_in_by_a_button(ines, case):
    filled = ines.post(reverse("approve", args=[case.reference]), {"preview": "suggested", "statement": ""})
    assert all(days_in(filled).values())
    assert "Say what you looked at" not in text_of(filled)
    assert not case.decisions.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "words"),
    [("", "Enter the date that you want"), ("tomorrow", "Enter the date as year"), ("2001-01-01", "after today")],
)
def test_a_faulty_date_for_all_is_said_at_its_field_and_nothing_is_lost(ines, case, given, words):
    typed = in_days(7).isoformat()
    data = {"preview": "all", "one_date": given, "statement": "Kept.", f"due-{OTHER}": typed}
    page = ines.post(reverse("approve", args=[case.reference]), data)
    assert list(page.context["form"].errors) == ["one_date"]
    assert words in text_of(page)
    assert "Kept." in text_of(page)
    assert days_in(page)[f"due-{OTHER}"] == typed


@pytest.mark.long
@pytest.mark.django_db
def test_the_page_of_an_approval_with_conditions_costs_fifteen_queries_at_most(
    ines, case, django_assert_max_num_queries
):
    page = reverse("approve", args=[case.reference])
    ines.get(page)
    with django_assert_max_num_queries(15):
        ines.get(page)
