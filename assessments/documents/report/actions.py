"""The remediation actions of a report, each with the findings that it closes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from assessments.documents.report.answers import AnswerLine
from assessments.documents.report.dates import after_signing, day, short_date
from assessments.guideline.edition import Edition, Question
from assessments.guideline.terms import Dimension, Strength
from assessments.models.agreed import CLOSED_BY
from assessments.scoring import conditions
from assessments.scoring.findings import FindingKind


@dataclass(frozen=True, slots=True)
class RiskNow:
    """A risk that somebody accepted for a time instead of closing its action."""

    reason: str
    by: str
    since: datetime
    until: date
    review: date


@dataclass(frozen=True, slots=True)
class ActionNow:
    """The state of an action when the plan is made; the snapshot cannot know it."""

    owner: str
    status: str
    note: str = ""
    verified_by: str = ""
    title: str = ""  # where somebody edited it since
    is_open: bool = True
    steps: tuple[str, ...] = ()  # where somebody wrote others since
    merged_into: int | None = None  # the number of the action that does it as well
    not_relevant: str = ""  # the reason for which it was marked so
    not_relevant_by: str = ""
    full_due: date | None = None
    closed_at: datetime | None = None
    asked: str = ""  # what a reviewer asked for on accepting the answer
    due: date | None = None
    late: bool = False
    closed: bool = False
    evidence: tuple[str, ...] = ()
    risk: RiskNow | None = None
    condition: bool = False  # of an approval, so that the certificate does not wait for it any more


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A duty that one question leaves short. `items`: those of its checklist that leave it short."""

    requirement: str
    clause: str
    statement: str
    strength: str
    standing: str
    blocking: bool
    items: tuple[str, ...]
    extended: bool = False  # put to this use by our judgement, beyond the parts that the register names

    @property
    def heading(self) -> tuple[str, str, str]:
        """Return what neighbouring duties of an action share; it is printed once above them."""
        return (self.strength, self.standing, self.clause)


@dataclass(frozen=True, slots=True)
class ActionBlock:
    """One action with everything it answers. An action of a draft has no number and no date yet: `due` is None.

    `answer` is None for an action that no question brings: an open incident, a hold, an action of one's own.
    """

    number: int
    title: str
    answer: AnswerLine | None
    findings: tuple[FindingLine, ...]
    why: str
    steps: tuple[str, ...]
    closes: tuple[str, ...]
    suggested_owner: str
    effort: str
    priority: str
    priority_key: str
    blocking: bool
    due: date | None
    due_days: int
    dimensions: tuple[str, ...]
    now: ActionNow | None
    # From release 3 on.
    rank: int = 0
    package: str = ""
    placed: str = ""  # stop, needed, or its class
    why_here: str = ""
    stopgap: str = ""
    full_days: int | None = None
    full_due: date | None = None
    clauses: tuple[str, ...] = ()
    whole_organisation: bool = False
    effort_key: str = ""
    work_days: tuple[int, int] | None = None  # of one person, from and to; None where the edition gives none
    may_have_date: bool = False  # it may become a condition of the certificate instead of being closed first

    @property
    def stands(self) -> bool:
        """Tell whether it still has to be done, or its risk is accepted. False where another action does it as well."""
        return self.now is None or not (self.now.closed or self.now.merged_into or self.now.not_relevant)

    @property
    def blocks_now(self) -> bool:
        """Tell whether it blocks the certificate now; marking it as not relevant does not change that."""
        return self.blocking and (self.stands or bool(self.now and self.now.not_relevant and not self.now.merged_into))

    @property
    def due_now(self) -> date | None:
        """Return the day on which it is due now; the day set at the signing where nothing is known since."""
        return (self.now.due if self.now else None) or self.due

    @property
    def when(self) -> str:
        """Say when it is due, in full."""
        if self.due_now:
            return day(self.due_now)
        return after_signing(self.due_days)

    @property
    def full_now(self) -> date | None:
        """Return the day on which all of it is due; None in a draft, and where first step and full measure are one."""
        return self.now.full_due if self.now and self.now.due else self.full_due

    @property
    def first_when(self) -> str:
        """Say when its first step is due, for a narrow column."""
        return short_date(self.due_now) if self.due_now else after_signing(self.due_days)

    @property
    def full_when(self) -> str:
        """Say when all of it is due, for a narrow column."""
        if self.due_now:
            return short_date(self.full_now or self.due_now)
        return after_signing(self.full_days or self.due_days)

    @property
    def done_by(self) -> tuple[date | None, int]:
        """Return the day of the full measure and the days after signing, by which actions of one plan are compared."""
        return (self.full_now or self.due_now, self.full_days or self.due_days)

    @property
    def taken(self) -> bool:
        """Tell whether a person has taken it or was given it."""
        return bool(self.now and self.now.owner)

    @property
    def answers_for_it(self) -> str:
        """Name the owner; until there is one, the suggested post, marked as suggested."""
        if self.now and self.now.owner:
            return self.now.owner
        return _("suggested: %(post)s") % {"post": self.suggested_owner} if self.suggested_owner else _("no owner yet")


def build_action(
    edition: Edition,
    place: int,
    action: Mapping[str, Any],
    content: Mapping[str, Any],
    answer_of: Mapping[str, AnswerLine],
    standing: Mapping[int, ActionNow],
) -> ActionBlock:
    """Build the block of one action.

    From release 3 on its words are in the snapshot, since some actions come from no question.
    """
    question = edition.questions.get(action["question"])
    findings = [finding for finding in content["findings"] if question and finding["question"] == question.key]
    short = [finding for finding in findings if finding["blocking"]]
    named = {d for f in findings for d in edition.requirements[f["requirement"]].dimensions}
    dimensions = tuple(edition.terms[f"dimensions.{dimension}"] for dimension in Dimension if dimension in named)
    number = action.get("number", place)
    now = standing.get(number)
    asked = (now.asked,) if now and now.asked else ()
    due = date.fromisoformat(action["due"]) if action.get("due") else None
    steps, closes = _remedies(question, findings)
    blocking = action["blocking"] if "blocking" in action else any(finding["blocking"] for finding in findings)
    return ActionBlock(
        number=number,
        title=(now.title if now else "") or action["title"],
        answer=answer_of.get(action["question"]),
        findings=tuple(_findings(edition, question, findings)) if question else (),
        why=action.get("why") or (question.why if question else ""),
        steps=(*((now.steps if now else ()) or action.get("steps") or steps), *asked),
        closes=tuple(action.get("closes") or closes or ([str(CLOSED_BY)] if asked else ())),
        suggested_owner=edition.owners.get(action["owner"], action["owner"]),
        effort=edition.policy.words.get(f"efforts.{action['effort']}", ""),
        priority=edition.policy.words.get(f"priorities.{action['priority']}", ""),
        priority_key=action["priority"],
        blocking=blocking and not (now and now.condition),
        due=now.due if now and now.asked else due,
        due_days=action["due_days"],
        dimensions=dimensions,
        now=now,
        rank=action.get("rank") or 0,
        package=action.get("package") or "",
        placed=action.get("class") or "",
        why_here=action.get("why_here") or "",
        stopgap=(now.steps[0] if now and now.steps else action.get("stopgap")) or "",
        full_days=action.get("full_days"),
        full_due=_full_due(action, due),
        clauses=tuple(edition.cited(clause) for clause in action.get("clauses", ())),
        whole_organisation=bool(action.get("whole_organisation")),
        effort_key=action["effort"],
        work_days=edition.order.work_days.get(action["effort"]) if edition.order else None,
        may_have_date=bool(short) and conditions.may_have_date(short, content["tier"]["assigned"]),
    )


def _remedies(
    question: Question | None, findings: Iterable[Mapping[str, Any]]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return first steps and what closes them, from the remedies of the items that fall short."""
    if question is None:
        return (), ()
    items = {item.key: item for item in question.items}
    short = dict.fromkeys(finding["item"] for finding in findings)
    remedies = [remedy for key in short if (remedy := items[key].remedy if key else question.remedy)]
    steps = tuple(dict.fromkeys(remedy.first_step for remedy in remedies))
    return steps, tuple(dict.fromkeys(remedy.closes_it for remedy in remedies))


def _full_due(action: Mapping[str, Any], due: date | None) -> date | None:
    """Return the day on which all of a signed action is due: as many days after its first step as was proposed."""
    if "full_due" in action:
        return date.fromisoformat(action["full_due"]) if action["full_due"] else None
    full = action.get("full_days")
    return due + timedelta(days=max(0, full - action["due_days"])) if due and full is not None else None


def _findings(edition: Edition, question: Question, findings: Iterable[Mapping[str, Any]]) -> Iterable[FindingLine]:
    """Yield one line a duty and kind: items of a checklist that leave it short in the same way share a line.

    A duty of this use that our judgement extends to another of its parts is one line too, that of the Guideline.
    """
    standings = {
        FindingKind.SHORTFALL: _("not in place"),
        FindingKind.PARTLY: _("partly in place"),
        FindingKind.PLANNED: _("planned"),
        FindingKind.UNKNOWN: _("not known"),
        FindingKind.NOT_APPLICABLE: _("marked as not applicable; the reason is not accepted yet"),
    }
    text_of = {item.key: item.text for item in question.items}
    together: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    given = list(findings)
    own = {(finding["requirement"], finding["kind"]) for finding in given}
    for finding in given:
        of_the_register = (edition.line(finding["requirement"]), finding["kind"])
        key = of_the_register if of_the_register in own else (finding["requirement"], finding["kind"])
        together.setdefault(key, []).append(finding)

    def place(duty_and_kind: tuple[str, str]) -> tuple[int, str, str]:
        """Order musts first and extended duties last, and keep together what shares a heading."""
        requirement = edition.requirements[duty_and_kind[0]]
        extended = edition.line(requirement.id) != requirement.id
        strength = list(Strength).index(requirement.strength) + (len(Strength) if extended else 0)
        return (strength, duty_and_kind[1], edition.cited(requirement.clause))

    for id, kind in sorted(together, key=place):
        requirement, group = edition.requirements[id], together[id, kind]
        yield FindingLine(
            requirement=edition.line(id),
            extended=edition.line(id) != id,
            clause=edition.cited(requirement.clause),
            statement=requirement.statement,
            strength=edition.terms[f"strengths.{requirement.strength}"],
            standing=standings[FindingKind(kind)],
            blocking=any(finding["blocking"] for finding in group),
            items=tuple(text_of[finding["item"]] for finding in group if finding["item"]),
        )
