"""Evidence that is added to what is signed: until the decision, judged by the reviewers, counted at the gates."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse

from assessments.access.separation import delivery_team
from assessments.audit import rows as audited
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, NotReady, SeparationOfDuties
from assessments.domain.evidence import library
from assessments.domain.review import approval, decisions, seat_taking, supplements
from assessments.domain.submission import submit
from assessments.models import (
    AuditEntry,
    Confidentiality,
    Evidence,
    Message,
    State,
    Submission,
    Supplement,
    SupplementMark,
)
from assessments.models.audit import row_digest, row_name
from assessments.models.base import FrozenRow
from tests.support.daily import mostly_long
from tests.support.factories import Cast, anew, in_days, make_assessment, make_evidence, mark_all, prove
from tests.support.mutants import fails_without

pytestmark = [pytest.mark.sqlite_alone, pytest.mark.slow_first(28)]

NOTICE, OPT_OUT = "q:tier-limited-transparency", "q:tier-limited-opt-out"
MISSING = ["The notice to the people affected", "The way to opt out"]


def in_review(cast: Cast, tier: str = "limited", *, proven: bool = False, **fields: Any) -> Submission:
    """A case with every mark, of which the gates lack their evidence."""
    draft = make_assessment("draft", tier, cast=cast, **fields)
    if proven:
        prove(draft, by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    return submission


def add(submission: Submission, target: str, cast: Cast, piece: Evidence | None = None, **fields: Any) -> Supplement:
    piece = piece or make_evidence(cast.organisation, by=cast.owner, title="Screenshot of the notice")
    given = {"by": cast.owner, "words": "The notice as patients see it."} | fields
    return supplements.attach(submission.assessment, target, piece, **given)


def judge(submission: Submission, row: Supplement, by: Any, verdict: str = "supports", **fields: Any) -> SupplementMark:
    return supplements.judge_supplement(submission, row.pk, by=by, verdict=verdict, **fields)


def lacks(submission: Submission) -> list[str]:
    return [lack.label for lack in approval.missing_at_the_gates(submission, submission.content())]


@pytest.mark.long
@fails_without("what was added after the signing is judged")
def test_what_a_gate_asks_for_is_attached_while_the_answer_is_locked_and_counts_once_it_is_judged(cast: Cast) -> None:
    submission = in_review(cast)
    assert lacks(submission) == MISSING
    rows = [add(submission, target, cast) for target in (NOTICE, OPT_OUT)]
    assert lacks(submission) == MISSING
    judge(submission, rows[0], cast.independent)
    assert lacks(submission) == MISSING[1:]
    with pytest.raises(NotReady) as refused:
        approval.approve(submission, by=cast.independent, statement="Read.")
    assert refused.value.reasons[-1] == "You still have to judge one evidence item that was added after signing."
    judge(submission, rows[1], cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    assert anew(submission.assessment).state == State.CERTIFIED


@pytest.mark.parametrize("verdict", ["partly", "does_not"])
def test_what_a_reviewer_does_not_find_to_support_counts_not(cast: Cast, verdict: str) -> None:
    submission = in_review(cast)
    row = add(submission, NOTICE, cast)
    with pytest.raises(InvalidAnswer) as error:
        judge(submission, row, cast.independent, verdict)
    assert error.value.field == "words"
    judge(submission, row, cast.independent, verdict, words="It names no limits.")
    assert lacks(submission) == MISSING


@pytest.mark.long
def test_the_stricter_of_two_reviewers_wins(cast: Cast) -> None:
    submission = in_review(cast, "high", proven=False)
    seat_taking.take(submission, by=cast.second_independent)
    row = add(submission, "part:tests", cast)
    judge(submission, row, cast.independent)
    assert "Tests" not in lacks(submission)
    judge(submission, row, cast.second_independent, "partly", words="One language only.")
    assert "Tests" in lacks(submission)


def test_the_judgement_of_somebody_without_a_seat_any_more_counts_not(cast: Cast) -> None:
    submission = in_review(cast)
    judge(submission, add(submission, NOTICE, cast), cast.independent)
    submission.seats.update(reviewer=cast.second_independent)
    assert lacks(submission) == MISSING


def test_evidence_that_was_withdrawn_since_counts_not(cast: Cast) -> None:
    submission = in_review(cast)
    row = add(submission, NOTICE, cast)
    judge(submission, row, cast.independent)
    library.withdraw(row.version.evidence, by=cast.owner)
    assert lacks(submission) == MISSING


def test_its_content_is_kept_with_who_and_when_and_never_changes(cast: Cast) -> None:
    submission = in_review(cast)
    row = add(submission, NOTICE, cast)
    assert (row.by, row.sha256, row.version.number) == (cast.owner, row.version.sha256, 1)
    library.add_version(row.version.evidence, by=cast.owner, link="https://example.org/newer")
    assert Supplement.objects.get().version.number == 1
    for change in (lambda: Supplement.objects.update(words="Other."), lambda: row.delete()):
        with pytest.raises(FrozenRow):
            change()
    entry = AuditEntry.objects.get(kind="supplement_attached")
    assert entry.detail.content()["sha256"] == row.sha256
    assert list(AuditEntry.objects.faults(cast.organisation.reference)) == []


def test_the_log_names_it_and_tells_a_change_past_the_product(cast: Cast) -> None:
    row = add(in_review(cast), NOTICE, cast)
    chain = cast.organisation.reference
    assert audited.compare(chain).faults == ()
    assert row in list(audited.rows_of(chain))
    (entry,) = AuditEntry.objects.filter(kind="supplement_attached")
    said = json.loads(entry.rows)[row_name(row)]
    assert row_digest(row) == said
    row.words = "Something else."
    assert row_digest(row) != said


@pytest.mark.long
def test_the_same_version_twice_is_once(cast: Cast) -> None:
    submission = in_review(cast)
    piece = make_evidence(cast.organisation, by=cast.owner)
    assert add(submission, NOTICE, cast, piece) == add(submission, NOTICE, cast, piece)
    assert add(submission, OPT_OUT, cast, piece).pk
    assert Supplement.objects.count() == 2


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("state", ["draft", "certified", "refused", "withdrawn"])
@fails_without("nothing is added after the decision", "certified")
def test_nothing_is_added_before_the_signing_and_after_the_decision(cast: Cast, state: str) -> None:
    assessment = make_assessment(state, "limited", cast=cast)
    piece = make_evidence(cast.organisation, by=cast.owner)
    with pytest.raises(Locked):
        supplements.attach(assessment, NOTICE, piece, by=cast.owner, words="The notice.")
    assert not Supplement.objects.exists()


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("state", ["submitted", "in_review", "returned"])
def test_it_is_added_from_the_signing_on(cast: Cast, state: str) -> None:
    assessment = make_assessment(state, "limited", cast=cast)
    piece = make_evidence(cast.organisation, by=cast.owner)
    assert supplements.attach(assessment, NOTICE, piece, by=cast.contributor, words="The notice.").pk


@pytest.mark.long
def test_after_the_decision_nothing_is_judged(cast: Cast) -> None:
    submission = in_review(cast, proven=True)
    row = add(submission, NOTICE, cast)
    judge(submission, row, cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    with pytest.raises(Locked):
        judge(submission, row, cast.independent, "partly", words="No.")


@pytest.mark.long
def test_it_stays_with_the_case_in_the_next_round(cast: Cast) -> None:
    submission = in_review(cast)
    submission.marks.filter(target="q:use-register").update(mark="change_needed", would_satisfy="Show it.")
    judge(submission, add(submission, NOTICE, cast), cast.independent)
    decisions.send_back(submission, by=cast.independent)
    again = submit.submit(submission.assessment, by=cast.owner, route="independent")
    assert again.seats.filter(
        reviewer=cast.independent
    ).exists()  # the seat went over, and what was judged from it counts
    assert lacks(again) == MISSING[1:]
    again.seats.all().delete()
    assert lacks(again) == MISSING


@pytest.mark.long
def test_only_what_something_asks_for_takes_evidence(cast: Cast) -> None:
    answers = {"accountable-owner": {"choice": "partly"}}
    submission = in_review(cast, answers=answers)
    assert add(submission, "q:accountable-owner", cast).pk  # it blocks the certificate
    for target in ("q:use-register", "part:tests", "f:public_facing", "anything"):
        with pytest.raises(InvalidAnswer) as error:
            add(submission, target, cast)
        assert error.value.field == "target"


@pytest.mark.long
def test_a_part_of_the_file_takes_evidence_and_a_table_takes_none(cast: Cast) -> None:
    submission = in_review(cast, "high", proven=True)
    assert add(submission, "part:bias", cast).pk
    with pytest.raises(InvalidAnswer):
        add(submission, "part:overseers", cast)


@pytest.mark.long
def test_what_cannot_be_kept_as_it_is_today_is_refused_at_its_field(cast: Cast) -> None:
    submission = in_review(cast)
    link = make_evidence(cast.organisation, by=cast.owner, link="https://example.org/notice")
    shown = make_evidence(
        cast.organisation, by=cast.owner, confidentiality=Confidentiality.ON_REQUEST, held_by="Legal office"
    )
    old = make_evidence(cast.organisation, by=cast.owner)
    Evidence.objects.filter(pk=old.pk).update(expires_on=in_days(-1))
    gone = make_evidence(cast.organisation, by=cast.owner)
    library.withdraw(gone, by=cast.owner)
    for piece in (link, shown, old, gone, make_evidence()):
        with pytest.raises(InvalidAnswer) as error:
            add(submission, NOTICE, cast, piece)
        assert error.value.field == "piece"
    with pytest.raises(InvalidAnswer) as error:
        add(submission, NOTICE, cast, words="  ")
    assert error.value.field == "words"


@pytest.mark.parametrize("who", mostly_long(["viewer", "reviewer", "independent", "outsider", "staff", "assigned"], 2))
def test_nobody_else_adds_evidence(cast: Cast, who: str) -> None:
    submission = in_review(cast)
    with pytest.raises((NotPermitted, InvalidAnswer)):
        add(submission, NOTICE, cast, by=getattr(cast, who))
    assert not Supplement.objects.exists()


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    "who", mostly_long(["owner", "viewer", "reviewer", "second_independent", "outsider", "staff"], 2)
)
def test_nobody_without_a_seat_judges_it(cast: Cast, who: str) -> None:
    submission = in_review(cast)
    row = add(submission, NOTICE, cast)
    with pytest.raises((NotPermitted, SeparationOfDuties)):
        judge(submission, row, getattr(cast, who))
    assert not SupplementMark.objects.exists()


def test_who_adds_it_and_who_gave_it_is_of_the_delivery_team(cast: Cast) -> None:
    submission = in_review(cast)
    piece = make_evidence(cast.organisation, by=cast.contributor)
    assert cast.contributor.pk not in delivery_team(submission.assessment)
    add(submission, NOTICE, cast, piece)
    assert cast.contributor.pk in delivery_team(submission.assessment)


@pytest.mark.long
def test_an_approval_that_rests_on_it_goes_stale_with_it(cast: Cast) -> None:
    submission = in_review(cast, proven=True)
    row = add(submission, NOTICE, cast)
    judge(submission, row, cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    library.withdraw(row.version.evidence, by=cast.owner)
    assert anew(submission.assessment).stale_since


@pytest.mark.long
def test_the_reviewers_are_told(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    submission = in_review(cast)
    mail.outbox.clear()
    with django_capture_on_commit_callbacks(execute=True):
        add(submission, NOTICE, cast)
    line = Message.objects.get(kind="supplement")
    assert (line.recipient, line.link) == (
        cast.independent,
        reverse("review_supplements", args=[submission.reference]),
    )
    assert [sent.to for sent in mail.outbox] == [[cast.independent.email]]


# --- pages ----------------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_owner_adds_it_from_the_assessment_the_results_and_the_answer(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    reference = submission.assessment.reference
    piece = make_evidence(cast.organisation, by=cast.owner, title="Screenshot of the notice")
    client.force_login(cast.owner)
    url = reverse("supplements", args=[reference])
    for page in (
        submission.assessment.get_absolute_url(),
        reverse("results", args=[reference]),
        reverse("answer_evidence", args=[reference, NOTICE[2:]]),
    ):
        assert url in client.get(page).content.decode(), page
    page = client.get(f"{url}?for={NOTICE}")
    assert page.context["form"]["target"].value() == NOTICE
    wrong = client.post(url, {"target": NOTICE, "piece": piece.reference, "words": ""})
    assert wrong.status_code == 200
    assert "Say in a sentence or two what the evidence shows." in wrong.content.decode()
    sent = {"target": NOTICE, "piece": piece.reference, "words": "The notice as patients see it."}
    assert client.post(url, sent).status_code == 302
    text = client.get(url).content.decode()
    row = Supplement.objects.get()
    assert (row.sha256 in text, "The notice as patients see it." in text) == (True, True)
    beside = client.get(reverse("answer_evidence", args=[reference, NOTICE[2:]])).content.decode()
    assert "The notice as patients see it." in beside


@pytest.mark.long
def test_a_reviewer_reads_it_beside_the_answer_and_judges_it(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    row = add(submission, NOTICE, cast)
    client.force_login(cast.independent)
    url = reverse("review_supplements", args=[submission.reference])
    section = reverse("review_section", args=[submission.reference, "tier"])
    assert f"{url}#later-{row.pk}" in client.get(section).content.decode()
    assert url in client.get(reverse("review", args=[submission.reference])).content.decode()
    file = reverse("review_evidence", args=[submission.reference, row.version.evidence.reference, 1])
    assert file in client.get(url).content.decode()
    assert client.get(file).status_code == 200
    name = f"later-{row.pk}"
    wrong = client.post(url, {f"{name}-verdict": "partly", f"{name}-words": "", f"{name}-base": "0"})
    assert wrong.status_code == 200
    assert "Say what is missing" in wrong.content.decode()
    client.post(url, {f"{name}-verdict": "supports", f"{name}-words": "", f"{name}-base": "0"})
    assert SupplementMark.objects.get().verdict == "supports"
    assert "Ines Independent, reviewer:" in client.get(section).content.decode()
    client.force_login(cast.owner)
    owners = reverse("supplements", args=[submission.assessment.reference])
    assert "Ines Independent" not in client.get(owners).content.decode()  # until the decision


@pytest.mark.long
def test_two_pages_of_one_reviewer_lose_no_judgement_and_a_closed_case_shows_it(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    row = add(submission, NOTICE, cast)
    judge(submission, row, cast.independent, "partly", words="No date.")
    client.force_login(cast.independent)
    url, name = reverse("review_supplements", args=[submission.reference]), f"later-{row.pk}"
    sent = {f"{name}-verdict": "does_not", f"{name}-words": "Of another system.", f"{name}-base": "0"}
    stale = client.post(url, sent)
    assert "You have already saved a different judgement in another window: Partly." in " ".join(
        stale.content.decode().split()
    )
    assert all(words in stale.content.decode() for words in ("No date.", "Of another system."))
    again = stale.context["rows"][0].form
    assert client.post(url, sent | {f"{name}-base": again["base"].value()}).status_code == 302
    decisions.refuse(submission, by=cast.independent, statement="It shows another system.")
    closed = client.get(url)
    assert closed.context["rows"][0].form is None
    assert "Of another system." in closed.content.decode()


@pytest.mark.long
def test_a_page_of_a_draft_takes_no_evidence(client: Client, cast: Cast) -> None:
    draft = make_assessment("draft", "limited", cast=cast, filled=False)
    client.force_login(cast.owner)
    assert client.get(reverse("supplements", args=[draft.reference])).status_code == 404
    done = make_assessment("certified", "limited", cast=cast)
    page = client.get(reverse("supplements", args=[done.reference]))
    assert page.context["form"] is None
    assert "You can add evidence here after signing, until a reviewer decides." in page.content.decode()
