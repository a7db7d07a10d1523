"""Whether a well-made edition also means what it should.

Duties are asked once of each part that owes them, conditions agree with them, every tier can be reached and limits are
kept. The texts have a module of their own, `text_checks`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from assessments.guideline.asking import module_sizes, shown_at_most
from assessments.guideline.compiling import ENGLISH
from assessments.guideline.conditions import ALWAYS, ANSWER, Condition, Test, both
from assessments.guideline.coverage import part_sets, tiers_reached
from assessments.guideline.edition import Edition, Item, Question, Requirement
from assessments.guideline.extensions import JOIN, extended_id, register_id
from assessments.guideline.files import Document, Fault, Path
from assessments.guideline.shapes.checks import TICK
from assessments.guideline.shapes.entries import OUTLINE, entries, inside
from assessments.guideline.shapes.register import LIMITS
from assessments.guideline.terms import Kind, Stakeholder
from assessments.guideline.text_checks import text_faults
from assessments.guideline.truth_table import MOST_COMBINATIONS, TruthTable

FEWEST_ITEMS = 2


def check_meaning(
    edition: Edition, structure: Mapping[str, Document], texts: Mapping[str, Mapping[str, Document]]
) -> list[Fault]:
    """Return every fault of meaning in a compiled edition; the documents say where each thing stands.

    Costs about a tenth of a second: conditions are compared for all combinations of answers at once.
    """
    checks = Checks(edition, structure)
    checks.citations()
    checks.coverage()
    for question in edition.questions.values():
        checks.conditions(question)
    checks.unused_conditions()
    checks.prerequisites()
    checks.questionnaires()
    checks.limits()
    checks.tiers()
    checks.cross_checks()
    checks.gates()
    return [*checks.faults, *text_faults(edition, texts[ENGLISH])]


class Checks:
    """The checks of one edition, and the faults that they have found."""

    def __init__(self, edition: Edition, structure: Mapping[str, Document]) -> None:
        self.edition = edition
        self.structure = structure
        self.faults: list[Fault] = []
        self.question_paths: dict[str, tuple[Document, Path]] = {}
        self.item_paths: dict[tuple[str, str], tuple[Document, Path]] = {}
        for section in edition.sections:
            document = structure.get(f"questionnaires/{section.key}")
            for path, raw in entries(document, "questions"):
                if document is None:
                    continue
                self.question_paths[raw["key"]] = (document, path)
                for number, item in enumerate(inside(raw, "items")):
                    self.item_paths[raw["key"], item["key"]] = (document, (*path, "items", number))
        self.requirement_paths = {raw["id"]: path for path, raw in entries(structure["requirements"], "requirements")}
        head = structure["edition"].value
        self.reached: dict[tuple[Stakeholder, Condition], bool] = {}  # many duties have the same scope
        self.limit: Mapping[str, int] = head["limits"] if isinstance(head, dict) else dict.fromkeys(LIMITS, 0)

    def fault(self, place: tuple[Document, Path], message: str) -> None:
        document, path = place
        self.faults.append(document.fault(path, message))

    def at(self, question: Question, *inside: str | int, item: Item | None = None) -> tuple[Document, Path]:
        document, path = self.item_paths[question.key, item.key] if item else self.question_paths[question.key]
        return document, (*path, *inside)

    def duty(self, id: str) -> Requirement | None:
        requirement = self.edition.requirements.get(id)
        return requirement if requirement and requirement.kind == Kind.DUTY else None

    def duties_of(self, ids: Iterable[str], part: Stakeholder) -> list[Requirement]:
        return [duty for duty in map(self.duty, ids) if duty and part in duty.roles]

    # --- duties ---

    def cited(self, question: Question) -> Iterator[tuple[str, tuple[Document, Path], Item | None]]:
        """Yield each requirement that a question cites, with the place where it does."""
        for source in question.items or (None,):
            ids = source.requirements if source else question.requirements
            for number, id in enumerate(id for id in ids if JOIN not in id):
                yield id, self.at(question, "requirements", number, item=source), source

    def citations(self) -> None:
        for question in self.edition.questions.values():
            for id, place, _ in self.cited(question):
                requirement = self.edition.requirements.get(id)
                if requirement is None:
                    continue  # an unresolved id, reported by its form
                if requirement.kind != Kind.DUTY:
                    self.fault(place, f"{id} is of kind {requirement.kind}, but a question may cite only duties")
                elif requirement.roles.isdisjoint(question.stakeholders):
                    roles = ", ".join(sorted(requirement.roles))
                    self.fault(place, f"{id} is a duty of {roles}, but this question is not put to any of them")
            for part in question.stakeholders:
                if not self.duties_of(question.requirements, part):
                    self.fault(
                        self.at(question, "stakeholders"),
                        f"this question is put to {part}, but cites no duty of {part}",
                    )
                elif len(self.items_of(question, part)) < FEWEST_ITEMS <= len(question.items):
                    self.fault(
                        self.at(question, "items"), f"this question has fewer than {FEWEST_ITEMS} items for {part}"
                    )

    def items_of(self, question: Question, part: Stakeholder) -> list[Item]:
        return [item for item in question.items if self.duties_of(item.requirements, part)]

    def coverage(self) -> None:
        """Each duty is asked of each part that owes it by exactly one question."""
        asked: dict[tuple[str, Stakeholder], list[tuple[Question, tuple[Document, Path]]]] = defaultdict(list)
        for question in self.edition.questions.values():
            for id, place, _ in self.cited(question):
                for part in question.stakeholders:
                    known = asked[id, part]
                    if all(question is not other for other, _ in known):
                        known.append((question, place))
        for duty in self.edition.requirements.values():
            if duty.kind != Kind.DUTY or duty.extends:
                continue
            parts = [part for part in Stakeholder if part in duty.roles]
            forgotten = [part for part in parts if not asked[duty.id, part]]
            if forgotten and duty.section not in self.edition.not_yet_asked:
                place = self.structure["requirements"], self.requirement_paths[duty.id]
                self.fault(place, f"no question asks {', '.join(forgotten)} about this duty: {duty.statement}")
            for part in parts:
                for _, place in asked[duty.id, part][1:]:
                    first = asked[duty.id, part][0][0]
                    self.fault(place, f"{first.key} already asks {part} about {duty.id}")

    # --- conditions ---

    def conditions(self, question: Question) -> None:
        """A question is asked exactly when one of its duties is in scope, and each of its items can be reached."""
        if question.openings:
            self.reach(question)
            return
        reachable: set[str] = set()
        asked_ever = False
        doubts: list[str] = []
        for part in question.stakeholders:
            scopes = {duty.id: duty.scope for duty in self.duties_of(question.requirements, part)}
            if not scopes:
                continue  # reported as a stakeholder without a duty
            read = [question.when, *scopes.values(), *(item.when for item in question.items)]
            if not self.known(read):
                return  # reported where the condition stands
            table = TruthTable(self.edition, part, read)
            if table.size > MOST_COMBINATIONS:
                self.fault(
                    self.at(question, "when"), "uses so many facts that their combinations cannot all be checked"
                )
                return
            shown = table.where(question.when)
            if shown & table.known:
                asked_ever = True
            wanted = 0
            for scope in scopes.values():
                wanted |= table.where(scope)
            if shown & ~wanted:
                needless = table.first(shown & ~wanted)
                doubts.append(
                    f"this question is put to {part}, but none of its duties applies with these facts: {needless}"
                )
            elif wanted & ~shown:
                missed = table.first(wanted & ~shown)
                owed = next(id for id, scope in scopes.items() if table.where(scope) & wanted & ~shown)
                doubts.append(f"this question is not put to {part}, but {owed} applies with these facts: {missed}")
            ticked = 0
            for item in self.items_of(question, part):
                here = shown & table.where(item.when) & self.any_scope(table, item, scopes)
                ticked |= here
                if here & table.known:
                    reachable.add(item.key)
            if question.items and not doubts and shown & ~ticked:
                doubts.append(
                    f"this question is put to {part}, but has no item to tick with these facts: "
                    f"{table.first(shown & ~ticked)}"
                )
        place = self.at(question, "when")
        if not asked_ever:
            self.fault(place, "this question can never be asked")
            return
        for doubt in doubts:
            self.fault(place, doubt)
        for item in question.items:
            somebodys = any(self.duties_of(item.requirements, part) for part in question.stakeholders)
            if somebodys and item.key not in reachable:
                self.fault(self.at(question, "when", item=item), "this item can never be asked")

    def reach(self, question: Question) -> None:
        """From release 3 a question is opened by its duties: each extension is used, and each item can be reached.

        That each extension and narrowing gives its reason is a matter of form, as with every text.
        """
        self.hidden(question)
        used = {id for source in question.items or (question,) for id in source.requirements}
        for kind, reasons in (("extends", question.extends), ("narrows", question.narrows)):
            for number, reason in enumerate(reasons):
                place = self.at(question, kind, number)
                line = self.duty(reason.requirement)
                if line is None:
                    self.fault(place, f"{reason.requirement} is not a duty")
                elif kind == "extends" and extended_id(reason.requirement, question.key) not in used:
                    self.fault(place, f"no item uses this extension of {reason.requirement}")
                elif kind == "narrows" and reason.requirement not in used:
                    self.fault(place, f"this question does not cite {reason.requirement}")
                elif kind == "narrows" and not line.roles.issuperset(reason.to):
                    self.fault(
                        place, f"{reason.requirement} is not a duty of each of these parts: {', '.join(reason.to)}"
                    )
                if not set(reason.to) <= set(question.stakeholders):
                    self.fault(place, "this entry names a part that is not asked this question")
        for source in question.items or (None,):
            written = source.requirements if source else question.requirements
            for id in written:
                if id not in self.edition.requirements and JOIN in id:
                    place = self.at(question, "extended", item=source)
                    self.fault(place, f"{register_id(id)} is missing under `extends` of this question")
            for part in question.stakeholders:
                if self.reachable(part, source, written):
                    break
            else:
                if source is None or any(self.duties_of(written, part) for part in question.stakeholders):
                    self.fault(
                        self.at(question, item=source), f"this {'item' if source else 'question'} can never be asked"
                    )
        if not question.is_checklist:
            return
        for part in question.stakeholders:
            if not any(self.reachable(part, item, item.requirements) for item in question.items):
                self.fault(self.at(question, "stakeholders"), f"no item of this checklist ever applies to {part}")

    def hidden(self, question: Question) -> None:
        """A question's own condition may read earlier answers, and the facts that its duties read: it hides none of them."""
        for part in question.stakeholders:
            for duty in self.duties_of(question.requirements, part):
                scope = duty.scope_for(part)
                if question.when == ALWAYS or not self.known((question.when, scope)):
                    return
                table = TruthTable(self.edition, part, [question.when, scope])
                if table.size > MOST_COMBINATIONS:
                    self.fault(
                        self.at(question, "when"), "uses so many facts that their combinations cannot all be checked"
                    )
                    return
                missed = table.where(scope) & ~table.where(question.when)
                if missed:
                    said = (
                        f"this question is not put to {part}, but {duty.id} applies with these facts: "
                        f"{table.first(missed)}"
                    )
                    self.fault(self.at(question, "when"), said)
                    break

    def reachable(self, part: Stakeholder, item: Item | None, ids: Iterable[str]) -> bool:
        """Tell whether some known answers put a line, or a practice, to a part."""
        when = item.when if item else ALWAYS
        for duty in self.duties_of(ids, part):
            scope = both(when, duty.scope_for(part))
            if (part, scope) not in self.reached:
                table = TruthTable(self.edition, part, [scope])
                some = table.size > MOST_COMBINATIONS or bool(table.where(scope) & table.known)
                self.reached[part, scope] = some
            if self.reached[part, scope]:
                return True
        return False

    def any_scope(self, table: TruthTable, item: Item, scopes: Mapping[str, Condition]) -> int:
        mask = 0
        for id in item.requirements:
            if id in scopes:
                mask |= table.where(scopes[id])
        return mask

    def known(self, conditions: Iterable[Condition]) -> bool:
        names = {test.fact for condition in conditions for test in condition.tests()}
        others = {name for name in names if name not in self.edition.facts and name not in ("stakeholder", "tier")}
        return all(name.startswith(ANSWER) for name in others)

    def unused_conditions(self) -> None:
        used = {requirement.applies_when for requirement in self.edition.requirements.values()}
        for slug in self.edition.conditions:
            if slug not in used:
                self.fault((self.structure["conditions"], ("conditions", slug)), "no requirement uses this condition")

    def prerequisites(self) -> None:
        """No practice waits for itself, by whatever way round: every action could be the first only after another."""
        questions = self.edition.questions
        done: set[str] = set()

        def follow(key: str, way: tuple[str, ...]) -> None:
            if key in done or key not in questions:
                return  # an unknown practice is reported by its form
            for need in questions[key].needs:
                if need in (*way, key):
                    circle = (*way, key)[(*way, key).index(need) :]
                    said = "this practice is named among its own prerequisites"
                    if need != key:
                        said = f"{said}, through {', '.join(circle[1:])}"
                    self.fault(self.at(questions[circle[0]], "needs"), said)
                else:
                    follow(need, (*way, key))
            done.add(key)

        for key in questions:
            follow(key, ())

    # --- questionnaires, limits, tiers ---

    def questionnaires(self) -> None:
        sections = {questionnaire.stakeholder: questionnaire.sections for questionnaire in self.edition.questionnaires}
        for question in self.edition.questions.values():
            for part in question.stakeholders:
                if question.section not in sections.get(part, ()):
                    place = self.at(question, "stakeholders")
                    self.fault(
                        place,
                        f"the questionnaire of {part} does not contain the section {question.section} (questionnaires.yaml)",
                    )
        used = {(part, asked.section) for asked in self.edition.questions.values() for part in asked.stakeholders}
        outline = self.structure[OUTLINE]
        for path, raw in entries(outline, "questionnaires"):
            for number, section in enumerate(raw["sections"]):
                if (raw["stakeholder"], section) not in used:
                    place = outline, (*path, "sections", number)
                    self.fault(place, f"the section {section} has no question for {raw['stakeholder']}")

    def limits(self) -> None:
        limit = self.limit
        for section in self.edition.sections:
            for question in section.questions[limit["section"] :]:
                self.fault(
                    self.at(question),
                    f"this question is one too many; a section may have at most {limit['section']} questions",
                )
        for question in self.edition.questions.values():
            if question.is_checklist:
                if not FEWEST_ITEMS <= len(question.items) <= limit["items"]:
                    wanted = f"a checklist must have {FEWEST_ITEMS} to {limit['items']} items"
                    self.fault(self.at(question, "items"), f"{wanted}, not {len(question.items)}")
                for item in question.items:
                    self.most(question, "item_requirements", item)
            else:
                self.most(question, "practice_requirements")
        for parts in part_sets():
            name = ("question_shown", "two_parts", "three_parts")[len(parts) - 1]
            if parts == (Stakeholder.USER,):
                name = "person"
            number, tier = shown_at_most(self.edition, parts)
            if number > limit[name]:
                place = self.structure["edition"], ("limits", name)
                shown = f"{number} questions are shown to {' + '.join(parts)} at tier {tier}"
                self.fault(place, f"{shown}; the limit is {limit[name]}")
        for sector, number in module_sizes(self.edition, Stakeholder).items():
            if number > limit["module"]:
                place = self.structure["edition"], ("limits", "module")
                self.fault(place, f"the module of {sector} has {number} questions; the limit is {limit['module']}")

    def most(self, question: Question, limit: str, item: Item | None = None) -> None:
        number = len(item.requirements if item else question.requirements)
        if number > self.limit[limit]:
            place = self.at(question, "requirements", item=item)
            self.fault(place, f"this entry cites {number} requirements; the limit is {self.limit[limit]}")

    def tiers(self) -> None:
        reached = tiers_reached(self.edition)
        tiering = self.structure["tiering"]
        for path, raw in entries(tiering, "obligations"):
            if raw["tier"] not in reached:
                self.fault((tiering, path), f"no combination of facts gives the tier {raw['tier']}")

    # --- checks of a submission, and gates ---

    def cross_checks(self) -> None:
        """A check can fire: its facts are asked, and its questions too under the facts that it reads beside them."""
        read = {test.fact for question in self.edition.questions.values() for test in self.read_by(question)}
        for path, raw in entries(self.structure["checks"], "checks"):
            when = self.edition.check_of[raw["key"]].when
            for test in when.tests():
                fact = self.edition.facts.get(test.fact)
                if fact is not None and fact.kind == "scoping" and fact.key not in read:
                    place = self.structure["checks"], (*path, "when")
                    self.fault(
                        place,
                        f"this check can never apply, because nobody is asked for the fact {fact.key} in this release",
                    )
                kind, _, name = test.fact.partition(".")
                key, _, line = name.partition("/")
                question = self.edition.questions.get(key) if f"{kind}." in (ANSWER, TICK) else None
                item = next((item for item in question.items if item.key == line), None) if question else None
                if question is not None and not self.askable(question, when, item):
                    self.fault(
                        (self.structure["checks"], (*path, "when")),
                        f"this check can never apply, because {name} is not asked when these facts apply",
                    )

    def read_by(self, question: Question) -> Iterator[Test]:
        """The tests on which a question, its lines or its duties hang: what is asked because of them."""
        yield from question.when.tests()
        for item in question.items:
            yield from item.when.tests()
        for id in question.requirements:
            if id in self.edition.requirements:
                yield from self.edition.requirements[id].scope.tests()
                for narrower in self.edition.requirements[id].narrowed.values():
                    yield from narrower.tests()

    def askable(self, question: Question, when: Condition, item: Item | None = None) -> bool:
        """Tell whether the question, or that line of it, is ever asked of somebody while `when` holds."""
        for part in question.stakeholders:
            for scope in self.scopes(question, part, item):
                condition = both(question.when, scope, when)
                table = TruthTable(self.edition, part, [condition])
                if table.size > MOST_COMBINATIONS or table.where(condition) & table.known:
                    return True
        return False

    def scopes(self, question: Question, part: Stakeholder, item: Item | None) -> Iterator[Condition]:
        """Yield when a question is put to a part, or that line of it: once for each duty that opens it."""
        if item is not None:
            for duty in self.duties_of(item.requirements, part):
                yield both(item.when, duty.scope_for(part))
        elif question.openings:
            yield from (opening.when for opening in question.openings if opening.part == part)
        else:
            yield ALWAYS

    def gates(self) -> None:
        """Evidence is asked for where the question can be asked: at each tier of the gate, of somebody."""
        for path, raw in entries(self.structure["gates"], "evidence"):
            question = self.edition.questions.get(raw["question"])
            for tier in raw["tiers"] if question else ():
                if question and not self.askable(question, Test("tier", frozenset({tier}))):
                    place = self.structure["gates"], (*path, "question")
                    self.fault(place, f"the question {question.key} is never asked at tier {tier}")
