"""The gates of an approval: evidence of the tier's duties, the conformity file, and sentences that are signed with it.

What is refused here is refused by the workflow, whatever page or shell it is tried from.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.core.errors import Conflict, InvalidAnswer, Locked, NotPermitted, NotReady
from assessments.domain.answering import conformity_file
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.certificates import blockers, monitoring, requirements, standing
from assessments.domain.evidence import library
from assessments.domain.review import approval, seat_taking
from assessments.domain.submission import self_certify, submit
from assessments.models import (
    Answer,
    Assessment,
    AuditEntry,
    Certificate,
    ConformityEvidence,
    ConformityPart,
    ConformityRevision,
    Evidence,
    EvidenceUse,
    Message,
    Role,
    Submission,
)
from assessments.models.base import FrozenRow
from tests.support.acting import close_as, report_done
from tests.support.factories import (
    FILE_ROWS,
    Cast,
    in_days,
    make_assessment,
    make_evidence,
    make_member,
    mark_all,
    prove,
)
from tests.support.kept_calls import kept
from tests.support.page_text import compact

pytestmark = pytest.mark.sqlite_alone

NOTICE, OPT_OUT = "tier-limited-transparency", "tier-limited-opt-out"
PARTS = ["tests", "data", "bias", "security", "incident-plan", "overseers", "measures", "monitoring"]


@kept
def in_review(cast: Cast, tier: str = "limited", *, proven: bool = True) -> Submission:
    """Submitted and taken, every answer accepted; `proven`: with all that the gates of the tier ask for."""
    draft = make_assessment("draft", tier, cast=cast)
    if proven:
        prove(draft, by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    return submission


def refused(submission: Submission, by: Any) -> list[str]:
    with pytest.raises(NotReady) as error:
        approval.approve(submission, by=by, statement="Read.")
    return error.value.reasons


def labels(reasons: list[str]) -> list[str]:
    return [reason.split(":")[0] for reason in reasons]


# --- evidence for notice and opt-out --------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_limited_use_is_not_approved_without_evidence_of_notice_and_opt_out(cast: Cast) -> None:
    submission = in_review(cast, proven=False)
    assert labels(refused(submission, cast.independent)) == [
        "The notice to the people affected",
        "The way to opt out",
    ]


@pytest.mark.long
def test_limited_use_with_evidence_of_notice_and_opt_out_is_approved(cast: Cast) -> None:
    submission = in_review(cast)
    approval.approve(submission, by=cast.independent, statement="Read.")
    assert Certificate.objects.get(submission=submission).tier == "limited"


def test_evidence_that_expired_or_was_withdrawn_since_counts_no_more(cast: Cast) -> None:
    draft = make_assessment("draft", "limited", cast=cast)
    for key, expires in ((NOTICE, in_days(1)), (OPT_OUT, None)):
        piece = make_evidence(cast.organisation, by=cast.owner, link=f"https://example.org/{key}", expires_on=expires)
        library.attach(piece, draft, key, by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    assert approval.obstacles_to_approve(submission, cast.independent) == []
    library.withdraw(EvidenceUse.objects.get(answer__question__key=OPT_OUT).evidence, by=cast.owner)
    assert labels(refused(submission, cast.independent)) == ["The way to opt out"]
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=2)):
        assert labels(refused(submission, cast.independent)) == [
            "The notice to the people affected",
            "The way to opt out",
        ]


def test_a_developer_alone_is_not_asked_how_people_opt_out(cast: Cast) -> None:
    draft = make_assessment("draft", "limited", cast=cast, parts=("developer",))
    submission = submit.submit(draft, by=cast.owner, route="independent")
    found = approval.missing_at_the_gates(submission, submission.content())
    assert [lack.question for lack in found] == [NOTICE]


@pytest.mark.long
def test_a_low_use_passes_no_gate(cast: Cast) -> None:
    submission = in_review(cast, "low", proven=False)
    approval.approve(submission, by=cast.independent, statement="Read.")
    assert Certificate.objects.filter(submission=submission).exists()


# --- the conformity file --------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_high_use_is_not_approved_by_anybody_without_its_conformity_file(cast: Cast) -> None:
    submission = in_review(cast, "high", proven=False)
    seat_taking.take(submission, by=cast.second_independent)
    mark_all(submission, by=cast.second_independent)
    for reviewer in (cast.independent, cast.second_independent):
        found = approval.missing_at_the_gates(submission, submission.content())
        reasons = refused(submission, reviewer)
        assert reasons[: len(found)] == [approval.said(submission, submission.content(), lack) for lack in found]
        assert len(found) == 2 + len(PARTS)
    assert [lack.part for lack in found if lack.part] == PARTS


@pytest.mark.parametrize("gone", PARTS)
def test_conformity_file_without_one_part_names_that_part_as_missing(cast: Cast, gone: str) -> None:
    submission = in_review(cast, "high")
    content = submission.content()
    edition = submission.assessment.compiled()
    today = timezone.localdate()
    assert requirements.missing(edition, content, today=today) == []
    content["conformity"] = [part for part in content["conformity"] if part["part"] != gone]
    assert [lack.part for lack in requirements.missing(edition, content, today=today)] == [gone]


@pytest.mark.parametrize(
    ("part", "rows"),
    [("overseers", {"name": "Dr Chan", "qualification": "Nurse"}), ("measures", {"measure": "Errors", "limit": "3"})],
)
def test_conformity_row_without_a_cell_does_not_count(cast: Cast, part: str, rows: dict[str, str]) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    conformity_file.save_part(draft, part, GivenPart(rows=[*FILE_ROWS[part], rows]), by=cast.owner, base=1)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    found = approval.missing_at_the_gates(submission, submission.content())
    assert [(lack.part, lack.words.split(".")[0]) for lack in found] == [(part, "Fill in every field of each entry")]


@pytest.mark.parametrize(
    ("period_to", "given", "fresh"),
    [
        (0, 0, True),
        (-35, 0, True),
        (-36, 0, False),
        (400, 0, True),  # a period that ends in the future speaks for no day after the record was given
        (400, -36, False),
        (None, 0, False),
    ],
)
def test_monitoring_speaks_up_to_its_period_and_never_past_the_day_it_was_given(
    cast: Cast, period_to: int | None, given: int, fresh: bool
) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    content = submit.submit(draft, by=cast.owner, route="independent").content()
    part = next(part for part in content["conformity"] if part["part"] == "monitoring")
    part["evidence"][0] |= {
        "period_to": None if period_to is None else in_days(period_to).isoformat(),
        "given_on": in_days(given).isoformat(),
    }
    found = requirements.missing(draft.compiled(), content, today=timezone.localdate())
    assert [lack.part for lack in found] == ([] if fresh else ["monitoring"])


def test_a_record_shown_on_request_only_proves_no_monitoring(cast: Cast) -> None:
    content = in_review(cast, "high").content()
    part = next(part for part in content["conformity"] if part["part"] == "monitoring")
    part["evidence"][0] |= {"given_on": None, "on_request": True, "version": 0}
    assert [lack.part for lack in requirements.missing(_edition(), content, today=timezone.localdate())] == [
        "monitoring"
    ]


def _edition() -> Any:
    from assessments.access import finders

    return finders.current_edition()


def test_a_newer_record_given_during_the_review_keeps_it_going(cast: Cast) -> None:
    submission = in_review(cast, "high")
    later = timezone.now() + timedelta(days=40)
    with mock.patch("django.utils.timezone.now", return_value=later):
        assert labels(refused(submission, cast.independent)) == ["Monitoring"]
        fresh = make_evidence(
            cast.organisation, by=cast.owner, link="https://example.org/newest", period_to=timezone.localdate()
        )
        conformity_file.save_part(
            submission.assessment, "monitoring", GivenPart(evidence=[fresh.reference]), by=cast.owner, base=1
        )
        assert approval.obstacles_to_approve(submission, cast.independent) == []
        with pytest.raises(Locked):
            conformity_file.save_part(
                submission.assessment, "tests", GivenPart(evidence=[fresh.reference]), by=cast.owner, base=1
            )


def test_both_approvals_of_a_complete_high_use_lead_to_the_certificate(cast: Cast) -> None:
    submission = in_review(cast, "high")
    approval.approve(submission, by=cast.independent, statement="Read.")
    assert not Certificate.objects.exists()
    seat_taking.take(submission, by=cast.second_independent)
    mark_all(submission, by=cast.second_independent)
    approval.approve(submission, by=cast.second_independent, statement="I agree.")
    assert Certificate.objects.get().tier == "high"


# --- keeping the file -----------------------------------------------------------------------------------------------------


def high_draft(cast: Cast) -> Assessment:
    return make_assessment("draft", "high", cast=cast, filled=False)


def test_every_version_of_a_part_is_kept_and_a_stale_one_overwrites_nothing(cast: Cast) -> None:
    draft = high_draft(cast)
    first = conformity_file.save_part(draft, "overseers", GivenPart(rows=FILE_ROWS["overseers"]), by=cast.owner, base=0)
    assert (first.revision, first.rows) == (1, FILE_ROWS["overseers"])
    theirs = [{"name": "Nurse Wong", "qualification": "Ward manager", "power": "Calls the desk"}]
    with pytest.raises(Conflict) as error:
        conformity_file.save_part(draft, "overseers", GivenPart(rows=theirs), by=cast.contributor, base=0)
    assert error.value.current.rows == FILE_ROWS["overseers"]
    kept = ConformityRevision.objects.order_by("number").values_list("number", "value__rows", "outcome")
    assert list(kept) == [(1, FILE_ROWS["overseers"], "current"), (2, theirs, "conflict")]
    again = conformity_file.save_part(draft, "overseers", GivenPart(rows=theirs), by=cast.contributor, base=1)
    assert (again.revision, again.by) == (3, cast.contributor)
    with pytest.raises(FrozenRow):
        ConformityRevision.objects.update(number=9)


def test_saving_what_stands_already_writes_nothing(cast: Cast) -> None:
    draft = high_draft(cast)
    for _twice in range(2):
        conformity_file.save_part(
            draft, "measures", GivenPart(rows=[*FILE_ROWS["measures"], {}]), by=cast.owner, base=0
        )
    assert ConformityRevision.objects.count() == 1


def test_who_writes_in_the_file_may_not_approve(cast: Cast) -> None:
    both = make_member(Role.CONTRIBUTOR, cast.organisation, "Wanda Writer")
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    conformity_file.save_part(
        draft, "overseers", GivenPart(rows=FILE_ROWS["overseers"], words="Watched day and night."), by=both.user, base=1
    )
    from assessments.access.separation import delivery_team

    assert both.user.pk in delivery_team(draft)


@pytest.mark.parametrize("who", ["viewer", "reviewer", "independent", "outsider", "staff", "assigned"])
def test_conformity_part_by_anybody_without_the_role_is_refused(cast: Cast, who: str) -> None:
    draft = high_draft(cast)
    with pytest.raises(NotPermitted):
        conformity_file.save_part(
            draft, "overseers", GivenPart(rows=FILE_ROWS["overseers"]), by=getattr(cast, who), base=0
        )
    assert not ConformityPart.objects.exists()


def test_unknown_conformity_part_or_evidence_is_refused(cast: Cast) -> None:
    neighbours = make_evidence()
    with pytest.raises(Locked):
        conformity_file.save_part(high_draft(cast), "horoscope", GivenPart(), by=cast.owner, base=0)
    limited = make_assessment("draft", "limited", cast=cast, filled=False)
    with pytest.raises(Locked):
        conformity_file.save_part(limited, "tests", GivenPart(), by=cast.owner, base=0)
    with pytest.raises(InvalidAnswer) as error:
        conformity_file.save_part(
            high_draft(cast), "tests", GivenPart(evidence=[neighbours.reference]), by=cast.owner, base=0
        )
    assert error.value.field == "evidence"


def test_conformity_file_is_frozen_with_the_submission(cast: Cast) -> None:
    submission = in_review(cast, "high")
    before = submission.content()["conformity"]
    assert [part["part"] for part in before] == PARTS
    ConformityPart.objects.update(rows=[], words="Changed since.")
    ConformityEvidence.objects.all().delete()
    assert Submission.objects.defer(None).get(pk=submission.pk).content()["conformity"] == before


def test_a_reviewer_reads_the_pieces_of_the_file_and_no_others(client: Client, cast: Cast) -> None:
    submission = in_review(cast, "high")
    other = make_evidence(cast.organisation, by=cast.owner, link="https://example.org/private")
    client.force_login(cast.independent)
    page = client.get(reverse("review", args=[submission.reference])).content.decode()
    named = submission.content()["conformity"][0]["evidence"][0]
    assert reverse("review_evidence", args=[submission.reference, named["reference"], named["version"]]) in page
    assert "Stops it at the console" in page
    address = reverse("review_evidence", args=[submission.reference, other.reference, 1])
    assert client.get(address).status_code == 404


# --- its pages ------------------------------------------------------------------------------------------------------------


def test_the_file_is_filled_from_the_task_list_on(client: Client, cast: Cast) -> None:
    draft = high_draft(cast)
    client.force_login(cast.owner)
    start = client.get(draft.get_absolute_url()).content.decode()
    file = reverse("conformity", args=[draft.reference])
    assert file in start
    assert "8 parts of the conformity file are missing" in client.get(file).content.decode()
    page = reverse("conformity_part", args=[draft.reference, "overseers"])
    shown = client.get(page)
    form = shown.context["form"]
    assert shown.content.decode().count("(optional)") == 1  # the statement
    sent = {"base": 0, "operation": str(form.initial["operation"]), "words": "Two doctors watch it."}
    sent |= {f"{cell}-0": text for cell, text in FILE_ROWS["overseers"][0].items()}
    assert client.post(page, sent).status_code == 302
    assert "7 parts of the conformity file are missing" in client.get(file).content.decode()
    assert ConformityPart.objects.get().words == "Two doctors watch it."


def test_a_part_that_leans_on_evidence_offers_the_likely_pieces_first(client: Client, cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    newest = make_evidence(cast.organisation, by=cast.owner, title="Anything", link="https://example.org/a")
    likely = make_evidence(cast.organisation, by=cast.owner, title="Attack report", link="https://example.org/b")
    Evidence.objects.filter(pk=likely.pk).update(created_at=timezone.now() - timedelta(days=9))
    make_evidence(link="https://example.org/neighbour")
    library.attach(likely, draft, "security-monitoring", by=cast.owner)
    client.force_login(cast.owner)
    page = reverse("conformity_part", args=[draft.reference, "security"])
    form = client.get(page).context["form"]
    assert form.fields["evidence"].choices == [(likely.reference, "Attack report"), (newest.reference, "Anything")]
    sent = {"base": 0, "operation": str(form.initial["operation"]), "evidence": [likely.reference], "words": ""}
    assert client.post(page, sent).status_code == 302
    assert ConformityEvidence.objects.get().evidence == likely
    wrong = client.post(page, sent | {"evidence": ["nothing"], "words": "Kept words"})
    assert (wrong.status_code, "Kept words" in wrong.content.decode()) == (200, True)


def test_two_people_at_one_part_lose_nothing(client: Client, cast: Cast) -> None:
    draft = high_draft(cast)
    client.force_login(cast.owner)
    page = reverse("conformity_part", args=[draft.reference, "measures"])
    form = client.get(page).context["form"]
    conformity_file.save_part(draft, "measures", GivenPart(rows=FILE_ROWS["measures"]), by=cast.contributor, base=0)
    mine = {"measure-0": "Complaints", "limit-0": "5 a day", "alert_owner-0": "Duty manager"}
    sent = {"base": 0, "operation": str(form.initial["operation"]), "words": "", **mine}
    shown = client.post(page, sent)
    text = shown.content.decode()
    assert shown.status_code == 200
    assert "Connie Contributor saved this part before you" in text
    assert ("Missed urgent cases" in text, "Complaints" in text) == (True, True)
    next_form = shown.context["form"]
    again = {**sent, "base": next_form["base"].value(), "operation": str(next_form["operation"].value())}
    assert client.post(page, again).status_code == 302
    assert ConformityPart.objects.get().rows[0]["measure"] == "Complaints"
    assert ConformityRevision.objects.count() == 3


def test_the_owner_reads_before_signing_what_an_approval_will_ask_for(client: Client, cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    client.force_login(cast.owner)
    will_ask = client.get(reverse("check", args=[draft.reference])).context["will_ask"]
    assert len(will_ask) == 2 + len(PARTS)
    assert next(url for _label, _words, url in will_ask if "conformity" in url).endswith("/conformity/#part-tests")
    prove(draft, by=cast.owner)
    assert client.get(reverse("check", args=[draft.reference])).context["will_ask"] == []


@pytest.mark.long
def test_each_obstacle_of_the_reviewer_leads_to_the_place(client: Client, cast: Cast) -> None:
    submission = in_review(cast, "high", proven=False)
    client.force_login(cast.independent)
    page = client.get(reverse("approve", args=[submission.reference]))
    obstacles = dict(page.context["obstacles"])
    links = {words.split(":")[0]: url for words, url in obstacles.items()}
    assert links["The way to opt out"].endswith("/sections/tier/#q-tier-limited-opt-out")
    assert links["Overseers"].endswith(f"{submission.reference}/conformity/#part-overseers")


# --- what a decision signs ------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_an_approval_signs_the_sentences_of_the_edition_and_keeps_them(cast: Cast) -> None:
    submission = in_review(cast)
    decision = approval.approve(submission, by=cast.independent, statement="Read.")
    texts = submission.assessment.compiled().gates.approval
    assert decision.sentences == [texts["looked_at"], texts["outside_team"], texts["independent"], texts["no_conflict"]]
    assert json.loads(decision.signed)["edition"] == submission.edition_checksum


def test_a_seat_from_before_declarations_were_a_step_does_not_sign_that_there_is_no_interest(cast: Cast) -> None:
    """Today whoever declares an interest takes no case; seats that were taken before say what was declared then."""
    draft = make_assessment("draft", "limited", cast=cast)
    prove(draft, by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route="inside")
    seat_taking.take(submission, by=cast.reviewer)
    submission.seats.update(conflict_declared="My brother sells it.")
    mark_all(submission, by=cast.reviewer)
    texts = draft.compiled().gates.approval
    decision = approval.approve(submission, by=cast.reviewer, statement="Read.")
    assert decision.sentences[2:] == [texts["inside"], texts["conflict_declared"]]


@pytest.mark.long
def test_the_page_shows_the_sentences_that_the_press_signs(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    client.force_login(cast.independent)
    page = client.get(reverse("approve", args=[submission.reference]))
    assert page.context["sentences"][0] in page.content.decode()
    decision = approval.approve(submission, by=cast.independent, statement="Read.")
    assert decision.sentences == page.context["sentences"]


# --- not applicable on musts ----------------------------------------------------------------------------------------------

LEFT_OUT = {
    "laws-list": {"choice": "not_applicable", "reason": "The head office keeps it."},
    "acceptable-use": {
        "choice": "ticked",
        "items": {"illegal-use": True, "unethical-use": "Nobody types anything."},
        "text": "",
    },
    "responsibility-map": {"choice": "not_applicable", "reason": "One company does it all."},  # no must
}


@pytest.mark.long
def test_musts_that_are_not_applicable_stand_in_one_place_and_are_judged_there(client: Client, cast: Cast) -> None:
    draft = make_assessment("draft", "limited", cast=cast, answers=LEFT_OUT)
    prove(draft, by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    url = reverse("review_not_applicable", args=[submission.reference])
    page = client.get(url)
    assert [row.target for row in page.context["rows"]] == ["q:laws-list", "q:acceptable-use"]
    text = page.content.decode()
    assert ("The head office keeps it." in text, "Nobody types anything." in text) == (True, True)
    assert "One company does it all." not in text
    sent = {
        f"q-{key}-{name}": value
        for key, fields in {
            "laws-list": {"mark": "accepted"},
            "acceptable-use": {
                "mark": "change_needed",
                "reason": "not_applicable",
                "would_satisfy": "A rule for what is pasted.",
            },
        }.items()
        for name, value in {"base": "0", "words": "", **fields}.items()
    }
    assert client.post(url, sent).status_code == 302
    marks = dict(submission.marks.values_list("target", "mark"))
    assert marks == {"q:laws-list": "accepted", "q:acceptable-use": "change_needed"}
    left = [blocker.question for blocker in blockers.blockers(submission) if blocker.question]
    assert left == ["acceptable-use"]


@pytest.mark.long
def test_the_certificate_says_how_many_were_accepted_and_by_whom(cast: Cast) -> None:
    answers = {key: LEFT_OUT[key] for key in ("laws-list", "responsibility-map")}
    draft = make_assessment("draft", "limited", cast=cast, answers=answers)
    prove(draft, by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read.")
    certificate = Certificate.objects.get(submission=submission)
    record = json.loads(certificate.public_record)
    musts = submission.content()["musts"]["not_applicable"]
    assert musts > 0
    assert record["not_applicable"] == {"musts": musts, "accepted": musts, "by": ["Ines Independent"]}
    from assessments.documents.certificate import certificate_layouts

    page = certificate_layouts(record, draft.compiled(), public_url="https://example.org")[0]
    assert f"Mandatory points not applicable: {musts}; {musts} with a reason" in page
    assert "accepted by Ines Independent" in page
    assert "The head office" not in page


def test_a_self_declared_certificate_says_that_nobody_accepted_them(cast: Cast) -> None:
    draft = make_assessment("draft", "low", cast=cast, answers={"use-register": LEFT_OUT["laws-list"]})
    certificate = self_certify.self_certify(draft, by=cast.owner)
    record = json.loads(certificate.public_record)
    assert (record["not_applicable"]["accepted"], record["not_applicable"]["by"]) == (0, [])
    assert record["not_applicable"]["musts"] > 0


@pytest.mark.long
def test_words_for_the_public_are_printed_and_nothing_else_of_the_file(cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    conformity_file.save_part(
        draft, "overseers", GivenPart(rows=FILE_ROWS["overseers"], words="Two doctors watch it."), by=cast.owner, base=1
    )
    submission = submit.submit(draft, by=cast.owner, route="independent")
    for reviewer in (cast.independent, cast.second_independent):
        seat_taking.take(submission, by=reviewer)
        mark_all(submission, by=reviewer)
        approval.approve(submission, by=reviewer, statement="Read.")
    certificate = Certificate.objects.get()
    said = {one["part"]: one["words"] for one in json.loads(certificate.public_record)["conformity"]}
    assert said == dict.fromkeys(PARTS, "") | {"overseers": "Two doctors watch it."}
    for private in ("Dr Chan", "Stops it", "Missed urgent cases", "Record of the service desk"):
        assert private not in certificate.public_record
    from assessments.documents.certificate import certificate_layouts

    page = certificate_layouts(
        json.loads(certificate.public_record), draft.compiled(), public_url="https://example.org"
    )[0]
    assert '<strong>Overseers</strong><span lang="zh-Hant">監督人員</span>: Two doctors watch it.' in compact(page)


# --- monitoring that ends -------------------------------------------------------------------------------------------------


def certified(cast: Cast) -> Certificate:
    made = make_assessment("certified", "high", cast=cast)
    return Certificate.objects.get(submission=made.current_submission)


def status_after(days: int, certificate: Certificate) -> tuple[int, str]:
    """Sweep on a later day; how many changed, and the status then."""
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=days)):
        changed = monitoring.watch_monitoring()
        return changed, str(Certificate.objects.get(pk=certificate.pk).status())


@pytest.mark.long
def test_a_high_certificate_is_suspended_when_its_monitoring_has_grown_old(cast: Cast) -> None:
    certificate = certified(cast)
    mail.outbox.clear()
    assert status_after(35, certificate) == (0, "valid")
    assert status_after(36, certificate) == (1, "suspended")
    assert status_after(37, certificate) == (0, "suspended")
    event = certificate.events.last()
    assert (event.kind, event.public_reason) == ("suspended", "suspended.monitoring_days days=35")
    assert event.public_words == "The monitoring evidence is older than 35 days."
    assert Message.objects.filter(recipient=cast.owner, kind="monitoring_lapsed").count() == 1
    assert list(AuditEntry.objects.faults(cast.organisation.reference)) == []
    assert AuditEntry.objects.filter(kind="certificate_suspended", actor=None).count() == 1


@pytest.mark.long
def test_a_fresh_record_lifts_that_suspension_and_no_other(cast: Cast) -> None:
    certificate = certified(cast)
    use = certificate.use
    assert status_after(40, certificate) == (1, "suspended")
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=41)):
        fresh = make_evidence(
            cast.organisation, by=cast.owner, link="https://example.org/newest", period_to=timezone.localdate()
        )
        assessment = certificate.submission.assessment
        conformity_file.save_part(
            assessment, "monitoring", GivenPart(evidence=[fresh.reference]), by=cast.owner, base=1
        )
        assert not use.assessments.filter(stale_since__isnull=False).exists()
    assert status_after(41, certificate) == (1, "valid")
    assert certificate.events.last().kind == "reinstated"
    from assessments.models import CertificateEvent

    CertificateEvent.objects.create(certificate=certificate, kind="suspended", public_reason="A complaint is open.")
    assert status_after(42, certificate) == (0, "suspended")


def test_a_fresh_record_lifts_no_suspension_by_a_person_who_wrote_the_word_monitoring(cast: Cast) -> None:
    certificate = certified(cast)
    standing.suspend(certificate, by=cast.independent, reason="complaint", words="monitoring")
    assert monitoring.watch_monitoring() == 0
    assert Certificate.objects.get(pk=certificate.pk).status() == "suspended"


@pytest.mark.long
def test_other_tiers_and_older_releases_are_not_watched(cast: Cast) -> None:
    limited = make_assessment("certified", "limited", cast=cast)
    certificate = Certificate.objects.get(submission=limited.current_submission)
    assert status_after(100, certificate) == (0, "valid")


@pytest.mark.long
def test_an_approval_is_not_issued_on_old_monitoring_and_is_once_it_is_fresh(cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast, answers={"accountable-owner": {"choice": "partly"}})
    prove(draft, by=cast.owner)
    piece = make_evidence(cast.organisation, title="Monitoring log", period_to=timezone.localdate())
    ConformityEvidence.objects.filter(part__key="monitoring").update(evidence=piece)  # no answer leans on this one
    submission = submit.submit(draft, by=cast.owner, route="independent")
    for reviewer in (cast.independent, cast.second_independent):
        seat_taking.take(submission, by=reviewer)
        mark_all(submission, by=reviewer)
        approval.approve(submission, by=reviewer, statement="Read.")
    action = draft.use.actions.get(question="accountable-owner")
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=50)):
        report_done(action, by=cast.owner, note="Done.")
        for reviewer in (cast.independent, cast.second_independent):  # High: one accepts, the other confirms
            close_as(action, by=reviewer)
            action.refresh_from_db()
        assert monitoring.watch_monitoring() == 0
        assert not Certificate.objects.exists()
        piece.refresh_from_db()
        library.add_version(
            piece, by=cast.owner, link="https://example.org/may", details={"period_to": timezone.localdate()}
        )
        assert monitoring.watch_monitoring() == 1
        assert Certificate.objects.get().submission_id == submission.pk
        assert Answer.objects.filter(assessment=draft).exists()


@pytest.mark.long
def test_the_sweeper_watches_every_time_it_runs(cast: Cast) -> None:
    from assessments.scheduled_tasks import sweep

    certificate = certified(cast)
    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=60)):
        sweep()
        sweep()
    assert certificate.events.filter(kind="suspended").count() == 1
