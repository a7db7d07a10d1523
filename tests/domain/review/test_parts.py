"""Judging the parts of a conformity file, returning them, and keeping overseers and reviewers apart."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.core.errors import Conflict, InvalidAnswer, Locked, NotPermitted, NotReady, SeparationOfDuties
from assessments.domain.answering import conformity_file
from assessments.domain.answering.conformity_file import GivenPart
from assessments.domain.review import approval, decisions, parts, seat_requests, seat_taking, supplements
from assessments.domain.submission import submit
from assessments.models import (
    Assessment,
    Certificate,
    ConformityPart,
    PartMark,
    PartMarkRevision,
    PartVerdict,
    State,
    Submission,
)
from assessments.models import parts as models_parts
from tests.support.daily import mostly_long
from tests.support.factories import FILE_ROWS, Cast, anew, judge_parts, make_assessment, make_evidence, mark_all, prove
from tests.support.mutants import fails_without

pytestmark = [pytest.mark.sqlite_alone, pytest.mark.slow_first(31)]

PARTS = ["tests", "data", "bias", "security", "incident-plan", "overseers", "measures", "monitoring"]


def in_review(cast: Cast) -> Submission:
    """A High case of which every answer is marked and no part is judged; both seats are taken."""
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    for by in (cast.independent, cast.second_independent):
        seat_taking.take(submission, by=by)
        mark_all(submission, by=by, file=False)
    return submission


def refused(submission: Submission, by: Any) -> list[str]:
    with pytest.raises(NotReady) as error:
        approval.approve(submission, by=by, statement="Read.")
    return error.value.reasons


def judge(submission: Submission, by: Any, part: str = "tests", *, base: int | None = None, **fields: Any) -> PartMark:
    given = parts.GivenPartMark(**{"verdict": PartVerdict.SUPPORTS, **fields})
    return parts.judge_part(submission, part, given, by=by, base=base)


# --- each seat judges each part -------------------------------------------------------------------------------------------


@pytest.mark.long
@fails_without("every part of the file is judged")
def test_an_approval_is_refused_until_this_seat_has_judged_every_part(cast: Cast) -> None:
    submission = in_review(cast)
    assert refused(submission, cast.independent)[0].startswith(
        "You still have to judge 8 parts of the conformity file: Tests"
    )
    for key in PARTS[:-1]:
        judge(submission, cast.independent, key)
    assert refused(submission, cast.independent) == [
        "You still have to judge one part of the conformity file: Monitoring."
    ]
    judge(submission, cast.independent, PARTS[-1])
    approval.approve(submission, by=cast.independent, statement="Read.")
    assert refused(submission, cast.second_independent)[0].startswith("You still have to judge 8 parts")
    assert not Certificate.objects.exists()
    judge_parts(submission, by=cast.second_independent)
    approval.approve(submission, by=cast.second_independent, statement="I agree.")
    assert Certificate.objects.exists()


@pytest.mark.parametrize("verdict", ["partly", "does_not"])
def test_a_part_that_is_not_supported_needs_words(cast: Cast, verdict: str) -> None:
    submission = in_review(cast)
    with pytest.raises(InvalidAnswer) as error:
        judge(submission, cast.independent, verdict=verdict, words="  ")
    assert error.value.field == "words"
    assert not PartMark.objects.exists()
    assert judge(submission, cast.independent, verdict=verdict, words="No date.").words == "No date."


@pytest.mark.long
@fails_without("no part is left unsupported")
def test_a_part_that_does_not_support_stops_both_seats_and_one_that_does_partly_stops_none(cast: Cast) -> None:
    submission = in_review(cast)
    for by in (cast.independent, cast.second_independent):
        judge_parts(submission, by=by)
    judge(submission, cast.independent, verdict="does_not", words="It is a privacy notice.")
    said = "Tests: according to Ines Independent, this part does not show that its requirement is met. Return the part."
    for by in (cast.independent, cast.second_independent):
        assert refused(submission, by) == [said]
    judge(submission, cast.independent, verdict="partly", words="Two of three languages were tested.")
    approval.approve(submission, by=cast.independent, statement="Read.")


def test_a_part_judged_partly_without_words_is_not_approved(cast: Cast) -> None:
    submission = in_review(cast)
    judge_parts(submission, by=cast.independent)
    PartMark.objects.filter(part="bias").update(verdict="partly", words="")
    assert refused(submission, cast.independent) == [
        "Bias: this part does not fully show that its requirement is met. Before you approve, say what is missing."
    ]


@pytest.mark.long
def test_a_judgement_of_somebody_who_left_the_seat_does_not_count(cast: Cast) -> None:
    submission = in_review(cast)
    judge_parts(submission, by=cast.independent)
    submission.seats.filter(seat="second").delete()
    submission.seats.filter(seat="first").update(reviewer=cast.second_independent)
    mark_all(submission, by=cast.second_independent, file=False)
    assert refused(submission, cast.second_independent)[0].startswith("You still have to judge 8 parts")
    mark = judge(submission, cast.second_independent, base=0)
    assert (mark.by, mark.revision) == (cast.second_independent, 2)
    assert refused(submission, cast.second_independent)[0].startswith("You still have to judge 7 parts")


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("who", ["owner", "contributor", "viewer", "reviewer", "outsider", "staff"])
def test_nobody_without_a_seat_judges_a_part(cast: Cast, who: str) -> None:
    submission = in_review(cast)
    with pytest.raises(NotPermitted):
        judge(submission, getattr(cast, who))
    assert not PartMark.objects.exists()


@pytest.mark.long
def test_judgements_lock_with_the_approval_and_outside_review(cast: Cast) -> None:
    submission = in_review(cast)
    for by in (cast.independent, cast.second_independent):
        judge_parts(submission, by=by)
    approval.approve(submission, by=cast.independent, statement="Read.")
    with pytest.raises(Locked):
        judge(submission, cast.independent, verdict="partly", words="Changed after the approval.")
    judge(submission, cast.second_independent, verdict="partly", words="Two of three languages.")
    approval.approve(submission, by=cast.second_independent, statement="I agree.")
    with pytest.raises(Locked):
        judge(submission, cast.second_independent)


def test_every_version_is_kept_and_a_stale_one_overwrites_nothing(cast: Cast) -> None:
    submission = in_review(cast)
    judge(submission, cast.independent, verdict="partly", words="No date.", base=0)
    with pytest.raises(Conflict):
        judge(submission, cast.independent, base=0)
    assert PartMark.objects.get().verdict == "partly"
    kept = list(PartMarkRevision.objects.order_by("number").values_list("number", "value__verdict", "outcome"))
    assert kept == [(1, "partly", "current"), (2, "supports", "conflict")]
    assert judge(submission, cast.independent, base=1).revision == 3


def test_what_the_file_does_not_have_is_not_judged(cast: Cast) -> None:
    submission = in_review(cast)
    with pytest.raises(InvalidAnswer):
        judge(submission, cast.independent, "horoscope")
    with pytest.raises(InvalidAnswer):
        judge(submission, cast.independent, verdict="splendid")
    with pytest.raises(InvalidAnswer):
        judge(submission, cast.independent, verdict="")


# --- returning a part -----------------------------------------------------------------------------------------------------


def returned(cast: Cast) -> tuple[Submission, Assessment]:
    """A case of which the part on tests goes back alone."""
    submission = in_review(cast)
    for by in (cast.independent, cast.second_independent):
        judge_parts(submission, by=by)
    judge(submission, cast.independent, verdict="does_not", words="It is a privacy notice.")
    decisions.send_back(submission, by=cast.independent)
    return submission, anew(submission.assessment)


@pytest.mark.long
def test_a_part_alone_can_be_returned_and_is_then_the_only_one_that_is_open(cast: Cast) -> None:
    _submission, assessment = returned(cast)
    assert assessment.state == State.RETURNED
    report = make_evidence(cast.organisation, by=cast.owner, title="Test report")
    for key in ("data", "bias", "security", "incident-plan"):
        with pytest.raises(Locked) as error:
            conformity_file.save_part(assessment, key, GivenPart(evidence=[report.reference]), by=cast.owner, base=1)
        assert str(error.value) == "You can change only the parts that the reviewer returned."
    with pytest.raises(Locked):
        conformity_file.save_part(
            assessment, "overseers", GivenPart(rows=FILE_ROWS["overseers"][:0]), by=cast.owner, base=1
        )
    saved = conformity_file.save_part(
        assessment, "tests", GivenPart(evidence=[report.reference]), by=cast.owner, base=1
    )
    assert saved.revision == 2


def test_a_part_judged_partly_is_returned_only_where_the_reviewer_says_so(cast: Cast) -> None:
    submission = in_review(cast)
    judge(submission, cast.independent, "bias", verdict="partly", words="One group only.")
    with pytest.raises(NotReady):
        decisions.send_back(submission, by=cast.independent)
    judge(submission, cast.independent, "bias", verdict="partly", words="One group only.", returned=True)
    decisions.send_back(submission, by=cast.independent)
    assert conformity_file.open_parts(anew(submission.assessment)) == {"bias", "monitoring"}


@pytest.mark.long
def test_what_was_not_given_when_it_was_signed_is_open_after_a_return(cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    mark_all(submission, by=cast.independent, change={"q:use-register": "Show it."})
    decisions.send_back(submission, by=cast.independent)
    assert conformity_file.open_parts(anew(draft)) == set(PARTS)


@pytest.mark.long
def test_judgements_are_carried_to_the_next_round_where_a_part_is_the_same(cast: Cast) -> None:
    _before, assessment = returned(cast)
    report = make_evidence(cast.organisation, by=cast.owner, title="Test report")
    conformity_file.save_part(assessment, "tests", GivenPart(evidence=[report.reference]), by=cast.owner, base=1)
    submission = submit.submit(assessment, by=cast.owner, route="independent")
    carried = submission.part_marks.filter(carried_from__isnull=False)
    assert set(carried.values_list("seat", "part")) == {
        (seat, part) for seat in ("first", "second") for part in PARTS if part != "tests"
    }
    seat_taking.take(submission, by=cast.independent)
    seat_taking.take(submission, by=cast.second_independent)
    mark_all_again(submission, cast)
    assert refused(submission, cast.independent) == ["You still have to judge one part of the conformity file: Tests."]


def mark_all_again(submission: Submission, cast: Cast) -> None:
    """Mark what has no mark yet, and judge nothing."""
    have = list(submission.part_marks.values_list("pk", flat=True))
    mark_all(submission, by=cast.independent)
    submission.part_marks.exclude(pk__in=have).delete()


def test_the_organisation_reads_a_judgement_once_the_reviewer_decides(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    judge(submission, cast.independent, verdict="does_not", words="It is a privacy notice.")
    client.force_login(cast.owner)
    url = reverse("conformity", args=[submission.assessment.reference])
    assert "It is a privacy notice." not in client.get(url).content.decode()
    decisions.send_back(submission, by=cast.independent)
    page = client.get(url).content.decode()
    assert "It is a privacy notice." in page
    assert "One part of the conformity file was returned" in page
    changed = reverse("conformity_part", args=[submission.assessment.reference, "tests"])
    assert changed in page
    assert reverse("conformity_part", args=[submission.assessment.reference, "bias"]) not in page


@pytest.mark.long
def test_the_record_of_the_certificate_says_of_each_part_whether_it_was_judged(cast: Cast) -> None:
    submission = in_review(cast)
    assert set(models_parts.state_of(submission).values()) == {"given"}
    for by in (cast.independent, cast.second_independent):
        judge_parts(submission, by=by)
        approval.approve(submission, by=by, statement="Read.")
    record = json.loads(Certificate.objects.get().public_record)
    assert [(one["part"], one["state"]) for one in record["conformity"]] == [(part, "judged") for part in PARTS]
    submission.part_marks.filter(seat="second", part="bias").delete()
    assert models_parts.state_of(submission)["bias"] == "given"


# --- nobody oversees and reviews ------------------------------------------------------------------------------------------


def oversees(name: str, member: str = "") -> list[dict[str, str]]:
    row = {"name": name, "qualification": "Nurse", "power": "Stops it at the console"}
    return [{**row, "member": member}] if member else [row]


@pytest.mark.parametrize("name", ["Rita Reviewer", "Dr RITA  Reviewer, ward manager", "Ward manager: Reviewer Rita"])
@fails_without("nobody oversees and reviews", "Rita Reviewer")
def test_an_overseer_takes_no_seat(cast: Cast, name: str) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    conformity_file.save_part(draft, "overseers", GivenPart(rows=oversees(name)), by=cast.owner, base=1)
    submission = submit.submit(draft, by=cast.owner, route="inside")
    with pytest.raises(SeparationOfDuties) as error:
        seat_taking.take(submission, by=cast.reviewer)
    assert "names you as an overseer" in str(error.value)
    assert not submission.seats.exists()


def test_a_linked_overseer_takes_no_seat_whatever_the_name_says(cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    rows = oversees("The head nurse", str(cast.reviewer.pk))
    conformity_file.save_part(draft, "overseers", GivenPart(rows=rows), by=cast.owner, base=1)
    submission = submit.submit(draft, by=cast.owner, route="inside")
    with pytest.raises(SeparationOfDuties):
        seat_taking.take(submission, by=cast.reviewer)


def test_a_link_says_that_somebody_of_the_same_name_is_another_person(cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    rows = oversees("Rita Reviewer", str(cast.viewer.pk))
    conformity_file.save_part(draft, "overseers", GivenPart(rows=rows), by=cast.owner, base=1)
    submission = submit.submit(draft, by=cast.owner, route="inside")
    assert seat_taking.take(submission, by=cast.reviewer)


def test_an_overseer_takes_over_no_seat(cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    conformity_file.save_part(draft, "overseers", GivenPart(rows=oversees("Ivan Independent")), by=cast.owner, base=1)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    asked = seat_requests.ask(submission, "first", to=cast.second_independent, by=cast.independent, note="Read on.")
    with pytest.raises(SeparationOfDuties):
        seat_requests.take_over(asked, by=cast.second_independent)


@pytest.mark.parametrize(
    ("rows", "field"),
    [(oversees("Ines Independent"), "name-0"), ([*FILE_ROWS["overseers"], *oversees("ines independent")], "name-1")],
)
def test_who_has_a_seat_is_not_named_as_an_overseer(cast: Cast, rows: list[dict[str, str]], field: str) -> None:
    submission = in_review(cast)
    judge(submission, cast.independent, "overseers", verdict="does_not", words="Who stops it at night?")
    decisions.send_back(submission, by=cast.independent)
    with pytest.raises(InvalidAnswer) as error:
        conformity_file.save_part(submission.assessment, "overseers", GivenPart(rows=rows), by=cast.owner, base=1)
    assert (error.value.field, str(error.value)) == (
        field,
        "Ines Independent reviews this use. Choose somebody else as overseer.",
    )
    assert ConformityPart.objects.get(key="overseers").rows == FILE_ROWS["overseers"]


def test_an_overseer_who_took_the_seat_before_is_stopped_at_the_approval(cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast)
    prove(draft, by=cast.owner)
    conformity_file.save_part(draft, "overseers", GivenPart(rows=oversees("Ines Independent")), by=cast.owner, base=1)
    submission = submit.submit(draft, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.second_independent)
    submission.seats.update(reviewer=cast.independent)  # a seat from before this was asked
    mark_all(submission, by=cast.independent)
    assert refused(submission, cast.independent) == [
        "The conformity file names you as an overseer of this use. Somebody else must review the use."
    ]


def test_a_link_goes_to_a_member_of_the_organisation_alone_and_gives_the_name(cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast, filled=False)
    with pytest.raises(InvalidAnswer) as error:
        conformity_file.save_part(
            draft, "overseers", GivenPart(rows=oversees("X", str(cast.outsider.pk))), by=cast.owner, base=0
        )
    assert error.value.field == "member-0"
    part = conformity_file.save_part(
        draft, "overseers", GivenPart(rows=oversees("", str(cast.viewer.pk))), by=cast.owner, base=0
    )
    assert part.rows == oversees("Victor Viewer", str(cast.viewer.pk))


def test_the_form_offers_the_members_and_takes_a_free_name_too(client: Client, cast: Cast) -> None:
    draft = make_assessment("draft", "high", cast=cast, filled=False)
    client.force_login(cast.owner)
    page = reverse("conformity_part", args=[draft.reference, "overseers"])
    form = client.get(page).context["form"]
    offered = dict(form.fields["member-0"].choices)
    assert {offered[str(user.pk)] for user in (cast.owner, cast.viewer)} == {"Olivia Owner", "Victor Viewer"}
    assert str(cast.outsider.pk) not in offered
    sent = {"base": 0, "operation": str(form.initial["operation"]), "words": "", "member-0": str(cast.viewer.pk)}
    sent |= {"name-0": "", "qualification-0": "Nurse", "power-0": "Stops it"}
    sent |= {"name-1": "Dr Chan of the night rota", "qualification-1": "Doctor", "power-1": "Calls the desk"}
    assert client.post(page, sent).status_code == 302
    rows = ConformityPart.objects.get().rows
    assert [(row["name"], row.get("member")) for row in rows] == [
        ("Victor Viewer", str(cast.viewer.pk)),
        ("Dr Chan of the night rota", None),
    ]


# --- the page of the reviewer ---------------------------------------------------------------------------------------------


@pytest.mark.long
def test_a_reviewer_judges_all_parts_on_one_page(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    judge(submission, cast.second_independent, "bias", verdict="partly", words="One group only.")
    client.force_login(cast.independent)
    url = reverse("review_parts", args=[submission.reference])
    page = client.get(url)
    text = page.content.decode()
    assert url in client.get(reverse("review", args=[submission.reference])).content.decode()
    assert "You still have to judge 8 parts of the conformity file" in text
    assert ("Ivan Independent, reviewer:" in text, "One group only." in text) == (True, True)
    sent = {f"part-{key}-verdict": "supports" for key in PARTS} | {f"part-{key}-base": "0" for key in PARTS}
    sent |= {"part-tests-verdict": "does_not", "part-tests-words": ""}
    wrong = client.post(url, sent)
    assert wrong.status_code == 200
    assert "Tests: Say what is missing. The organisation reads your text." in wrong.content.decode()
    assert PartMark.objects.filter(by=cast.independent).count() == 7  # the others are saved all the same
    assert "7 judgements saved. Not saved yet: 1." in wrong.content.decode()
    sent |= {f"part-{key}-base": "1" for key in PARTS if key != "tests"}
    assert client.post(url, sent | {"part-tests-words": "It is a privacy notice."}).status_code == 302
    assert PartMark.objects.get(by=cast.independent, part="tests").returned
    assert "It is a privacy notice." in client.get(url).content.decode()


@pytest.mark.long
def test_two_pages_of_one_reviewer_lose_nothing(client: Client, cast: Cast) -> None:
    submission = in_review(cast)
    client.force_login(cast.independent)
    url = reverse("review_parts", args=[submission.reference])
    judge(submission, cast.independent, verdict="partly", words="No date.")
    sent = {"part-tests-verdict": "supports", "part-tests-base": "0"}
    stale = client.post(url, sent)
    assert stale.status_code == 200
    assert "No date." in stale.content.decode()
    again = stale.context["parts"][0].form
    assert client.post(url, sent | {"part-tests-base": again["base"].value()}).status_code == 302
    assert PartMark.objects.get(part="tests").verdict == "supports"


def test_without_a_file_there_is_nothing_to_judge(client: Client, cast: Cast) -> None:
    limited = make_assessment("in_review", "limited", cast=cast).current_submission
    assert limited is not None
    client.force_login(cast.independent)
    assert client.get(reverse("review_parts", args=[limited.reference])).status_code == 404
    assert parts.obstacles(limited, limited.seats.get()) == []


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize(
    "name",
    mostly_long(["review", "review_parts", "review_supplements", "send_back", "approve"], ["review", "review_parts"]),
)
def test_the_pages_of_a_high_case_keep_to_their_queries(client: Client, cast: Cast, name: str) -> None:
    submission = in_review(cast)
    for by in (cast.independent, cast.second_independent):
        judge_parts(submission, by=by)
    for key in ("tests", "bias"):
        judge(submission, cast.independent, key, verdict="does_not", words="It is a privacy notice.")
    client.force_login(cast.independent)
    url = reverse(name, args=[submission.reference])
    counted = []
    for many in (1, 5):
        for n in range(many):
            piece = make_evidence(cast.organisation, by=cast.owner, title=f"Added {n}")
            supplements.attach(submission.assessment, "part:tests", piece, by=cast.owner, words="A test report.")
        _queries(client, url)  # what waits in the inbox is read by this
        counted.append(_queries(client, url))
    assert len(counted[1]) <= 15, "\n".join(counted[1])
    assert len(counted[0]) == len(counted[1])


def _queries(client: Client, url: str) -> list[str]:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return [query["sql"][:200] for query in queries.captured_queries]
