"""Reach: a question is put exactly where one of its duties applies, and unknown facts open Table 1 and overlays alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assessments.guideline.asking import hinges, module_sizes, shown_at_most
from assessments.guideline.conditions import ALWAYS, Answer
from assessments.guideline.coverage import part_sets
from assessments.guideline.edition import Edition, Item, Question, Requirement
from assessments.guideline.extensions import register_id
from assessments.guideline.reading import Source, canonical, compile_edition
from assessments.guideline.terms import Stakeholder, Strength, Tier
from assessments.scoring.findings import find
from assessments.scoring.inputs import Declared
from assessments.scoring.readiness import sources
from tests.guideline.uses import uses
from tests.support.editions import (
    checklist,
    declare,
    duty,
    fact,
    item,
    make_edition,
    make_ordered_edition,
    make_overlay,
    planned,
    practice,
    reason,
)

DEVELOPER, PROVIDER, ORGANISATION = Stakeholder.DEVELOPER, Stakeholder.PROVIDER, Stakeholder.ORGANISATION
BOTH = (PROVIDER, ORGANISATION)

MOST = {1: 90, 2: 120, 3: 150}
"""Questions for so many parts at any facts, without the module of a sector and without answers of the organisation."""
MOST_OF_A_MODULE = 12

# --- an edition made by hand ----------------------------------------------------------------------------------------------

FACTS = ("data", "public", "ranks", "robot")
SMALL = make_ordered_edition(
    [
        duty("plain"),
        duty("data", scope="data"),
        duty("table", scope={"all": [{"tier": "high"}, "public"]}),
        duty("overlay", scope="robot"),
        duty("wide", roles=BOTH),
    ],
    [
        planned(practice("always", "plain")),
        planned(practice("by-data", "data")),
        planned(practice("by-table", "table")),
        planned(practice("by-overlay", "overlay")),
        planned(
            practice("reached", "data+reached", stakeholders=[ORGANISATION]),
            extends=[reason("reached", "data", ORGANISATION, when="ranks")],
        ),
        planned(
            checklist(
                "lines",
                item("for-all", "wide"),
                item("table-too", "table+lines", when="ranks"),
                stakeholders=BOTH,
            ),
            extends=[reason("lines", "table", ORGANISATION, when="robot")],
            narrows=[reason("lines", "wide", ORGANISATION, when="public")],
        ),
    ],
    facts=map(fact, FACTS),
    table_1={Tier.HIGH: ("table",)},
    overlays=[make_overlay("robots", "robot", "overlay")],
)


def shown(edition: Edition, declared: Declared) -> list[str]:
    return [question.key for question in declared.questions(edition)]


def lines(edition: Edition, declared: Declared, question: str) -> list[str]:
    return [item.key for item in declared.items(edition, edition.questions[question])]


def test_an_unknown_fact_opens_table_1_and_overlays_alone() -> None:
    assert shown(SMALL, declare(PROVIDER, tier=Tier.HIGH)) == ["always", "by-table", "by-overlay", "lines"]


def test_a_known_fact_opens_what_hangs_on_it() -> None:
    use = declare(PROVIDER, data=True, public=False, robot=False)
    assert shown(SMALL, use) == ["always", "by-data", "lines"]


def test_an_extension_reaches_the_part_that_it_names_where_its_facts_hold() -> None:
    assert "reached" in shown(SMALL, declare(ORGANISATION, ranks=True))
    assert "reached" not in shown(SMALL, declare(ORGANISATION, ranks=False))
    assert "reached" not in shown(SMALL, declare(ORGANISATION))
    assert "reached" not in shown(SMALL, declare(PROVIDER, ranks=True))


def test_a_narrowing_closes_a_line_to_the_part_that_it_names_alone() -> None:
    assert lines(SMALL, declare(PROVIDER, public=False), "lines") == ["for-all"]
    assert lines(SMALL, declare(ORGANISATION, public=False, robot=False), "lines") == []
    assert lines(SMALL, declare(ORGANISATION, public=True, robot=False), "lines") == ["for-all"]
    assert "lines" not in shown(SMALL, declare(ORGANISATION, public=False, robot=False))


def test_an_extended_line_of_table_1_opens_by_an_unknown_fact_as_table_1_does() -> None:
    assert lines(SMALL, declare(ORGANISATION, public=False), "lines") == ["table-too"]
    assert lines(SMALL, declare(ORGANISATION, public=False, ranks=False), "lines") == []
    assert lines(SMALL, declare(ORGANISATION, public=False, ranks=True, robot=False), "lines") == []


def test_an_extended_duty_is_a_should_unless_it_is_of_table_1() -> None:
    strengths = {id: SMALL.requirements[id].strength for id in SMALL.extensions}
    assert strengths == {"data+reached": Strength.SHOULD, "table+lines": Strength.MUST}


def test_an_extended_duty_blocks_only_where_its_line_is_of_table_1_or_an_overlay() -> None:
    use = declare(ORGANISATION, tier=Tier.HIGH, ranks=True, robot=True, public=True)
    blocking = {finding.requirement: finding.blocking for finding in find(SMALL, use, {}, final=True)}
    assert blocking == {"data+reached": False, "wide": True, "table+lines": True}


def test_hinges_say_what_opens_and_what_closes() -> None:
    provider, organisation = hinges(SMALL, SMALL.questions["lines"])
    assert (provider.part, provider.always, dict(provider.opens), dict(provider.closes)) == (PROVIDER, True, {}, {})
    assert not organisation.always
    assert {"robot", "ranks"} == organisation.opens.keys()
    assert dict(organisation.closes) == {"public": frozenset({True})}


# --- what holds for every set of facts ------------------------------------------------------------------------------------


def asked(edition: Edition, declared: Declared, *, unknown: bool = True) -> Iterator[tuple[str, str | None, str]]:
    """Every question, line and duty of a use, worked out anew, part by part; `unknown`: what the lenient ones count."""
    for question in edition.questions.values():
        for source in question.items or (None,):
            for id in (source or question).requirements:
                owed = edition.requirements[id]
                if any(_owes(declared, question, source, owed, part, unknown) for part in declared.parts):
                    yield question.key, source.key if source else None, id


def _owes(
    declared: Declared, question: Question, source: Item | None, owed: Requirement, part: Stakeholder, unknown: bool
) -> bool:
    if part not in question.stakeholders or part not in owed.roles:
        return False
    conditions = [source.when if source else ALWAYS, owed.scope, owed.narrowed.get(part, ALWAYS)]
    return all(condition.holds(declared.context, unknown and not owed.strict) for condition in conditions)


@pytest.fixture(scope="module", params=["by hand", "shipped"])
def any_edition(request: pytest.FixtureRequest, edition: Edition) -> Edition:
    return SMALL if request.param == "by hand" else edition


@given(st.data())
def test_a_question_is_shown_if_and_only_if_one_of_its_duties_is_in_scope(
    any_edition: Edition, data: st.DataObject
) -> None:
    declared = data.draw(uses(any_edition))
    wanted = list(asked(any_edition, declared))
    assert shown(any_edition, declared) == list(dict.fromkeys(question for question, _, _ in wanted))
    found = [
        (source.question.key, source.item.key if source.item else None, duty.id)
        for source in sources(any_edition, declared)
        for duty in source.duties
    ]
    assert found == wanted


@given(st.data())
def test_what_hangs_on_unknown_facts_is_of_table_1_or_an_overlay(any_edition: Edition, data: st.DataObject) -> None:
    declared = data.draw(uses(any_edition))
    overlays = {id for overlay in any_edition.overlays if overlay.blocks for id in overlay.requirements}
    sure = set(asked(any_edition, declared, unknown=False))
    opened = {
        register_id(duty.id)
        for source in sources(any_edition, declared)
        for duty in source.duties
        if (source.question.key, source.item.key if source.item else None, duty.id) not in sure
    }
    assert opened <= any_edition.table_1_requirements | overlays


@pytest.mark.few_a_day(1)
@given(st.data())
def test_an_extended_duty_never_blocks_outside_table_1_and_overlays(any_edition: Edition, data: st.DataObject) -> None:
    declared = data.draw(uses(any_edition))
    overlays = {id for overlay in any_edition.overlays if overlay.blocks for id in overlay.requirements}
    for finding in find(any_edition, declared, {}, final=True):
        line = any_edition.extensions.get(finding.requirement)
        if line is not None and finding.blocking:
            assert line in any_edition.table_1_requirements | overlays


@pytest.fixture(scope="module")
def wide(source: Source) -> Edition:
    """The shipped edition without its narrowings."""
    content = json.loads(source.content)
    for room in content["structure"].values():
        for question in room.get("questions", ()):
            question.pop("narrows", None)
    return compile_edition(canonical(content))


@pytest.mark.long
@given(st.data())
def test_a_narrowing_never_adds(edition: Edition, wide: Edition, data: st.DataObject) -> None:
    declared = data.draw(uses(edition))

    def put(one: Edition) -> set[tuple[str, str | None, str]]:
        return {
            (source.question.key, source.item.key if source.item else None, duty.id)
            for source in sources(one, declared)
            for duty in source.duties
        }

    assert put(edition) <= put(wide)
    assert set(shown(edition, declared)) <= set(shown(wide, declared))


# --- of the shipped edition -----------------------------------------------------------------------------------------------


def test_every_extension_and_narrowing_gives_its_reason_in_one_sentence(edition: Edition) -> None:
    reasons = [one for question in edition.questions.values() for one in (*question.extends, *question.narrows)]
    assert len(reasons) > 100
    assert [one for one in reasons if not one.because.endswith(".") or len(one.because.split()) < 5] == []


def test_a_reason_for_leaving_a_duty_out_forgets_no_firm_that_builds_on_the_model(edition: Edition) -> None:
    """A reason that says "only" and leaves this case out would be untrue."""
    rests_on_it = [
        one.because
        for question in edition.questions.values()
        for one in question.narrows
        if any(test.fact == "builders_build_on_it" for test in one.when.tests())
    ]
    assert len(rests_on_it) > 50
    named = ("build", "developers", "data team", "no text to check")  # the last two point at another reason
    assert [because for because in rests_on_it if not any(word in because for word in named)] == []


def test_extended_duties_stand_apart_from_those_of_the_register(edition: Edition) -> None:
    assert all(register_id(id) == line and line in edition.requirements for id, line in edition.extensions.items())
    register = [one for one in edition.requirements.values() if not one.extends and one.kind == "duty"]
    assert len(register) == 603
    assert {edition.line(id) for id in edition.extensions} <= {one.id for one in register}


# --- how many at most -----------------------------------------------------------------------------------------------------


def test_the_most_is_that_of_the_answers_that_open_most_together() -> None:
    mode = fact("mode", "slow", "fast")
    edition = make_ordered_edition(
        [
            duty("a", scope={"mode": "slow"}),
            duty("b", scope={"mode": "slow"}),
            duty("c", scope={"mode": "fast"}),
            duty("d"),
        ],
        [planned(practice(key, key)) for key in "abcd"],
        facts=[mode],
    )
    assert shown_at_most(edition, [PROVIDER]) == (3, Tier.LOW)  # a, b and d: no use is slow and fast at once
    assert shown_at_most(edition, [ORGANISATION]) == (0, Tier.LOW)


def test_modules_and_what_is_answered_once_for_the_organisation_are_counted_apart() -> None:
    edition = make_ordered_edition(
        [duty("a"), duty("b"), duty("c", scope={"tier": "high"})],
        [
            planned(practice("a", "a"), module="finance"),
            planned(practice("b", "b"), organisation_wide=True),
            planned(practice("c", "c")),
        ],
    )
    assert shown_at_most(edition, [PROVIDER]) == (1, Tier.HIGH)
    assert module_sizes(edition, [PROVIDER]) == {"finance": 1}
    assert module_sizes(edition, [ORGANISATION]) == {}


def counts(edition: Edition, parts: tuple[Stakeholder, ...], tier: Tier) -> Iterator[int]:
    """The questions put to these parts, each time at facts that all open as far as they can hold together."""
    facts: dict[str, Answer] = {}
    for one in edition.facts.values():
        several = tuple(str(value) for value in one.values if value not in one.alone)
        facts[one.key] = several if one.many else one.values[0]
    facts |= {"sector": "none", "personal_data": "sensitive", "users_scale": "1000000_plus"}
    varied = ("output_used_for", "decision_autonomy", "deployment_stage", "worst_credible_effect")
    for answers in product(*(edition.facts[key].values for key in varied)):
        use: dict[str, Any] = {**facts, **dict(zip(varied, answers, strict=True))}
        asked = declare(*parts, tier=tier, **use).questions(edition)
        yield sum(not question.module and not question.organisation_wide for question in asked)


@pytest.mark.parametrize("parts", list(part_sets()), ids=lambda parts: "+".join(parts))
def test_some_use_is_put_as_many_as_the_most_and_none_more(edition: Edition, parts: tuple[Stakeholder, ...]) -> None:
    """The number is no rough bound: facts that exclude each other are not counted together."""
    most, tier = shown_at_most(edition, parts)
    assert max(counts(edition, parts, tier)) == most


def over(edition: Edition) -> dict[tuple[Stakeholder, ...], int]:
    """The sets of parts that some facts put more questions to than ADVICE section 8, ruling 2, allows."""
    most = {parts: shown_at_most(edition, parts)[0] for parts in part_sets()}
    return {parts: number for parts, number in most.items() if number > MOST[len(parts)]}


def test_no_facts_put_more_questions_than_the_parts_may_be_asked(edition: Edition, source: Source) -> None:
    assert over(edition) == {}
    assert all(size <= MOST_OF_A_MODULE for size in module_sizes(edition, Stakeholder).values())
    limits = json.loads(source.content)["structure"]["edition"]["limits"]
    assert [limits[name] for name in ("question_shown", "two_parts", "three_parts")] == list(MOST.values())
    assert limits["module"] == MOST_OF_A_MODULE


def test_no_part_stands_at_its_limit(edition: Edition) -> None:
    """Two more questions have room for any part, so that a new one does not at once need a merger."""
    assert max(shown_at_most(edition, [part])[0] for part in Stakeholder) <= MOST[1] - 2


@pytest.mark.parametrize("parts", [parts for parts in part_sets() if len(parts) == 1], ids=str)
def test_a_question_planted_above_the_limit_is_noticed(edition: Edition, parts: tuple[Stakeholder, ...]) -> None:
    """As many more as there is room for go unnoticed, and one more does not."""
    always = next(
        question
        for question in edition.questions.values()
        if not question.organisation_wide and any(parts == (h.part,) and h.always for h in hinges(edition, question))
    )
    always = replace(always, openings=tuple(one for one in always.openings if (one.part,) == parts), stakeholders=parts)
    room = MOST[1] - shown_at_most(edition, parts)[0]

    def planted(number: int) -> Edition:
        section = edition.sections[0]
        more = tuple(replace(always, key=f"planted-{n}") for n in range(number))
        return replace(edition, sections=(replace(section, questions=section.questions + more), *edition.sections[1:]))

    assert parts not in over(planted(room))
    assert over(planted(room + 1))[parts] == MOST[1] + 1


def test_a_condition_on_the_part_or_an_earlier_answer_counts_as_it_may_hold() -> None:
    edition = make_edition(
        [duty("a", roles=BOTH), duty("b", roles=BOTH)],
        [
            practice("a", "a", when={"stakeholder": "provider"}, stakeholders=BOTH),
            practice("b", "b", when={"answer.a": "in_place"}, stakeholders=BOTH),
        ],
    )
    assert shown_at_most(edition, [PROVIDER])[0] == 2
    assert shown_at_most(edition, [ORGANISATION])[0] == 1
    assert shown_at_most(replace(edition, release=2), BOTH)[0] == 2


# --- narrowed musts -------------------------------------------------------------------------------------------------------


def lines_put(edition: Edition, part: Stakeholder, **facts: Any) -> dict[str, set[str]]:
    """The lines put to a part, by question."""
    declared = declare(part, tier=Tier.LIMITED, **facts)
    return {
        question.key: {item.key for item in declared.items(edition, question)}
        for question in declared.questions(edition)
    }


NO_PROMPT = {"open_prompt": False, "builders_build_on_it": False, "public_facing": True}
PROMPT = {**NO_PROMPT, "open_prompt": True}


def test_code_on_request_opens_the_line_on_code_that_attacks_systems(edition: Edition) -> None:
    """Nobody reads code as content, but it can attack or break the law."""
    code = {"modalities": ("code",), "makes_content_for_people": False, "output_used_for": "information"}
    asked = lines_put(edition, PROVIDER, **PROMPT, **code)
    assert asked["prohibited-uses"] == {"malicious-code", "other-improper-requests"}
    assert asked["content-controls"] == {"content-owner", "illegal-content"}
    assert {"prohibited-uses", "content-controls"}.isdisjoint(lines_put(edition, PROVIDER, **NO_PROMPT, **code))


@pytest.mark.parametrize(
    "media", [{"modalities": ("image",)}, {"modalities": ("text",), "output_used_for": "creative"}]
)
def test_creative_work_and_media_open_the_lines_on_unlawful_and_indecent_content(
    edition: Edition, media: dict[str, Any]
) -> None:
    facts = {"output_used_for": "information", "makes_content_for_people": True, **media}
    for part in (DEVELOPER, PROVIDER):
        asked = lines_put(edition, part, **NO_PROMPT, **facts)
        assert {"illegal-content", "improper-content"} <= asked["content-controls"]
        assert "prohibited-uses" not in asked  # nobody can ask it for anything


def test_a_rank_or_a_label_opens_none_of_them(edition: Edition) -> None:
    facts = {"modalities": ("text",), "makes_content_for_people": False, "output_used_for": "filtering"}
    assert {"prohibited-uses", "content-controls"}.isdisjoint(lines_put(edition, PROVIDER, **PROMPT, **facts))
