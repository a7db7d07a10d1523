"""What is true of the whole organisation is answered once and inherited by every other use."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.access import finders
from assessments.domain.answering import organisation_answers, reuse
from assessments.domain.answering.organisation_answers import is_inherited
from assessments.domain.remediation.organisation_plan import organisation_plan
from assessments.models import Answer, DeclaredUse, Evidence, EvidenceUse, State
from tests.support.factories import in_days, make_assessment, make_evidence, make_organisation, make_use, save
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

SHARED, OWN, REGISTER = "ai-framework", "accountable-owner", "use-register"
SAID = {"choice": "partly", "text": "Adopted in May, two clinics still to follow."}


@pytest.fixture
def former(cast):
    return make_assessment(State.DRAFT, "low", cast=cast, answers={SHARED: SAID, OWN: {"choice": "in_place"}})


def begin(cast, tier="low", by=None):
    use = make_use(tier, cast.organisation)
    return organisation_answers.start(use, by=by or cast.contributor)


def answer_to(assessment, key=SHARED):
    return Answer.objects.select_related("by").filter(assessment=assessment, question__key=key).first()


def test_another_use_inherits_it_with_who_and_when(cast, former):
    earlier = timezone.now() - timedelta(days=9)
    Answer.objects.filter(assessment=former).update(at=earlier)
    row = answer_to(begin(cast))
    assert (row.choice, row.text, row.by, row.at) == ("partly", SAID["text"], cast.owner, earlier)
    assert not row.to_confirm
    assert is_inherited(row)


def test_it_counts_at_once_and_what_speaks_of_the_system_is_not_inherited(cast, former):
    new = begin(cast)
    assert SHARED in new.answer_values()
    assert OWN not in new.answer_values()
    new.refresh_from_db()
    assert new.answered == new.answers.filter(to_confirm=False).count() > 0


def test_the_newest_answer_is_inherited(cast, former):
    make_assessment(cast=cast, answers={SHARED: {"choice": "in_place", "text": "All clinics by now."}})
    assert answer_to(begin(cast)).text == "All clinics by now."


def test_neither_a_strangers_answer_nor_do_not_know_is_inherited(cast):
    make_assessment(organisation=make_organisation("Elsewhere Limited"))
    make_assessment(cast=cast, answers={SHARED: {"choice": "unknown"}})
    assert answer_to(begin(cast)) is None


def test_a_change_here_leaves_the_other_use_as_it_was(cast, former):
    new = begin(cast)
    save(new, SHARED, {"choice": "in_place"}, by=cast.contributor)
    assert answer_to(former).choice == "partly"
    row = answer_to(new)
    assert (row.choice, row.by, is_inherited(row)) == ("in_place", cast.contributor, False)


def test_evidence_is_inherited_with_the_answer(cast, former):
    piece = make_evidence(cast.organisation, by=cast.owner, content=b"Framework, May 2026")
    EvidenceUse.objects.create(evidence=piece, answer=answer_to(former), version=1, by=cast.owner)
    new = begin(cast)
    assert Evidence.objects.count() == 1
    assert EvidenceUse.objects.filter(answer=answer_to(new)).count() == 1


def test_what_speaks_of_each_use_by_name_counts_once_it_is_confirmed_for_this_one(client, cast):
    """A register may be in place and yet not list the new use."""
    make_assessment(State.DRAFT, "low", cast=cast, answers={REGISTER: {"choice": "in_place"}})
    new = begin(cast)
    assert answer_to(new, REGISTER).to_confirm
    assert REGISTER not in new.answer_values()
    client.force_login(cast.contributor)
    section = new.compiled().questions[REGISTER].section
    page = markup_of(client.get(reverse("section", args=[new.reference, section])))
    row = page.partition(f'id="q-{REGISTER}"')[2].partition("<aside")[0]
    assert "The answer must be confirmed." in row
    reuse.confirm_copied(new, REGISTER, by=cast.contributor, base=1)
    assert REGISTER in new.answer_values()


def test_the_box_that_asks_to_confirm_goes_once_the_answer_is_saved_on_its_page(client, cast):
    make_assessment(State.DRAFT, "low", cast=cast, answers={REGISTER: {"choice": "in_place"}})
    new = begin(cast)
    client.force_login(cast.contributor)
    section = reverse("section", args=[new.reference, new.compiled().questions[REGISTER].section])
    box = f'id="q-{REGISTER}--copied"'
    assert "The answer must be confirmed." in markup_of(client.get(section)).partition(box)[2].partition("<aside")[0]
    given = {"choice": "partly", "text": "Half of it.", "base": 1, "operation": str(uuid.uuid4())}
    data = {f"{REGISTER}--{name}": value for name, value in given.items()}
    said = markup_of(
        client.post(reverse("answer", args=[new.reference, REGISTER]), data, headers={"HX-Request": "true"})
    )
    assert not answer_to(new, REGISTER).to_confirm
    assert f'{box} hx-swap-oob="true"' in said
    assert "must be confirmed" not in said
    assert box in markup_of(client.get(section))  # the next save finds its place
    assert "must be confirmed" not in markup_of(client.get(section))


@pytest.mark.parametrize(
    ("words", "asks"),
    [
        ("The framework puts pupils' interests first.", True),
        ("Drafted for Use low, then adopted.", True),
        ("We wrote it when the system went live.", True),
        ("Adopted by the board in May.", False),
    ],
)
def test_words_about_another_use_are_confirmed_for_this_one(cast, words, asks):
    given = {SHARED: {"choice": "in_place", "text": words}}
    make_assessment(State.DRAFT, "low", cast=cast, answers=given)
    DeclaredUse.objects.update(title="Use low")
    row = answer_to(begin(cast))
    assert row.to_confirm is asks


@pytest.mark.long
def test_a_start_with_taken_over_answers_is_no_going_on(client, cast, former):
    """The person who starts may be the one who answered for the other use."""
    save(former, SHARED, {"choice": "in_place", "text": "It protects patients."}, by=cast.owner)
    new = begin(cast, by=cast.owner)
    client.force_login(cast.owner)
    tasks = markup_of(client.get(new.get_absolute_url()))
    assert "Start this section" in tasks
    assert "Your last answer" not in tasks
    section = new.compiled().questions[SHARED].section
    page = markup_of(client.get(reverse("section", args=[new.reference, section])))
    row = page.partition(f'id="q-{SHARED}"')[2].partition("<aside")[0]
    assert f"Copied from “{former.use.title}”. The answer must be confirmed." in row
    assert "Copied, not confirmed yet" in row
    assert "by you" not in row
    history = markup_of(client.get(reverse("history", args=[new.reference, SHARED])))
    assert "Copied" in history


def test_only_practices_of_the_whole_organisation_are_confirmed_for_each_use(edition):
    named = {question.key for question in edition.questions.values() if question.confirm_here}
    assert named == {REGISTER, "compliance-review", "development-teams", "outside-knowledge"}
    assert named <= edition.organisation_wide


def test_at_renewal_it_has_to_be_confirmed(cast):
    first = make_assessment("certified", "low", cast=cast, answers={OWN: {"choice": "in_place"}})
    make_assessment(State.DRAFT, "low", cast=cast, answers={SHARED: SAID})
    renewal = organisation_answers.start(first.use, by=cast.owner)
    assert renewal.pk != first.pk
    assert answer_to(renewal).to_confirm
    assert SHARED not in renewal.answer_values()


def test_a_plan_whose_day_is_over_has_to_be_confirmed(cast, former):
    save(former, SHARED, {"choice": "planned", "planned_for": in_days(5)}, by=cast.owner)
    answer = answer_to(former)
    Answer.objects.filter(pk=answer.pk).update(planned_for=timezone.localdate() - timedelta(days=1))
    assert answer_to(begin(cast)).to_confirm


def test_starting_again_returns_the_open_assessment_as_it_is(cast, former):
    new = begin(cast)
    save(new, SHARED, {"choice": "not_in_place"}, by=cast.contributor)
    assert organisation_answers.start(new.use, by=cast.owner).pk == new.pk
    assert answer_to(new).choice == "not_in_place"


def test_the_question_says_who_answered_it_for_the_whole_organisation(client, cast, former):
    new = begin(cast)
    client.force_login(cast.contributor)
    section = new.compiled().questions[SHARED].section
    page = markup_of(client.get(reverse("section", args=[new.reference, section])))
    row = page.partition(f'id="q-{SHARED}"')[2].partition("<aside")[0]
    assert f"Copied from “{former.use.title}”. This answer is about the whole organisation." in row
    assert "Olivia Owner gave this answer on" in row
    link = re.search(r'<a href="#([^"]+)">Change<', row)
    assert link
    assert f'id="{link[1]}"' in row


def test_the_button_of_the_use_starts_with_what_the_organisation_has_said(client, cast, former):
    use = make_use("low", cast.organisation)
    client.force_login(cast.contributor)
    client.post(reverse("use_start", args=[use.reference]))
    assert answer_to(use.assessments.get()).by == cast.owner


# --- the organisation's actions ------------------------------------------------------------------------------------------


@pytest.fixture
def two_plans(cast):
    gaps = {SHARED: {"choice": "not_in_place"}, OWN: {"choice": "not_in_place"}}
    return [make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=gaps) for _ in range(2)]


@pytest.mark.long
def test_a_practice_of_the_organisation_is_ranked_in_each_plan_and_marked(two_plans):
    for assessment in two_plans:
        actions = {one["question"]: one for one in assessment.current_submission.content()["actions"]}
        assert actions[SHARED]["whole_organisation"]
        assert actions[SHARED]["rank"]
        assert not actions[OWN]["whole_organisation"]


@pytest.mark.long
def test_the_organisations_plan_lists_each_practice_once(cast, edition, two_plans):
    rows = list(organisation_plan(finders.actions_for(cast.owner), edition))
    assert [row.question for row in rows].count(SHARED) == 1
    assert OWN not in [row.question for row in rows]
    assert {row.in_uses for row in rows if row.question == SHARED} == {2}


def test_the_action_that_is_due_first_stands_for_the_others(cast, edition, two_plans):
    second = two_plans[1].use.actions.get(question=SHARED)
    second.due = timezone.localdate() + timedelta(days=1)
    second.save()
    (row,) = organisation_plan(finders.actions_for(cast.owner), edition).filter(question=SHARED)
    assert row.pk == second.pk


@pytest.mark.long
def test_nobody_sees_another_organisations_actions_in_it(cast, edition, two_plans):
    assert not organisation_plan(finders.actions_for(cast.outsider), edition).exists()


def test_the_organisations_plan_is_one_query(cast, edition, two_plans, django_assert_num_queries):
    with django_assert_num_queries(1):
        list(organisation_plan(finders.actions_for(cast.owner), edition))
