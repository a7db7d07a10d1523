"""Facts page by page, the early stop, the tier with every reason, the second member's agreement, starting the questions."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.domain.facts import declare
from assessments.domain.register import systems
from assessments.domain.review import decisions
from assessments.models import Assessment, DeclaredFact, FactRevision, Hold, Route, State
from assessments.models.systems import as_facts
from assessments.scoring.tiers import assign_tier
from tests.support.factories import FACTS, MILD, make_assessment, make_use, mark_all
from tests.support.page_text import markup_of as text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

EVERYONE = ("owner", "contributor", "assigned", "viewer", "reviewer", "independent", "outsider", "staff")
GROUPS = ["prohibited", "stakes", "decisions", "influence", "control", "reach", "content", "data", "system", "scoping"]


def form_value(value):
    return {True: "yes", False: "no"}.get(value, value) if isinstance(value, bool) else value


def page(use, group):
    return reverse("facts", args=[use.reference, group])


def posted(edition, group, **facts):
    """What the page of a group sends: the mild answers, then `facts` as they are stored."""
    keys = [fact.key for g in edition.fact_groups if g.key == group for fact in g.facts]
    return {key: form_value({**MILD, **facts}[key]) for key in keys}


def cost_of(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


# --- who -----------------------------------------------------------------------------------------------------------------


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize(
    ("name", "args", "method", "statuses"),
    [
        ("use", [], "get", (200, 200, 404, 200, 404, 404, 404, 404)),
        ("facts", ["prohibited"], "get", (200, 200, 404, 403, 404, 404, 404, 404)),
        ("facts", ["prohibited"], "post", (200, 200, 404, 403, 404, 404, 404, 404)),
        ("prohibited", [], "get", (200, 200, 404, 200, 404, 404, 404, 404)),
        ("agree", [], "get", (302, 302, 404, 403, 404, 404, 404, 404)),
        ("use_start", [], "post", (302, 302, 404, 403, 404, 404, 404, 404)),
    ],
)
def test_who_reaches_which_page(client, cast, name, args, method, statuses):
    use = make_use("unacceptable", cast.organisation)
    for who, status in zip(EVERYONE, statuses, strict=True):
        client.force_login(getattr(cast, who))
        response = getattr(client, method)(reverse(name, args=[use.reference, *args]))
        assert (who, response.status_code) == (who, status)


def test_a_page_of_facts_that_does_not_exist_is_not_found(client, cast):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    assert client.get(page(use, "nonsense")).status_code == 404


# --- answering page by page ---------------------------------------------------------------------------------------------


@pytest.mark.long
def test_the_pages_lead_one_to_the_next_and_from_the_last_to_the_tier(client, cast, edition):
    use = make_use("limited", cast.organisation, declared=False, parts=("provider", "user"))
    client.force_login(cast.contributor)
    url = page(use, "prohibited")
    for group in GROUPS:
        assert url == page(use, group)
        response = client.post(url, posted(edition, group, **FACTS["limited"]))
        assert response.status_code == 302
        url = response.url
    assert url == page(use, "service")
    assert "Fill in the remaining details" in text_of(client.get(use.get_absolute_url()))
    started = client.post(reverse("use_start", args=[use.reference]))
    assert started.url.startswith(url)  # every fact that opens or closes a question comes before the questions
    assert client.post(url, posted(edition, "service")).url == use.get_absolute_url()
    tier = client.get(use.get_absolute_url())
    assert tier.context["main"].label == "Start the questions"
    assert tier.context["main"].posts
    use.refresh_from_db()
    assert (use.assigned_tier, use.provisional, use.open_holds) == ("limited", False, 0)
    assert not Hold.objects.filter(use=use).exclude(kind="open_question").exists()


def test_a_change_from_the_tier_page_leads_back_to_it(client, cast, edition):
    use = make_use("low", cast.organisation)
    client.force_login(cast.owner)
    assert 'name="then" value="tier"' in text_of(client.get(page(use, "stakes") + "?then=tier"))
    response = client.post(page(use, "stakes"), {**posted(edition, "stakes", safety_component=True), "then": "tier"})
    assert response.url == use.get_absolute_url()
    use.refresh_from_db()
    assert use.assigned_tier == "high"


def test_answers_are_stored_as_the_rules_read_them(client, cast, edition):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    client.post(page(use, "content"), {**posted(edition, "content"), "modalities": ["text", "image"]})
    client.post(page(use, "system"), {**posted(edition, "system"), "markets": ["unknown"], "model_source": "unknown"})
    client.post(page(use, "stakes"), {**posted(edition, "stakes"), "safety_component": "unknown"})
    rows = {row.key: row.value for row in use.fact_rows()}
    assert rows["modalities"] == ["text", "image"]
    assert rows["markets"] == "unknown"
    assert rows["model_source"] == "unknown"
    assert rows["safety_component"] == "unknown"
    assert rows["autonomous_vehicle"] is False
    assert DeclaredFact.objects.get(key="markets").use is None
    again = text_of(client.get(page(use, "content")))
    assert re.search(r'value="image"[^>]* checked', again)
    assert not re.search(r'value="video"[^>]* checked', again)


def test_a_missing_answer_is_pointed_at_and_the_others_are_saved(client, cast, edition):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    answers = posted(edition, "stakes", safety_component=True)
    del answers["autonomous_vehicle"]
    response = client.post(page(use, "stakes"), answers)
    assert response.status_code == 200
    assert list(response.context["form"].errors) == ["autonomous_vehicle"]
    text = text_of(response)
    assert 'href="#id_autonomous_vehicle_0"' in text
    assert re.search(r'name="safety_component" value="yes"[^>]* checked', text)
    assert {row.key: row.value for row in use.fact_rows()}["safety_component"] is True
    assert not use.fact_rows().filter(key="autonomous_vehicle").exists()


def test_do_not_know_cannot_stand_beside_other_answers(client, cast, edition):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    response = client.post(page(use, "system"), {**posted(edition, "system"), "markets": ["eu", "unknown"]})
    assert "or other answers, not both." in response.context["form"].errors["markets"][0]
    assert re.search(r'value="eu"[^>]* checked', text_of(response))
    assert not use.fact_rows().filter(key="markets").exists()


@pytest.mark.parametrize("value", ["maybe", "true", "", "<b>"])
def test_an_answer_that_is_none_is_refused(client, cast, edition, value):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    response = client.post(page(use, "stakes"), {**posted(edition, "stakes"), "safety_component": value})
    assert response.context["form"].errors["safety_component"]
    assert not use.fact_rows().filter(key="safety_component").exists()


def test_a_fact_of_another_page_is_not_read(client, cast, edition):
    use = make_use("low", cast.organisation)
    client.force_login(cast.owner)
    client.post(page(use, "stakes"), {**posted(edition, "stakes"), "subliminal_manipulation": "yes"})
    assert use.fact_rows().get(key="subliminal_manipulation").value is False


def test_saving_the_same_again_makes_no_new_version(client, cast, edition):
    use = make_use("low", cast.organisation)
    client.force_login(cast.owner)
    before = FactRevision.objects.count()
    client.post(page(use, "stakes"), posted(edition, "stakes"))
    assert FactRevision.objects.count() == before


def test_a_fact_of_the_whole_system_says_so(client, cast):
    use = make_use("low", cast.organisation)
    client.force_login(cast.owner)
    assert text_of(client.get(page(use, "system"))).count("This answer applies to every use of") == 2


@pytest.mark.parametrize("group", ["prohibited", "system", "scoping"])
def test_a_page_of_facts_is_cheap(client, cast, group):
    use = make_use("low", cast.organisation, parts=("provider", "user"))
    client.force_login(cast.owner)
    assert cost_of(client, page(use, group)) <= 15


# --- locked --------------------------------------------------------------------------------------------------------------


def test_facts_under_review_are_shown_read_only_and_a_late_post_changes_nothing(client, cast, edition):
    use = make_assessment(State.SUBMITTED, "limited", cast=cast).use
    client.force_login(cast.owner)
    shown = text_of(client.get(page(use, "stakes")))
    assert "The facts are locked while the use is under review" in shown
    assert 'type="radio"' not in shown
    client.post(page(use, "stakes"), posted(edition, "stakes", safety_component=True))
    assert use.fact_rows().get(key="safety_component").value is False
    assert "Change" not in re.findall(
        r">(\w+)<span class=\"visually-hidden\">", text_of(client.get(use.get_absolute_url()))
    )


@pytest.mark.long
def test_after_a_return_only_the_marked_facts_are_open(client, cast, edition):
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, route=Route.INDEPENDENT)
    submission = assessment.current_submission
    mark_all(submission, by=cast.independent, change={"f:safety_component": "Show the drawing."})
    decisions.send_back(submission, by=cast.independent, words="One fact, please.")
    client.force_login(cast.owner)
    shown = text_of(client.get(page(assessment.use, "stakes")))
    assert "Only the items that the reviewer marked “change needed” can be changed now" in shown
    assert set(re.findall(r'name="(\w+)" value="yes"', shown)) == {"safety_component"}
    sent = posted(edition, "stakes", safety_component=True, autonomous_vehicle=True)
    said = text_of(client.post(page(assessment.use, "stakes"), sent))
    assert "Not saved, because some of these facts are locked." in said
    rows = {row.key: row.value for row in assessment.use.fact_rows()}
    assert (rows["safety_component"], rows["autonomous_vehicle"]) == (True, False)


def test_a_fact_of_the_system_is_locked_while_another_of_its_uses_is_under_review(client, cast, edition):
    first = make_assessment(State.SUBMITTED, "limited", cast=cast).use
    second = systems.declare_use(
        first.system, by=cast.owner, title="Second", purpose="p", setting="s", people_affected="x", scope_en="S."
    )
    client.force_login(cast.owner)
    response = client.post(page(second, "system"), {**posted(edition, "system"), "markets": ["eu"]})
    assert "is locked until the review of another use of this system ends" in text_of(response)
    assert DeclaredFact.objects.get(system=first.system, key="markets").value == ["hong_kong"]


# --- the early stop -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "fact",
    ["causes_or_enables_physical_harm", "subliminal_manipulation", "loss_of_control_or_mass_harm", "illegal_purpose"],
)
def test_a_prohibited_use_stops_before_the_other_pages(client, cast, edition, fact):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    response = client.post(page(use, "prohibited"), posted(edition, "prohibited", **{fact: True}))
    assert response.url == reverse("prohibited", args=[use.reference])
    text = text_of(client.get(response.url))
    assert "The Guideline treats this use as prohibited" in text
    assert "illegal under the Guideline" not in text
    assert page(use, "prohibited") in text


def test_an_unknown_prohibited_fact_holds_the_use_and_does_not_stop_it(client, cast, edition):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    response = client.post(page(use, "prohibited"), posted(edition, "prohibited", illegal_purpose="unknown"))
    assert response.url == page(use, "stakes")
    assert Hold.objects.get(use=use).kind == "open_question"


def test_a_claimed_exception_holds_the_use_and_keeps_its_reason(client, cast, edition):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    answers = posted(edition, "prohibited", illegal_purpose=True, lawful_exception_claimed=True)
    response = client.post(page(use, "prohibited"), {**answers, "reason_lawful_exception_claimed": "Signed order 7"})
    assert response.url == page(use, "stakes")
    assert use.fact_rows().get(key="lawful_exception_claimed").reason == "Signed order 7"


def test_only_an_owner_goes_on_to_declare_a_prohibited_use(client, cast):
    use = make_use("unacceptable", cast.organisation)
    stopped = reverse("prohibited", args=[use.reference])
    client.force_login(cast.contributor)
    text = text_of(client.get(stopped))
    assert "declare_prohibited" not in text
    assert f"mailto:{cast.owner.email}" in text
    client.force_login(cast.owner)
    assert 'name="to" value="declare_prohibited"' in text_of(client.get(stopped))
    response = client.post(reverse("use_start", args=[use.reference]), {"to": "declare_prohibited"})
    assessment = Assessment.objects.get(use=use)
    assert response.url == reverse("declare_prohibited", args=[assessment.reference])


def test_the_early_stop_of_another_tier_leads_to_the_tier(client, cast):
    use = make_use("high", cast.organisation)
    client.force_login(cast.owner)
    assert client.get(reverse("prohibited", args=[use.reference])).url == use.get_absolute_url()


# --- the tier -------------------------------------------------------------------------------------------------------------


def test_before_the_facts_the_page_says_what_will_stand_there(client, cast):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    response = client.get(use.get_absolute_url())
    assert "no tier yet" in text_of(response)
    assert response.context["main"].url.startswith(page(use, "prohibited"))


@pytest.mark.parametrize("tier", ["low", "limited", "high", "unacceptable"])
def test_every_fired_rule_is_shown_with_its_basis_reason_and_clauses(client, cast, edition, tier):
    use = make_use(tier, cast.organisation)
    client.force_login(cast.viewer)
    response = client.get(use.get_absolute_url())
    text = text_of(response)
    result = assign_tier(edition, as_facts(use.fact_rows()))
    shown = [*response.context["deciding"], *response.context["holding"], *response.context["lower"]]
    assert {card.id for card in shown} == {rule.id for rule in result.rules}
    assert {card.id for card in response.context["deciding"]} == {r.id for r in result.rules if r.tier == tier}
    rules = {rule.id: rule for rule in edition.rules}
    for rule in result.rules:
        assert f'id="rule-{rule.id}"' in text
        assert rules[rule.id].reason.replace("'", "&#x27;") in text
        for clause in rule.clauses:
            assert reverse("clause", args=[clause]) in text
    assert response.context["assigned"] == tier


def test_the_texts_own_tier_stands_beside_the_assigned_one_and_the_difference_is_named(client, cast):
    use = make_use("low", cast.organisation, facts={"public_facing": True, "generates_realistic_media": True})
    client.force_login(cast.owner)
    text = text_of(client.get(use.get_absolute_url()))
    assert "Not stated" in text
    assert "This tier comes from our rules:" in text
    assert "Our rules give a different tier" not in text  # there is but one
    assert 'href="#rule-L-MEDIA"' in text


def test_where_the_text_gives_a_tier_the_rules_that_raise_it_are_named(client, cast):
    use = make_use("limited", cast.organisation, facts={"worst_credible_effect": "grave"})
    client.force_login(cast.owner)
    text = text_of(client.get(use.get_absolute_url()))
    assert (use.text_tier, use.assigned_tier) == ("limited", "high")
    assert "Our rules give a different tier from the Guideline’s own text:" in text
    assert 'href="#rule-H-GRAVE"' in text


def test_a_provisional_tier_names_what_it_waits_for(client, cast):
    use = make_use("low", cast.organisation, facts={"worst_credible_effect": "unknown"})
    client.force_login(cast.owner)
    response = client.get(use.get_absolute_url())
    assert [line.key for line in response.context["waits_for"]] == ["worst_credible_effect"]
    text = text_of(response)
    assert "High risk, provisional" in text
    assert f"{page(use, 'reach')}?then=tier#fact-worst_credible_effect" in text


def test_a_hold_says_what_it_is_about_and_what_closes_it(client, cast, edition):
    use = make_use("low", cast.organisation, facts={"exploits_vulnerable_groups": True})
    client.force_login(cast.owner)
    text = text_of(client.get(use.get_absolute_url()))
    assert "On hold: legal review" in text
    assert edition.holds["legal_review"] in text


@pytest.mark.parametrize(
    ("facts", "heading"),
    [
        ({"employment_decisions": True}, "One answer would lower the tier"),
        ({"employment_decisions": True, "education_decisions": True}, "No single change would lower the tier"),
        ({}, "No lower tier exists"),
    ],
)
def test_what_if_says_its_finding_in_the_heading(client, cast, facts, heading):
    use = make_use("low", cast.organisation, facts=facts)
    client.force_login(cast.owner)
    response = client.get(use.get_absolute_url())
    assert response.context["what_if"]["heading"] == heading
    if "education_decisions" in facts:
        together = response.context["what_if"]
        assert {line.fact.key for line in together["together"]} == {"employment_decisions", "education_decisions"}
        assert together["together_tier"] == "low"
        rows = (
            text_of(response)
            .partition("The tier would be lower if all of these answers changed:")[2]
            .partition("</table>")[0]
        )
        assert "If both answers changed, the tier would be" in rows
        assert rows.count("hk-tier-") == rows.rpartition("If both answers changed")[2].count("hk-tier-") > 0


def test_on_a_prohibited_use_a_changed_answer_needs_evidence(client, cast):
    use = make_use("unacceptable", cast.organisation)
    client.force_login(cast.owner)
    assert "you need evidence for the new answer and a new assessment" in text_of(client.get(use.get_absolute_url()))
    use = make_use("limited", cast.organisation)
    assert "you need evidence for the new answer and a new assessment" not in text_of(
        client.get(use.get_absolute_url())
    )


def test_overlays_and_the_eu_flag_stand_beside_the_tier(client, cast):
    use = make_use("limited", cast.organisation, facts={"personal_data": "ordinary", "markets": ["hong_kong", "eu"]})
    client.force_login(cast.owner)
    response = client.get(use.get_absolute_url())
    assert {overlay.key for overlay, _cited in response.context["overlays"]} == {"personal-data", "overseas"}
    assert "The EU would treat this differently" in text_of(response)
    use = make_use("limited", cast.organisation)
    assert "The EU would treat this differently" not in text_of(client.get(use.get_absolute_url()))


def test_all_facts_are_listed_and_unknown_ones_marked(client, cast):
    use = make_use("low", cast.organisation, facts={"trains_on_user_data": "unknown"})
    client.force_login(cast.owner)
    response = client.get(use.get_absolute_url())
    listed = {line.key: line for _title, lines in response.context["groups"] for line in lines}
    assert set(listed) == {*response.context["facts"].asked, "reversibility"}  # that there is no effect decides it
    assert listed["reversibility"].state == "filled_in"
    assert listed["trains_on_user_data"].state == "unknown"
    assert "trains_on_user_data" in [line.key for line in response.context["behind"]]


def test_who_only_reads_gets_no_way_to_change(client, cast):
    use = make_use("limited", cast.organisation)
    client.force_login(cast.viewer)
    text = text_of(client.get(use.get_absolute_url()))
    assert "/facts/" not in text
    assert reverse("use_start", args=[use.reference]) not in text
    assert "A contributor or an owner can start." in text


@pytest.mark.parametrize("tier", ["limited", "high"])
def test_the_tier_page_is_cheap_and_costs_the_same_with_many_assessments_around(client, cast, tier):
    use = make_use(tier, cast.organisation)
    client.force_login(cast.owner)
    few = cost_of(client, use.get_absolute_url())
    for _ in range(3):
        make_assessment(State.DRAFT, "low", cast=cast, filled=False)
    assert cost_of(client, use.get_absolute_url()) == few <= 15


# --- the second member ---------------------------------------------------------------------------------------------------


@pytest.fixture
def procedural(cast):
    use = make_use("low", cast.organisation, facts={"justice_or_law_enforcement": True})
    declare.declare_facts(
        use, {"minor_procedural_task": True}, by=cast.owner, reasons={"minor_procedural_task": "Renames scans by date."}
    )
    use.refresh_from_db()
    return use


def test_a_yes_without_reason_is_refused_and_the_choice_is_kept(client, cast, edition):
    use = make_use("low", cast.organisation)
    client.force_login(cast.owner)
    response = client.post(page(use, "control"), posted(edition, "control", minor_procedural_task=True))
    assert "Say why" in response.context["form"].errors["reason_minor_procedural_task"][0]
    assert re.search(r'name="minor_procedural_task" value="yes"[^>]* checked', text_of(response))
    assert use.fact_rows().get(key="minor_procedural_task").value is False


def test_a_no_needs_no_reason(client, cast, edition):
    use = make_use("low", cast.organisation)
    client.force_login(cast.owner)
    assert client.post(page(use, "control"), posted(edition, "control")).status_code == 302


def test_a_yes_counts_as_no_until_a_second_member_agrees(client, cast, procedural):
    assert procedural.assigned_tier == "limited"
    client.force_login(cast.contributor)
    text = text_of(client.get(procedural.get_absolute_url()))
    assert "the answer counts as “no”" in text
    agree = reverse("agree", args=[procedural.reference])
    assert f'action="{agree}"' in text
    assert client.post(agree, {"reason": "I file them myself and read each."}).url == procedural.get_absolute_url()
    procedural.refresh_from_db()
    assert procedural.assigned_tier == "low"
    assert "Connie Contributor agreed on" in text_of(client.get(procedural.get_absolute_url()))


@pytest.mark.long
def test_who_declared_it_cannot_agree(client, cast, procedural):
    client.force_login(cast.owner)
    text = text_of(client.get(procedural.get_absolute_url()))
    assert "another member must agree" in text
    response = client.post(reverse("agree", args=[procedural.reference]), {"reason": "I agree with myself."})
    assert "A second member must agree" in text_of(response)
    procedural.refresh_from_db()
    assert procedural.assigned_tier == "limited"


def test_agreeing_takes_a_reason(client, cast, procedural):
    client.force_login(cast.contributor)
    response = client.post(reverse("agree", args=[procedural.reference]), {"reason": "  "})
    assert response.context["form"].errors["reason"] == ["Say why you agree."]
    assert procedural.fact_rows().get(key="minor_procedural_task").agreed_by is None


# --- starting ------------------------------------------------------------------------------------------------------------


def test_starting_twice_gives_one_assessment(client, cast):
    use = make_use("limited", cast.organisation)
    client.force_login(cast.contributor)
    first = client.post(reverse("use_start", args=[use.reference]))
    second = client.post(reverse("use_start", args=[use.reference]))
    assert first.url == second.url == Assessment.objects.get(use=use).get_absolute_url()
    assert client.get(use.get_absolute_url()).context["main"].label == "Continue with the questions"


def test_starting_needs_the_facts_first(client, cast):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    response = client.post(reverse("use_start", args=[use.reference]), follow=True)
    assert "Declare the facts about the use first" in text_of(response)
    assert not Assessment.objects.exists()


def test_starting_takes_a_post(client, cast):
    use = make_use("low", cast.organisation)
    client.force_login(cast.owner)
    assert client.get(reverse("use_start", args=[use.reference])).status_code == 405
    assert not Assessment.objects.exists()
