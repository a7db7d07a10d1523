"""The edition as it is read: complete, stable, and refused with file, key and line for every kind of fault."""

from __future__ import annotations

import json
import lzma
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import fields
from functools import cache
from math import ceil
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from assessments.guideline import reading
from assessments.guideline.asking import shown_at_most
from assessments.guideline.coverage import part_sets
from assessments.guideline.edition import Edition
from assessments.guideline.files import read_document
from assessments.guideline.reading import (
    EditionFaults,
    Source,
    canonical,
    checksum_of,
    compile_edition,
    coverage,
    default_directory,
    read_edition,
)
from assessments.guideline.terms import TIERS, Stakeholder
from assessments.scoring.case_file import assess, read_cases
from assessments.scoring.order import opened_by
from tests.support.daily import mostly_long
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow_first(8)

CASES = ROOT / "tests" / "data" / "cases.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A copy of the edition to plant faults in. Files that a plant leaves alone are parsed once for all plants."""
    copy = tmp_path_factory.mktemp("editions") / "copy"
    shutil.copytree(default_directory(), copy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "read_document", cache(read_document))
        yield copy


@pytest.fixture
def plant(folder: Path) -> Iterator[Plant]:
    """Change files of the copy; they are as before when the test ends."""
    planting = Plant(folder)
    yield planting
    planting.undo()


class Plant:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.before: dict[Path, str | None] = {}

    def write(self, file: str, text: str | None) -> None:
        path = self.folder / file
        self.before.setdefault(path, path.read_text() if path.exists() else None)
        if text is None:
            path.unlink(missing_ok=True)
        else:
            path.write_text(text)

    def replace(self, file: str, old: str, new: str) -> int:
        """Put `new` in the place of the first `old`; return the line of the mark § in it (taken out), or of its start."""
        text = (self.folder / file).read_text()
        assert old in text, f"{file} has changed: {old!r} is gone"
        start = text.index(old)
        place = start + max(new.find("§"), 0)
        text = text.replace(old, new, 1).replace("§", "")
        self.write(file, text)
        return text.count("\n", 0, place) + 1

    def line(self, file: str, text: str) -> int:
        whole = (self.folder / file).read_text()
        return whole.count("\n", 0, whole.index(text)) + 1

    def undo(self) -> None:
        for path, text in self.before.items():
            if text is None:
                path.unlink(missing_ok=True)
            else:
                path.write_text(text)

    def faults(self) -> list[str]:
        with pytest.raises(EditionFaults) as error:
            read_edition(self.folder)
        return [str(fault) for fault in error.value.faults]


# --- the edition as shipped ---


def test_the_shipped_edition_has_no_fault(source: Source) -> None:
    assert (source.key, source.release) == ("hk-genai-1.1", 7)
    assert source.edition.checksum == source.checksum == checksum_of(source.content)
    assert source.edition.title == "Hong Kong Generative Artificial Intelligence Technical and Application Guideline"


def parts_of(edition: Edition) -> dict[str, object]:
    return {field.name: getattr(edition, field.name) for field in fields(edition)}


def test_the_stored_text_compiles_back_to_an_equal_edition(source: Source) -> None:
    assert parts_of(compile_edition(source.content)) == parts_of(source.edition)


def test_the_stored_text_is_canonical(source: Source) -> None:
    assert canonical(json.loads(source.content)) == source.content
    assert json.loads(source.texts["en"]) == json.loads(source.content)["texts"]


def test_a_float_has_no_canonical_text() -> None:
    with pytest.raises(TypeError):
        canonical({"weights": [1.5]})


def test_every_duty_in_scope_is_covered_for_every_part(edition: Edition) -> None:
    found = coverage(edition)
    assert found.complete
    assert found.duties == 603
    assert [(part.part, part.duties - part.covered) for part in found.parts] == [(part, 0) for part in Stakeholder]
    assert list(found.tiers) == list(TIERS)


@pytest.mark.long
def test_no_worked_case_is_put_more_questions_than_its_parts_may_be(edition: Edition) -> None:
    """Without the module of its sector, and without what is answered once for the whole organisation."""
    files = [CASES, *sorted((ROOT / "tests" / "data" / "advice").glob("*-*.yaml"))]
    cases = [case for file in files for case in read_cases(file, edition)]
    assert len(cases) == 24
    over = {}
    for case in cases:
        one = assess(edition, case)
        number = sum(not question.module and not question.organisation_wide for question in one.questions)
        if number > (90, 120, 150)[len(case.parts) - 1]:
            over[case.id] = number
    assert over == {}


@pytest.mark.parametrize("release", [1, 2])
def test_the_most_that_is_shown_agrees_with_trying_where_every_fact_opens(release: int) -> None:
    """Until release 2 an unknown fact opened everything, so that the most could be read from a use without facts."""
    stored = lzma.decompress((ROOT / "tests" / "data" / f"hk-genai-1.1-release-{release}.json.xz").read_bytes())
    old = compile_edition(stored.decode())
    for parts in part_sets():
        shown = [old.shown_questions({"tier": str(tier)}, parts) for tier in TIERS]
        most = max(sum(not question.organisation_wide for question in questions) for questions in shown)
        assert shown_at_most(old, parts)[0] == most


def test_scope_joins_condition_tier_and_sector(edition: Edition) -> None:
    conformity = edition.requirements["T1-LIM-01"].scope
    assert [conformity.holds({"tier": tier}) for tier in TIERS] == [False, True, True, False]
    prohibited = edition.requirements["T1-UNACC-01"].scope
    assert all(prohibited.holds({"tier": tier}) for tier in TIERS)
    robots = next(duty for duty in edition.requirements.values() if duty.applies_when == "industrial_robots")
    assert robots.scope.holds({"autonomous_robot": True, "sector": robots.sectors[0] if robots.sectors else "industry"})
    assert not robots.scope.holds({"autonomous_robot": False})
    health = edition.requirements["A2.2.2-HEA-11"].scope
    assert health.holds({"sector": "healthcare"})
    assert not health.holds({"sector": "finance"})


def test_sector_duties_without_a_sector_speak_to_all_nine_and_to_no_other(edition: Edition) -> None:
    general = [
        requirement
        for requirement in edition.requirements.values()
        if requirement.section == "A2.2.2"
        and not requirement.sectors
        and requirement.applies_when is None
        and not requirement.extends
    ]
    assert general
    for requirement in general:
        assert requirement.scope.holds({"sector": "tourism"})
        assert not requirement.scope.holds({"sector": "none"})


def test_yes_no_facts_are_booleans_and_others_words(edition: Edition) -> None:
    assert edition.facts["public_facing"].values == (True, False)
    assert edition.facts["public_facing"].options == {}
    assert list(edition.facts["personal_data"].options) == ["none", "ordinary", "sensitive"]


def test_words_are_found_under_flat_names(edition: Edition) -> None:
    assert edition.terms["dimensions.privacy"] == "Personal Data Privacy"
    assert edition.terms["strengths.must"] == "must"
    assert edition.terms["stages.foundations"] == "Before anything is built or bought"
    assert edition.policy.words["bands.most"] == "Mostly in place"
    assert edition.policy.words["efforts.S"] == "Days"
    assert edition.policy.words["method"].startswith("A duty that is in place")


# --- checksums and languages ---


@pytest.mark.long
def test_comments_and_the_order_of_keys_leave_the_checksum_alone(plant: Plant, source: Source) -> None:
    plant.replace("policy.yaml", "basis: judgement", "# a remark of the editor's\nbasis: judgement")
    plant.replace("policy.yaml", "{must: 3, should: 2, consider: 1}", "{consider: 1, must: 3, should: 2}")
    plant.replace("edition.yaml", "release: 7\n", "")
    plant.replace("edition.yaml", "limits:", "release: 7\nlimits:")
    again = read_edition(plant.folder)
    assert (again.content, again.checksum) == (source.content, source.checksum)


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        pytest.param("policy.yaml", "must: 3", "must: 4", id="a weight"),
        pytest.param("terms.en.yaml", '"Finance"', '"Finance and banking"', id="an English text"),
        pytest.param("questionnaires/tier.yaml", "effort: M", "effort: L", id="the structure"),
    ],
)
def test_what_meaning_depends_on_changes_the_checksum(
    plant: Plant, source: Source, file: str, old: str, new: str
) -> None:
    plant.replace(file, old, new)
    assert read_edition(plant.folder).checksum != source.checksum


@pytest.mark.long
def test_a_translation_lies_over_english_and_leaves_the_checksum_alone(plant: Plant, source: Source) -> None:
    plant.write("terms.zh-hant.yaml", "tiers:\n  low: 低\n  limited: ~\n")
    plant.write(
        "questionnaires/tier.zh-hant.yaml",
        "section: tier\nquestions:\n  tier-high-conformity:\n    good_evidence: [甲, 乙]\n",
    )
    again = read_edition(plant.folder)
    assert (again.content, again.checksum) == (source.content, source.checksum)
    assert sorted(again.texts) == ["en", "zh-hant"]
    chinese = compile_edition(again.content, "zh-hant", again.texts["zh-hant"])
    assert (chinese.language, chinese.checksum) == ("zh-hant", source.checksum)
    assert chinese.terms["tiers.low"] == "低"
    assert chinese.terms["tiers.limited"] == "Limited"
    assert chinese.questions["tier-high-conformity"].good_evidence == ("甲", "乙")
    assert chinese.questions["tier-high-conformity"].why == source.edition.questions["tier-high-conformity"].why


@pytest.mark.long
def test_texts_are_brought_to_one_form_of_unicode(plant: Plant) -> None:
    plant.replace("terms.en.yaml", '"Finance"', '"Cafe\u0301"')
    assert read_edition(plant.folder).edition.terms["sectors.finance"] == "Caf\u00e9"


# --- planted faults: § marks the line on which each must be found ---

OVERSIGHT = "questionnaires/oversight.yaml"
OVERSIGHT_WORDS = "questionnaires/oversight.en.yaml"
AFFECTED = "questionnaires/affected.yaml"
AFFECTED_WORDS = "questionnaires/affected.en.yaml"
TIER = "questionnaires/tier.yaml"
OVERSEAS = "questionnaires/purpose-and-risk.yaml"
OUTLINE = "questionnaires/questionnaires.yaml"
NEW_FIELD = "- key: intervention\n  §"
FIRST_REMEDY = "{owner: management, effort: S}"
FIRST_REMEDY_KEY = "tier-unacceptable.harm-to-people.remedy"

# name of the case: file, what stands there, what is planted, key and message of the one fault
ALONE = {
    # unknown keys
    "an unknown field of a question": (
        OVERSIGHT,
        "- key: intervention\n",
        NEW_FIELD + "colour: red\n",
        "intervention.colour: the field colour is not allowed here",
    ),
    "an unknown field of an item": (
        OVERSIGHT,
        "  - key: stepping-up\n",
        "  - key: stepping-up\n    §colour: red\n",
        "oversight-plan.stepping-up.colour: the field colour is not allowed here",
    ),
    "an unknown field of a requirement": (
        "requirements.yaml",
        '- id: "3.1-06"\n',
        '- id: "3.1-06"\n  §locator: page 4\n',
        "3.1-06.locator: the field locator is not allowed here",
    ),
    "an unknown field of a tier rule": (
        "tiering.yaml",
        "- id: H-DRIVES\n",
        "- id: H-DRIVES\n  §points: 3\n",
        "H-DRIVES.points: the field points is not allowed here",
    ),
    "an unknown field of a fact": (
        "facts.yaml",
        "- key: safety_component\n",
        "- key: safety_component\n  §weight: 3\n",
        "safety_component.weight: the field weight is not allowed here",
    ),
    "an unknown field of the policy": (
        "policy.yaml",
        "basis: judgement",
        "basis: judgement\n§bonus: 3",
        "bonus: the field bonus is not allowed here",
    ),
    "an unknown field of a clause": (
        "clauses.yaml",
        '{id: "1.4", parent: "1"}',
        '{id: "1.4", parent: "1", page: 3}',
        "1.4.page: the field page is not allowed here",
    ),
    "a question without a kind": (
        OVERSIGHT,
        "- key: intervention\n  kind: practice\n",
        "- §key: intervention\n",
        "intervention: kind is missing",
    ),
    "a key that stands twice": (
        "edition.yaml",
        "release: 7\n",
        "release: 7\n§release: 8\n",
        "release: this key is used twice; it is first used in line 3",
    ),
    # unknown vocabulary
    "an unknown kind of question": (
        OVERSIGHT,
        "- key: intervention\n  kind: practice\n",
        NEW_FIELD + "kind: essay\n",
        "intervention.kind: there is no kind of question called 'essay'",
    ),
    "an unknown effort": (
        TIER,
        FIRST_REMEDY,
        "{owner: management, effort: XL}",
        f"{FIRST_REMEDY_KEY}.effort: there is no effort called 'XL'",
    ),
    "an unknown stakeholder": (
        OVERSIGHT,
        "stakeholders: [developer]",
        "stakeholders: [vendor]",
        "intervention.stakeholders: there is no stakeholder called 'vendor'",
    ),
    "an unknown strength": (
        "requirements.yaml",
        "strength: consider",
        "strength: might",
        "BG-04.strength: there is no strength called 'might'",
    ),
    "an unknown dimension": (
        "requirements.yaml",
        "dimensions: [reliability, security]",
        "dimensions: [reliability, beauty]",
        "BG-04.dimensions: there is no dimension called 'beauty'",
    ),
    "an unknown theme": (
        "requirements.yaml",
        "theme: governance_framework",
        "theme: gardening",
        "BG-04.theme: there is no theme called 'gardening'",
    ),
    "an unknown kind of fact": (
        "facts.yaml",
        "kind: profile",
        "kind: rumour",
        "service_areas.kind: there is no kind of fact called 'rumour'",
    ),
    "an unknown tier": (
        "tiering.yaml",
        "tier: limited",
        "tier: middling",
        "L-WORK.tier: there is no tier called 'middling'",
    ),
    "an unknown basis": (
        "tiering.yaml",
        "  basis: explicit",
        "  basis: rumour",
        "U-HARM.basis: there is no basis called 'rumour'",
    ),
    "an unknown hold": (
        "tiering.yaml",
        "hold: {kind: open_question}",
        "hold: {kind: coffee}",
        "H-OPEN.hold.kind: there is no hold called 'coffee'",
    ),
    # ids that lead nowhere
    "an unresolved requirement": (
        OVERSIGHT,
        "requirements: [2.1.3.5-04]",
        "requirements: [2.1.3.5-04, 9.9-01]",
        "oversight-plan.model-class.requirements: there is no requirement called '9.9-01'",
    ),
    "an unresolved requirement of an overlay": (
        "tiering.yaml",
        'requirements: ["3.1-79"]',
        'requirements: ["3.1-79", "9.9-01"]',
        "high-risk-content.requirements: there is no requirement called '9.9-01'",
    ),
    "an unresolved clause": (
        "requirements.yaml",
        'clause: "background"',
        'clause: "9.9"',
        "BG-04.clause: there is no clause called '9.9'",
    ),
    "an unresolved clause of a rule": (
        "tiering.yaml",
        'clauses: ["2.1.2/table-1", "A2.2.2/logistics"]',
        'clauses: ["2.1.2/table-9"]',
        "H-MOVES.clauses: there is no clause called '2.1.2/table-9'",
    ),
    "an unresolved condition": (
        "requirements.yaml",
        "applies_when: null",
        "applies_when: full_moon",
        "BG-04.applies_when: there is no condition called 'full_moon'",
    ),
    "an unresolved fact of a condition": (
        "conditions.yaml",
        "{all: [open_source_model]}",
        "{all: [open_sauce_model]}",
        "open_source_model.all: there is no fact called open_sauce_model",
    ),
    "an unresolved fact of a rule": (
        "tiering.yaml",
        "when: {all: [autonomous_robot]}",
        "when: {all: [autonomous_rabbit]}",
        "H-MOVES.when.all: there is no fact called autonomous_rabbit",
    ),
    "an unresolved fact of a question": (
        OVERSIGHT,
        "- key: intervention\n",
        NEW_FIELD + "when: {moon: full}\n",
        "intervention.when.moon: there is no fact called moon",
    ),
    "an unresolved answer": (
        "tiering.yaml",
        "when: {all: [worst_credible_effect: grave]}",
        "when: {all: [worst_credible_effect: bad]}",
        "H-GRAVE.when.all.worst_credible_effect: the fact worst_credible_effect has no answer bad",
    ),
    "an unresolved exception": (
        "tiering.yaml",
        "unless: procedural",
        "unless: friendly",
        "L-STAKES.unless: there is no exception called 'friendly'",
    ),
    "an unresolved owner": (
        TIER,
        FIRST_REMEDY,
        "{owner: nobody, effort: S}",
        f"{FIRST_REMEDY_KEY}.owner: there is no owner called 'nobody'",
    ),
    "an unresolved section": (
        OUTLINE,
        "sections: [my-start, my-use, my-output, my-sector]}\nquestionnaires",
        "sections: [my-start, my-use, my-output, my-sector, my-moon]}\nquestionnaires",
        "person.sections: there is no section file called 'my-moon'",
    ),
    "an unresolved question": (
        OVERSIGHT,
        "- key: intervention\n",
        NEW_FIELD + "when: {answer.no-such: partly}\n",
        "intervention.when.answer.no-such: there is no fact called answer.no-such",
    ),
    # given twice
    "a clause that stands twice": (
        "clauses.yaml",
        '- {id: "1", parent: null}\n',
        '- {id: "1", parent: null}\n§- {id: "1", parent: null}\n',
        "1.id: 1 is used twice; it is first used in line 5",
    ),
    "an item that cites a requirement twice": (
        OVERSIGHT,
        "[2.1.3.5-01, 2.1.3.5-02]",
        "[2.1.3.5-01, 2.1.3.5-02, 2.1.3.5-01]",
        "oversight-plan.stage-oversight.requirements: 2.1.3.5-01 is listed twice",
    ),
    "a duty that two questions ask": (
        OVERSIGHT,
        "[3.1-63]",
        "[3.1-63, 3.1-40]",
        "model-monitoring.periodic-audit.requirements: intervention already asks developer about 3.1-40",
    ),
    # duties of the wrong kind or part
    "an id that is no duty": (
        OVERSIGHT,
        "[2.1.3.5-01, 2.1.3.5-02]",
        "[2.1.3.5-01, 2.1.3.5-02, BG-14]",
        "oversight-plan.stage-oversight.requirements: BG-14 is of kind awareness, but a question may cite only duties",
    ),
    "an id whose part disagrees with its question": (
        OVERSIGHT,
        "requirements: [3.1-40, 3.1-41]",
        "requirements: [3.1-40, 3.1-41, 3.2.1-51]",
        "intervention.requirements: 3.2.1-51 is a duty of provider, but this question is not put to any of them",
    ),
    "a part to which nothing in a question belongs": (
        OVERSIGHT,
        "stakeholders: [developer]",
        "stakeholders: [developer, provider]",
        "intervention.stakeholders: this question is put to provider, but cites no duty of provider",
    ),
    # conditions
    "a question on the answer to a later one": (
        OVERSIGHT,
        "- key: intervention\n",
        NEW_FIELD + "when: {answer.output-acceptance: ticked}\n",
        "intervention.when.answer.output-acceptance: "
        "the answer to output-acceptance cannot be used here, because output-acceptance is not asked before this question",
    ),
    "a question on its own answer": (
        OVERSIGHT,
        "- key: intervention\n",
        NEW_FIELD + "when: {answer.intervention: partly}\n",
        "intervention.when.answer.intervention: the answer to intervention cannot be used here, because intervention is not asked before this question",
    ),
    "an item on the answer to a later question": (
        OVERSIGHT,
        "- key: stepping-up\n",
        "- key: stepping-up\n    §when: {answer.intervention: partly}\n",
        "oversight-plan.stepping-up.when.answer.intervention: "
        "the answer to intervention cannot be used here, because intervention is not asked before this question",
    ),
    "a condition of the register on an answer": (
        "conditions.yaml",
        "  procurement: {}",
        "  procurement: {answer.intervention: partly}",
        "procurement.answer.intervention: there is no fact called answer.intervention",
    ),
    "a tier rule on a scoping fact": (
        "tiering.yaml",
        "when: {all: [autonomous_robot]}",
        "when: {all: [predictive_maintenance]}",
        "H-MOVES.when.all: predictive_maintenance is a scoping fact; a tier rule can use only tier facts",
    ),
    "a tier rule on the tier": (
        "tiering.yaml",
        "when: {all: [autonomous_robot]}",
        "when: {tier: high}",
        "H-MOVES.when.tier: there is no fact called tier",
    ),
    "a condition that is not in the language": (
        "tiering.yaml",
        "when: {all: [autonomous_robot]}",
        "when: {all: []}",
        "H-MOVES.when: all: write a list of conditions here",
    ),
    "a question that is not asked though a duty applies": (
        OVERSIGHT,
        "- key: intervention\n",
        NEW_FIELD + "when: {all: [public_facing]}\n",
        "intervention.when: this question is not put to developer, but 3.1-40 applies with these facts: public_facing: false",
    ),
    "an item that can never apply": (
        OVERSEAS,
        "- key: us-industry-state\n",
        "- §key: us-industry-state\n    when: {all: [{sector: legal}, {sector: retail}]}\n",
        "overseas-rules.us-industry-state: this item can never be asked",
    ),
    # reach, and a question's place in the plan
    "an extension to a part that is not put the question": (
        AFFECTED,
        "  - {requirement: 3.1-64, to: [developer, provider, organisation], when",
        "  - {requirement: 3.1-64, to: [developer, provider, organisation, user], when",
        "known-failures.extends: this entry names a part that is not asked this question",
    ),
    "an extension without a reason": (
        AFFECTED_WORDS,
        "    extends:\n      3.1-64: ",
        '    extends:\n      §3.1-64: ""\n      #: ',
        "known-failures.extends.3.1-64: is empty",
    ),
    "a narrowing without a reason": (
        "questionnaires/security.en.yaml",
        '    narrows:\n      2.2.5-07: "The supplier',
        '    narrows:\n      # "The supplier',
        "updates-and-fixes.narrows: 2.2.5-07 is missing",
    ),
    "a reason for a reach that there is not": (
        AFFECTED_WORDS,
        "    extends:\n      3.1-64: ",
        '    extends:\n      §3.1-65: "Whoever runs it can mend it."\n      3.1-64: ',
        "known-failures.extends.3.1-65: the structure file has no place for this text; correct its name or remove it",
    ),
    "a narrowing on an unknown fact": (
        OVERSIGHT,
        "{all: [{model_source: [own_trained, fine_tuned]}, {tier: [limited, high, unacceptable]}]}",
        "{all: [{moon: full}, {tier: [limited, high, unacceptable]}]}",
        "oversight-plan.narrows.when.all.moon: there is no fact called moon",
    ),
    "an unknown package": (
        AFFECTED,
        "  package: incident\n",
        "  package: parcel\n",
        "known-failures.package: there is no package called 'parcel'",
    ),
    "a question without a package": (
        OVERSIGHT,
        "- key: intervention\n  kind: practice\n  stakeholders: [developer]\n  package: control\n",
        "- key: intervention\n  kind: practice\n  stakeholders: [developer]\n",
        "intervention: the field package is missing",
    ),
    "a question without words for its action": (
        OVERSIGHT_WORDS,
        "    action:\n      task: ",
        "    §action:\n      #: ",
        "oversight-plan.action: task is missing",
    ),
    "an answer to an unknown fact": (
        OVERSIGHT,
        "  answers_to: [decision_autonomy]\n",
        "  answers_to: [decision_autonomy, full_moon]\n",
        "oversight-plan.answers_to: there is no fact called 'full_moon'",
    ),
    "an unknown word for what is protected": (
        OVERSIGHT,
        "  protects: [people_decided_about, public]\n",
        "  protects: [people_decided_about, penguins]\n",
        "oversight-plan.protects: there is no protected group called 'penguins'",
    ),
    "an unknown prerequisite": (
        OVERSIGHT,
        "  needs: [accountable-owner]\n",
        "  needs: [unaccountable-owner]\n",
        "oversight-plan.needs: there is no question called 'unaccountable-owner'",
    ),
    "a practice that needs itself": (
        OVERSIGHT,
        "  needs: [accountable-owner]\n",
        "  needs: [accountable-owner, oversight-plan]\n",
        "oversight-plan.needs: this practice is named among its own prerequisites",
    ),
    "a stop on an unknown fact": (
        AFFECTED,
        "  stop: {any: [incident_open,",
        "  stop: {any: [full_moon,",
        "known-failures.stop.any: there is no fact called full_moon",
    ),
    "a figure that is better neither higher nor lower": (
        AFFECTED,
        'figure: {unit: "per cent", better: lower}',
        'figure: {unit: "per cent", better: sideways}',
        "error-rates.figure.better: there is no direction called 'sideways'",
    ),
    "a module of an unknown sector": (
        "questionnaires/sector-finance.yaml",
        "module: finance",
        "module: fishing",
        "finance-fair-chance.module: there is no sector called 'fishing'",
    ),
    "an action without a question that has no package": (
        "standing.yaml",
        "- {key: vacant-post, package: ownership,",
        "- {key: vacant-post, package: parcel,",
        "vacant-post.package: there is no package called 'parcel'",
    ),
    "a post whose actions nobody takes over": (
        "policy.yaml",
        "otherwise: product-owner",
        "otherwise: gardener",
        "order.posts.otherwise: there is no owner called 'gardener'",
    ),
    "a cost that hangs on a fact that there is not": (
        "questionnaires/tier.yaml",
        "costs_when: {decision_autonomy: fully_automated}",
        "costs_when: {weather: fine}",
        "tier-high-human-in-the-loop.costs_when.weather: there is no fact called weather",
    ),
    "a practice that is found by none that there is": (
        "questionnaires/affected.yaml",
        "found_by: {practice: error-rates,",
        "found_by: {practice: guesses,",
        "known-failures.found_by.practice: there is no question called 'guesses'",
    ),
    "an easing that hangs on a fact that there is not": (
        "questionnaires/tier.yaml",
        "eased: {all: [{decision_autonomy: human_approves}",
        "eased: {all: [{weather: fine}",
        "tier-limited-opt-out.eased.all.weather: there is no fact called weather",
    ),
    "a subject that hangs on a tier that there is not": (
        "policy.yaml",
        "risk-assessment], when: {tier: low}}",
        "risk-assessment], when: {tier: lowest}}",
        "order.same_subject.when.tier: the fact tier has no answer lowest",
    ),
    # values, weights and bands
    "a mildest answer that is none": (
        "facts.yaml",
        "mildest: advisory",
        "mildest: gentle",
        "decision_autonomy.mildest: gentle is not a value of this fact",
    ),
    "a worst answer that is none": (
        "facts.yaml",
        "worst: fully_automated",
        "worst: dreadful",
        "decision_autonomy.worst: dreadful is not a value of this fact",
    ),
    "a weight of nothing": (
        "policy.yaml",
        "weights: {must: 3",
        "weights: {must: 0",
        "weights.must: this must be a whole number of at least 1",
    ),
    "bands that do not descend": (
        "policy.yaml",
        "- {from: 40, key: part}",
        "- {from: 75, key: part}",
        "bands.part.from: 75 must be lower than 70; list the bands from the highest to the lowest",
    ),
    "bands that do not reach 0": (
        "policy.yaml",
        "- {from: 0, key: little}",
        "- {from: 5, key: little}",
        "bands.little.from: the last band must start from 0",
    ),
    # limits
    "too many questions for one part": (
        "edition.yaml",
        "question_shown: 90",
        "question_shown: 87",
        "limits.question_shown: 88 questions are shown to provider at tier high; the limit is 87",
    ),
    "too many questions for two parts": (
        "edition.yaml",
        "two_parts: 120",
        "two_parts: 100",
        "limits.two_parts: 101 questions are shown to developer + provider at tier high; the limit is 100",
    ),
    "too many questions for three parts": (
        "edition.yaml",
        "three_parts: 150",
        "three_parts: 107",
        "limits.three_parts: 108 questions are shown to developer + provider + organisation at tier high; the limit is 107",
    ),
    "too many questions for a person": (
        "edition.yaml",
        "person: 25",
        "person: 17",
        "limits.person: 18 questions are shown to user at tier low; the limit is 17",
    ),
    "too many questions in the module of a sector": (
        "edition.yaml",
        "module: 12",
        "module: 6",
        "limits.module: the module of education has 7 questions; the limit is 6",
    ),
    # texts
    "an empty text": (
        "questionnaires/oversight.en.yaml",
        'title: "A plan for human oversight"',
        'title: " "',
        "oversight-plan.title: is empty",
    ),
    "a text not written yet": (
        "facts.en.yaml",
        'title: "Decisions about people"',
        "title: ~",
        "decisions.title: is empty",
    ),
    "a text without structure": (
        "questionnaires/oversight.en.yaml",
        "  intervention:\n",
        '  intervention:\n    §subtitle: "Stop"\n',
        "intervention.subtitle: the structure file has no place for this text; correct its name or remove it",
    ),
    "a field without its text": (
        "questionnaires/oversight.en.yaml",
        '  oversight-plan:\n    title: "A plan for human oversight"\n',
        "  oversight-plan:\n",
        "oversight-plan: title is missing",
    ),
    "an answer for the whole organisation without a reason": (
        "questionnaires/people.en.yaml",
        '  staff-policy:\n    title: "Written staff policy on generative AI"\n'
        '    text: "Is a written policy or guideline on generative AI in force for your staff?"\n'
        '    organisation_wide: "One policy applies to all staff, whichever tool or system they use."\n',
        '  staff-policy:\n    title: "Written staff policy on generative AI"\n'
        '    text: "Is a written policy or guideline on generative AI in force for your staff?"\n',
        "staff-policy: organisation_wide is missing",
    ),
    "structure without a text": (
        "clauses.yaml",
        '- {id: "1", parent: null}\n',
        '- {id: "1", parent: null}\n§- {id: "1.9", parent: "1"}\n',
        "1.9: the text for this is missing in clauses.en.yaml",
    ),
    "an answer without a text": (
        "facts.en.yaml",
        '    options:\n      creative: "Creative: ideas, pictures, music, stories, entertainment, advertising"\n',
        "    §options:\n",
        "output_used_for.options: creative is missing",
    ),
    "a summary of more than forty words": (
        "clauses.en.yaml",
        '    summary: "Describes what generative AI is',
        '    summary: "' + "word " * 31 + "Describes what generative AI is",
        "1.summary: this summary has 60 words; the limit is 40",
    ),
    # checks of a submission, and gates
    "a check of an unknown kind": (
        "checks.yaml",
        "- key: must-not-known\n  kind: unknown_must",
        "- key: must-not-known\n  §kind: feeling",
        "must-not-known.kind: there is no kind of check called 'feeling'",
    ),
    "a check of an unknown severity": (
        "checks.yaml",
        "  kind: no_note\n  severity: look",
        "  kind: no_note\n  §severity: block",
        "must-without-note.severity: there is no severity called 'block'",
    ),
    "a check on a fact that does not exist": (
        "checks.yaml",
        "  when: {all: [public_facing: false, users_scale: 1000000_plus]}",
        "  §when: {all: [public: false, users_scale: 1000000_plus]}",
        "many-people-and-not-public.when.all.public: there is no fact called public",
    ),
    "a check on the answer to no question": (
        "checks.yaml",
        "answer.staff-training: none",
        "answer.staff-party: none",
        "qualified-without-training.when.all.answer.staff-party: there is no fact called answer.staff-party",
    ),
    "a check on an answer that the question does not take": (
        "checks.yaml",
        "answer.staff-training: none",
        "answer.staff-training: partly",
        "qualified-without-training.when.all.answer.staff-training: the fact answer.staff-training has no answer partly",
    ),
    "a check on a line that the checklist lacks": (
        "checks.yaml",
        "tick.audit-trail/output-traced: true",
        "tick.audit-trail/output-lost: true",
        "no-logs-but-traced.when.all.tick.audit-trail/output-lost: there is no fact called tick.audit-trail/output-lost",
    ),
    "a check on a line that its own facts hide": (
        "checks.yaml",
        "  when: {all: [keeps_usage_logs: false, tick.audit-trail/output-traced: true]}",
        "  §when: {all: [personal_data: none, tick.input-data/personal-data-anonymised: true]}",
        "no-logs-but-traced.when: this check can never apply, because input-data/personal-data-anonymised is not asked when these facts apply",
    ),
    "a check on a question that its own facts hide": (
        "checks.yaml",
        "  when: {all: [trains_on_user_data: false, answer.training-permission: in_place]}",
        "  §when: {all: [trains_on_user_data: false, answer.training-opt-out: in_place]}",
        "no-training-but-authorised.when: this check can never apply, because training-opt-out is not asked when these facts apply",
    ),
    "a check without its number": (
        "checks.yaml",
        "  figures: {share: 20}         # per cent of the musts in scope",
        "  figures: {}",
        "many-not-applicable.figures: share is missing",
    ),
    "a check of words without words": (
        "checks.yaml",
        '  phrases: ["children", "pupils", "under 18", "primary school", "secondary school", "兒童", "小學", "中學生", '
        '"儿童", "小学", "中学生"]',
        "  §phrases: []",
        "children-in-a-note.phrases: is empty",
    ),
    "a number that a check does not go by": (
        "checks.yaml",
        "  kind: past_date\n  severity: mend",
        "  kind: past_date\n  severity: mend\n  §figures: {days: 3}",
        "plan-in-the-past.figures: the field figures is not allowed here",
    ),
    "a check without words of its own": (
        "checks.en.yaml",
        '  plan-in-the-past:\n    label: "A planned date has passed"\n',
        "  plan-in-the-past:\n",
        "plan-in-the-past: label is missing",
    ),
    "a gate at a question that is not there": (
        "gates.yaml",
        "- {key: notice, tiers: [limited, high], question: tier-limited-transparency}",
        "- {key: notice, tiers: [limited, high], question: tier-limited-notice}",
        "notice.question: there is no question called 'tier-limited-notice'",
    ),
    "a gate at a tier that does not ask its question": (
        "gates.yaml",
        "- {key: notice, tiers: [limited, high], question",
        "- {key: notice, tiers: [low, limited, high], question",
        "notice.question: the question tier-limited-transparency is never asked at tier low",
    ),
    "a part of the conformity file of an unknown kind": (
        "gates.yaml",
        "- {key: bias, kind: evidence,",
        "- {key: bias, kind: opinion,",
        "bias.kind: there is no kind of part called 'opinion'",
    ),
    "a question marked with a word": (
        OVERSIGHT,
        "- key: intervention\n",
        NEW_FIELD + "organisation_wide: everywhere\n",
        "intervention.organisation_wide: this must be true or false",
    ),
}

# The same, where the fault has consequences that are faults too.
AMONG_OTHERS = {
    "a number that is not whole": (
        "edition.yaml",
        "release: 7\n",
        "release: 1.5\n",
        "release: 1.5 is not a whole number, true or false; if it is text, write it in quotes",
    ),
    "an alias": (
        "tiering.yaml",
        "- id: H-DRIVES\n  when: {all: [autonomous_vehicle]}",
        "- id: H-DRIVES\n  when: &road {all: [autonomous_vehicle]}\n  §unless: *road",
        "H-DRIVES.unless: this is a YAML alias; write out the value instead",
    ),
    "a word that the vocabulary lacks": (
        "terms.yaml",
        "dimensions: [privacy,",
        "dimensions: [",
        "dimensions: privacy is missing",
    ),
    "a sentence that an approval lacks": (
        "gates.yaml",
        "approval: [looked_at, outside_team,",
        "approval: [looked_at,",
        "approval: outside_team is missing",
    ),
    "a condition by which nothing applies": (
        "conditions.yaml",
        "  significant_change: {}\n",
        "  significant_change: {}\n  §moonlight: {}\n",
        "moonlight: no requirement uses this condition",
    ),
    "a requirement that stands twice": (
        "requirements.yaml",
        '- id: "BG-05"',
        '- id: "BG-04"',
        "BG-04.id: BG-04 is used twice; it is first used in line 5",
    ),
    "a fact that stands twice": (
        "facts.yaml",
        "- key: subliminal_manipulation",
        "- key: causes_or_enables_physical_harm",
        "causes_or_enables_physical_harm.key: causes_or_enables_physical_harm is used twice; it is first used in line 11",
    ),
    "a question that stands twice in its section": (
        OVERSIGHT,
        "- key: intervention",
        "- key: oversight-plan",
        "oversight-plan.key: oversight-plan is used twice; it is first used in line 6",
    ),
    "a question that stands in two sections": (
        OVERSIGHT,
        "- key: intervention",
        "- key: independent-audit",
        "independent-audit.key: the question independent-audit is also in assurance.yaml",
    ),
    "an item that stands twice in its question": (
        OVERSIGHT,
        "- key: stepping-up",
        "- key: stage-oversight",
        "oversight-plan.stage-oversight.key: stage-oversight is used twice; it is first used in line 20",
    ),
    "a question that is not asked of three parts": (
        "questionnaires/security.yaml",
        "- key: updates-and-fixes\n",
        "- key: updates-and-fixes\n  §when: {all: [public_facing]}\n",
        "updates-and-fixes.when: this question is not put to provider, but 3.2.1-30 applies with these facts: "
        "hosting: [public_cloud], public_facing: false, users_scale: under_100",
    ),
    "working days that run backwards": (
        "policy.yaml",
        "S: {from: 1, to: 5}",
        "S: {from: 9, to: 5}",
        "order.work_days.S: “from” is 9 and “to” is 5; “to” must not be the smaller number",
    ),
    "an order without one of its steps": (
        "policy.yaml",
        "steps: [stop, needed, tier, begun, class, lost, effort]",
        "steps: [stop, needed, tier, begun, class, lost]",
        "order.steps: effort is missing",
    ),
    "an extension of an unknown line": (
        AFFECTED,
        "  - {requirement: 3.1-64, to: [developer, provider, organisation], when",
        "  - {requirement: 9.9-01, to: [developer, provider, organisation], when",
        "known-failures.extends.requirement: there is no requirement called '9.9-01'",
    ),
    "a narrowing of a line that is not asked": (
        OVERSIGHT,
        "  - {requirement: 2.1.3.5-04, to: [developer, provider, organisation], when",
        "  - {requirement: 3.1-64, to: [developer], when",
        "oversight-plan.narrows: this question does not cite 3.1-64",
    ),
    "a narrowing for a part that does not owe the line": (
        "questionnaires/security.yaml",
        "  - {requirement: 3.2.1-30, to: [provider], when",
        "  - {requirement: 3.2.1-30, to: [developer], when",
        "updates-and-fixes.narrows: 3.2.1-30 is not a duty of each of these parts: developer",
    ),
    "a narrowing of what is read and not asked": (
        OVERSIGHT,
        "  - {requirement: 2.1.3.5-04, to: [developer, provider, organisation], when",
        "  - {requirement: BG-14, to: [developer, provider, organisation], when",
        "oversight-plan.narrows: BG-14 is not a duty",
    ),
    "an item that rests on no extension of its question": (
        AFFECTED,
        "  - key: left-out\n    extended: [3.1-62]\n",
        "  - key: left-out\n    §extended: [3.1-64]\n",
        "error-rates.left-out.extended: 3.1-64 is missing under `extends` of this question",
    ),
    "a line that can be put to nobody": (
        OVERSIGHT,
        "  - key: stage-oversight\n    requirements: [2.1.3.5-01, 2.1.3.5-02]\n",
        "  - key: stage-oversight\n    requirements: [2.1.3.5-01, 2.1.3.5-02]\n    when: {all: [{tier: low}, {tier: high}]}\n",
        "oversight-plan.stage-oversight: this item can never be asked",
    ),
    "a practice that cites too much": (
        "questionnaires/security.yaml",
        "requirements: [2.2.5-07, ",
        "requirements: [2.2.5-01, 2.2.5-07, ",
        "updates-and-fixes.requirements: this entry cites 9 requirements; the limit is 8",
    ),
    "an item that cites too much": (
        OVERSIGHT,
        "requirements: [2.1.3.5-03]",
        "requirements: [2.1.3.5-03, 3.1-42, 3.1-62, 3.1-63, 3.1-64, 3.1-40]",
        "oversight-plan.stepping-up.requirements: this entry cites 6 requirements; the limit is 5",
    ),
    "a checklist of one item": (
        OVERSIGHT,
        """  items:
  - key: named-person
    requirements: [T2-DEV-03]
    remedy: {owner: model-lead, effort: S}
  - key: performance-alarm
    requirements: [3.1-42]
    remedy: {owner: model-lead, effort: M}
  - key: continuous-checks
    requirements: [3.1-62]
    remedy: {owner: test-lead, effort: M}
  - key: periodic-audit
    requirements: [3.1-63]
    remedy: {owner: internal-audit, effort: M}
  - key: follow-up
""",
        "  §items:\n  - key: follow-up\n",
        "model-monitoring.items: a checklist must have 2 to 8 items, not 1",
    ),
}


def _cases(planted: dict[str, tuple[str, str, str, str]]) -> list[object]:
    return [pytest.param(*case, id=name) for name, case in planted.items()]


# Without these fields no edition is made, so nothing is looked for behind its shape.
UNSOUND = [
    "a question without a kind", "a key that stands twice", "an unknown kind of question", "an unknown effort",
    "an unknown stakeholder", "an unknown strength", "an unknown dimension", "an unknown kind of fact", "an unknown tier",
    "an unknown basis", "an unknown hold", "a condition that is not in the language",
    "an unknown word for what is protected", "a figure that is better neither higher nor lower", "a weight of nothing",
    "a check of an unknown kind", "a check of an unknown severity", "a check without its number",
    "a part of the conformity file of an unknown kind", "a question marked with a word",
]  # fmt: skip
# Planted together, as far apart as can be: to read and check the edition takes a tenth of a second.
GROUPS = [
    part[at :: ceil(len(part) / 8)]
    for part in (UNSOUND, [name for name in ALONE if name not in UNSOUND])
    for at in range(ceil(len(part) / 8))
]


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("names", mostly_long(GROUPS, 3), ids=lambda names: f"{names[0]} to {names[-1]}")
def test_a_planted_fault_is_named_with_file_key_and_line(plant: Plant, names: list[str]) -> None:
    """Several at once give just the faults that they give alone; those that get in each other's way are planted in halves."""
    if len(names) > 1:
        with suppress(AssertionError):
            named_and_nothing_else(plant, names)
            return
        plant.undo()
        half = len(names) // 2
        test_a_planted_fault_is_named_with_file_key_and_line(plant, names[:half])
        test_a_planted_fault_is_named_with_file_key_and_line(plant, names[half:])
        return
    named_and_nothing_else(plant, names)
    plant.undo()


def named_and_nothing_else(plant: Plant, names: list[str]) -> None:
    planted = [(file, plant.replace(file, old, new), fault) for file, old, new, fault in (ALONE[n] for n in names)]
    assert sorted(plant.faults()) == sorted(f"{file}:{line}: {fault}" for file, line, fault in planted)


@pytest.mark.few_a_day(3)
@pytest.mark.parametrize(("file", "old", "new", "fault"), mostly_long(_cases(AMONG_OTHERS), 3))
def test_a_planted_fault_is_named_among_its_consequences(
    plant: Plant, file: str, old: str, new: str, fault: str
) -> None:
    line = plant.replace(file, old, new)
    assert f"{file}:{line}: {fault}" in plant.faults()


# --- planted faults that show in another place than the one where they were made ---


@pytest.mark.long
def test_a_duty_that_nobody_asks(plant: Plant) -> None:
    plant.replace(OVERSIGHT, "requirements: [3.1-40, 3.1-41]", "requirements: [3.1-41]")
    line = plant.line("requirements.yaml", '- id: "3.1-40"')
    said = "no question asks developer about this duty: Give people the means to supervise the model while it runs."
    assert plant.faults() == [f"requirements.yaml:{line}: 3.1-40: {said}"]


@pytest.mark.long
def test_a_duty_that_one_of_its_parts_is_not_asked(plant: Plant) -> None:
    line = plant.line("requirements.yaml", '- id: "3.1-06"')
    text = (plant.folder / "requirements.yaml").read_text()
    at = text.index("roles: [developer]", text.index('- id: "3.1-06"'))
    plant.write("requirements.yaml", f"{text[:at]}roles: [developer, provider]{text[at + 18 :]}")
    assert plant.faults() == [
        f"requirements.yaml:{line}: 3.1-06: no question asks provider about this duty: Set up a dedicated data team."
    ]


@pytest.mark.long
def test_an_extension_on_which_no_item_rests(plant: Plant) -> None:
    plant.replace(
        AFFECTED, "  - key: left-out\n    extended: [3.1-62]\n", "  - key: left-out\n    extended: [3.1-43]\n"
    )
    line = plant.line(AFFECTED, "  - {requirement: 3.1-62, ")
    assert plant.faults() == [f"{AFFECTED}:{line}: error-rates.extends: no item uses this extension of 3.1-62"]


@pytest.mark.long
def test_a_practice_that_no_facts_open(plant: Plant) -> None:
    text = (plant.folder / AFFECTED).read_text()
    start = text.index("  - {requirement: 3.1-64, ", text.index("- key: known-failures"))
    line = text[start : text.index("\n", start)]
    never = re.sub(r"when: .*", "when: {all: [{tier: low}, {tier: high}]}}", line)
    plant.write(AFFECTED, text.replace(line, never, 1))
    place = plant.line(AFFECTED, "- key: known-failures")
    check = plant.line("checks.yaml", "- key: incident-with-known-failures-handled") + 3
    why = "incident-with-known-failures-handled.when: this check can never apply, because known-failures is not asked when these facts apply"
    assert plant.faults() == [
        f"checks.yaml:{check}: {why}",
        f"{AFFECTED}:{place}: known-failures: this question can never be asked",
    ]


@pytest.mark.long
def test_a_narrowing_that_leaves_a_line_to_nobody(plant: Plant) -> None:
    plant.replace(
        OVERSIGHT,
        "{all: [{model_source: [own_trained, fine_tuned]}, {tier: [limited, high, unacceptable]}]}",
        "{all: [{personal_data: none}, {personal_data: sensitive}]}",
    )
    line = plant.line(OVERSIGHT, "  - key: model-class")
    assert plant.faults() == [f"{OVERSIGHT}:{line}: oversight-plan.model-class: this item can never be asked"]


@pytest.mark.long
def test_a_part_for_which_no_line_is_ever_left(plant: Plant) -> None:
    """Each line by itself can be put to somebody, and to this part none of them can."""
    text = (plant.folder / AFFECTED).read_text()
    start = text.index("- key: error-rates")
    end = text.index("\n- key: ", start)
    block = text[start:end].replace("to: [developer, provider, organisation]", "to: [developer, organisation]")
    plant.write(AFFECTED, text[:start] + block + text[end:])
    line = plant.line(AFFECTED, block) + 2
    assert (
        f"{AFFECTED}:{line}: error-rates.stakeholders: no item of this checklist ever applies to provider"
        in plant.faults()
    )


def test_practices_that_need_each_other_are_named_with_the_way_round(plant: Plant) -> None:
    line = plant.replace(
        "questionnaires/governance.yaml",
        "- key: accountable-owner\n",
        "- key: accountable-owner\n  §needs: [oversight-plan]\n",
    )
    said = "accountable-owner.needs: this practice is named among its own prerequisites, through oversight-plan"
    assert plant.faults() == [f"questionnaires/governance.yaml:{line}: {said}"]


@pytest.mark.long
def test_a_check_on_a_fact_that_nobody_is_asked(plant: Plant) -> None:
    plant.replace("conditions.yaml", "opt_out_not_possible: {customers_can_opt_out: false}", "opt_out_not_possible: {}")
    line = plant.replace(
        "checks.yaml",
        "  when: {all: [keeps_usage_logs: false, tick.audit-trail/output-traced: true]}",
        "  §when: {all: [customers_can_opt_out: false, tick.audit-trail/output-traced: true]}",
    )
    said = "no-logs-but-traced.when: this check can never apply, because nobody is asked for the fact customers_can_opt_out in this release"
    assert plant.faults() == [f"checks.yaml:{line}: {said}"]


@pytest.mark.long
def test_a_section_of_too_many_questions(plant: Plant, edition: Edition) -> None:
    section = max(edition.sections, key=lambda section: len(section.questions))
    plant.replace("edition.yaml", " section: 15", f" section: {len(section.questions) - 1}")
    last = section.questions[-1].key
    file = f"questionnaires/{section.key}.yaml"
    said = f"this question is one too many; a section may have at most {len(section.questions) - 1} questions"
    assert f"{file}:{plant.line(file, f'- key: {last}')}: {last}: {said}" in plant.faults()


@pytest.mark.long
def test_a_checklist_of_too_many_items(plant: Plant) -> None:
    plant.replace("edition.yaml", " items: 8", " items: 6")
    file = "questionnaires/assurance.yaml"
    said = "independent-audit.items: a checklist must have 2 to 6 items, not 7"
    assert f"{file}:{plant.line(file, '  items:')}: {said}" in plant.faults()


@pytest.mark.long
def test_a_tier_that_no_facts_reach(plant: Plant) -> None:
    text = (plant.folder / "tiering.yaml").read_text()
    plant.write("tiering.yaml", re.sub(r"^  tier: low$", "  tier: limited", text, flags=re.MULTILINE))
    line = plant.line("tiering.yaml", "- {tier: low,")
    assert plant.faults() == [f"tiering.yaml:{line}: low: no combination of facts gives the tier low"]


PROVIDERS = "information, oversight, affected, improvement, assurance, tier, sector-norms"


def test_a_part_that_is_not_put_the_section_of_its_question(plant: Plant) -> None:
    plant.replace(OUTLINE, PROVIDERS, PROVIDERS.replace(" tier,", ""))
    line = plant.line(TIER, "stakeholders:")
    said = "the questionnaire of provider does not contain the section tier (questionnaires.yaml)"
    assert f"{TIER}:{line}: tier-unacceptable.stakeholders: {said}" in plant.faults()


@pytest.mark.long
def test_a_section_that_stands_in_no_stage(plant: Plant) -> None:
    plant.replace(
        OUTLINE,
        "sections: [improvement, assurance, tier, sector-norms]",
        "sections: [improvement, assurance, sector-norms]",
    )
    line = plant.line(TIER, "section: tier")
    assert (
        f"{TIER}:{line}: tier: this section is in no stage of questionnaires.yaml; add it to a stage" in plant.faults()
    )


@pytest.mark.parametrize(
    "file", mostly_long(["facts.yaml", "facts.en.yaml", "questionnaires/tier.en.yaml", "policy.yaml"], 2)
)
def test_a_file_that_is_missing(plant: Plant, file: str) -> None:
    plant.write(file, None)
    name = file.split("/")[-1].split(".")[0]
    assert f"{file}:1: {name}: the file is missing" in plant.faults()


def test_a_file_that_no_edition_has(plant: Plant) -> None:
    plant.write("words.yaml", "to: do\n")
    assert plant.faults() == ["words.yaml:1: words: no file of an edition has this name; rename the file or remove it"]


@pytest.mark.long
def test_a_language_that_no_edition_has(plant: Plant) -> None:
    plant.write("terms.fr.yaml", "tiers: {low: faible}\n")
    said = "an edition cannot be in the language fr; use one of en, zh-hant, zh-hans"
    assert plant.faults() == [f"terms.fr.yaml:1: terms: {said}"]


def test_a_translation_of_what_does_not_exist(plant: Plant) -> None:
    plant.write("terms.zh-hans.yaml", "tiers:\n  low: 低\n  middling: 中\n")
    assert plant.faults() == [
        "terms.zh-hans.yaml:3: tiers.middling: the structure file has no place for this text; correct its name or remove it"
    ]


def test_a_file_that_is_no_yaml(plant: Plant) -> None:
    line = plant.replace("policy.yaml", "weights: {must: 3, should: 2, consider: 1}", "§weights: {must: 3\nbands: [")
    found = [fault for fault in plant.faults() if fault.startswith("policy.yaml")]
    assert re.fullmatch(rf"policy\.yaml:{line + 1}: policy: this file is not valid YAML: .+", found[0])


def test_every_fault_is_told_at_once(plant: Plant) -> None:
    lines = [
        plant.replace("edition.yaml", "release: 7\n", "§release: 7\ncolour: red\n") + 1,
        plant.replace("terms.en.yaml", '"Finance"', '""'),
        plant.replace(OVERSIGHT, "requirements: [3.1-40, 3.1-41]", "requirements: [3.1-40, 3.1-41, 9.9-01]"),
        plant.replace("tiering.yaml", "  basis: explicit", "  basis: rumour"),
    ]
    assert plant.faults() == [
        f"edition.yaml:{lines[0]}: colour: the field colour is not allowed here",
        f"{OVERSIGHT}:{lines[2]}: intervention.requirements: there is no requirement called '9.9-01'",
        f"terms.en.yaml:{lines[1]}: sectors.finance: is empty",
        f"tiering.yaml:{lines[3]}: U-HARM.basis: there is no basis called 'rumour'",
    ]


# --- help, evidence hint, example and remedy ---

HELPING = {
    "why": "help",
    "good_evidence": "evidence hint",
    "example": "example",
    "remedy": "remedy",
}
SECURITY = "questionnaires/security.en.yaml"
ASKED = (
    "Are weaknesses found and fixed, and security measures assessed and updated, within deadlines that you have set?"
)


def _lines_of(text: str, question: str, field: str) -> tuple[int, int]:
    """Where the lines of one field of a question start and end."""
    start = text.index(f"\n    {field}:", text.index(f"\n  {question}:\n")) + 1
    end = re.compile(r"^ {0,4}\w|\Z", re.MULTILINE).search(text, start + len(field) + 5)
    assert end
    return start, end.start()


def _field(plant: Plant, question: str, field: str, change: object) -> int:
    """Change the lines of one field of a question; return the line on which it starts."""
    text = (plant.folder / SECURITY).read_text()
    start, end = _lines_of(text, question, field)
    new = change(text[start:end]) if callable(change) else change
    plant.write(SECURITY, f"{text[:start]}{new}{text[end:]}")
    return text.count("\n", 0, start) + 1


@pytest.mark.long
@pytest.mark.parametrize("field", mostly_long(HELPING, 4))
def test_a_text_that_helps_is_not_too_long(plant: Plant, field: str) -> None:
    line = _field(plant, "updates-and-fixes", field, lambda lines: lines.replace('"', '"' + "word " * 81, 1))
    (fault,) = plant.faults()
    said = rf"updates-and-fixes\.{field}: the {HELPING[field]} has \d+ words; it should have 8 to 80"
    assert re.fullmatch(rf"{re.escape(SECURITY)}:{line}: {said}", fault)


@pytest.mark.long
@pytest.mark.parametrize("field", mostly_long(HELPING, 4))
def test_a_text_that_helps_is_not_too_short(plant: Plant, field: str) -> None:
    short = {
        "why": '    why: "Somebody has to look."\n',
        "good_evidence": '    good_evidence: ["A written note"]\n',
        "example": '    example: "A firm in Tai Po."\n',
        "remedy": '    remedy: {first_step: "Ask somebody", closes_it: "A note"}\n',
    }
    line = _field(plant, "updates-and-fixes", field, short[field])
    (fault,) = plant.faults()
    said = rf"updates-and-fixes\.{field}: the {HELPING[field]} has \d words; it should have 8 to 80"
    assert re.fullmatch(rf"{re.escape(SECURITY)}:{line}: {said}", fault)


@pytest.mark.parametrize("field", mostly_long(HELPING, 4))
def test_a_text_that_helps_does_not_repeat_its_question(plant: Plant, field: str) -> None:
    texts = {
        "why": f'    why: "{ASKED}"\n',
        "good_evidence": f'    good_evidence: ["{ASKED}"]\n',
        "example": f'    example: "{ASKED.upper()}"\n',
        "remedy": f'    remedy: {{first_step: "{ASKED}", closes_it: "Write it down."}}\n',
    }
    line = _field(plant, "updates-and-fixes", field, texts[field])
    said = f"updates-and-fixes.{field}: the {HELPING[field]} only repeats the question"
    assert plant.faults() == [f"{SECURITY}:{line}: {said}"]


@pytest.mark.long
@pytest.mark.parametrize("field", mostly_long(HELPING, 4))
def test_a_text_that_helps_is_not_used_twice(plant: Plant, field: str) -> None:
    text = (plant.folder / SECURITY).read_text()
    start, end = _lines_of(text, "updates-and-fixes", field)
    line = _field(plant, "security-monitoring", field, text[start:end])
    where = f"{SECURITY}:{text.count(chr(10), 0, start) + 1}"
    said = f"the same text is already used as updates-and-fixes.{field} ({where})"
    assert plant.faults() == [f"{SECURITY}:{line}: security-monitoring.{field}: {said}"]


# --- the command ---


@pytest.mark.long
def test_the_command_prints_what_is_covered(capsys: pytest.CaptureFixture[str], edition: Edition) -> None:
    call_command("check_guideline")
    printed = capsys.readouterr().out
    assert printed.splitlines()[-1] == f"{len(edition.questions)} questions cover 100 % of the 603 duties in scope."
    assert [line for line in printed.splitlines() if line.startswith("  Unacceptable")] == ["  Unacceptable  by U-HARM"]
    lines = {id: edition.requirements[line] for id, line in edition.extensions.items()}
    owing = sum(bool(edition.requirements[id].roles & line.roles) for id, line in lines.items())
    assert 0 < owing < len(lines)
    said = f"Questions also ask further parts of an organisation about {len(lines)} requirements. For {owing} of these,"
    assert said in printed


@pytest.mark.long
def test_the_command_says_for_each_question_what_opens_and_closes_it(
    capsys: pytest.CaptureFixture[str], edition: Edition
) -> None:
    call_command("check_guideline")
    lines = capsys.readouterr().out.splitlines()
    start = lines.index("Facts that decide whether each question is asked") + 1
    listed = lines[start : lines.index("", start)]
    assert [line.strip() for line in listed if not line.startswith("    ")] == list(edition.questions)
    at = listed.index("  model-planning")
    assert listed[at + 1] == (
        "    developer: opened by the part of the organisation alone; closed unless deployment_stage (pilot, research)"
    )
    at = listed.index("  approval-paper")
    assert listed[at + 1] == (
        "    developer, provider, organisation: always open; closed unless deployment_stage (pilot, research)"
    )
    assert listed[listed.index("  intervention") + 1] == "    developer: always open"
    assert (
        listed[listed.index("  tier-high-conformity") + 1]
        == "    developer, provider, organisation: opened by tier (high)"
    )


@pytest.mark.long
def test_the_command_counts_what_declared_uses_are_asked_and_which_facts_brought_it(
    capsys: pytest.CaptureFixture[str], edition: Edition
) -> None:
    call_command("check_guideline", cases=CASES)
    printed = capsys.readouterr().out
    lines = printed[printed.index("Questions for the declared uses") :].splitlines()
    heads = [line for line in lines if line.startswith("  ") and not line.startswith("    ")]
    cases = {case.id: assess(edition, case) for case in read_cases(CASES, edition)}
    assert len(heads) == len(cases) == 15
    said = {head.split(":")[0].strip(): int(head.split(": ")[1].split()[0]) for head in heads}
    assert said == {id: len(one.questions) for id, one in cases.items()}
    chat = " ".join(lines[: lines.index(heads[1])])
    one = cases["budget-airline-chat"]
    brought = sum("public_facing" in opened_by(edition, question, one.declared) for question in one.questions)
    assert f"opened by public_facing {brought}, " in re.sub(r"\s+", " ", chat)
    alone = sum(not opened_by(edition, question, one.declared) for question in one.questions)
    assert f"{alone} opened by the part of the organisation alone" in chat


@pytest.mark.long
def test_the_command_refuses_a_faulty_file_of_cases(tmp_path: Path) -> None:
    file = tmp_path / "uses.yaml"
    file.write_text("cases: [{id: a, roles: [vendor], facts: {}}]")
    with pytest.raises(CommandError) as error:
        call_command("check_guideline", cases=file)
    assert error.value.returncode == 2
    assert "case a: roles: vendor is not a role; write one or more of" in str(error.value)


def test_the_command_prints_the_faults_and_fails(plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    line = plant.replace("policy.yaml", "weights: {must: 3", "weights: {must: 0")
    with pytest.raises(CommandError) as error:
        call_command("check_guideline", edition=plant.folder)
    assert (str(error.value), error.value.returncode) == ("1 fault.", 1)
    assert f"policy.yaml:{line}: weights.must: this must be a whole number of at least 1" in capsys.readouterr().err


@pytest.mark.long
def test_the_command_needs_no_setting_and_no_database(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), "check_guideline"],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert "100 % of the 603 duties" in done.stdout
