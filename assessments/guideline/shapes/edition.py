"""The shape of an edition as a whole: the files that it has, the rule of each, and their texts in each language."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from assessments.guideline.compiling import ENGLISH
from assessments.guideline.files import Document, Fault
from assessments.guideline.shapes.checks import checks_rule, gates_rule
from assessments.guideline.shapes.entries import OUTLINE, entries
from assessments.guideline.shapes.facts import conditions_rule, facts_rule
from assessments.guideline.shapes.plans import packages_rule, standing_rule
from assessments.guideline.shapes.policy import policy_rule
from assessments.guideline.shapes.questions import outline_rule, question_rule
from assessments.guideline.shapes.register import clauses_rule, edition_rule, requirements_rule, terms_rule
from assessments.guideline.shapes.rules import Form, Rule, anything, one_of, record, table
from assessments.guideline.shapes.texts import Words, compare
from assessments.guideline.shapes.tiering import tiering_rule
from assessments.guideline.shapes.vocabulary import Vocabulary

RULES: Mapping[str, Callable[[Vocabulary], Rule]] = {
    "edition": edition_rule,
    "clauses": clauses_rule,
    "requirements": requirements_rule,
    "facts": facts_rule,
    "conditions": conditions_rule,
    "tiering": tiering_rule,
    "policy": policy_rule,
    "terms": terms_rule,
    "checks": checks_rule,
    "gates": gates_rule,
    "packages": packages_rule,
    "standing": standing_rule,
    OUTLINE: outline_rule,
}
"""The files that every edition has, in the order in which they are checked; those of the sections come after them."""


class Shapes:
    """The form of every file of one edition. `structure` and `texts` (by language) hold its documents by room."""

    def __init__(self, structure: Mapping[str, Document], texts: Mapping[str, Mapping[str, Document]]) -> None:
        self.structure = structure
        self.texts = texts
        self.faults: list[Fault] = []
        self.sound = True
        self.known = Vocabulary(structure)

    def check(self) -> tuple[list[Fault], bool]:
        """Return the faults, and whether the edition can be compiled in spite of them."""
        rules = {room: rule(self.known) for room, rule in RULES.items()}
        for room, rule in rules.items():
            if room in self.structure:
                self.apply(rule, self.structure[room])
            else:
                self.missing(f"{room}.yaml")
        for room, document in self.structure.items():
            if room in rules or room.startswith("questionnaires/"):
                for language in self.texts:
                    self.check_texts(room, language)
            else:
                self.faults.append(
                    document.fault((), "no file of an edition has this name; rename the file or remove it")
                )
        self.check_sections()
        for rooms in self.texts.values():
            for room, document in rooms.items():
                if room not in self.structure:
                    self.faults.append(
                        document.fault((), f"these texts belong to {room}.yaml, but there is no such file")
                    )
        return self.faults, self.sound

    def apply(self, rule: Rule, document: Document) -> None:
        """Check a file by its rule; one that could not be read at all is left out."""
        form = Form(document)
        if form.sound or document.value is not None:
            rule(form, (), document.value)
        self.take(form)

    def take(self, form: Form) -> None:
        """Take over what was found on the form of a file."""
        self.faults += form.faults
        self.sound = self.sound and form.sound

    def missing(self, file: str) -> None:
        """Report a file that the edition must have and lacks."""
        self.faults.append(Fault(file, 1, file.rsplit("/", 1)[-1].split(".", 1)[0], "the file is missing"))
        self.sound = False

    def check_sections(self) -> None:
        """Check the files of questions: each is a section of a stage, and no question stands in two of them."""
        seen: dict[str, str] = {}
        position = {key: number for number, (key, _) in reversed(list(enumerate(self.known.order)))}
        for room, document in self.structure.items():
            section = room.removeprefix("questionnaires/")
            if room in (section, OUTLINE):
                continue
            form = Form(document)
            if section not in self.known.sections:
                form.fault((), "this section is in no stage of questionnaires.yaml; add it to a stage")
            head = {"section": one_of("section in this file", (section,), broken=False), "questions": anything}
            if document.value is not None or form.sound:
                record(head)(form, (), document.value)
            if isinstance(document.value, dict):
                table(question_rule(self.known, position))(form, ("questions",), document.value.get("questions"))
            for path, question in entries(document, "questions"):
                key = question.get("key")
                if isinstance(key, str):
                    if seen.get(key, section) != section:
                        form.fault((*path, "key"), f"the question {key} is also in {seen[key]}.yaml")
                    seen.setdefault(key, section)
            self.take(form)

    def check_texts(self, room: str, language: str) -> None:
        """Compare the texts of a file with those that its structure asks for; a translation may lack them."""
        document = self.texts[language].get(room)
        if document is None:
            if language == ENGLISH:
                self.missing(f"{room}.{language}.yaml")
            return
        form = Form(document)
        if form.sound or document.value is not None:
            expected = Words(self.structure[room], room)
            compare(form, expected.shape, document.value, (), expected.origins, complete=language == ENGLISH)
        self.take(form)
