"""The results of an edition with packages: what to do now before how much is in place (ADVICE section 3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.documents.first_decision import pause_words
from assessments.domain.certificates.conditions import most_conditions
from assessments.guideline.edition import Question, Requirement
from assessments.guideline.terms import UNKNOWN, Choice, Tier
from assessments.models.agreed import Acceptance
from assessments.models.figures import figure_words
from assessments.scoring.conditions import may_have_date, met_by_signature
from assessments.scoring.inputs import AnswerValue
from assessments.scoring.order import MONTH_DAYS, OPEN_INCIDENT, STOP
from assessments.scoring.placing import is_in_use
from assessments.views.assessment import plan_entries, tier_changes
from assessments.views.assessment.plan_entries import PackageLine, PlanEntry
from assessments.views.assessment.standing import ReadinessLine, Standing
from assessments.views.wording import Incident, as_day, choice_word, incident_in, points_word

GROUPS_SHOWN = 5
MONTH_SHOWN = 10  # actions of this month in the open; the others are folded
OTHER = "other"  # in an address: the actions that belong to no package
QUOTED = 240  # characters of a respondent's words; the answer itself is one click away


@dataclass(frozen=True, slots=True)
class ShortDuty:
    """A duty that falls short under an action."""

    statement: str
    clause: str
    cited: str
    strength: str


@dataclass(frozen=True, slots=True)
class FindingGroup:
    """What one action closes: the answer in the respondent's words, and the duties that it leaves short.

    `extended` are duties that the Guideline asks of other parts and we extend to this one.
    """

    entry: PlanEntry
    question: Question
    answer_url: str
    credit: str  # in_place, partly, planned, not_in_place, or "" for do not know
    word: str
    quoted: str
    own: tuple[ShortDuty, ...]
    extended: tuple[ShortDuty, ...]
    may_have_date: bool = False  # it may become a condition of the certificate

    @property
    def count(self) -> int:
        return len(self.own) + len(self.extended)


class ResultsPage:
    """All that the page of results shows from release 3 on. Runs no query.

    `certificate`: what became of the certificate, where it does not count today.
    """

    def __init__(self, standing: Standing, rows: Iterable[Any], certificate: str = "") -> None:
        self.standing, self.rows, self.certificate = standing, list(rows), certificate
        self.edition, self.content = standing.edition, standing.content
        self.today = timezone.localdate()
        self.accepted: Mapping[str, Acceptance] = {}  # by question, of an approved submission

    @property
    def final(self) -> bool:
        return self.standing.final

    @property
    def signed_on(self) -> date | None:
        submission = self.standing.assessment.current_submission if self.final else None
        return timezone.localdate(submission.at) if submission else None

    # --- what now ---

    @cached_property
    def entries(self) -> list[PlanEntry]:
        assessment, actions = self.standing.assessment, self.content["actions"]
        if self.signed_on:
            return plan_entries.signed_entries(assessment, self.edition, actions, self.rows, self.signed_on)
        rows = {row.question: row for row in self.rows if row.question}
        found = plan_entries.draft_entries(assessment, self.edition, actions, rows)
        met = self._met_by_signature
        return [replace(one, blocking=False, by_signature=True) if one.question in met else one for one in found]

    @cached_property
    def _met_by_signature(self) -> frozenset[str]:
        """The questions of a Low draft of which the signature itself meets all that blocks."""
        if self.final:
            return frozenset()
        return met_by_signature(self.content["findings"], self.content["tier"]["assigned"])

    @cached_property
    def month(self) -> list[PlanEntry]:
        """The actions whose next date is within a month, the earliest first."""
        due = [entry for entry in self.entries if entry.is_due(self.until)]
        return sorted(due, key=lambda entry: entry.due_key)

    @property
    def shown_month(self) -> list[PlanEntry]:
        return self.month[:MONTH_SHOWN]

    @property
    def more_month(self) -> list[PlanEntry]:
        return self.month[MONTH_SHOWN:]

    @property
    def pause(self) -> str:
        """The first decision of the board paper, where an action stops or limits what can harm people."""
        stops = {action["question"] for action in self.content["actions"] if action.get("class") == STOP}
        numbers = [entry.number for entry in self.entries if entry.is_open and entry.question in stops]
        return pause_words(self.standing.assessment.use.system.name, sorted(numbers), live=self.in_use)

    @cached_property
    def in_use(self) -> bool:
        return is_in_use({fact["key"]: fact["value"] for fact in self.content["facts"]})

    @property
    def until(self) -> date:
        return self.today + timedelta(days=MONTH_DAYS)

    @cached_property
    def packages(self) -> list[PackageLine]:
        return plan_entries.packages_of(self.edition, self.entries, _("Other"))

    @property
    def packages_heading(self) -> str:
        packages = self.packages
        n = len(packages)
        ends = [package.full for package in packages]
        if not all(ends):
            days = max((package.full_days for package in packages), default=0)
            said = ngettext(
                "%(n)s package, due within %(days)s days after signing",
                "%(n)s packages, all due within %(days)s days after signing",
                n,
            )
            return said % {"n": n, "days": days}
        last = max(end for end in ends if end)
        said = ngettext("%(n)s package, due by %(day)s", "%(n)s packages, all due by %(day)s", n)
        return said % {"n": n, "day": date_format(last, "DATE_FORMAT")}

    @property
    def shared_numbers(self) -> list[int]:
        """The numbers of the actions that are the whole organisation's."""
        return [entry.number for entry in self.entries if entry.whole_organisation]

    @property
    def heading(self) -> str:
        """Count this month and all."""
        month, every = len(self.month), len(self.entries)
        if not every and not self.content["counts"]["answered"]:
            return _("No question is answered yet")
        if not every:
            return _("No action is needed")
        if not self.final:
            said = ngettext(
                "%(n)s action in the first month, %(all)s in total",
                "%(n)s actions in the first month, %(all)s in total",
                month,
            )
        else:
            said = ngettext(
                "%(n)s action this month, %(all)s in total", "%(n)s actions this month, %(all)s in total", month
            )
        return said % {"n": month, "all": every}

    @property
    def caption(self) -> str:
        use, counts = self.standing.assessment.use, self.content["counts"]
        if self.signed_on is None:
            said = _("%(use)s. Draft, %(answered)s of %(all)s questions answered. This page is not a certificate.")
            return said % {"use": use.title, "answered": counts["answered"], "all": counts["applicable"]}
        state = self.standing.assessment.get_state_display()
        day = date_format(self.signed_on, "DATE_FORMAT")
        if self.certificate:
            said = _("%(use)s. Signed on %(day)s. %(certificate)s. This page is not a certificate.")
            return said % {"use": use.title, "day": day, "certificate": self.certificate}
        said = _("%(use)s. Signed on %(day)s. Status: %(state)s. This page is not a certificate.")
        return said % {"use": use.title, "day": day, "state": state[:1].lower() + state[1:]}

    # --- tier ---

    @property
    def higher(self) -> str:
        tier = self.content["tier"]
        return tier_changes.nearest(self.edition, _by_rules(tier), tier["higher"])

    @property
    def lower(self) -> str:
        tier = self.content["tier"]
        return tier_changes.nearest(self.edition, _by_rules(tier), tier["lower"])

    @property
    def no_lower(self) -> bool:
        """Tell whether there is a lower tier that no single answer would give."""
        return not self.content["tier"]["lower"] and _by_rules(self.content["tier"]) != Tier.LOW

    # --- how much ---

    def too_few(self, line: ReadinessLine) -> bool:
        rules = self.edition.policy.readiness
        return bool(rules and line.duties < rules.least_duties)

    @cached_property
    def dimensions(self) -> list[dict[str, Any]]:
        lines = sorted(self.standing.dimensions, key=lambda line: line.clause)  # a submission keeps them by name
        return [{"line": line, "too_few": self.too_few(line)} for line in lines]

    @property
    def readiness_heading(self) -> str:
        """Name the dimensions in the lowest band."""
        told = [one["line"] for one in self.dimensions if one["line"].value is not None and not one["too_few"]]
        if not told:
            return _("No dimension has a score")
        least = min(told, key=lambda line: line.value)
        names = [line.name for line in told if line.band == least.band]
        if len(names) == len(told) > 1:
            if len(told) < len(self.dimensions):
                return _("%(band)s in every dimension with a score") % {"band": least.band}
            return _("%(band)s in every dimension") % {"band": least.band}
        return _("%(band)s: %(names)s") % {"band": least.band, "names": ", ".join(names)}

    # --- findings under their actions ---

    @cached_property
    def groups(self) -> list[FindingGroup]:
        """The findings, one group for each action that has any, in the order of the plan."""
        by_question: dict[str, dict[str, None]] = {}
        for finding in self.content["findings"]:
            by_question.setdefault(finding["question"], {})[finding["requirement"]] = None
        found: list[FindingGroup] = []
        for entry in self.entries:
            question = self.edition.questions.get(entry.question)
            if question is None or entry.question not in by_question or question in {one.question for one in found}:
                continue  # the parts of a split action share their findings
            duties = [self.edition.requirements[id] for id in by_question[entry.question]]
            own = tuple(self._duty(duty) for duty in duties if not duty.extends)
            extended = tuple(self._duty(duty) for duty in duties if duty.extends)
            credit, word = answer_said(question, self._items(entry.question), self.standing.answers.get(question.key))
            given: Mapping[str, Any] = self.content["answers"].get(question.key, {})
            found.append(
                FindingGroup(
                    entry=entry,
                    question=question,
                    answer_url=self.standing.answer_url(question),
                    credit=credit,
                    word=word,
                    quoted=Truncator(" ".join(given.get("text", "").split())).chars(QUOTED),
                    own=own,
                    extended=tuple(duty for duty in extended if duty not in own),  # each is read once
                    may_have_date=entry.question in self._datable,
                )
            )
        return found

    def _items(self, question: str) -> int:
        return next((len(one["items"]) for one in self.content["questions"] if one["question"] == question), 0)

    def _duty(self, duty: Requirement) -> ShortDuty:
        return ShortDuty(duty.statement, duty.clause, self.edition.cited(duty.clause), str(duty.strength))

    @property
    def shown_groups(self) -> list[FindingGroup]:
        return self.groups[:GROUPS_SHOWN]

    @property
    def more_groups(self) -> int:
        return max(0, len(self.groups) - GROUPS_SHOWN)

    @property
    def without_findings(self) -> int:
        """How many actions beside those of the groups: open facts, holds, posts, the second part of one that was split."""
        return len(self.entries) - len(self.groups)

    @cached_property
    def blocking(self) -> list[PlanEntry]:
        """The actions that keep a certificate back, also those that were marked as not relevant."""
        entries = self.entries
        if self.signed_on:
            assessment, actions = self.standing.assessment, self.content["actions"]
            entries = plan_entries.signed_entries(
                assessment, self.edition, actions, self.rows, self.signed_on, set_aside=True
            )
        return [entry for entry in entries if entry.blocking]

    @property
    def may_have_dates(self) -> int:
        """How many of those that block may get a date instead, as a condition of the certificate."""
        return sum(entry.question in self._datable for entry in self.blocking)

    @property
    def over_the_limit(self) -> int:
        """How many of those that may get a date can become conditions at most; 0 where all of them can."""
        most = most_conditions()
        return most if self.may_have_dates > most else 0

    @cached_property
    def _datable(self) -> frozenset[str]:
        """The questions of which all that blocks may get a date."""
        short: dict[str, list[Mapping[str, Any]]] = {}
        for one in self.content["findings"]:
            if one["blocking"]:
                short.setdefault(one["question"], []).append(one)
        tier = self.content["tier"]["assigned"]
        return frozenset(question for question, found in short.items() if may_have_date(found, tier))

    @property
    def set_aside(self) -> int:
        """How many of those that block were marked as not relevant."""
        return len(self.blocking) - sum(entry.blocking for entry in self.entries)

    @property
    def conditions(self) -> list[PlanEntry]:
        return [entry for entry in self.entries if entry.condition]

    @property
    def before_signing(self) -> bool:
        """Tell whether nothing was ever signed, so that no action is open yet."""
        return self.standing.assessment.current_submission_id is None and not self.rows

    @property
    def signed_before(self) -> bool:
        """Tell whether the answers can be changed now, after a signature has opened actions."""
        return not self.final and not self.before_signing

    @cached_property
    def incident(self) -> Incident | None:
        """The declared incident, as long as its action stands."""
        stands = any(entry.question == OPEN_INCIDENT for entry in self.entries)
        return incident_in(self.edition, self.content) if stands else None

    def package(self, key: str) -> PackageLine | None:
        return next((package for package in self.packages if (package.key or OTHER) == key), None)

    def details(self, entry: PlanEntry) -> dict[str, Any]:
        """Return one action with what to do, what closes it and what it rests on, as the lists behind a number show it."""
        found = (one for one in self.content["actions"] if one["question"] == entry.question)
        action: Mapping[str, Any] = next(found, {})
        words, order = self.edition.policy.words, self.edition.order
        return {
            "entry": entry,
            "may_have_date": entry.question in self._datable,
            "planned_later": self._planned_later(entry),
            "work_days": order.work_days.get(action["effort"]) if order and action else None,
            "steps": action.get("steps", []),
            "closes": action.get("closes", []),
            "why": action.get("why", ""),
            "effort": words[f"efforts.{action['effort']}"] if action else "",
            "clauses": [
                (clause, self.edition.cited(clause), clause not in self._own_clauses(entry.question))
                for clause in action.get("clauses", [])
            ],
        }

    def _planned_later(self, entry: PlanEntry) -> date | None:
        """The day for which the answer plans it, where that is later than the plan allows."""
        question = self.edition.questions.get(entry.question)
        answer = self.standing.answers.get(question.key) if question else None
        planned = as_day(answer.planned_for) if answer and answer.choice == Choice.PLANNED else None
        full = entry.full or self.today + timedelta(days=entry.full_days)
        return planned if planned and planned > full else None

    def _own_clauses(self, question: str) -> set[str]:
        """The clauses whose duties the Guideline asks of the parts of this use itself, not by our judgement."""
        found = {one["requirement"] for one in self.content["findings"] if one["question"] == question}
        return {duty.clause for duty in map(self.edition.requirements.__getitem__, found) if not duty.extends}

    # --- no action ---

    @cached_property
    def reasons(self) -> list[dict[str, Any]]:
        """What is answered *not applicable*, whole or in a line, with the reason that a reviewer accepts."""
        lines = next(group["lines"] for group in self.standing.apart if group["key"] == "not-applicable")
        opt_out = {q.key for q in self.edition.questions.values() if self.edition.is_opt_out(q)}
        return [line | {"opt_out": line["question"].key in opt_out} for line in lines]

    @property
    def reasons_with_acceptance(self) -> list[dict[str, Any]]:
        """The reasons, each with who accepted it; None before that."""
        return [line | {"accepted": self.accepted.get(line["question"].key)} for line in self.reasons]

    @property
    def every_reason_is_accepted(self) -> bool:
        return all(line["question"].key in self.accepted for line in self.reasons)

    @cached_property
    def unknown_facts(self) -> list[str]:
        return [fact["key"] for fact in self.content["facts"] if fact["value"] == UNKNOWN]

    @property
    def facts_without_action(self) -> int:
        """How many unknown facts no action finds out, because nothing waits for them (`order.waiting_for`)."""
        about = {action["question"].partition(":")[2] for action in self.content["actions"]}
        return sum(key not in about for key in self.unknown_facts)

    @cached_property
    def unknown(self) -> list[dict[str, Any]]:
        numbers = {entry.question: entry.number for entry in self.entries}
        lines = next(group["lines"] for group in self.standing.apart if group["key"] == "unknown")
        return [line | {"number": numbers.get(line["question"].key)} for line in lines]


def _by_rules(tier: Mapping[str, Any]) -> str:
    """Return the tier that the rules give; beside it a reviewer's raise may stand."""
    return str(tier.get("by_rules", tier["assigned"]))


def answer_said(question: Question, items: int, answer: AnswerValue | None) -> tuple[str, str]:
    """Return what an answer earns, as parts/credit.html names it, and the answer in a few words."""
    if answer is None:
        return "not_in_place", choice_word("")
    figure = figure_words(question, answer)
    if answer.choice == Choice.TICKED:
        said = points_word(len(answer.ticks), items)
        return ("partly" if answer.ticks else "not_in_place"), ", ".join(filter(None, (said, figure)))
    if answer.choice == Choice.NONE:
        return "not_in_place", choice_word(answer.choice)
    if answer.choice in (Choice.UNKNOWN, Choice.NOT_APPLICABLE):
        return "", choice_word(answer.choice)
    credit = "partly" if answer.misses_target(question) else str(answer.choice)
    words = choice_word(answer.choice)
    if answer.choice == Choice.PLANNED and (day := as_day(answer.planned_for)):
        words = _("Planned for %(day)s") % {"day": date_format(day, "DATE_FORMAT")}
    return credit, ", ".join(filter(None, (words, figure)))
