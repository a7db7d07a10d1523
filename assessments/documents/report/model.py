"""The one report model: a snapshot turned into what a reader needs, as frozen dataclasses with every word in place.

`build_report` reads nothing but its arguments, so the plan of a draft and that of a submission differ in them alone.
Texts of the bank come from the edition, words of people from the snapshot; nothing hidden is in a snapshot, so nothing
hidden is in a report.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.documents import order_words
from assessments.guideline.edition import Edition, Question, Requirement
from assessments.guideline.extensions import JOIN
from assessments.guideline.terms import UNKNOWN, Basis, Choice, Dimension, Strength, Tier
from assessments.guideline.wording import choice_words, fact_answer, in_short, rule_card, to_find_out
from assessments.models.agreed import CLOSED_BY
from assessments.models.assessments import answer_value
from assessments.models.base import canonical_json
from assessments.models.figures import figure_words
from assessments.models.holds import HoldKindChoices
from assessments.models.snapshots import SELF_CERTIFICATION, declared_in, pieces_of
from assessments.scoring import conditions, tally
from assessments.scoring.findings import FindingKind
from assessments.scoring.inputs import Declared
from assessments.scoring.readiness import DutyCredit, counted_as

PERIODS = (30, 90, 180, 365)
"""Days of the plan at a glance. Our judgement: a month, a quarter, half a year, a year."""
DIMENSION_CLAUSES = {dimension: f"2.2.{number}" for number, dimension in enumerate(Dimension, 1)}


@dataclass(frozen=True, slots=True)
class Body:
    """The organisation as its snapshot names it; `name_zh` may be empty."""

    name_en: str
    name_zh: str
    registration_no: str
    place: str


@dataclass(frozen=True, slots=True)
class Frozen:
    """What a submission knows of itself beside its snapshot."""

    reference: str
    round: int
    at: datetime
    sha256: str
    decided: tuple[str, ...] = ()  # what was decided on it by the day of the document


@dataclass(frozen=True, slots=True)
class ReviewWords:
    """What the reviewer said of one answer, for the organisation to read; never the private note."""

    mark: str
    words: str
    would_satisfy: str


@dataclass(frozen=True, slots=True)
class ActionNow:
    """How an action stands when the plan is made; the snapshot cannot know it."""

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
class RiskNow:
    """A risk that somebody accepted for a time instead of closing its action."""

    reason: str
    by: str
    since: datetime
    until: date
    review: date


@dataclass(frozen=True, slots=True)
class ChangeSince:
    """What became of one action since the last plan, in a few words."""

    number: int
    title: str
    words: str


@dataclass(frozen=True, slots=True)
class SinceLast:
    """What changed since the last plan of the use. `slips`: how often a date was put off.

    `is_of_the_day`: the last plan is of the same day as this one.
    """

    last: datetime
    groups: tuple[tuple[str, tuple[ChangeSince, ...]], ...]
    slips: int
    is_of_the_day: bool = False


@dataclass(frozen=True, slots=True)
class FactLine:
    label: str
    words: str
    reason: str
    group: str
    agreed_by: str = ""
    agreed_reason: str = ""
    signed_worst: str = ""  # who signed it at its worst answer, and when
    denied: bool = False  # answered no, or none of its values
    affirmed: bool = False  # answered yes
    prohibited: bool = False  # asks about a prohibited use
    unknown: bool = False

    @property
    def short(self) -> str:
        """The answer without its explanation: *Grave* of *Grave: death, lasting injury*."""
        return "; ".join(in_short(part) for part in self.words.split("; ") if part[:1].isupper()) or self.words


@dataclass(frozen=True, slots=True)
class RaisedLine:
    """A tier that a reviewer raised, beside what the rules give."""

    tier: str
    by_rules: str
    reason: str
    by: str
    role: str
    at: datetime


@dataclass(frozen=True, slots=True)
class FlagLine:
    """What is known outside the Guideline, as of a month; never a reason for a tier."""

    label: str
    text: str
    as_of: str


@dataclass(frozen=True, slots=True)
class RuleLine:
    """A rule that fired. `tier` is None where it changes none; `deciding` rules carry the assigned tier."""

    id: str
    tier: Tier | None
    basis: Basis
    basis_words: str
    clauses: tuple[str, ...]
    reason: str
    reading: str
    facts: tuple[FactLine, ...]
    deciding: bool


@dataclass(frozen=True, slots=True)
class HoldLine:
    kind: str
    fact: str
    open: bool
    decision: str


@dataclass(frozen=True, slots=True)
class ChangeLine:
    """One fact answered otherwise, and the tier that this would give."""

    fact: str
    was: str
    to: str
    tier: str


@dataclass(frozen=True, slots=True)
class TierReport:
    """The tier with its reasons. `text` is what the Guideline's own text says, None where it is not stated."""

    assigned: Tier
    word: str
    meaning: str
    asks: str
    judgement: str
    text: Tier | None
    text_word: str
    provisional: bool
    waits_for: tuple[str, ...]
    rules: tuple[RuleLine, ...]
    holds: tuple[HoldLine, ...]
    lower: tuple[ChangeLine, ...]
    higher: tuple[ChangeLine, ...]
    together: tuple[str, ...]
    raised: RaisedLine | None = None
    flags: tuple[FlagLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Readiness:
    """One heading of the scorecard. `value` in per cent, None: not assessed. The counts are duties and add up."""

    name: str
    clause: str
    value: Decimal | None
    band: str
    duties: int
    full: int
    half: int
    unknown: int
    none: int
    unanswered: int


@dataclass(frozen=True, slots=True)
class ItemLine:
    text: str
    state: str  # ticked, open or not_applicable
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EvidenceLine:
    """A piece that an answer names; `sha256` is empty and `shown_by` filled where it is shown on request only."""

    title: str
    proves: str
    version: int
    sha256: str
    shown_by: str


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One question that applied, with all that was answered to it; `choice` is empty where nothing was."""

    key: str
    section: str
    title: str
    question: str
    choice: str
    words: str
    items: tuple[ItemLine, ...]
    note: str
    reason: str
    planned_for: date | None
    by: str
    dimension: str
    good: bool
    review: ReviewWords | None
    evidence: tuple[EvidenceLine, ...]
    figure: str = ""  # measured value and target in words

    @property
    def given(self) -> str:
        """The answer in a few words, with its figure; a checklist's says how much of it is ticked."""
        words = self.words
        if self.choice == Choice.TICKED:
            ticked = sum(item.state == "ticked" for item in self.items)
            words = _("%(n)s of %(all)s ticked") % {"n": ticked, "all": len(self.items)}
        return ", ".join(filter(None, (words, self.figure)))

    @property
    def left_out(self) -> tuple[ItemLine, ...]:
        return tuple(item for item in self.items if item.state == "not_applicable")


@dataclass(frozen=True, slots=True)
class FindingLine:
    """A duty that one question leaves short. `items`: those of its checklist that do."""

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
        """What neighbouring duties of an action share, and is printed once above them."""
        return (self.strength, self.standing, self.clause)


@dataclass(frozen=True, slots=True)
class ActionBlock:
    """One action with everything it answers. A draft's action has no number and no date yet: `due` is None.

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
        """Whether it still has to be done, or its risk is borne; what another action does as well is not counted."""
        return self.now is None or not (self.now.closed or self.now.merged_into or self.now.not_relevant)

    @property
    def blocks_now(self) -> bool:
        """Whether it keeps a certificate back; what was marked as not relevant goes on doing so."""
        return self.blocking and (self.stands or bool(self.now and self.now.not_relevant and not self.now.merged_into))

    @property
    def due_now(self) -> date | None:
        """The day on which it is due as it stands; the day of the signing where nothing is known since."""
        return (self.now.due if self.now else None) or self.due

    @property
    def when(self) -> str:
        if self.due_now:
            return day(self.due_now)
        return after_signing(self.due_days)

    @property
    def full_now(self) -> date | None:
        """The day on which all of it is due; None in a draft, and where first step and full measure are one."""
        return self.now.full_due if self.now and self.now.due else self.full_due

    @property
    def first_when(self) -> str:
        return short_date(self.due_now) if self.due_now else after_signing(self.due_days)

    @property
    def full_when(self) -> str:
        """When all is done, as `first_when` says when its first step is."""
        if self.due_now:
            return short_date(self.full_now or self.due_now)
        return after_signing(self.full_days or self.due_days)

    @property
    def done_by(self) -> tuple[date | None, int]:
        """The day of the full measure, or the days after signing: what actions of one plan are compared by."""
        return (self.full_now or self.due_now, self.full_days or self.due_days)

    @property
    def taken(self) -> bool:
        """Whether a person has taken it or was given it."""
        return bool(self.now and self.now.owner)

    @property
    def answers_for_it(self) -> str:
        """The owner by name; until there is one, the post that is suggested, which says so."""
        if self.now and self.now.owner:
            return self.now.owner
        return _("suggested: %(post)s") % {"post": self.suggested_owner} if self.suggested_owner else _("no owner yet")


@dataclass(frozen=True, slots=True)
class PackageBlock:
    """One package of a plan with its actions by rank. `number`: its place among those with actions."""

    number: int
    key: str
    title: str
    paper: str
    risk: str
    actions: tuple[ActionBlock, ...]
    until: str = ""  # what is reached when it has stopped or limited what can harm people
    never_waits: bool = False  # nobody is told that this can wait, even where the certificate does not need it

    @property
    def standing(self) -> tuple[ActionBlock, ...]:
        return tuple(action for action in self.actions if action.stands)

    @property
    def blocking(self) -> int:
        return sum(action.blocks_now for action in self.actions)

    @property
    def owner(self) -> str:
        """Who answers for it: the owner of most of its actions, of the more urgent ones where it is equal."""
        owners = [action.answers_for_it for action in self.actions]
        return max(owners, key=owners.count)

    @property
    def starts(self) -> str:
        return min(self.actions, key=lambda a: (a.due_now or date.max, a.due_days)).first_when

    @property
    def ends(self) -> str:
        return max(self.actions, key=lambda a: (a.done_by[0] or date.min, a.done_by[1])).full_when


@dataclass(frozen=True, slots=True)
class ScopeLine:
    """One duty that our judgement puts to this use, or leaves out of it: the line of the register and the reason."""

    line: str
    clause: str
    statement: str
    because: str
    waits: bool = False  # left out only while a fact is unknown


@dataclass(frozen=True, slots=True)
class EvidenceEntry:
    """One piece of evidence of the whole plan. `supports`: the answers that name it."""

    number: int
    title: str
    period: str
    supports: int
    sha256: str
    shown_by: str


@dataclass(frozen=True, slots=True)
class ReasonLine:
    """One *not applicable* that a reviewer accepts or refuses, with what was judged so far."""

    question: str
    item: str
    reason: str
    by: str
    mark: str


@dataclass(frozen=True, slots=True)
class Period:
    """Actions that fall due within so many days; `days` is None for what is later."""

    title: str
    actions: tuple[ActionBlock, ...]


@dataclass(frozen=True, slots=True)
class Report:
    draft: bool
    edition_key: str
    edition_release: int
    edition_checksum: str
    guideline_title: str
    guideline_version: str
    guideline_date: str
    organisation: Body
    system: str
    version: str
    suppliers: str
    parts: tuple[str, ...]
    use_reference: str
    use: str
    purpose: str
    setting: str
    people_affected: str
    scope_en: str
    scope_zh: str
    exclusions: str
    assessment: str
    frozen: Frozen | None
    signed_by: str
    statement: tuple[str, ...]
    public_statement: str
    tier: TierReport
    facts: tuple[FactLine, ...]
    readiness: tuple[Readiness, ...]
    principles: tuple[Readiness, ...]
    lifecycle: tuple[Readiness, ...]
    duties: int
    duties_in_place: int
    applicable: int
    answered: int
    answers: tuple[AnswerLine, ...]
    actions: tuple[ActionBlock, ...]
    method: str
    words: Mapping[str, str] = field(repr=False)
    as_of: datetime | None = None  # of a plan that was asked for after the signing
    since_last: SinceLast | None = None
    # From release 3 on.
    by_package: bool = False
    order: tuple[str, ...] = ()  # the sentences that say by what actions are ordered and dated
    packages: tuple[PackageBlock, ...] = ()
    reasons: tuple[ReasonLine, ...] = ()
    evidence: tuple[EvidenceEntry, ...] = ()
    extended: tuple[ScopeLine, ...] = ()
    narrowed: tuple[ScopeLine, ...] = ()

    @property
    def untaken(self) -> tuple[ActionBlock, ...]:
        """The actions to be done that nobody has taken: a post is suggested for each."""
        return tuple(action for action in self.standing if not action.taken)

    @property
    def not_relevant(self) -> tuple[ActionBlock, ...]:
        """The actions that the organisation marked as not relevant."""
        return tuple(action for action in self.actions if action.now and action.now.not_relevant)

    @property
    def accepted_risks(self) -> tuple[ActionBlock, ...]:
        """The actions whose risk somebody accepted, those that come back first on top."""
        found = [action for action in self.actions if action.now and action.now.risk]
        return tuple(sorted(found, key=lambda a: (a.now.risk.until, a.number)))  # type: ignore[union-attr]

    @property
    def standing(self) -> tuple[ActionBlock, ...]:
        return tuple(action for action in self.actions if action.stands)

    @property
    def blocking(self) -> tuple[ActionBlock, ...]:
        return tuple(action for action in self.actions if action.blocks_now)

    @property
    def blocking_words(self) -> str:
        """How many actions block the certificate, and how many of them may get a date instead."""
        return f"{len(self.blocking)} {self.blocking_figure}"

    @property
    def blocking_figure(self) -> str:
        """The same without the first number."""
        count, dated = len(self.blocking), sum(action.may_have_date for action in self.blocking)
        words = ngettext("blocks the certificate", "block the certificate", count)
        if not dated:
            return words
        if dated == count:
            until = ngettext("until it is closed or gets a date", "until each is closed or gets a date", count)
            return f"{words} {until}"
        more = ngettext("%(n)s of them may get a date instead", "%(n)s of them may get a date instead", dated)
        return f"{words}; {more % {'n': dated}}"

    @property
    def unknown(self) -> tuple[AnswerLine, ...]:
        return tuple(answer for answer in self.answers if answer.choice == Choice.UNKNOWN)

    @property
    def not_applicable(self) -> tuple[AnswerLine, ...]:
        """Questions answered so as a whole, and those of whose items some are."""
        return tuple(a for a in self.answers if a.choice == Choice.NOT_APPLICABLE or a.left_out)

    @property
    def planned(self) -> tuple[AnswerLine, ...]:
        return tuple(answer for answer in self.answers if answer.choice == Choice.PLANNED)

    @property
    def good(self) -> dict[str, list[AnswerLine]]:
        """What is in place in full, by dimension, in the order of the questionnaire."""
        found: dict[str, list[AnswerLine]] = {}
        for answer in self.answers:
            if answer.good:
                found.setdefault(answer.dimension, []).append(answer)
        return found

    @property
    def nothing_in_full(self) -> str:
        """Say that no practice has all its points, beside the duties in place that results and plan count."""
        if any(answer.good for answer in self.answers):
            return ""
        if not self.duties_in_place:
            return _("No practice is in place yet.")
        return ngettext(
            "No practice has all its points in place yet, but %(n)s of the %(all)s duties in scope is met.",
            "No practice has all its points in place yet, but %(n)s of the %(all)s duties in scope are met.",
            self.duties_in_place,
        ) % {"n": self.duties_in_place, "all": self.duties}

    @property
    def periods(self) -> tuple[Period, ...]:
        """The actions by when they fall due, counted from the signing; periods without one are left out."""
        placed: dict[int, list[ActionBlock]] = {}
        for action in self.standing:
            days = action.due_days
            if action.due_now and self.frozen:
                days = (action.due_now - timezone.localdate(self.frozen.at)).days
            placed.setdefault(sum(days > period for period in PERIODS), []).append(action)
        titles = [_("Within %(days)s days") % {"days": days} for days in PERIODS] + [_("Later")]
        return tuple(
            Period(titles[place], tuple(sorted(actions, key=lambda a: (a.due_now or date.min, a.due_days, a.number))))
            for place, actions in sorted(placed.items())
        )


def day(value: date) -> str:
    """Write a date as Hong Kong does in English, unbroken: 14 October 2026."""
    return f"{value.day}\u00a0{value:%B}\u00a0{value.year}"


def short_date(value: date) -> str:
    """Write a date for a narrow column, unbroken: 14 Oct 2026."""
    return f"{value.day}\u00a0{value:%b}\u00a0{value.year}"


def after_signing(days: int) -> str:
    """Write the date of a draft's action: 14 days after signing."""
    return ngettext("%(n)s day after signing", "%(n)s days after signing", days) % {"n": days}


def moment(value: str | datetime) -> datetime:
    """Read a snapshot's time, in Hong Kong's."""
    return timezone.localtime(datetime.fromisoformat(value) if isinstance(value, str) else value)


def build_report(
    content: Mapping[str, Any],
    edition: Edition,
    *,
    draft: bool,
    frozen: Frozen | None = None,
    reviews: Mapping[str, ReviewWords] | None = None,
    standing: Mapping[int, ActionNow] | None = None,
    as_of: datetime | None = None,
    since_last: SinceLast | None = None,
) -> Report:
    """Build the report of a snapshot, or of the picture of a draft.

    `reviews`: question key to what a reviewer said of it; `standing`: action number to how it stands now. No queries.
    """
    content = json.loads(canonical_json(content))  # a draft's picture holds dates and decimals, a snapshot their texts
    facts = [_fact(edition, fact) for fact in content["facts"]]
    fact_of = {fact["key"]: line for fact, line in zip(content["facts"], facts, strict=True)}
    answers = [_answer(edition, shown, content, reviews or {}) for shown in content["questions"]]
    answer_of = {answer.key: answer for answer in answers}
    actions = tuple(
        _action(edition, place, action, content, answer_of, standing or {})
        for place, action in enumerate(content["actions"], 1)
    )
    card, signed = content["scorecard"], content.get("signed", {})
    stand = _duties(edition, content, final=not draft)
    duties = card["clauses"].values()  # a duty stands under one clause, but under several dimensions
    return Report(
        draft=draft,
        edition_key=content["edition"]["key"],
        edition_release=content["edition"]["release"],
        edition_checksum=content["edition"]["checksum"],
        guideline_title=edition.title,
        guideline_version=edition.guideline_version,
        guideline_date=edition.guideline_date,
        organisation=Body(**{k: v for k, v in content["organisation"].items() if k != "reference"}),
        system=content["system"]["name"],
        version=content["system"]["version"],
        suppliers=content["system"]["suppliers"],
        parts=tuple(edition.terms[f"stakeholders.{part}"] for part in content["system"]["parts"]),
        use_reference=content["use"]["reference"],
        use=content["use"]["title"],
        purpose=content["use"]["purpose"],
        setting=content["use"]["setting"],
        people_affected=content["use"]["people_affected"],
        scope_en=content["use"]["scope_en"],
        scope_zh=content["use"]["scope_zh"],
        exclusions=content["use"]["exclusions"],
        assessment=content["assessment"]["reference"],
        frozen=frozen,
        signed_by=signed.get("name", ""),
        statement=tuple(signed.get("statement", ())),
        public_statement=signed.get("public_statement", ""),
        tier=_tier(edition, content, fact_of),
        facts=tuple(facts),
        readiness=tuple(
            _readiness(edition, content, stand, "dimensions", str(key), DIMENSION_CLAUSES[key]) for key in Dimension
        ),
        principles=tuple(_readiness(edition, content, stand, "principles", key, "2.3") for key in card["principles"]),
        lifecycle=tuple(_readiness(edition, content, stand, "lifecycle", key, "2.1.3") for key in card["lifecycle"]),
        duties=sum(score["duties"] for score in duties),
        duties_in_place=sum(score["full"] for score in duties),
        applicable=content["counts"]["applicable"],
        answered=content["counts"]["answered"],
        answers=tuple(answers),
        actions=actions,
        method=edition.policy.words["method"],
        words=edition.policy.words,
        as_of=as_of,
        since_last=since_last,
        **(_of_release_3(edition, content, actions, answers) if edition.order else {}),
    )


def _of_release_3(
    edition: Edition, content: Mapping[str, Any], actions: Sequence[ActionBlock], answers: Sequence[AnswerLine]
) -> dict[str, Any]:
    """The parts of a report that editions have from release 3 on."""
    return {
        "by_package": True,
        "order": (*_order_words(edition), *_condition_words(actions)),
        "packages": _packages(edition, declared_in(content), actions),
        "reasons": (*_reasons(content, answers), *_not_relevant(actions)),
        "evidence": tuple(_evidence_index(content)),
        "extended": tuple(_extended(edition, content)),
        "narrowed": tuple(_narrowed(edition, content)),
    }


def _order_words(edition: Edition) -> tuple[str, ...]:
    """The sentences on order and dates, in the order of its keys."""
    order = edition.order
    if order is None:
        return ()
    keys = (*order.steps, *(key for key in order.reasons if key not in order.steps))
    return tuple(order.reasons[key] for key in keys if key in order.reasons)


def _condition_words(actions: Iterable[ActionBlock]) -> tuple[str, ...]:
    """Return the sentence on dates of conditions; none in a plan without one."""
    promised = any(action.now and action.now.condition for action in actions)
    return (order_words.of_conditions(),) if promised else ()


def _packages(edition: Edition, declared: Declared, actions: Sequence[ActionBlock]) -> tuple[PackageBlock, ...]:
    """Group the actions by package, the most urgent package first; an action without package comes last."""
    grouped: dict[str, list[ActionBlock]] = {}
    for action in sorted(actions, key=lambda action: (action.rank or 10_000, action.number)):
        grouped.setdefault(action.package, []).append(action)
    known = edition.package_of
    found = []
    for number, (key, mine) in enumerate(sorted(grouped.items(), key=lambda entry: entry[0] == ""), 1):
        package = known.get(key)
        asked = all(action.now and action.now.asked for action in mine)
        title = package.title if package else _("Asked for by reviewers") if asked else _("Actions of your own")
        paper, risk, until = (package.paper, package.risk, package.until) if package else ("", "", "")
        never_waits = bool(package and package.never_waits and package.never_waits.holds(declared.context))
        found.append(PackageBlock(number, key, title, paper, risk, tuple(mine), until, never_waits))
    return tuple(found)


def _reasons(content: Mapping[str, Any], answers: Iterable[AnswerLine]) -> Iterable[ReasonLine]:
    """Every *not applicable*, whole or in a line, in the order of the questions."""
    wanted = set(content.get("to_accept", ()))
    for answer in answers:
        if answer.key not in wanted:
            continue
        mark = answer.review.mark if answer.review else ""
        if answer.choice == Choice.NOT_APPLICABLE:
            yield ReasonLine(answer.question, "", answer.reason, answer.by, mark)
        for item in answer.left_out:
            yield ReasonLine(answer.question, item.text, item.reason, answer.by, mark)


def _not_relevant(actions: Iterable[ActionBlock]) -> Iterable[ReasonLine]:
    """Every action that the organisation marked as not relevant, which a reviewer sees with its reason."""
    for action in actions:
        if action.now and action.now.not_relevant:
            title = _("Action %(n)s: %(title)s") % {"n": action.number, "title": action.title}
            yield ReasonLine(title, "", action.now.not_relevant, action.now.not_relevant_by, "")


def _evidence_index(content: Mapping[str, Any]) -> Iterable[EvidenceEntry]:
    """Each piece of evidence once, in the order in which answers name it."""
    named: dict[str, Mapping[str, Any]] = {}
    supports: dict[str, int] = {}
    for shown in content["questions"]:
        for piece in pieces_of(content["answers"].get(shown["question"])):
            named.setdefault(piece["reference"], piece)
            supports[piece["reference"]] = supports.get(piece["reference"], 0) + 1
    for number, (reference, entry) in enumerate(named.items(), 1):
        yield EvidenceEntry(
            number=number,
            title=entry["title"],
            period=_period(entry),
            supports=supports[reference],
            sha256=entry["sha256"],
            shown_by=entry["held_by"] if entry["on_request"] else "",
        )


def _period(piece: Mapping[str, Any]) -> str:
    start, end = (date.fromisoformat(piece[key]) if piece[key] else None for key in ("period_from", "period_to"))
    if start and end:
        return _("%(start)s to %(end)s") % {"start": short_date(start), "end": short_date(end)}
    if start:
        return _("from %(day)s") % {"day": short_date(start)}
    return _("to %(day)s") % {"day": short_date(end)} if end else _("not stated")


def _extended(edition: Edition, content: Mapping[str, Any]) -> Iterable[ScopeLine]:
    """The duties that our judgement puts to this use beside those that the register gives to its parts."""
    declared = declared_in(content)
    counted = counted_as(edition, declared)
    shown = {question["question"] for question in content["questions"]}
    for id, line in edition.extensions.items():
        requirement = edition.requirements[id]
        question = edition.questions[id.rpartition(JOIN)[2]]
        if question.key not in shown or not declared.in_scope(requirement) or counted.get(id) == line:
            continue
        because = next((reason.because for reason in question.extends if reason.requirement == line), "")
        yield ScopeLine(line, edition.cited(requirement.clause), requirement.statement, because)


def _narrowed(edition: Edition, content: Mapping[str, Any]) -> Iterable[ScopeLine]:
    """The musts that our judgement leaves out of this use, because of its facts."""
    declared = declared_in(content)
    seen: set[str] = set()
    for question in edition.questions.values():
        for reason in question.narrows:
            requirement = edition.requirements.get(reason.requirement)
            if requirement is None or requirement.id in seen or requirement.strength != Strength.MUST:
                continue
            owed = not requirement.roles.isdisjoint(declared.parts) and requirement.scope.holds(declared.context)
            if owed and not declared.in_scope(requirement):
                seen.add(requirement.id)
                unknown = _waits_for(edition, declared, requirement)
                because = _until_known(edition, unknown) if unknown else reason.because
                clause = edition.cited(requirement.clause)
                yield ScopeLine(requirement.id, clause, requirement.statement, because, waits=bool(unknown))


def _waits_for(edition: Edition, declared: Declared, requirement: Requirement) -> tuple[str, ...]:
    """The unknown facts for want of which a requirement is left out; none where known facts alone leave it out."""
    found: set[str] = set()
    for part in requirement.roles.intersection(declared.parts):
        when = requirement.scope_for(part)
        if when.holds(declared.context):
            found |= {test.fact for test in when.tests() if declared.facts.get(test.fact, UNKNOWN) == UNKNOWN}
    return tuple(key for key in edition.facts if key in found)


def _until_known(edition: Edition, facts: Sequence[str]) -> str:
    asked = _(" and ").join(to_find_out(edition, key) for key in facts)
    return _("Waits until you know %(facts)s.") % {"facts": asked}


def _fact(edition: Edition, fact: Mapping[str, Any]) -> FactLine:
    entry = edition.facts[fact["key"]]
    groups = {group.key: group.title for group in edition.fact_groups}
    return FactLine(
        label=entry.label,
        words=fact_answer(entry, fact["value"]),
        reason=fact["reason"],
        group=groups.get(entry.group, ""),
        agreed_by=fact["agreed_by"] or "",
        agreed_reason=fact["agreed_reason"],
        signed_worst=_signed(fact.get("signed_worst")),
        denied=fact["value"] in (False, "none", [], ["none"]),
        affirmed=fact["value"] is True,
        prohibited=entry.prohibited_use,
        unknown=fact["value"] == "unknown",
    )


def _signed(drawn: Mapping[str, Any] | None) -> str:
    return f"{drawn['by']}, {day(moment(drawn['at']))}" if drawn else ""


def _tier(edition: Edition, content: Mapping[str, Any], fact_of: Mapping[str, FactLine]) -> TierReport:
    drawn = content["tier"]
    assigned = Tier(drawn["assigned"])
    obligation = edition.obligations[assigned]

    def line(key: str) -> FactLine:
        if key in fact_of:
            return fact_of[key]
        return FactLine(edition.facts[key].label, fact_answer(edition.facts[key], None), "", "")

    def change(drawn: Mapping[str, Any]) -> ChangeLine:
        key = drawn["fact"]
        return ChangeLine(
            fact=edition.facts[key].label,
            was=fact_answer(edition.facts[key], drawn["from"]),
            to=fact_answer(edition.facts[key], drawn["to"]),
            tier=edition.terms[f"tiers.{drawn['tier']}"],
        )

    return TierReport(
        assigned=assigned,
        word=edition.terms[f"tiers.{assigned}"],
        meaning=obligation.meaning,
        asks=obligation.guideline,
        judgement=obligation.judgement,
        text=Tier(drawn["text"]) if drawn["text"] else None,
        text_word=edition.terms[f"tiers.{drawn['text']}"] if drawn["text"] else _("not stated"),
        provisional=drawn["provisional"],
        waits_for=tuple(edition.facts[key].label for key in drawn["waits_for"]),
        rules=tuple(
            _rule(edition, drawn, fired, map(line, fired["facts"]))
            for fired in sorted(drawn["rules"], key=lambda r: -Tier(r["tier"]).rank if r["tier"] else 1)
        ),
        holds=tuple(
            HoldLine(
                kind=str(HoldKindChoices(hold["kind"]).label),
                fact=edition.facts[hold["fact"]].label if hold["fact"] in edition.facts else hold["fact"],
                open=hold["open"],
                decision=hold["decision"],
            )
            for hold in drawn["holds"]
        ),
        lower=tuple(change(one) for one in drawn["lower"]),
        higher=tuple(change(one) for one in drawn["higher"]),
        together=tuple(edition.facts[key].label for key in drawn["together"]),
        raised=_raised(edition, drawn),
        flags=_flags(edition, content),
    )


def _rule(edition: Edition, drawn: Mapping[str, Any], fired: Mapping[str, Any], facts: Iterable[FactLine]) -> RuleLine:
    card = rule_card(edition, fired["id"])
    return RuleLine(
        id=card.id,
        tier=Tier(fired["tier"]) if fired["tier"] else None,
        basis=Basis(card.basis),
        basis_words=edition.terms[f"bases.{card.basis}"],
        clauses=tuple(cited for _id, cited in card.clauses),
        reason=card.reason,
        reading=card.reading,
        facts=tuple(facts),
        deciding=fired["tier"] == drawn.get("by_rules", drawn["assigned"]),
    )


def _raised(edition: Edition, drawn: Mapping[str, Any]) -> RaisedLine | None:
    """What a reviewer raised the tier to; snapshots from before there were raises have none."""
    raised = drawn.get("raised")
    if not raised:
        return None
    return RaisedLine(
        tier=edition.terms[f"tiers.{raised['tier']}"],
        by_rules=edition.terms[f"tiers.{drawn['by_rules']}"],
        reason=raised["reason"],
        by=raised["by"],
        role=_("independent reviewer") if raised["independent"] else _("reviewer within the organisation"),
        at=moment(raised["at"]),
    )


def _flags(edition: Edition, content: Mapping[str, Any]) -> tuple[FlagLine, ...]:
    """The flags that stood when it was signed, in the words of its edition."""
    words = {flag.key: flag for flag in edition.flags}
    drawn = [one for one in content.get("flags", ()) if one["key"] in words]
    return tuple(FlagLine(words[one["key"]].label, words[one["key"]].text, one["as_of"]) for one in drawn)


def _duties(edition: Edition, content: Mapping[str, Any], *, final: bool) -> tuple[tuple[DutyCredit, str], ...]:
    """How each duty stands, as the page of results counts it."""
    declared = declared_in(content)
    met = frozenset({SELF_CERTIFICATION}) if final and declared.tier == Tier.LOW else frozenset()
    answers = {
        key: answer_value(given["choice"], given["items"], None, given["reason"], given.get("figure"))
        for key, given in content["answers"].items()
    }
    return tally.told_apart(edition, declared, answers, final=final, met=met)


def _readiness(
    edition: Edition,
    content: Mapping[str, Any],
    duties: Sequence[tuple[DutyCredit, str]],
    kind: str,
    key: str,
    clause: str,
) -> Readiness:
    """One row of the scorecard with its duties counted by how they stand."""
    score = content["scorecard"][kind][key]
    counts = tally.count(duties, kind, key)
    value = None if score["value"] is None else Decimal(score["value"])
    return Readiness(
        name=edition.terms[f"{kind}.{key}"],
        clause=clause,
        value=value,
        band=band_words(edition, value),
        duties=score["duties"],
        full=score["full"],
        half=counts[tally.HALF],
        unknown=counts[tally.NOT_KNOWN],
        none=counts[tally.NONE],
        unanswered=score["duties"] - score["answered"],
    )


ALL = 100


def band_words(edition: Edition, value: Decimal | None) -> str:
    """Name the band of a score in words; *not assessed* where nothing was in scope."""
    if value is None:
        return _("Not assessed")
    if value == ALL:
        return _("All in place")
    return edition.policy.words[f"bands.{band_key(edition, value)}"]


def band_key(edition: Edition, value: Decimal) -> str:
    return next(key for least, key in edition.policy.bands if value >= least)


def _answer(
    edition: Edition, shown: Mapping[str, Any], content: Mapping[str, Any], reviews: Mapping[str, ReviewWords]
) -> AnswerLine:
    question = edition.questions[shown["question"]]
    given = content["answers"].get(question.key, {})
    choice = given.get("choice", "")
    items = tuple(_item(item.text, given.get("items", {}).get(item.key)) for item in _items(question, shown["items"]))
    open_lines = any(item.state == "open" for item in items)
    some_ticked = any(item.state == "ticked" for item in items)  # lines that do not apply are nothing to keep
    figure = given.get("figure") or {}
    value = answer_value(choice, given.get("items", {}), None, "", figure) if figure else None
    missed = value is not None and value.misses_target(question)
    return AnswerLine(
        key=question.key,
        section=edition.section_of[question.section].title,
        title=question.title,
        question=question.text,
        choice=choice,
        words=_(choice_words(choice)),
        items=items if choice in (Choice.TICKED, Choice.NONE) else (),
        note=given.get("text", ""),
        reason=given.get("reason", ""),
        planned_for=date.fromisoformat(given["planned_for"]) if given.get("planned_for") else None,
        by=given.get("by", ""),
        dimension=_dimension(edition, question),
        good=not missed and (choice == Choice.IN_PLACE or (choice == Choice.TICKED and not open_lines and some_ticked)),
        figure=figure_words(question, value) if value else "",
        review=reviews.get(question.key),
        evidence=tuple(
            EvidenceLine(
                piece["title"],
                piece["proves"],
                piece["version"],
                piece["sha256"],
                piece["held_by"] if piece["on_request"] else "",
            )
            for piece in pieces_of(given)
        ),
    )


def _items(question: Question, keys: Iterable[str]) -> list[Any]:
    wanted = set(keys)
    return [item for item in question.items if item.key in wanted]


def _item(text: str, stored: Any) -> ItemLine:
    if stored is True:
        return ItemLine(text, "ticked")
    return ItemLine(text, "not_applicable", stored) if stored else ItemLine(text, "open")


def _dimension(edition: Edition, question: Question) -> str:
    for id in question.requirements:
        for dimension in edition.requirements[id].dimensions:
            return edition.terms[f"dimensions.{dimension}"]
    return _("Across all dimensions")


def _action(
    edition: Edition,
    place: int,
    action: Mapping[str, Any],
    content: Mapping[str, Any],
    answer_of: Mapping[str, AnswerLine],
    standing: Mapping[int, ActionNow],
) -> ActionBlock:
    """One action. From release 3 on its words are in the snapshot, since some actions come from no question."""
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
    """First steps and what closes them, from the remedies of the lines that fall short."""
    if question is None:
        return (), ()
    items = {item.key: item for item in question.items}
    short = dict.fromkeys(finding["item"] for finding in findings)
    remedies = [remedy for key in short if (remedy := items[key].remedy if key else question.remedy)]
    steps = tuple(dict.fromkeys(remedy.first_step for remedy in remedies))
    return steps, tuple(dict.fromkeys(remedy.closes_it for remedy in remedies))


def _full_due(action: Mapping[str, Any], due: date | None) -> date | None:
    """The day on which all of a signed action is done: as many days after its first step as was proposed."""
    if "full_due" in action:
        return date.fromisoformat(action["full_due"]) if action["full_due"] else None
    full = action.get("full_days")
    return due + timedelta(days=max(0, full - action["due_days"])) if due and full is not None else None


def _findings(edition: Edition, question: Question, findings: Iterable[Mapping[str, Any]]) -> Iterable[FindingLine]:
    """One line a duty and kind: the items of a checklist that leave it short in the same way stand together."""
    standings = {
        FindingKind.SHORTFALL: _("not in place"),
        FindingKind.PARTLY: _("partly in place"),
        FindingKind.PLANNED: _("planned"),
        FindingKind.UNKNOWN: _("not known"),
        FindingKind.NOT_APPLICABLE: _("said not to apply; the reason is not accepted yet"),
    }
    text_of = {item.key: item.text for item in question.items}
    together: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for finding in findings:
        together.setdefault((finding["requirement"], finding["kind"]), []).append(finding)

    def place(duty_and_kind: tuple[str, str]) -> tuple[int, str, str]:
        """Musts first, what we extended last; then what shares a heading stands together."""
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
