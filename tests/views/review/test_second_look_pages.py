"""The pages of a second look and of figures: what they show to whom, how marks are kept, and one way through in a browser."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.domain.evidence import library
from assessments.domain.review import approval, leads, quality, seat_taking, second_look, second_look_giving
from assessments.domain.submission import submit
from assessments.models import (
    Certificate,
    EvidenceOpening,
    Membership,
    Message,
    ReviewMark,
    Role,
    Route,
    SecondLook,
    SecondLookMark,
    State,
)
from assessments.notifications.kinds import MessageKind
from tests.domain.evidence.made_files import give
from tests.support import browser
from tests.support.browser import photograph
from tests.support.factories import make_assessment, make_cast, make_member, mark_all, prove, proved
from tests.support.looking import give_look
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.sqlite_alone, pytest.mark.slow_first(17)]

FIRST_WORDS = "Oystercatcher: the register of the clinics was shown to me."
QUESTION, SECTION = "use-register", "governance"
MOST_QUERIES = 15
GIVE = '<button class="btn btn-primary" type="submit" name="do" value="give">Submit the second look</button>'


@pytest.fixture
def cast(db):
    caches["pages"].clear()
    return make_cast()


def decided(cast: Any) -> Any:
    """A Limited case that Ines approved, with words of hers on every mark."""
    submission = make_assessment(State.CERTIFIED, "limited", cast=cast).current_submission
    ReviewMark.objects.filter(submission=submission).update(words=FIRST_WORDS)
    return submission


@pytest.fixture
def look(cast):
    return second_look.ask(decided(cast), by=cast.independent, reason="A new kind of use.")


@pytest.fixture
def taken(look, cast):
    return second_look_giving.take(look, by=cast.second_independent)


@pytest.fixture
def ivan(cast):
    return proved(Client(), cast.second_independent)


@pytest.fixture
def ines(cast):
    return proved(Client(), cast.independent)


def address(name: str, look: Any, *more: Any) -> str:
    return reverse(name, args=[look.submission.reference, *more])


def text_of(response: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def filled(page: Any, mark: str = "accepted", **otherwise: str) -> dict[str, str]:
    """What the page of marks posts when everything is marked alike; `otherwise`: fields by name."""
    data = {}
    for line in page.context["lines"]:
        data[line.form["mark"].html_name] = mark
        data[line.form["words"].html_name] = ""
        data[line.form["seen"].html_name] = line.form.initial["seen"]
    return data | otherwise


# --- the queue, and taking -----------------------------------------------------------------------------------------------


def test_the_queue_offers_the_look_to_a_colleague_and_not_to_the_first_reviewer(ivan, ines, look):
    assert address("second_look", look) in ivan.get(reverse("reviews")).content.decode()
    assert address("second_look", look) not in ines.get(reverse("reviews")).content.decode()


@pytest.mark.long
def test_the_queue_says_neither_outcome_nor_names_of_a_case_that_is_offered(ivan, ines, look, cast):
    other = decided(cast)
    rows = {line.shown.reference: line.shown for line in ivan.get(reverse("reviews")).context["done"].lines}
    offered, open_one = rows[look.submission.reference], rows[other.reference]
    assert (offered.seats, offered.last, offered.state) == ((), "decided", "")
    assert ([name for name, _away in open_one.seats], open_one.last) == (
        ["Ines Independent"],
        "approved by Ines Independent",
    )
    assert address("second_look", look) in ivan.get(reverse("reviews")).content.decode()
    rows = [line.shown.seats for line in ines.get(reverse("reviews")).context["done"].lines]
    assert () not in rows  # to everybody else it is said


def test_a_conflict_of_interest_is_recorded_and_the_look_is_gone(ivan, look):
    page = ivan.post(address("second_look_take", look), {"conflict": "declared", "words": "My sister works there."})
    assert page.url == reverse("reviews")
    assert ivan.get(address("second_look", look)).status_code == 404
    assert SecondLook.objects.get().reviewer is None


@pytest.mark.long
def test_taking_it_leads_to_the_overview_and_closes_the_case(ivan, look):
    case = look.submission.get_absolute_url()
    assert ivan.get(case).status_code == 200
    page = ivan.post(address("second_look_take", look), {"conflict": "none", "words": ""}, follow=True)
    assert page.redirect_chain[-1][0] == address("second_look", look)
    assert ivan.get(case).status_code == 404
    assert case not in ivan.get(reverse("reviews")).content.decode()


@pytest.mark.long
def test_nothing_of_the_first_reviewer_is_on_any_page_of_the_look(ivan, taken):
    every = [
        address("second_look", taken),
        *(url for _t, url, *_n in ivan.get(address("second_look", taken)).context["pages"]),
    ]
    assert len(every) > 3
    for url in every:
        page = ivan.get(url)
        assert page.status_code == 200
        assert "Oystercatcher" not in page.content.decode()
        assert "Ines Independent" not in page.content.decode()


# --- marking -------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_page_of_marks_keeps_what_can_be_kept_and_says_what_is_missing(ivan, taken):
    url = address("second_look_marks", taken, SECTION)
    page = ivan.get(url)
    first, *others = [line.row for line in page.context["lines"]]
    words = "It lacks two clinics."
    data = filled(page, **{f"{first.anchor}-mark": "change_needed"})
    page = ivan.post(url, data)
    assert page.status_code == 200
    assert "Say what is missing, in a sentence." in text_of(page)
    assert SecondLookMark.objects.count() == len(others)
    assert f'value="change_needed" id="id_{first.anchor}-mark_2" checked' in markup_of(page)
    page = ivan.post(url, filled(page, **{f"{first.anchor}-mark": "change_needed", f"{first.anchor}-words": words}))
    assert page.status_code == 302
    assert SecondLookMark.objects.get(target=first.target).words == words


@pytest.mark.long
def test_words_without_a_mark_and_a_mark_taken_away_ask_for_one(ivan, taken):
    url = address("second_look_marks", taken, SECTION)
    page = ivan.get(url)
    anchor = page.context["lines"][0].row.anchor
    data = filled(page, "", **{f"{anchor}-words": "I am not sure."})
    page = ivan.post(url, data)
    assert "Choose one of the three marks." in text_of(page)
    assert "I am not sure." in page.content.decode()
    assert SecondLookMark.objects.count() == 0


@pytest.mark.long
def test_a_page_that_was_tampered_with_keeps_nothing(ivan, taken):
    url = address("second_look_marks", taken, SECTION)
    page = ivan.get(url)
    anchor = page.context["lines"][0].row.anchor
    page = ivan.post(url, filled(page, **{f"{anchor}-seen": "1:2:3:q:use-register"}))
    assert "Open the page again" in text_of(page)
    assert SecondLookMark.objects.count() == 0


@pytest.mark.long
def test_the_pages_lead_from_one_to_the_next_and_then_to_giving_it(ivan, taken):
    page = ivan.get(address("second_look", taken))
    assert GIVE not in markup_of(page)
    url, pages = page.context["next"], len(page.context["pages"])
    for _page in range(pages):
        url = ivan.post(url, filled(ivan.get(url))).url
    assert url == address("second_look", taken)
    assert GIVE in markup_of(ivan.get(url))
    assert ivan.post(url, {"do": "give"}).status_code == 302
    assert SecondLook.objects.get().is_given


@pytest.mark.long
def test_giving_it_too_early_says_what_is_left(ivan, taken):
    page = ivan.post(address("second_look", taken), {"do": "give"})
    left = len(second_look_giving.asked_of(taken, taken.submission.content()))
    assert f"{left} facts and answers have no mark." in text_of(page)


def test_giving_it_up_leads_to_the_queue(ivan, taken):
    assert ivan.post(address("second_look", taken), {"do": "put_back"}).url == reverse("reviews")
    assert SecondLook.objects.get().reviewer is None


# --- both sides ----------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_both_reviewers_see_the_differences_and_write_about_them(ivan, ines, taken, cast):
    give_look(taken, cast.second_independent, q__use_register="change_needed")
    for client in (ivan, ines):
        page = client.get(address("second_look", taken))
        words = text_of(page)
        assert len(page.context["apart"]) == 1
        assert "the second mark is stricter" in words
        assert FIRST_WORDS in words
        assert "The newest entry is of May." in words
    assert ines.post(address("second_look", taken), {"do": "write", "write-text": "I saw the copy."}).status_code == 302
    assert "I saw the copy." in text_of(ivan.get(address("second_look", taken)))
    page = ivan.post(address("second_look", taken), {"do": "write", "write-text": " "})
    assert "Write your message." in text_of(page)


@pytest.mark.long
def test_a_given_look_is_linked_from_the_case_and_from_the_figures_of_both(ivan, ines, taken, cast):
    link = f'href="{address("second_look", taken)}"'
    case = reverse("review", args=[taken.submission.reference])
    assert link not in markup_of(ines.get(case))  # blind until it is given, for both
    assert link not in markup_of(ivan.get(reverse("quality")))
    give_look(taken, cast.second_independent, q__use_register="change_needed")
    for client, words in (
        (ivan, "carried out by you on"),
        (ines, "second look at your case, carried out by Ivan Independent on"),
    ):
        page = client.get(reverse("quality"))
        assert link in markup_of(page)
        assert words in text_of(page)
    for client in (ivan, ines):
        page = client.get(case)
        assert link in markup_of(page)
        assert "Second look by Ivan Independent, carried out on" in text_of(page)
        assert re.search(
            r"carried out on \d+ \w+ \d{4} ?\. The first reviewer’s marks were not shown during the second look\. "
            r"The second look does not change the decision",
            text_of(page),
        )
    third = make_member(Role.REVIEWER, cast.body, "Ilse Independent").user
    assert link not in markup_of(proved(Client(), third).get(case))  # no lead, no part in it
    assert link not in markup_of(proved(Client(), third).get(reverse("quality")))


@pytest.mark.long
def test_the_page_says_that_the_look_was_blind_how_much_was_judged_and_who_chose_it(ivan, taken, cast):
    give_look(taken, cast.second_independent)
    words = text_of(ivan.get(address("second_look", taken)))
    content = taken.submission.content()
    every = len(content["facts"]) + len(content["questions"])
    assert "Ivan Independent had no part in the case." in words
    assert "The marks and names of the first reviewers, and the decision, were not shown" in words
    assert (
        f"{len(second_look_giving.asked_of(taken, content))} of {every} facts and answers were judged again. They include every fact and answer that decides the tier"
        in words
    )
    assert "Ines Independent asked for this second look on" in words
    assert "Ines Independent gave this reason: A new kind of use." in words
    SecondLook.objects.update(asked_by=None, reason="")
    words = text_of(ivan.get(address("second_look", taken)))
    assert "No person chose it." in words
    assert "Reason that" not in words


def test_the_figures_name_both_rules_for_too_few_and_say_what_counts_for_the_body(ines, cast):
    rules = quality.rules_on(timezone.localdate())
    words = text_of(ines.get(reverse("quality")))
    assert f"A percentage for one reviewer is shown only if it is based on at least {rules.least_items} items" in words
    assert (
        f"so it must also be based on at least {rules.least_cases} cases. These minimum numbers are in the issuing rules"
        in words
    )
    assert "The figures on this page count all second looks." in words
    assert "The figures of the reviewing body count only second looks that were drawn at random." in words


@pytest.mark.long
def test_the_page_names_who_hears_of_a_grave_difference_and_it_is_no_reviewer_of_the_case(ivan, ines, taken, cast):
    give_look(taken, cast.second_independent)
    page = text_of(ivan.get(address("second_look", taken)))
    assert "Your report goes to: Ines Independent." in page
    assert "it goes to somebody who reviewed the case" in page  # there is nobody else
    assert "Nobody is notified of your report." in text_of(ines.get(address("second_look", taken)))
    make_member(Role.REVIEWER, cast.body, "Ilse Independent")
    for client in (ivan, ines):  # Ines leads the body, and decided the case
        page = text_of(client.get(address("second_look", taken)))
        assert "Your report goes to: Ilse Independent." in page
        assert "it goes to somebody who reviewed the case" not in page


@pytest.mark.long
def test_a_grave_difference_is_reported_once_and_leads_to_the_certificate(ivan, taken, cast):
    make_member(Role.REVIEWER, cast.body, "Ilse Independent")
    give_look(taken, cast.second_independent, q__use_register="change_needed")
    number = Certificate.objects.get(submission=taken.submission).number
    page = ivan.get(address("second_look", taken))
    assert reverse("certificate_status", args=[number]) in page.content.decode()
    page = ivan.post(address("second_look", taken), {"do": "report", "report-words": ""})
    assert "Say how the two reviews differ" in text_of(page)
    ivan.post(address("second_look", taken), {"do": "report", "report-words": "The notice was never shown."})
    assert Message.objects.get(kind=MessageKind.SECOND_LOOK_REPORTED).link == reverse(
        "certificate_status", args=[number]
    )
    page = ivan.get(address("second_look", taken))
    assert "The notice was never shown." in text_of(page)
    assert page.content.decode().count("Report the difference") == 0


@pytest.mark.long
def test_evidence_opens_as_in_a_review_and_its_opening_is_kept(cast, ivan):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    piece = give(
        "Minutes", "text/plain", b"Minutes of 3 May.\n", by=cast.owner, organisation=cast.organisation
    )  # fmt: skip
    library.attach(piece, assessment, QUESTION, by=cast.owner)
    prove(assessment, by=cast.owner)
    submission = submit.submit(assessment, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    look = second_look.ask(submission, by=cast.independent, reason="A new kind of use.")
    args = [submission.reference, piece.reference, 1]
    second_look_giving.take(look, by=cast.second_independent)
    assert b"".join(ivan.get(reverse("review_evidence", args=args)).streaming_content) == b"Minutes of 3 May.\n"
    page = ivan.get(reverse("evidence_preview", args=args))
    assert "Minutes of 3 May." in page.content.decode()
    for astray in ("review", "case_evidence"):
        assert f'"{reverse(astray, args=[submission.reference])}"' not in page.content.decode()
    assert reverse("second_look", args=[submission.reference]) in page.content.decode()
    assert EvidenceOpening.objects.filter(submission=submission, reviewer=cast.second_independent).count() == 1


# --- figures -------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_own_page_says_shares_times_and_what_is_too_few(ines, cast):
    decided(cast)
    words = text_of(ines.get(reverse("quality")))
    figures = quality.own_figures(cast.independent, "90")
    assert "You have approved, returned or refused 1 submission" in words
    assert f"{figures.own_set.n} of {figures.own_set.of} (100 %)" in words
    assert "Half of the marks took 20 seconds or less." in words
    assert f"too few to give a figure: {figures.evidence.of} in total" in words
    empty = text_of(ines.get(reverse("quality"), {"period": "no such period"}))
    assert "You have approved, returned or refused 1 submission" in empty  # as for the shortest


def test_a_reviewer_within_an_organisation_reads_figures_that_nobody_else_does(cast):
    words = text_of(proved(Client(), cast.reviewer).get(reverse("quality")))
    assert "Only you see these figures" in words
    assert reverse("quality_reviewers") not in words
    assert "the leads of the reviewing body see these figures" in text_of(
        proved(Client(), cast.independent).get(reverse("quality"))
    )


def test_the_page_of_all_names_reviewers_by_name_without_a_rank(ines, cast):
    decided(cast)
    page = ines.get(reverse("quality_reviewers"))
    words = text_of(page)
    assert words.index("Ines Independent") < words.index("Ivan Independent")
    for word in ("rank", "best", "top", "score"):
        assert not re.search(rf"\b{word}\b", words.replace("They are not a ranking", ""))


def test_who_leads_is_changed_on_the_page_of_all(ines, cast):
    ines_row, ivan_row = (Membership.objects.get(user=who).pk for who in (cast.independent, cast.second_independent))
    page = ines.post(reverse("quality_reviewers"), {"do": "end", "member": ines_row}, follow=True)
    assert "The reviewing body needs at least one lead." in text_of(page)
    ines.post(reverse("quality_reviewers"), {"do": "name", "member": ivan_row})
    assert leads.leads_of_body() == {cast.independent.pk, cast.second_independent.pk}
    page = ines.post(reverse("quality_reviewers"), {"do": "end", "member": ines_row})
    assert page.url == reverse("quality")
    assert ines.get(reverse("quality_reviewers")).status_code == 403
    for nonsense in ({}, {"member": "x"}, {"do": "name", "member": "999999999999999999999"}):
        assert proved(Client(), cast.second_independent).post(reverse("quality_reviewers"), nonsense).status_code == 302


@pytest.mark.long
def test_a_lead_asks_for_a_look_from_the_page_of_all(ines, cast):
    submission = decided(cast)
    url = reverse("second_look_ask", args=[submission.reference])
    assert url in ines.get(reverse("quality_reviewers")).content.decode()
    assert "Say in a sentence why you are asking for a second look." in text_of(ines.post(url, {"reason": ""}))
    assert ines.post(url, {"reason": "A new kind of use."}).url == reverse("quality_reviewers")
    page = ines.get(reverse("quality_reviewers"))
    assert url not in page.content.decode()
    assert "asked for by Ines Independent" in text_of(page)


@pytest.mark.long
def test_everybody_reads_on_the_method_page_how_looks_are_drawn_and_how_far_reviewers_agree(client, cast):
    words = text_of(client.get(reverse("method")))
    assert "the server picks cases at random for a second look: 20 % of the cases in the Limited tier" in words
    assert words.count("too few marks to give a figure") >= 2
    caches["pages"].clear()
    for _n in range(5):
        make_assessment(State.CERTIFIED, "high", cast=cast)
    found = quality.body_agreement()
    words = text_of(client.get(reverse("method")))
    assert f"the same mark on {found.seats.same} of {found.seats.of} facts and answers (100 %), in 5 cases" in words


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize(
    "name", ["second_look", "second_look_marks", "quality", "quality_reviewers", "reviews", "method"]
)
def test_each_page_takes_at_most_so_many_queries(name, ivan, ines, taken, cast):
    args = [taken.submission.reference] if name.startswith("second_look") else []
    args += [SECTION] if name == "second_look_marks" else []
    client = ines if name in ("quality", "quality_reviewers") else ivan
    reader = cast.second_independent
    for given in (False, True):
        if given:
            if name == "second_look_marks":
                break
            give_look(taken, reader, q__use_register="change_needed")
            caches["pages"].clear()
        client.get(reverse(name, args=args))  # what is read once a process is read
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(name, args=args)).status_code == 200
        assert len(queries) <= MOST_QUERIES, [query["sql"][:120] for query in queries]


# --- in a browser --------------------------------------------------------------------------------------------------------


@pytest.mark.long  # daily the tests above open and send each of its pages, and count their queries
@pytest.mark.browser
def test_a_second_look_from_the_queue_to_both_sides(chromium, live_server, published, page):
    with browser.without_jobs():
        cast = make_cast()
        submission = decided(cast)
        second_look.ask(submission, by=cast.independent, reason="A new kind of use.")
        caches["pages"].clear()
    faults = []

    def check(name: str) -> None:
        page.wait_for_load_state("networkidle")
        found = browser.axe_faults(page, contrast=("light", "dark"))
        page.set_viewport_size(browser.NARROW)
        found += browser.axe_faults(page)
        photograph(page, f"{name}-320")
        page.set_viewport_size(browser.WIDE)
        photograph(page, f"{name}-1280")
        faults.extend(f"{name}: {fault}" for fault in [*found, browser.too_wide(page)] if fault)
        assert given or "Oystercatcher" not in page.content()

    given = False
    browser.sign_in(page, live_server.url, browser.session_of(cast.second_independent))
    page.goto(live_server.url + reverse("reviews"))
    check("queue")
    assert "Ines Independent" not in page.content()
    page.locator("#second-looks").get_by_role("link", name="Start").click()
    check("take")
    page.get_by_label("No, I have no conflict of interest").check()
    page.get_by_role("button", name="Declare interests and start the second look").click()
    check("overview")
    page.get_by_role("link", name="Start marking").click()
    check("facts")
    page.get_by_role("button", name="Save these marks and continue").click()  # without a mark it goes on
    page.goto(live_server.url + reverse("second_look_marks", args=[submission.reference, SECTION]))
    page.locator("#q-use-register").get_by_label("Change needed", exact=True).check()
    page.get_by_role("button", name="Save these marks and continue").click()
    page.get_by_text("Say what is missing, in a sentence.").first.wait_for()
    check("section-with-error")
    page.locator("#q-use-register textarea").fill("It lacks two clinics.")
    while True:
        for accepted in page.get_by_label("Accepted", exact=True).all():
            if not page.locator(f"input[name='{accepted.get_attribute('name')}'][value='change_needed']").is_checked():
                accepted.check()
        page.get_by_role("button", name="Save these marks and continue").click()
        if page.locator("#give").count():
            break
    check("all-marked")
    page.get_by_role("button", name="Submit the second look").click()
    given = True
    page.get_by_role("heading", name="Second look: 1 mark differs").wait_for()
    check("both-sides")
    page.get_by_label("Your message").fill("Two clinics are missing in it.")
    page.get_by_role("button", name="Send the message").click()
    page.get_by_text("Two clinics are missing in it.").wait_for()
    page.get_by_label("How do the two reviews differ").fill("The register does not cover two clinics.")
    page.get_by_role("button", name="Report the difference").click()
    page.get_by_text("The register does not cover two clinics.").wait_for()
    check("reported")
    browser.sign_in(page, live_server.url, browser.session_of(cast.independent))
    for name in ("quality", "quality_reviewers", "method"):
        page.goto(live_server.url + reverse(name))
        check(name)
    page.goto(live_server.url + reverse("second_look", args=[submission.reference]))
    check("first-reviewer")
    assert faults == []
