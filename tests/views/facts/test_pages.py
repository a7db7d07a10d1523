"""Pages of facts of release 3: what other answers leave needless, tick lists, an incident with its date."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.domain.facts import values as facts_values
from assessments.views.wording import answer_on_its_page
from tests.support.factories import MILD, make_assessment, make_use
from tests.support.page_text import markup_of as text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def url(use, group):
    return reverse("facts", args=[use.reference, group])


def form_value(value):
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else value


def mild(edition, group, **facts):
    keys = [fact.key for one in edition.fact_groups if one.key == group for fact in one.facts]
    return {key: form_value(value) for key, value in {key: MILD[key] for key in keys}.items()} | facts


@pytest.fixture
def use(cast, client):
    client.force_login(cast.owner)
    return make_use("low", cast.organisation, declared=False, parts=("provider", "user"))


# --- what is counted, and none of these -----------------------------------------------------------------------------------


def test_what_may_not_be_asked_is_not_counted(client, use, edition):
    page = client.get(url(use, "reach"))
    assert "They are counted only if your answer to the other question shows that they apply." in text_of(page)
    shown = len([one for one in page.context["questions"] if one["shown"]])
    total, (reach,) = page.context["asked"], [one for one in page.context["pages"] if one.key == "reach"]
    assert reach.later > 0
    assert reach.total + reach.later == shown
    assert f"{reach.answered} of {reach.total} ({reach.later} more may apply)" in text_of(page)
    assert f"<p>{page.context['later']} more questions may apply</p>" in text_of(page)
    yes = mild(
        edition, "reach", minors_or_vulnerable_users="yes", worst_credible_effect="none", vulnerable_kind=["others"]
    )
    client.post(url(use, "reach"), yes)
    with_kind = client.get(url(use, "reach"))
    (now,) = [one for one in with_kind.context["pages"] if one.key == "reach"]
    assert now.total > reach.total
    assert now.state == "complete"
    client.post(url(use, "reach"), mild(edition, "reach", minors_or_vulnerable_users="no"))
    assert client.get(url(use, "reach")).context["asked"] >= total


def test_none_of_these_is_an_answer_to_who_needs_special_care(client, use, edition):
    answers = mild(edition, "reach", minors_or_vulnerable_users="unknown", vulnerable_kind=["nothing"])
    assert client.post(url(use, "reach"), answers).status_code == 302
    assert use.fact_rows().get(key="vulnerable_kind").value == []
    assert "None of these" in text_of(client.get(url(use, "reach")))
    both = answers | {"vulnerable_kind": ["nothing", "minors"]}
    assert "or other answers, not both." in text_of(client.post(url(use, "reach"), both))


# --- needless answers -----------------------------------------------------------------------------------------------------


def test_a_needless_answer_may_be_missing(client, use, edition):
    answers = mild(edition, "reach", worst_credible_effect="none")
    del answers["reversibility"], answers["vulnerable_kind"]
    assert client.post(url(use, "reach"), answers).status_code == 302
    assert not use.fact_rows().filter(key="reversibility").exists()
    page = text_of(client.get(url(use, "reach")))
    assert "“Easily” is filled in" in page


def test_a_needless_answer_that_was_given_has_no_effect(client, use, edition):
    answers = mild(edition, "reach", worst_credible_effect="none", reversibility="never")
    assert client.post(url(use, "reach"), answers).status_code == 302
    tier = text_of(client.get(use.get_absolute_url()))
    assert "Never" not in tier
    assert "follows from other answers" in tier


def test_an_answer_that_is_asked_for_is_needed(client, use, edition):
    answers = mild(edition, "reach", worst_credible_effect="serious")
    del answers["reversibility"]
    response = client.post(url(use, "reach"), answers)
    assert response.context["form"].errors["reversibility"] == ["Choose an answer. You may choose “Do not know”."]
    assert "Your other answers are saved." in text_of(response)


def test_a_reason_that_is_needless_is_not_asked_for(client, use, edition):
    answers = mild(edition, "control", decision_autonomy="fully_automated", minor_procedural_task="yes")
    assert client.post(url(use, "control"), answers).status_code == 302


def test_what_the_script_needs_is_on_the_page(client, use):
    page = text_of(client.get(url(use, "control")))
    assert re.search(r'id="fact-minor_procedural_task"[^>]*data-when="\{&quot;all', page)
    assert "data-when" not in re.search(r'<section[^>]*id="fact-human_reviewer_qualified"[^>]*>', page)[0]
    content = text_of(client.get(url(use, "content")))
    assert re.search(r'id="fact-high_risk_content"[^>]*data-alone="none unknown"', content)


def test_a_fact_that_other_pages_leave_needless_is_not_asked(client, use, edition):
    client.post(url(use, "scoping"), mild(edition, "scoping", takes_user_input="no"))
    page = text_of(client.get(url(use, "service")))
    assert "fact-open_prompt" not in page
    client.post(url(use, "scoping"), mild(edition, "scoping", takes_user_input="yes"))
    assert "fact-open_prompt" in text_of(client.get(url(use, "service")))


def test_open_input_is_asked_and_not_filled_in(client, use, edition):
    """Also of what sorts messages for somebody to decide: people write to it what they like."""
    client.post(url(use, "scoping"), mild(edition, "scoping", takes_user_input="yes"))
    sorting = mild(edition, "content", output_used_for="recommendation", service_areas=["other"])
    client.post(url(use, "content"), sorting)
    page = client.get(url(use, "service"))
    assert not re.search(r'name="open_prompt"[^>]* checked', text_of(page))
    answers = mild(edition, "service")
    del answers["open_prompt"]
    assert "open_prompt" in client.post(url(use, "service"), answers).context["form"].errors


def test_what_follows_from_another_answer_is_filled_in(client, use, edition):
    client.post(url(use, "content"), mild(edition, "content", output_used_for="drafting"))
    page = client.get(url(use, "service"))
    assert "This answer is filled in from your other answers" in text_of(page)
    assert re.search(r'name="makes_content_for_people" value="yes"[^>]* checked', text_of(page))


OF_ONE_SECTOR = {
    "education": "education_uses",
    "finance": "customers_can_opt_out",
    "industry": "predictive_maintenance",
}


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("sector", ["healthcare", *OF_ONE_SECTOR])
def test_a_fact_of_another_sector_is_neither_shown_nor_demanded(client, use, edition, sector):
    assert client.post(url(use, "system"), mild(edition, "system", sector=sector)).status_code == 302
    page = text_of(client.get(url(use, "scoping")))
    answers = mild(edition, "scoping")
    for other, key in OF_ONE_SECTOR.items():
        assert (f'id="fact-{key}"' in page) == (other == sector)
        if other != sector:
            del answers[key]
    assert client.post(url(use, "scoping"), answers).status_code == 302
    own = OF_ONE_SECTOR.get(sector)
    assert set(OF_ONE_SECTOR.values()) & set(use.fact_rows().values_list("key", flat=True)) == {own} - {None}


def test_the_fact_of_the_use_s_own_sector_is_demanded(client, use, edition):
    client.post(url(use, "system"), mild(edition, "system", sector="finance"))
    answers = mild(edition, "scoping")
    del answers["customers_can_opt_out"]
    response = client.post(url(use, "scoping"), answers)
    assert list(response.context["form"].errors) == ["customers_can_opt_out"]


# --- tick lists -----------------------------------------------------------------------------------------------------------


def test_a_machine_that_only_acts_makes_nothing(client, use, edition):
    client.post(url(use, "content"), mild(edition, "content", modalities=["nothing"]))
    assert use.fact_rows().get(key="modalities").value == []
    page = text_of(client.get(url(use, "content")))
    assert re.search(r'name="modalities" value="nothing"[^>]* checked', page)
    assert "None of these: the system only takes actions" in page
    assert 'value="action"' not in page


@pytest.mark.parametrize(
    ("field", "values", "named"),
    [
        ("modalities", ["text", "nothing"], "None of these: the system only takes actions"),
        ("high_risk_content", ["none", "deepfake"], "None of these"),
        ("high_risk_content", ["deepfake", "unknown"], "Do not know"),
    ],
)
def test_what_stands_alone_cannot_be_combined(client, use, edition, field, values, named):
    response = client.post(url(use, "content"), mild(edition, "content", **{field: values}))
    assert response.context["form"].errors[field] == [f"Choose either “{named}” or other answers, not both."]
    assert not use.fact_rows().filter(key=field).exists()


def test_an_answer_of_the_release_before_is_shown_and_not_saved_anew(client, use, edition):
    client.post(url(use, "system"), mild(edition, "system"))
    use.fact_rows().filter(key="model_source").update(value="third_party")
    page = text_of(client.get(url(use, "system")))
    assert re.search(r'name="model_source" value="third_party"[^>]* checked', page)
    client.post(url(use, "system"), mild(edition, "system"))
    row = use.fact_rows().get(key="model_source")
    assert (row.value, row.revision) == ("third_party", 1)


def test_no_question_is_called_optional(client, use):
    for group in ("control", "reach"):
        assert "(optional)" not in text_of(client.get(url(use, group)))


def test_a_sector_is_asked_although_none_is_assumed(client, use):
    page = client.get(url(use, "system"))
    assert not re.search(r'name="sector"[^>]* checked', text_of(page))
    assert "sector" in facts_values.missing_facts(use, facts_values.current_edition(use))


def test_a_page_without_an_answer_says_what_to_do(client, use):
    response = client.post(url(use, "system"), {})
    errors = response.context["form"].errors
    assert errors["sector"] == ["Choose an answer."]
    assert errors["deployment_stage"] == ["Choose an answer. You may choose “Do not know”."]
    assert "Not answered" in text_of(client.get(url(use, "system")))
    errors = client.post(url(use, "content"), {}).context["form"].errors
    assert errors["high_risk_content"] == ["Tick at least one answer. You may choose “Do not know”."]


# --- an open incident -----------------------------------------------------------------------------------------------------


def test_an_open_incident_needs_words_and_a_date(client, use, edition):
    client.post(url(use, "system"), mild(edition, "system", deployment_stage="live"))
    response = client.post(url(use, "service"), mild(edition, "service", incident_open="yes"))
    errors = response.context["form"].errors
    assert errors["reason_incident_open"] == ["Say in one sentence what has gone wrong."]
    assert errors["date_incident_open"] == ["Enter the date of the incident."]
    assert not use.fact_rows().filter(key="incident_open").exists()


def test_an_open_incident_keeps_words_and_date_as_its_reason(client, use, edition):
    client.post(url(use, "system"), mild(edition, "system", deployment_stage="live"))
    told = {"reason_incident_open": "An arm bruised a wrist", "date_incident_open": "2026-11-02"}
    client.post(url(use, "service"), mild(edition, "service", incident_open="yes", **told))
    row = use.fact_rows().get(key="incident_open")
    assert (row.value, row.reason) == (True, "An arm bruised a wrist (2026-11-02)")
    page = text_of(client.get(url(use, "service")))
    assert 'value="2026-11-02"' in page
    assert ">\nAn arm bruised a wrist</textarea>" in page
    client.post(url(use, "service"), mild(edition, "service", incident_open="no", **told))
    assert use.fact_rows().get(key="incident_open").reason == ""


def test_an_incident_of_tomorrow_is_refused(client, use, edition):
    client.post(url(use, "system"), mild(edition, "system", deployment_stage="live"))
    tomorrow = timezone.localdate() + timezone.timedelta(days=1)
    told = {"reason_incident_open": "x", "date_incident_open": tomorrow.isoformat()}
    response = client.post(url(use, "service"), mild(edition, "service", incident_open="yes", **told))
    assert response.context["form"].errors["date_incident_open"] == ["Enter today's date or an earlier date."]


# --- what would change the tier ---------------------------------------------------------------------------------------------


def test_the_other_answers_that_would_lower_the_tier_are_named_beside_the_nearest(client, cast, edition):
    use = make_use("low", cast.organisation, facts={"worst_credible_effect": "unknown"})
    client.force_login(cast.owner)
    response = client.get(use.get_absolute_url())
    (line,) = [one for one in response.context["what_if"]["lower"] if one.fact.key == "worst_credible_effect"]
    labels = {answer_on_its_page(edition.facts["worst_credible_effect"], value) for value in ("none", "minor")}
    assert labels <= {line.to, *line.also}
    assert line.to not in line.also
    text = text_of(response)
    assert f"These answers would also lower the tier: {', '.join(line.also)}" in text


# --- do not know ----------------------------------------------------------------------------------------------------------


def test_do_not_know_says_the_same_on_the_page_and_beside_the_tier(cast, client, edition):
    use = make_use("low", cast.organisation, facts={"personal_data": "unknown", "decision_autonomy": "unknown"})
    client.force_login(cast.owner)
    tier = text_of(client.get(use.get_absolute_url()))
    for key, words in (
        ("personal_data", "does not change the tier, but may add questions when the answer is known"),
        ("decision_autonomy", "counts as the worst case"),
    ):
        row = tier.partition(f"<span>{edition.facts[key].label}</span>")[2].partition("</li>")[0]
        assert f"{words}</span>" in row
    page = text_of(client.get(url(use, edition.facts["personal_data"].group)))
    assert "the worst case counts for the duties from Table 1 and for the extra duties." in page
    assert "Your answers on this page do not affect the tier." in page
    page = text_of(client.get(url(use, edition.facts["decision_autonomy"].group)))
    assert "If the answer affects the tier, the worst case counts until the answer is known." in page


def test_tier_and_fact_page_count_the_same_answers_and_name_those_that_are_not_known(cast, client):
    use = make_use("low", cast.organisation, facts={"healthcare_diagnosis": "unknown"})
    client.force_login(cast.owner)
    tier = text_of(client.get(use.get_absolute_url()))
    said = re.search(r"(\d+) of (\d+) facts answered, 1 of them with “do not know”", tier)
    assert said is not None
    asked = text_of(client.get(reverse("facts", args=[use.reference, "stakes"])))
    assert f"{said[1]} of {said[2]} facts answered" in asked
    assert said[1] == said[2]
    known = make_use("low", cast.organisation)
    assert "of them with “do not know”" not in text_of(client.get(known.get_absolute_url()))


def test_the_note_of_an_answer_promises_no_reviewer(cast, client):
    assessment = make_assessment("draft", "low", cast=cast)
    client.force_login(cast.owner)
    page = text_of(client.get(reverse("section", args=[assessment.reference, "purpose-and-risk"])))
    assert "(the reviewer reads this, if the use is reviewed)" in page
    assert "(reviewers read this)" not in page
