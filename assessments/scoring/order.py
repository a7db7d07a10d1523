"""The order of a plan from release 3 on: one rank over all actions, with dates and the sentence *why here*.

The key is named data of the edition (`policy.order`, ADVICE section 2): stop or limit now; needed first; what set the
tier; class; lost share; effort. Our judgement throughout. Pure: `today` is given by the caller, or None.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from assessments.guideline.edition import Edition, Question, Remedy
from assessments.guideline.order import ActionWords, Order
from assessments.guideline.terms import TIERS, UNKNOWN, Choice, Credit, Effort, Tier
from assessments.guideline.wording import (
    action_words,
    as_answer,
    choice_words,
    fact_clause,
    joined,
    to_find_out,
    with_day,
)
from assessments.scoring.begun import first_missing, first_step_does, points_missing, still_open, task_left
from assessments.scoring.dates import MONTH_DAYS, with_dates
from assessments.scoring.findings import PROHIBITED, Finding, FindingKind
from assessments.scoring.inputs import Answers, AnswerValue, Declared, Situation
from assessments.scoring.placing import (
    FIRST_ACTIONS,
    MOST,
    NEEDED,
    NONE,
    SOME,
    STOP,
    Candidate,
    class_of,
    class_rank,
    needed_first,
    subjects_once,
)
from assessments.scoring.readiness import sources
from assessments.scoring.remediation import ProposedAction, due_days, remedy_of
from assessments.scoring.tiers import TierResult, assign_tier

OPEN_INCIDENT, OPEN_HOLD, OPEN_FACT, VACANT_POST = "open-incident", "open-hold", "open-fact", "vacant-post"
INCIDENT = "incident_open"
"""The fact behind `OPEN_INCIDENT`: while it is unknown, finding it out comes first of all."""
POSTS_OF_SMALL_TEAMS = 3  # from so many different posts on, the plan asks who plays them

_ALWAYS_KNOWN = ("output_used_for", "deployment_stage")
_EFFORTS = tuple(Effort)
_NEARLY_DONE = 334  # of lost weight per thousand; what is left of a practice that loses no more can wait
_MOSTLY_MISSING = 500  # of lost weight per thousand; a practice that loses more is missing, others are begun


@dataclass(frozen=True, slots=True)
class Relevant:
    """The facts by which practices of one use are weighed.

    `behind`: those of the fired tier rules and of the overlays that hold, most weighty rule first. At Low, where no
    rule fired, what opened a practice counts beside them: facts, and the tier itself (ADVICE section 8, ruling 10).
    """

    behind: tuple[str, ...]
    low: bool

    def of(self, edition: Edition, question: Question, declared: Declared) -> tuple[str, ...]:
        if not self.low:
            return self.behind
        return tuple(dict.fromkeys((*_opening(question, declared), *self.behind)))


def relevant_facts(edition: Edition, declared: Declared, result: TierResult) -> Relevant:
    """Collect the facts behind the tier, those of the gravest rules first, then those of the overlays."""
    last = {rule.id for rule in edition.rules if rule.last}
    fired = [rule for rule in result.rules if rule.id not in last and rule.tier is not None]
    fired.sort(key=lambda rule: -TIERS.index(rule.tier or Tier.LOW))
    facts = [fact for rule in fired for fact in rule.facts]
    for overlay in edition.overlays:
        if overlay.blocks and overlay.when.holds(declared.context, unknown=False):
            facts += overlay.when.satisfied(declared.context)
    known = (fact for fact in facts if declared.facts.get(fact, UNKNOWN) != UNKNOWN)
    return Relevant(tuple(dict.fromkeys(known)), low=not fired)


def opened_by(edition: Edition, question: Question, declared: Declared) -> tuple[str, ...]:
    """Return the facts that put a question to this use, in the edition's order; empty where it is put to everybody."""
    found = _opening(question, declared)
    return tuple(key for key in edition.facts if key in found)


def _opening(question: Question, declared: Declared) -> tuple[str, ...]:
    """The facts that put a question to this use, and `tier` where its tier does."""
    context = declared.context
    found: dict[str, None] = {}
    for opening in question.openings:
        if opening.part in declared.parts and opening.when.holds(context, opening.lenient):
            found.update(dict.fromkeys(opening.when.satisfied(context, opening.lenient)))
    return tuple(found)


def draw_up(
    edition: Edition,
    declared: Declared,
    answers: Answers,
    findings: Iterable[Finding],
    *,
    result: TierResult | None = None,
    situation: Situation | None = None,
) -> tuple[ProposedAction, ...]:
    """Return the actions of a plan in their order, with ranks from 1.

    What is answered *not applicable* makes no action. Without `result` the tier is worked out from the facts. Raises
    LookupError where the edition has no order of its own.
    """
    order = edition.order
    if order is None:
        raise LookupError(f"{edition.key} release {edition.release} has no order of actions")
    result = result or assign_tier(edition, declared.facts)
    situation = situation or Situation()
    plan = _Plan(edition, order, declared, answers, result, situation)
    of_question: dict[str, list[Finding]] = {}
    for finding in findings:
        if finding.kind != FindingKind.NOT_APPLICABLE:
            of_question.setdefault(finding.question, []).append(finding)
    candidates = [plan.action(edition.questions[key], found) for key, found in of_question.items()]
    holds = result_holds(result) if situation.holds is None else situation.holds
    candidates += plan.standing(situation.incident, holds)
    missing = {one.action.question for one in candidates if _missing(one.action, answers)}
    ranked = needed_first(sorted(candidates, key=lambda one: one.key), missing)
    needs = {one.action.question: [need for need in one.needs if need in missing] for one in ranked}
    ranked = subjects_once(ranked, needs, order.subjects(declared.context))
    ranked = plan.with_posts(ranked, needs)
    return with_dates(tuple(plan.explained(ranked)), needs, order)


def missing_words(key: str, said: Mapping[str, str]) -> str:
    """Say what is missing where the edition's sentence reads badly: a question twice, or one count twice; else empty."""
    if key == OPEN_FACT and "“" in said["fact"]:
        return "nobody knows the answer yet; other questions or actions depend on it"
    if key == VACANT_POST and said["count"] == (posts := said["all"]):
        return f"the plan gives work to {posts} posts. Each needs a named person. One person can hold several posts"
    return ""


def result_holds(result: TierResult) -> tuple[str, ...]:
    return tuple(fact for hold in result.holds for fact in hold.facts)


class _Plan:
    """What drawing up the actions of one use needs, worked out once."""

    def __init__(
        self,
        edition: Edition,
        order: Order,
        declared: Declared,
        answers: Answers,
        result: TierResult,
        situation: Situation,
    ) -> None:
        self.edition, self.order, self.declared, self.answers = edition, order, declared, answers
        self.words, self.today = situation.words, situation.today
        self.relevant = relevant_facts(edition, declared, result)
        self.family = order.family(declared.facts)
        self.place = {key: number for number, key in enumerate(edition.questions)}
        self.possible: dict[str, int] = {}
        for source in sources(edition, declared):
            duties = sum(2 * edition.policy.weights[duty.strength] for duty in source.duties)
            self.possible[source.question.key] = self.possible.get(source.question.key, 0) + duties

    def action(self, question: Question, findings: Sequence[Finding]) -> Candidate:
        edition, policy = self.edition, self.edition.policy
        weighty = sorted(findings, key=lambda finding: -finding.weight)
        remedies = {finding.item: remedy_of(question, finding.item).in_words_of(self.family) for finding in weighty}
        effort = self.effort(question, findings)
        weightiest = max(findings, key=lambda finding: finding.weight)
        lost = sum(finding.weight * (Credit.FULL - (finding.half_credits or 0)) for finding in findings)
        stops = self.stops(question, findings)
        class_key = min((finding.class_key for finding in findings), key=policy.priorities.index)
        days = self.first_days(question, findings, stops)
        full = self.full_days(question.key, days, effort)
        said = action_words(question, self.family, self.declared.facts)
        left = task_left(next(iter(remedies.values())), self.words) if self.is_begun(question) else ""
        title = left or self.words.fill(said.task or question.title)
        steps = self.steps(question, remedies, said)
        action = ProposedAction(
            question=question.key,
            findings=tuple(findings),
            title=title,
            steps=steps[: self.order.steps_shown],
            closes=tuple(dict.fromkeys(self.words.fill(remedy.closes_it) for remedy in remedies.values())),
            clauses=tuple(dict.fromkeys(edition.requirements[finding.requirement].clause for finding in findings)),
            why=question.why,
            owner=self.order.owner(remedies[weightiest.item].owner, self.declared.facts),
            effort=effort,
            priority=class_key,
            lost_weight=lost,
            due_days=min(days, full),  # who plans all of it for an earlier day takes the first step by then
            package=question.package,
            stopgap=steps[0] if steps else "",
            full_days=full,
            placed=STOP if stops else class_of(class_key),
            blocking=any(finding.blocking for finding in findings),
            whole_organisation=question.organisation_wide,
        )
        share = -1000 * lost // max(self.possible.get(question.key, 0), 1)
        key = (
            0 if stops else 1,
            int(-share <= _NEARLY_DONE),
            self.step(question),
            int(-share <= _MOSTLY_MISSING),
            class_rank(class_key),
            share,
            _EFFORTS.index(effort),
            -self.share(question),
            self.place[question.key],
        )
        waits = (*question.needs, self.unfound(question)) if self.unfound(question) else question.needs
        return Candidate(action, key, waits)

    def steps(self, question: Question, remedies: Mapping[str | None, Remedy], said: ActionWords) -> tuple[str, ...]:
        """Return the steps of an action, the first one first: it does the line that the reason names as missing."""
        fill = self.words.fill
        if self.is_begun(question):
            return tuple(dict.fromkeys(fill(remedy.first_step) for remedy in remedies.values()))
        further = [fill(remedy.first_step) for remedy in remedies.values() if not (remedy.in_stopgap and said.stopgap)]
        first, costs = fill(said.stopgap), self.costs(question, said)
        begins = [first, costs]
        answer = self.answers.get(question.key)
        lines = [item for item in remedies if item]
        if answer is not None and answer.ticks and lines:
            named = first_missing(question, lines)
            if not first_step_does(question, named):
                begins = [fill(remedies[named].first_step), costs, first]
        return tuple(dict.fromkeys(step for step in (*begins, *further) if step))

    def costs(self, question: Question, said: ActionWords) -> str:
        """Say what a measure takes away, and the other way, where it does so here: it may end automatic operation."""
        costs_here = question.costs_when is not None and question.costs_when.holds(self.declared.context, unknown=False)
        return self.words.fill(said.costs) if costs_here else ""

    def first_days(self, question: Question, findings: Iterable[Finding], stops: bool) -> int:
        """When the first step is due: by class and tier, sooner where it stops a harm or deals with what set the tier."""
        policy, tier = self.edition.policy, self.declared.tier
        days = min(due_days(policy, finding, tier) for finding in findings)
        if self.order.most_due is not None and not self.relevant.low and self.step(question) == MOST:
            days = min(days, policy.due_days[tier][self.order.most_due])
        return min(days, self.order.stop_days) if stops else days

    def is_begun(self, question: Question) -> bool:
        """Tell whether what the task of a checklist is about is in place, so that its open lines say what is left.

        That is its leading line; where it has none, half of its lines.
        """
        answer = self.answers.get(question.key)
        if answer is None or not answer.ticks or answer.misses_target(question):
            return False
        shown = {item.key for item in self.declared.items(self.edition, question)}
        if question.lead in shown:
            return question.lead in answer.ticks
        return 2 * len(answer.ticks & shown) >= len(shown)

    def effort(self, question: Question, findings: Sequence[Finding]) -> Effort:
        """The largest effort among the lines that are missing."""
        return max((remedy_of(question, finding.item).effort for finding in findings), key=_EFFORTS.index)

    def stops(self, question: Question, findings: Iterable[Finding]) -> bool:
        """Tell whether an unmet practice belongs to the first class: stop or limit now."""
        unmet = any(not finding.half_credits for finding in findings) and not self.unfound(question)
        return unmet and question.stop is not None and question.stop.holds(self.declared.context, unknown=False)

    def unfound(self, question: Question) -> str:
        """The practice that has to find first what this one deals with; empty where it has found something, or need not."""
        found = question.found_by
        if found is None or found.practice not in self.possible:
            return ""
        waits = found.when.holds(self.declared.context, unknown=False)
        return found.practice if waits and found_nothing(self.answers.get(found.practice)) else ""

    def share(self, question: Question) -> int:
        """The share, in per cent, of what set the tier that the practice answers to."""
        facts = self.relevant.of(self.edition, question, self.declared)
        return 100 * sum(fact in question.answers_to for fact in facts) // max(len(facts), 1)

    def step(self, question: Question) -> int:
        """How much of what set the tier the practice answers to: most, some or none."""
        share = self.share(question)
        eased = question.eased is not None and question.eased.holds(self.declared.context, unknown=False)
        if not share or eased:
            return NONE
        return MOST if share >= self.order.most else SOME

    def explained(self, ranked: Iterable[Candidate]) -> Iterator[ProposedAction]:
        """Give each action its rank and the one sentence that names a fact and the answer.

        Of the facts that a practice answers to, the one that the plan has named least so far is named, so that a
        reader meets each reason once before any comes again. The tier page explains the facts behind the tier; any
        other one is told as what it is, an answer of the respondent.
        """
        named: dict[str, int] = {}
        for rank, one in enumerate(ranked, 1):
            action, question = one.action, self.edition.questions.get(one.action.question)
            why = action.why_here
            if question is not None:
                fact, clause = self.fact(question, named)
                named[fact] = named.get(fact, 0) + 1
                gap = self.gap(question, action, self.answers.get(question.key))
                if clause and (self.relevant.low or fact not in self.relevant.behind):
                    clause = as_answer(clause)
                why = joined(clause, gap, fact in question.answers_to and not self.relevant.low)
            if one.needed_by is not None:
                why = f"{why.removesuffix('.')}; needed before “{self.task(one.needed_by)}”."
            yield replace(action, rank=rank, why_here=why)

    def task(self, action: ProposedAction) -> str:
        """The task of an action as a whole, also where only its open lines are left."""
        question = self.edition.questions.get(action.question)
        said = action_words(question, self.family, self.declared.facts).task if question else ""
        return self.words.fill(said) if said else action.title

    def gap(self, question: Question, action: ProposedAction, given: AnswerValue | None) -> str:
        """What is missing, with the answer: all of it, a part, or the first of the lines that are still open.

        It says no more than the answer does: where nobody answered, or nobody knew, that is the gap.
        """
        if given is None:
            return f"nobody has said yet whether “{question.title}” is in place"
        if given.choice == Choice.PARTLY:
            return f"“{question.title}” is only partly in place"
        if given.choice == Choice.UNKNOWN:
            return f"nobody could say whether “{question.title}” is in place"
        if given.misses_target(question) and (figure := question.figure):
            return f"“{figure.label}” is {given.measured} {figure.unit}; your target is {given.target} {figure.unit}"
        said = self.said(question, given)
        if given.measured is not None and not given.ticks and question.figure is not None:
            return question.figure.counted(given.measured)
        texts = {item.key: self.words.fill(item.text).rstrip(".") for item in question.items}
        weighty = sorted(action.findings, key=lambda finding: -finding.weight)
        left = list(dict.fromkeys(finding.item for finding in weighty if finding.item))
        shown = [item.key for item in self.declared.items(self.edition, question)]
        there = len(given.ticks.intersection(shown))
        if there and left:
            if self.is_begun(question):
                of = f"{there} of {len(shown)} points of “{question.title}” {'is' if there == 1 else 'are'} in place"
                return f"{of}; {still_open([texts[key] for key in left])}"
            return points_missing(question.title, len(left), len(shown), texts[first_missing(question, left)])
        gap = self.words.fill(action_words(question, self.family, self.declared.facts).gap)
        return f"{self.counted(question)}{gap[:1].lower()}{gap[1:]} ({said})"

    def counted(self, question: Question) -> str:
        """What the count gave by which is found what this practice deals with: "6 per cent of the checked results were wrong; ".

        Where nothing else of the count is in place, its own action says that already.
        """
        finder = self.edition.questions[question.found_by.practice] if question.found_by else None
        count = self.answers.get(finder.key) if finder else None
        if finder is None or finder.figure is None or count is None or not (count.measured and count.ticks):
            return ""
        return f"{finder.figure.counted(count.measured)}; "

    def fact(self, question: Question, named: Mapping[str, int]) -> tuple[str, str]:
        """A fact that this practice answers to, or one that opened it, with its words."""
        facts = self.relevant.of(self.edition, question, self.declared)
        opened = opened_by(self.edition, question, self.declared)
        first = [fact for fact in facts if fact in question.answers_to]
        for group in (first, [fact for fact in opened if fact not in first], self.relevant.behind, _ALWAYS_KNOWN):
            said = [(key, fact_clause(self.edition, key, self.declared.facts)) for key in group]
            spoken = [(key, clause) for key, clause in said if clause]
            if spoken:
                return min(spoken, key=lambda one: named.get(one[0], 0))
        return "", ""

    def said(self, question: Question, answer: AnswerValue) -> str:
        """The answer in words: "answer: partly in place", "2 of 6 points in place"."""
        if answer.choice == Choice.TICKED:
            items = [item.key for item in self.declared.items(self.edition, question)]
            return f"{len(answer.ticks.intersection(items))} of {len(items)} points in place"
        if answer.choice == Choice.PLANNED and answer.planned_for:
            return f"answer: planned for {answer.planned_for.day} {answer.planned_for:%B %Y}"
        return f"answer: {choice_words(answer.choice, quoted=True)}"

    def full_days(self, question: str, days: int, effort: Effort) -> int:
        """When all is done: never sooner than the effort; the respondent's own date where it is not later."""
        full = max(days, self.order.effort_days[effort])
        answer = self.answers.get(question)
        own = answer and (answer.planned_for or answer.target_by)
        if own and self.today:
            planned = (own - self.today).days
            if 0 < planned <= full:
                return planned
        return full

    # --- actions that no question brings ---

    def standing(self, incident: str, holds: Sequence[str]) -> Iterator[Candidate]:
        """Yield the open incident, each open hold, and each unknown fact behind which questions wait."""
        facts = self.declared.facts
        if facts.get(INCIDENT) is True and OPEN_INCIDENT in self.edition.standing:
            yield self.other(OPEN_INCIDENT, "", (0, -2), incident=with_day(incident))
        for fact in dict.fromkeys(holds):
            if OPEN_HOLD in self.edition.standing:
                yield self.other(OPEN_HOLD, fact, (0, -1), fact=self.edition.facts[fact].label)
        for fact in waiting_for(self.edition, self.declared):
            if OPEN_FACT in self.edition.standing and fact not in holds:
                place = (0, -2) if fact == INCIDENT else (1, 0)
                yield self.other(OPEN_FACT, fact, place, fact=to_find_out(self.edition, fact))

    def with_posts(self, ranked: list[Candidate], needs: dict[str, list[str]]) -> list[Candidate]:
        """Add the action that names a person for each post, where the plan gives work to many posts.

        It names the posts that own what blocks or stands among the first, and its first step is due no later than
        theirs. Its place is right after the first ten: these are for what can harm people.
        """
        owners = {one.action.owner for one in ranked}
        if VACANT_POST not in self.edition.standing or len(owners) <= POSTS_OF_SMALL_TEAMS:
            return ranked
        owners.add(self.edition.standing[VACANT_POST].owner)
        waiting = [one.action for place, one in enumerate(ranked) if place < FIRST_ACTIONS or one.action.blocking]
        posts = [self.edition.owners.get(post, post) for post in dict.fromkeys(action.owner for action in waiting)]
        named = self.other(VACANT_POST, "", (1, 0), post=", ".join(posts), count=str(len(posts)), all=str(len(owners)))
        days = min(action.due_days for action in waiting)
        full = max(days, self.order.effort_days[named.action.effort])
        named = replace(named, action=replace(named.action, due_days=days, full_days=full, placed=NEEDED))
        for action in waiting:
            needs[action.question].append(VACANT_POST)
        return [*ranked[:FIRST_ACTIONS], named, *ranked[FIRST_ACTIONS:]]

    def other(self, key: str, about: str, place: tuple[int, int], **said: str) -> Candidate:
        standing = self.edition.standing[key]
        stop, blocks = place[0] == 0, key in (OPEN_INCIDENT, OPEN_HOLD)
        days = self.order.stop_days if stop else MONTH_DAYS
        behind = self.relevant.behind if blocks else ()  # the others have no link with what set the tier
        clause = fact_clause(self.edition, behind[0], self.declared.facts) if behind else ""
        gap = missing_words(key, said) or self.words.fill(standing.gap, **said)
        package = self.edition.standing[OPEN_INCIDENT].package if about == INCIDENT else standing.package
        action = ProposedAction(
            question=f"{key}:{about}" if about else key,
            findings=(),
            title=self.words.fill(standing.title, **said).removesuffix(": "),
            steps=(self.words.fill(standing.first_step(self.family), **said),),
            closes=(self.words.fill(standing.closes_it, **said),),
            clauses=(),
            why=self.words.fill(standing.why, **said),
            owner=standing.owner,
            effort=standing.effort,
            priority=PROHIBITED if blocks else "consider",
            lost_weight=0,
            due_days=days,
            package=package,
            why_here=joined(clause, gap, False),
            stopgap=self.words.fill(standing.first_step(self.family), **said),
            full_days=max(days, self.order.effort_days[standing.effort]),
            placed=STOP if stop else "consider",
            blocking=blocks,
        )
        return Candidate(action, (*place, NONE, 1, class_rank("consider"), 0, 0, 0, len(self.place)))


def waiting_for(edition: Edition, declared: Declared) -> tuple[str, ...]:
    """Return the unknown facts behind which something of these parts waits, in the edition's order.

    Those are questions, and what to do about an open incident, which stands in the plan only once it is known. Table 1
    and overlays open in full where a fact is unknown and do not wait (ADVICE section 8, ruling 1).
    """
    open_facts = {key for key in edition.facts if declared.facts.get(key, UNKNOWN) == UNKNOWN}
    if not open_facts:
        return ()
    context = declared.context
    waiting = {INCIDENT} & open_facts if OPEN_INCIDENT in edition.standing else set()
    for question in edition.questions.values():
        for opening in question.openings:
            if opening.lenient or opening.part not in declared.parts or opening.when.holds(context, unknown=False):
                continue
            if opening.when.holds(context):  # it hangs on open answers alone
                waiting.update(test.fact for test in opening.when.tests() if test.fact in open_facts)
    return tuple(key for key in edition.facts if key in waiting)


def found_nothing(answer: AnswerValue | None) -> bool:
    """Tell whether a count has found nothing yet: no figure, and no point of it in place."""
    if answer is None or answer.choice == Choice.UNKNOWN:
        return True
    return answer.choice in (Choice.NONE, Choice.NOT_IN_PLACE) and answer.measured is None


def _missing(action: ProposedAction, answers: Answers) -> bool:
    """Tell whether nothing of a practice is in place."""
    answer = answers.get(action.question)
    return answer is None or not (answer.choice in (Choice.IN_PLACE, Choice.PARTLY) or answer.ticks)


def to_accept(declared: Declared, edition: Edition, answers: Answers) -> tuple[str, ...]:
    """Return the questions whose *not applicable*, whole or in a line, still has to be accepted by a reviewer."""
    return tuple(
        question.key
        for question in declared.questions(edition)
        if (answer := answers.get(question.key))
        and (answer.choice == Choice.NOT_APPLICABLE or answer.not_applicable_items)
    )
