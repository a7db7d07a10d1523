"""The controls of an answer: figures, lines that do not apply, the opt-out, and days that are over."""

from __future__ import annotations

import html
import re
import uuid

import pytest
from django.urls import reverse

from assessments.models import State
from tests.support.factories import in_days, make_assessment, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

ERRORS = "error-rates"
HX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def draft(cast, client):
    client.force_login(cast.owner)
    return make_assessment(State.DRAFT, "low", cast=cast, facts={"output_used_for": "recommendation"}, filled=False)


def items_of(draft, key=ERRORS):
    return [item.key for item in draft.declared().items(draft.compiled(), draft.compiled().questions[key])]


def post(client, draft, key=ERRORS, base=0, **fields):
    data = {f"{key}--base": base, f"{key}--operation": uuid.uuid4()}
    data |= {f"{key}--{name.replace('__', '-')}": value for name, value in fields.items()}
    response = client.post(reverse("answer", args=[draft.reference, key]), data, **HX)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


def row_of(client, draft, key=ERRORS):
    section = draft.compiled().questions[key].section
    page = html.unescape(markup_of(client.get(reverse("section", args=[draft.reference, section]))))
    return page.partition(f'id="q-{key}"')[2].partition('<aside class="hk-note"')[0]


def slot(page, name, key=ERRORS):
    return page.partition(f'id="q-{key}--{name}_error"')[2].partition("</div>")[0][:400]


def test_only_a_question_with_a_figure_shows_its_controls(client, draft):
    row = row_of(client, draft)
    for name in ("measured", "target", "by"):
        assert f'name="{ERRORS}--{name}"' in row
    assert "If the measured value is above the target, the answer counts as “partly in place”." in row
    assert "--measured" not in row_of(client, draft, "use-register")


def test_a_figure_is_saved_with_the_answer_and_shown_again(client, draft):
    day = in_days(30).isoformat()
    page = post(client, draft, items=items_of(draft), measured="8.50", target="5", by=day)
    assert 'data-saved="saved"' in page
    row = row_of(client, draft)
    for value in ("8.5", "5", day):
        assert f'value="{value}"' in row


def test_words_in_a_field_for_a_number_are_an_error_there_and_stay(client, draft):
    page = post(client, draft, items=items_of(draft), measured="about eight")
    assert "Enter a number, such as 4.5." in slot(page, "measured")
    assert 'data-saved="failed"' in page
    assert not draft.answers.exists()


def test_a_per_cent_above_100_is_an_error_at_the_field(client, draft):
    page = post(client, draft, items=items_of(draft), measured="800")
    assert "Enter a number from 0 to 100." in slot(page, "measured")


def test_a_figure_alone_is_no_answer_yet(client, draft):
    page = post(client, draft, measured="8")
    assert "Choose an answer" in page
    assert not draft.answers.exists()


def test_a_planned_day_that_is_over_is_an_error_at_the_field(client, draft):
    page = post(client, draft, "use-register", choice="planned", planned_for="2026-01-31")
    assert "This date is in the past. Enter today or a later date." in slot(page, "planned_for", "use-register")
    assert "Date is in the past" in page
    assert not draft.answers.exists()


def test_the_history_shows_each_figure(client, cast, draft):
    for measured in ("8", "7"):
        ticks = dict.fromkeys(items_of(draft), True)
        save(draft, ERRORS, {"choice": "ticked", "items": ticks, "figure": {"measured": measured}}, by=cast.owner)
    page = client.get(reverse("history", args=[draft.reference, ERRORS]) + "?steps").content.decode()
    assert "measured 8" in page
    assert "measured 7" in page


def test_none_of_the_rest_goes_with_lines_that_do_not_apply(client, draft):
    first, *_others = items_of(draft)
    page = post(client, draft, choice="rest", **{f"reason-{first}": "There is only one direction."})
    assert 'data-saved="saved"' in page
    answer = draft.answers.get()
    assert (answer.choice, answer.items) == ("ticked", {first: "There is only one direction."})
    row = row_of(client, draft)
    assert re.search(r'value="rest" checked', row)
    assert not re.search(r'value="none" checked', row)


def test_none_of_the_rest_needs_a_line_that_does_not_apply(client, draft):
    page = post(client, draft, choice="rest")
    assert "Say why a line does not apply, or choose “None of these”. No line has a reason yet." in page
    assert not draft.answers.exists()


def test_none_of_the_rest_and_a_tick_exclude_each_other(client, draft):
    first, second, *_others = items_of(draft)
    page = post(client, draft, choice="rest", items=second, **{f"reason-{first}": "Only one direction."})
    assert 'data-saved="failed"' in page
    assert not draft.answers.exists()


def test_the_opt_out_is_answered_in_its_own_words(client, cast):
    client.force_login(cast.owner)
    draft = make_assessment(State.DRAFT, "limited", cast=cast, parts=("provider",), filled=False)
    row = row_of(client, draft, "tier-limited-opt-out")
    assert "The use does not deal with people individually, because" in row
    assert 'value="not_applicable"' in row
    assert "not applicable" not in draft.compiled().questions["tier-limited-opt-out"].text
    assert 'value="not_applicable"' not in row_of(client, draft, "tier-limited-transparency")
