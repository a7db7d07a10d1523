"""The shape of the head of an edition, of its clauses, its register of requirements and its terms."""

from __future__ import annotations

from assessments.guideline.compiling import AUTHORITY
from assessments.guideline.files import Path
from assessments.guideline.shapes.entries import entries
from assessments.guideline.shapes.rules import (
    Form,
    Rule,
    count,
    one_of,
    or_null,
    record,
    reference,
    several,
    table,
    text,
)
from assessments.guideline.shapes.vocabulary import ENUMS, Vocabulary
from assessments.guideline.terms import Dimension, Kind, LifecycleStage, Principle, Stakeholder, Strength, Tier

LIMITS = (
    "question_shown",
    "two_parts",
    "three_parts",
    "module",
    "section",
    "practice_requirements",
    "item_requirements",
    "items",
    "person",
)
"""The limits that an edition sets itself: how many questions, items and requirements there may be."""
FACT_ANSWERS = ("yes", "no", "unknown", "none", "not_answered")
"""How the edition says the answers that a fact does not name itself."""


def edition_rule(known: Vocabulary) -> Rule:
    """Return the rule of edition.yaml: key, release, version of the Guideline and limits."""
    register = entries(known.structure.get("requirements"), "requirements")
    sections = {str(entry.get("section")) for _, entry in register}
    return record(
        {
            "key": text,
            "release": count(1),
            "guideline": record({"version": text, "date": text}),
            "not_yet_asked": several(reference("section of the register", sections)),
            "limits": record({name: count(1) for name in LIMITS}),
        }
    )


def clauses_rule(known: Vocabulary) -> Rule:
    """Return the rule of clauses.yaml."""
    clause = record({"id": text, "parent": or_null(reference("clause", known.clauses))})
    return record({"clauses": table(clause, "id")})


def requirements_rule(known: Vocabulary) -> Rule:
    """Return the rule of requirements.yaml, the register."""
    # A section is the passage that the register numbers from: a clause, the Background in capitals.
    sections = known.clauses | {clause.capitalize() for clause in known.clauses}
    requirement = record(
        {
            "id": text,
            "section": reference("section", sections),
            "clause": reference("clause", known.clauses),
            "kind": one_of("kind", tuple(Kind)),
            "strength": one_of("strength", tuple(Strength)),
            "theme": reference("theme", known.terms["themes"]),
            "roles": _roles,
            "role_basis": one_of("basis", ("explicit", "inferred")),
            "dimensions": several(one_of("dimension", tuple(Dimension))),
            "principles": several(one_of("principle", tuple(Principle))),
            "lifecycle": several(one_of("lifecycle stage", tuple(LifecycleStage))),
            "sectors": several(reference("sector", known.terms["sectors"])),
            "applies_when": or_null(reference("condition", known.slugs)),
            "tiers": several(one_of("tier", tuple(Tier))),
        }
    )
    return record({"requirements": table(requirement, "id")})


def _roles(form: Form, path: Path, value: object) -> None:
    several(one_of("stakeholder", (*Stakeholder, AUTHORITY)), least=1)(form, path, value)
    if value == [AUTHORITY]:
        form.fault(path, "this requirement is only for the Government, but hkguide has no questions for the Government")


def terms_rule(known: Vocabulary) -> Rule:
    """Return the rule of terms.yaml: the words that the code knows must all be there."""
    enums = {
        name: several(one_of(f"entry in {name}", tuple(members)), whole=tuple(members))
        for name, members in ENUMS.items()
    }
    # The sectors are those of 2.2.2 of the Appendix; the fact `sector` has none of them besides.
    sectors = [value for value in known.facts.get("sector", ()) if value != "none"]
    sector = several(one_of("answer to the fact `sector`", sectors), least=1)
    answers = several(one_of("answer", FACT_ANSWERS), whole=FACT_ANSWERS)
    listed = dict.fromkeys(("themes", "owners"), several(text, least=1))
    return record({**enums, "sectors": sector, **listed, "answers": answers})
