"""Results and answers in a real browser: axe, 320 px, paper, without script."""

from __future__ import annotations

from urllib.parse import urljoin

import pytest
from django.urls import reverse

from assessments.models import State
from tests.support.browser import axe_faults, new_page, session_of, sign_in, too_wide, without_jobs
from tests.support.factories import in_days, make_assessment, make_cast

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("published"),
    pytest.mark.sqlite_alone,
    pytest.mark.slow_first(24),
]

FACTS = {
    "used_at_work": True,
    "public_facing": True,
    "personal_data": "sensitive",
    "output_used_for": "recommendation",
    "makes_content_for_people": True,
}
ERRORS = "error-rates"


def gaps(edition):
    """One answer of each kind, over and over."""
    found = {}
    for number, question in enumerate(edition.questions.values()):
        if question.is_checklist:
            ticked = {"choice": "ticked", "items": {question.items[0].key: True}, "text": "Kept for three clinics."}
            found[question.key] = [{"choice": "none"}, ticked, {"choice": "unknown"}][number % 3]
        else:
            planned = {"choice": "planned", "planned_for": in_days(50)}
            found[question.key] = [{"choice": "not_in_place"}, {"choice": "partly"}, planned][number % 3]
    return found


@pytest.fixture
def made(edition):
    parts = ("provider", "user")
    answers = gaps(edition)
    with without_jobs():
        cast = make_cast()
        return cast, [
            make_assessment(state, "limited", cast=cast, parts=parts, facts=FACTS, answers=answers)
            for state in (State.DRAFT, State.IN_REVIEW)
        ]


@pytest.mark.long  # daily test_pages looks at the results
def test_results_are_accessible_and_fit_a_phone(live_server, page, made):
    cast, assessments = made
    sign_in(page, live_server.url, session_of(cast.owner))
    for assessment in assessments:
        for path in (
            reverse("results", args=[assessment.reference]),
            reverse("result", args=[assessment.reference, "findings", "all"]),
            reverse("result", args=[assessment.reference, "packages", "personal-data"]),
        ):
            page.goto(urljoin(live_server.url, path))
            assert axe_faults(page, contrast=["light", "dark"]) == []
            assert too_wide(page) == ""


RIGHT_OF = """([inner, outer]) => [...document.querySelectorAll(inner)].map(
  (one) => one.getBoundingClientRect().right - one.closest(outer).getBoundingClientRect().right)"""


@pytest.mark.long
def test_nothing_leaves_its_column_at_1280(live_server, chromium, made):
    """The words of what blocks, the answers of the facts, and the buttons for documents."""
    cast, (draft, _sent) = made
    with new_page(chromium, viewport={"width": 1280, "height": 900}) as page:
        sign_in(page, live_server.url, session_of(cast.owner))
        page.goto(urljoin(live_server.url, reverse("result", args=[draft.reference, "findings", "actions"])))
        over = page.evaluate(RIGHT_OF, [".hk-margin .hk-must", ".hk-margin"])
        assert over
        assert max(over) <= 0
        page.goto(urljoin(live_server.url, draft.use.get_absolute_url()))
        lefts = "() => [...document.querySelectorAll('#facts > .hk-matter > ul > li > :nth-child(2)')].map(one => one.offsetLeft)"
        assert len(set(page.evaluate(lefts))) == 1
        page.goto(urljoin(live_server.url, reverse("results", args=[draft.reference])))
        tops = page.evaluate("() => [...document.querySelectorAll('.hk-offers button')].map(one => one.offsetTop)")
        assert len(tops) == 4
        assert len(set(tops)) == 1


@pytest.mark.long
def test_the_duties_of_an_action_open_without_script(live_server, chromium, made):
    cast, (draft, _sent) = made
    with new_page(chromium, java_script_enabled=False) as plain:
        sign_in(plain, live_server.url, session_of(cast.owner))
        plain.goto(urljoin(live_server.url, reverse("results", args=[draft.reference])))
        group = plain.locator(".hk-by-action-one").first
        assert not group.locator(".hk-short-duties").first.is_visible()
        group.locator("summary").click()
        assert group.locator(".hk-short-duties").first.is_visible()


def test_on_paper_nothing_is_folded_or_cut(live_server, page, made):
    cast, (draft, _sent) = made
    sign_in(page, live_server.url, session_of(cast.owner))
    page.goto(urljoin(live_server.url, reverse("results", args=[draft.reference])))
    page.emulate_media(media="print")
    assert page.locator(".hk-short-duties").first.is_visible()
    cut = page.evaluate(
        """() => [...document.querySelectorAll(".hk-month-why")]
             .filter((one) => one.scrollHeight > one.clientHeight + 1).length"""
    )
    assert cut == 0
    wide = page.evaluate("() => document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth")
    assert wide <= 0


@pytest.mark.long
def test_a_figure_and_none_of_the_rest_save_themselves(live_server, page, made):
    cast, _assessments = made
    draft = make_assessment(State.DRAFT, "low", cast=cast, facts=FACTS, filled=False)
    section = draft.compiled().questions[ERRORS].section
    sign_in(page, live_server.url, session_of(cast.owner))
    page.goto(urljoin(live_server.url, reverse("section", args=[draft.reference, section])))
    row = page.locator(f"#q-{ERRORS}")
    row.locator("[data-checklist] input").first.check()
    row.locator(f"[name='{ERRORS}--measured']").fill("many")
    row.locator(".hk-error", has_text="Enter a number").wait_for()
    row.locator(f"[name='{ERRORS}--measured']").fill("12.5")
    row.locator("summary", has_text="Lines that do not apply").click()
    row.locator("textarea.hk-short").nth(1).fill("There is one kind of case only.")
    row.locator("[data-rest]").check()
    assert row.locator("[data-checklist] input:checked").count() == 0
    row.locator(f"[name='{ERRORS}--target']").fill("5")
    for _ in range(50):  # until the page has saved what was typed last
        page.wait_for_timeout(100)
        answer = draft.answers.first()
        if answer and "target" in answer.figure:
            break
    assert answer.choice == "ticked"
    assert list(answer.items.values()) == ["There is one kind of case only."]
    assert answer.figure == {"measured": "12.5", "target": "5"}
    assert axe_faults(page) == []
    assert too_wide(page) == ""
