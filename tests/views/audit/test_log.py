"""The pages of the log: in words, narrowed, page by page, taken along as a file, verified."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.html import strip_tags

from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.domain.evidence import library
from assessments.domain.facts import declare
from assessments.domain.register import organisations
from assessments.domain.remediation import dates
from assessments.domain.review import seat_taking
from assessments.domain.submission import submit
from assessments.models import AuditEntry, AuditHead, Role, Route, State, edition_for
from assessments.models.base import sha256
from tests.support import tampering
from tests.support.factories import make_assessment, make_evidence, make_member, make_use

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:132.0) Gecko/20100101 Firefox/132.0"


def log_page(client, cast, query=""):
    return client.get(reverse("organisation_log", args=[cast.organisation.reference]) + query)


def words_of(response):
    return " ".join(strip_tags(response.content.decode()).split())


def sentences(response):
    return [line.sentence for line in response.context["lines"]]


def content_of(response):
    return b"".join(response).decode("utf-8-sig")


@pytest.mark.long
def test_an_entry_shows_what_was_and_what_is(client, cast):
    gap = {"use-register": {"choice": "not_in_place"}}
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=gap)
    action = assessment.use.actions.get(question="use-register")
    was, due = action.due, action.due + timedelta(days=1)
    dates.plan(action, by=cast.owner, owner=cast.owner, due=due, effort=action.effort, full_due=action.full_due)
    client.force_login(cast.owner)
    page = words_of(log_page(client, cast, "?kind=action_planned"))
    assert f"changed the plan for action {action.number}" in page
    assert f"Owner: none → {cast.owner}" in page
    assert f"Due date: {date_format(was)} → {date_format(due)}" in page
    assert "Effort:" not in page


def test_only_kinds_that_occur_can_be_chosen(client, cast):
    make_assessment(State.DRAFT, "low", cast=cast)
    client.force_login(cast.owner)
    page = log_page(client, cast)
    offered = {kind for _group, kinds in page.context["form"].fields["kind"].choices[1:] for kind, _label in kinds}
    chain = AuditEntry.objects.filter(chain=cast.organisation.reference)
    assert offered == set(chain.values_list("kind", flat=True))
    assert offered < set(AuditKind)


def test_the_log_says_in_words_who_did_what_when_and_from_where(client, cast):
    use = make_use("low", cast.organisation)
    client.force_login(cast.owner)
    address = reverse("agree", args=[use.reference])
    client.get(address)
    declare.declare_facts(use, {"public_facing": True, "used_at_work": True}, by=cast.contributor)
    page = reverse("organisation_edit", args=[cast.organisation.reference])
    identity = {"name_en": "Harbourlight Health Limited", "name_zh": "", "place": "Kowloon"}
    client.post(page, identity, headers={"User-Agent": FIREFOX}, REMOTE_ADDR="192.0.2.7")
    response = log_page(client, cast)
    assert sentences(response)[:2] == [
        "Olivia Owner changed the legal details of Harbourlight Health Limited",
        "Connie Contributor declared 2 facts for Booking and urgency sorting",
    ]
    said = words_of(response)
    assert "from 192.0.2.7, Firefox on Linux" in said
    assert "changed from Harbourlight Clinics Limited to Harbourlight Health Limited" in said
    last = AuditEntry.objects.filter(chain=cast.organisation.reference).order_by("-seq")[0]
    assert f"Entry {last.seq}, hash {last.hash[:12]}" in said
    assert last.hash in said


def test_the_log_says_the_answers_of_changed_facts_in_the_words_of_the_edition(client, cast, edition):
    use = make_use("low", cast.organisation)
    declare.declare_facts(use, {"decision_autonomy": "human_approves", "public_facing": False}, by=cast.contributor)
    declare.declare_facts(use, {"decision_autonomy": "unknown", "public_facing": True}, by=cast.contributor)
    client.force_login(cast.owner)
    facts = edition.facts
    approves = facts["decision_autonomy"].options["human_approves"]
    changed = log_page(client, cast).context["lines"][0].changes
    assert (facts["decision_autonomy"].label, approves, "Do not know") in changed
    assert (facts["public_facing"].label, "No", "Yes") in changed


def test_the_log_is_narrowed_by_kind_person_object_and_day(client, cast):
    use = make_use("low", cast.organisation)
    declare.declare_facts(use, {"public_facing": True}, by=cast.contributor)
    client.force_login(cast.owner)
    assert set(sentences(log_page(client, cast, "?kind=system_registered"))) == {
        f"Olivia Owner registered {use.system.name}"
    }
    assert sentences(log_page(client, cast, f"?who={cast.contributor.pk}")) == [
        "Connie Contributor declared 1 fact for Booking and urgency sorting"
    ]
    of_use = log_page(client, cast, f"?about=declareduse:{use.reference}")
    assert {line.entry.object for line in of_use.context["lines"]} == {f"declareduse:{use.reference}"}
    of_uses = log_page(client, cast, "?about=declareduse")
    assert {line.entry.kind for line in of_uses.context["lines"]} == {"use_declared", "facts_declared"}
    assert sentences(log_page(client, cast, "?until=2020-01-01")) == []
    assert "No matching entries" in words_of(log_page(client, cast, "?until=2020-01-01"))
    everything = len(sentences(log_page(client, cast)))
    assert everything > 4
    for nonsense in ("?kind=x&who=y&about=z&since=w", "?before=x&after=y", "?before=99999999999999999999", "?about=:"):
        assert log_page(client, cast, nonsense).status_code == 200


@pytest.mark.long
def test_pages_of_the_log_follow_each_other_without_a_gap(client, cast):
    for n in range(105):
        organisations.update_organisation(cast.organisation, by=cast.owner, place=f"Kowloon {n}")
    client.force_login(cast.owner)
    total = AuditHead.objects.get(chain=cast.organisation.reference).seq
    seen, response = [], log_page(client, cast)
    assert response.context["newer"] == ""
    while True:
        seen += [line.entry.seq for line in response.context["lines"]]
        if not response.context["older"]:
            break
        response = log_page(client, cast, response.context["older"])
    assert seen == list(range(total, 0, -1))
    newer = log_page(client, cast, response.context["newer"])
    shown = [line.entry.seq for line in newer.context["lines"]]
    assert shown == seen[50:100]
    assert newer.context["newer"] != ""


# --- who sees what -------------------------------------------------------------------------------------------------------


def test_members_see_the_log_of_an_assessment_and_owners_alone_from_where(client, cast):
    draft = make_assessment(State.DRAFT, "limited", cast=cast)
    piece = make_evidence(cast.organisation, by=cast.owner, confidentiality="confidential", title="Contract")
    library.attach(piece, draft, "use-register", by=cast.owner)
    other = make_assessment(State.DRAFT, "limited", cast=cast, filled=False)
    client.force_login(cast.contributor)
    client.get(reverse("evidence_file", args=[piece.reference, 1]), REMOTE_ADDR="192.0.2.7")
    address = reverse("assessment_log", args=[draft.reference])
    for who, origin in ((cast.viewer, False), (cast.owner, True)):
        client.force_login(who)
        response = client.get(address)
        assert sentences(response)[:3] == [
            "Connie Contributor opened version 1 of the confidential evidence “Contract”",
            "Olivia Owner attached the evidence “Contract” to an answer",
            "Olivia Owner added the evidence “Contract”",
        ]
        assert ("192.0.2.7" in words_of(response)) is origin
        assert ("192.0.2.7" in content_of(client.get(address, {"as": "json"}))) is origin
        assert ("192.0.2.7" in content_of(client.get(address, {"as": "csv"}))) is origin
        objects = {line.entry.object for line in response.context["lines"]}
        assert f"assessment:{other.reference}" not in objects


def test_a_reviewer_sees_the_moves_of_the_review_and_nothing_of_the_work_before(client, cast):
    made = make_assessment(State.DRAFT, "limited", cast=cast)
    submission = submit.submit(made, by=cast.owner, route=Route.INDEPENDENT)
    seat_taking.take(submission, by=cast.independent)
    client.force_login(cast.independent)
    response = client.get(reverse("review_log", args=[submission.reference]))
    assert [line.entry.kind for line in response.context["lines"]] == ["taken", "submitted"]
    assert response.context["lines"][1].changes == [("Status", "Draft", "Submitted")]
    assert "facts_declared" not in content_of(client.get(response.request["PATH_INFO"], {"as": "json"}))


def test_the_log_names_facts_and_questions_by_their_titles_and_not_by_their_codes(client, cast):
    submission = make_assessment(State.IN_REVIEW, "limited", cast=cast).current_submission
    given = {"submission": submission.reference, "targets": ["f:public_facing", "q:use-register", "q:no-such-question"]}
    log.record(
        AuditKind.MARKS_ACCEPTED_TOGETHER,
        submission.assessment,
        by=cast.independent,
        organisation=cast.organisation,
        details=given,
    )
    client.force_login(cast.independent)
    page = words_of(client.get(reverse("review_log", args=[submission.reference])))
    edition = edition_for(submission.edition_checksum)
    fact, question = edition.facts["public_facing"].label, edition.questions["use-register"].title
    assert f"Facts and answers {fact}, {question}, q:no-such-question" in html.unescape(page)


def test_the_log_shows_no_change_of_a_state_that_stayed_as_it_was(client, cast):
    """Who takes the second seat finds the case in review, and it stays there."""
    submission = make_assessment(State.IN_REVIEW, "high", cast=cast).current_submission
    seat_taking.take(submission, by=cast.second_independent)
    client.force_login(cast.independent)
    second, first, *_others = (
        line
        for line in client.get(reverse("review_log", args=[submission.reference])).context["lines"]
        if line.entry.kind == "taken"
    )
    assert first.changes == [("Status", "Submitted", "In review")]
    assert second.changes == []


def test_reviewers_of_the_reviewing_body_see_its_own_log(client, cast):
    client.force_login(cast.independent)
    response = client.get(reverse("organisation_log", args=[cast.body.reference]))
    assert sentences(response)[-1] == "Ines Independent registered Review House"


# --- files ---------------------------------------------------------------------------------------------------------------


def test_the_file_holds_what_is_shown_and_no_cell_begins_as_a_formula(client, cast):
    organisations.update_organisation(cast.organisation, by=cast.owner, place="=HYPERLINK(1)")
    make_member(Role.CONTRIBUTOR, cast.organisation)
    client.force_login(cast.owner)
    cast.owner.name = "=cmd|' /C calc'!A0"
    cast.owner.save()
    organisations.update_organisation(cast.organisation, by=cast.owner, place="+1")
    response = log_page(client, cast, "?as=csv")
    assert response["Content-Disposition"] == f'attachment; filename="log-{cast.organisation.reference}.csv"'
    rows = list(csv.DictReader(io.StringIO(content_of(response))))
    entries = AuditEntry.objects.filter(chain=cast.organisation.reference).order_by("seq")
    assert [(row["seq"], row["hash"]) for row in rows] == [(str(e.seq), e.hash) for e in entries]
    assert not [cell for row in rows for cell in row.values() if cell and cell[0] in "=+-@"]
    assert rows[-1]["what"].startswith("'=cmd")
    only = list(csv.DictReader(io.StringIO(content_of(log_page(client, cast, "?as=csv&kind=organisation_founded")))))
    assert [row["kind"] for row in only] == ["organisation_founded"]


def test_with_the_json_of_an_owner_every_digest_and_hash_can_be_worked_out_again(client, cast):
    make_use("low", cast.organisation)
    client.force_login(cast.owner)
    records = json.loads(content_of(log_page(client, cast, "?as=json")))
    previous = "0" * 64
    for record in records:
        details = json.dumps(record["details"], ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        assert sha256(record["salt"] + details) == record["detail_digest"]
        names = ["chain", "seq", "at", "actor", "kind", "object", "detail_digest", "previous"]
        names += ["rows"] if record["rows"] else []
        hashed = json.dumps(
            {name: record[name] for name in names}, ensure_ascii=False, sort_keys=True, separators=(",", ":")
        )
        assert (record["previous"], record["hash"]) == (previous, sha256(hashed))
        previous = record["hash"]
    assert len(records) == AuditHead.objects.get(chain=cast.organisation.reference).seq


# --- verifying -----------------------------------------------------------------------------------------------------------


def test_an_owner_verifies_the_log_by_a_button_and_the_page_says_when_and_by_whom(client, cast):
    client.force_login(cast.owner)
    address = reverse("organisation_log", args=[cast.organisation.reference])
    assert "Not verified yet." in words_of(client.get(address))
    said = words_of(client.post(address, follow=True))
    assert "Log verified, no faults found: 1 entry." in said
    assert re.search(r"Last verified on .*, by Olivia Owner\. No faults found\.", said)
    organisations.update_organisation(cast.organisation, by=cast.owner, place="Kowloon")
    assert "No faults found. 1 entry has been added since then." in words_of(client.get(address))
    tampering.edit(cast.organisation.reference, 1, kind="forged")
    said = words_of(client.post(address, follow=True))
    assert "Fault in the log: entry 1 was changed." in said
    assert "Faults found in the log" in said
    assert "1 fault found." in said


def test_a_log_too_long_for_a_page_names_the_command(client, cast, monkeypatch):
    monkeypatch.setattr(log, "WALKED_ON_A_PAGE", 0)
    client.force_login(cast.owner)
    address = reverse("organisation_log", args=[cast.organisation.reference])
    said = words_of(client.get(address))
    assert f"manage.py verify_audit_log --chain {cast.organisation.reference}" in said
    assert "Verify the log now" not in said
    assert "too long to verify here" in words_of(client.post(address, follow=True))
    assert AuditHead.objects.get(chain=cast.organisation.reference).verified_at is None


def test_erased_details_are_said_to_be_erased(client, cast):
    use = make_use("low", cast.organisation)
    declare.declare_facts(use, {"public_facing": True}, by=cast.contributor)
    log.erase_person(cast.contributor, by=cast.owner, organisation=cast.organisation)
    client.force_login(cast.owner)
    response = log_page(client, cast)
    assert sentences(response)[:2] == [
        "Olivia Owner erased a person’s details from the log",
        "Connie Contributor: Facts declared, Booking and urgency sorting",
    ]
    assert "The details of this entry were erased on" in words_of(response)
    assert content_of(log_page(client, cast, "?as=csv")).count("were erased on") == 1
