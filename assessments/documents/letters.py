"""The decision letter: what was decided on a use and why, to whom, how it goes on, and how to appeal; in both languages."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation

from assessments.documents import engine, letter_words
from assessments.documents.asked_back import NOTHING, AskedBack, asked_back
from assessments.documents.letter_words import Pair, dated
from assessments.documents.record import RecordLine, look
from assessments.documents.report.model import Report
from assessments.documents.shared_parts import guideline_month, shortened
from assessments.guideline.terms import Tier
from assessments.models import Condition, DecisionKind, Document, Organisation, ReviewDecision, edition_for
from assessments.models.agreed import AgreedAction, agreed_actions
from assessments.models.going_on import after_refusal

LAYOUTS = ("", "dense", "")  # on one page if it can be; else roomy on more, with the closing rows together
DECIDED = (DecisionKind.REFUSE, DecisionKind.DECLARE_PROHIBITED, DecisionKind.RETURN, DecisionKind.APPROVE)
CHANGED_TIER = (DecisionKind.RAISE_TIER, DecisionKind.WITHDRAW_RAISE)


@dataclass(frozen=True, slots=True)
class Decider:
    """Who decided, as what and when, in which words, and what the person looked at; None: not recorded."""

    name: str
    role: Pair
    at: datetime
    statement: str
    looked_at: RecordLine | None = None


@dataclass(frozen=True, slots=True)
class CertificateIssued:
    """The certificate that the decision brought."""

    number: str
    first: date
    last: date


@dataclass(frozen=True, slots=True)
class Letter:
    """All that a letter says beside the report of its submission.

    `tier_change`: the raise, or its withdrawal, that came with the decision; `tier`: the tier that it names.
    """

    kind: DecisionKind
    reference: str
    deciders: tuple[Decider, ...]
    before: Tier
    body: Pair
    sender: Pair | None = None  # None: the organisation itself
    contact: str = ""
    tier_change: str = ""
    tier: Tier | None = None
    conditions: tuple[tuple[str, date], ...] = ()
    certificate: CertificateIssued | None = None
    actions: tuple[AgreedAction, ...] = ()  # that reviewers asked for on accepting an answer
    asked: AskedBack = NOTHING  # of a return that came without a change of the tier
    answer_by: date | None = None

    @property
    def at(self) -> datetime:
        return self.deciders[-1].at

    @property
    def key(self) -> str:
        """What its words are chosen by: the kind of decision, *issued*, or *changes* where the tier stayed."""
        if self.kind == DecisionKind.RETURN and not self.tier_change:
            return "changes"
        return "issued" if self.certificate else str(self.kind)


def letter_of(document: Document) -> Letter:
    """Read what a letter says from the decisions on its submission. Nine queries at most, twelve of a return."""
    submission = document.submission
    assert submission is not None
    rows = list(submission.decisions.filter(at__lte=document.created_at).select_related("by").order_by("pk"))
    last = next(row for row in reversed(rows) if row.kind in DECIDED)
    kind = DecisionKind(last.kind)
    deciding = [row for row in rows if row.kind == kind] if kind == DecisionKind.APPROVE else [last]
    body = Organisation.objects.reviewing_body()
    independent = any(row.independent for row in deciding)
    change = _tier_change(rows, kind)
    sender = Pair(str(body) if body else "hkguide", body.name_zh if body else "") if independent else None
    plain_return = kind == DecisionKind.RETURN and change is None
    return Letter(
        kind=kind,
        reference=document.reference,
        deciders=tuple(_decider(row, change.statement if change else row.statement) for row in deciding),
        before=Tier(submission.assigned_tier),
        body=letter_words.body_of(body, body.name_zh if body else ""),
        sender=sender,
        contact=submission.organisation.contact,
        tier_change=str(change.kind) if change else "",
        tier=Tier(change.tier) if change else None,
        conditions=_conditions(document) if kind == DecisionKind.APPROVE else (),
        certificate=_certificate(document) if kind == DecisionKind.APPROVE else None,
        actions=tuple(agreed_actions(submission, document.created_at)) if kind == DecisionKind.APPROVE else (),
        asked=asked_back(last, edition_for(submission.edition_checksum, "en")) if plain_return else NOTHING,
        answer_by=last.answer_by if plain_return else None,
    )


def _tier_change(rows: Sequence[ReviewDecision], kind: DecisionKind) -> ReviewDecision | None:
    """Return the raise of the tier, or its withdrawal, that the decision came with; its reason is the reviewer's own."""
    found = next((row for row in reversed(rows) if row.kind in CHANGED_TIER), None)
    if found is None or kind == DecisionKind.RETURN:
        return found
    raised_to_the_top = found.kind == DecisionKind.RAISE_TIER and found.tier == Tier.UNACCEPTABLE
    return found if kind == DecisionKind.REFUSE and raised_to_the_top else None


def _decider(row: ReviewDecision, statement: str) -> Decider:
    if row.kind == DecisionKind.DECLARE_PROHIBITED:
        role = letter_words.SIGNER
    else:
        role = letter_words.INDEPENDENT if row.independent else letter_words.INSIDE
    looked_at = look("", row.looked_at) if row.looked_at else None
    return Decider(row.by_name, role, timezone.localtime(row.at), statement, looked_at)


def _conditions(document: Document) -> tuple[tuple[str, date], ...]:
    rows = Condition.objects.filter(decision__submission=document.submission).order_by("due_on", "pk")
    return tuple(rows.values_list("words", "due_on"))


def _certificate(document: Document) -> CertificateIssued | None:
    found = getattr(document.submission, "certificate", None)
    if found is None or found.issued_at > document.created_at:
        return None
    return CertificateIssued(found.number, found.issued_on, found.expires_on)


def letter_layouts(report: Report, letter: Letter) -> tuple[str, ...]:
    """Return the letter as HTML, roomy and dense; its report is that of the submission."""
    context = letter_context(report, letter)
    with translation.override("en"):
        return tuple(
            render_to_string("assessments/documents/letter.html", context | {"density": density}) for density in LAYOUTS
        )


def letter_pdf(report: Report, letter: Letter, *, identifier: str, created: datetime) -> bytes:
    """Render the letter, on one page unless its reasons are long; the same arguments give the same bytes."""
    layouts = letter_layouts(report, letter)
    return engine.render(*layouts, identifier=identifier, created=created, fits=lambda pages: len(pages) == 1)


def letter_context(report: Report, letter: Letter) -> dict[str, Any]:
    """Return what the template prints, as data."""
    assert report.frozen is not None
    sender = letter.sender or Pair(report.organisation.name_en, report.organisation.name_zh)
    prohibited = letter.kind == DecisionKind.DECLARE_PROHIBITED
    signed: dict[str, Pair | int] = {"day": dated(report.frozen.at), "round": report.frozen.round}
    titles = {answer.key: answer.title for answer in report.answers}
    changes = letter.key == "changes"
    page = settings.PUBLIC_URL + reverse("returned" if changes else "assessment", args=[report.assessment])
    contest = settings.PUBLIC_URL + reverse("contest", args=[report.assessment])
    return {
        "r": report,
        "letter": letter,
        "prohibited": prohibited,
        "approved": letter.kind == DecisionKind.APPROVE,
        "heading": letter_words.HEADINGS[letter.key],
        "sender": sender,
        "head_name": shortened(sender.en),
        "dated": dated(letter.at),
        "decision": letter_words.DECISIONS["changes" if changes else letter.kind].of(**signed),
        "answer_by": letter_words.ANSWER_BY.of(day=dated(letter.answer_by)) if letter.answer_by else None,
        "means": _means(letter),
        "next": _next(letter),
        "page": page,
        "appeal": _appeal(letter),
        "contest": "" if prohibited else contest,
        "no_conditions": letter_words.NO_CONDITIONS,
        "not_recorded": letter_words.NOT_RECORDED,
        "conditions": [(words, dated(due)) for words, due in letter.conditions],
        "actions": [(one, dated(one.due), titles.get(one.question, one.question)) for one in letter.actions],
        "said": [(one.name, one.statement) for one in letter.deciders if one.statement.strip()],
        "worst": [fact for fact in report.facts if fact.signed_worst],
        "deciding": [rule for rule in report.tier.rules if rule.deciding],
        "guideline_date": guideline_month(report.guideline_date),
    }


def _means(letter: Letter) -> Pair:
    words = letter_words.MEANS
    before, tier = letter_words.TIERS[letter.before], letter_words.TIERS[letter.tier or letter.before]
    if letter.certificate is not None:
        one = letter.certificate
        return words["issued"].of(number=one.number, first=dated(one.first), last=dated(one.last))
    if letter.kind == DecisionKind.RETURN and letter.tier_change:
        raised = letter.tier_change == DecisionKind.RAISE_TIER
        return words["return_raised" if raised else "return_withdrawn"].of(before=before, tier=tier)
    if letter.kind == DecisionKind.REFUSE and letter.tier_change == DecisionKind.RAISE_TIER:
        return words["raised"].of(before=before, tier=tier)
    return words[letter.key].of(tier=before)


def _next(letter: Letter) -> Pair:
    if letter.kind in (DecisionKind.DECLARE_PROHIBITED, DecisionKind.REFUSE):
        declared = letter.kind == DecisionKind.DECLARE_PROHIBITED
        going_on = after_refusal(prohibited=declared or letter.tier == Tier.UNACCEPTABLE)
        with translation.override("en"):
            return Pair(str(going_on.en), going_on.zh)
    clear = letter.certificate is not None and not letter.conditions
    said = [] if clear and letter.actions else [letter_words.NEXT["issued_clear" if clear else letter.key]]
    if letter.actions:
        said.append(letter_words.NEXT["actions"])
    return Pair(" ".join(one.en for one in said), "".join(one.zh for one in said))


def _appeal(letter: Letter) -> Pair:
    if letter.kind == DecisionKind.DECLARE_PROHIBITED:
        return letter_words.OWN_DECLARATION
    words = letter_words.COMPLAIN if letter.kind == DecisionKind.APPROVE else letter_words.APPEAL
    return words.of(body=letter.body)
