"""AI systems and declared uses: listed, registered, changed, with the scope as the certificate prints it."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from assessments.models import AISystem, DeclaredUse, State
from tests.support.factories import make_assessment, make_organisation, make_system, make_use
from tests.support.page_text import markup_of as text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

SYSTEM = {
    "name": "Appointment assistant",
    "version": "2.1",
    "suppliers": "Model house",
    "parts": ["is_provider", "is_user"],
}
USE = {
    "title": "Booking and urgency sorting",
    "purpose": "Sorts requests",
    "setting": "On the website",
    "people_affected": "Patients, about 40,000 a year",
    "scope_en": "Sorting of appointment requests\r\nat six clinics in Hong Kong.",
    "scope_zh": "香港六間診所的預約分類。",
    "exclusions": "Telephone bookings.",
}
EVERYONE = ("owner", "contributor", "assigned", "viewer", "reviewer", "independent", "outsider", "staff")


def cost_of(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url).status_code == 200
    return len(queries)


@pytest.mark.parametrize(
    ("page", "statuses"),
    [
        ("system", (200, 200, 404, 200, 404, 404, 404, 404)),
        ("system_edit", (200, 403, 404, 403, 404, 404, 404, 404)),
        ("use_new", (200, 403, 404, 403, 404, 404, 404, 404)),
    ],
)
def test_who_opens_a_systems_pages(client, cast, page, statuses):
    system = make_system(cast.organisation)
    for who, status in zip(EVERYONE, statuses, strict=True):
        client.force_login(getattr(cast, who))
        assert (who, client.get(reverse(page, args=[system.reference])).status_code) == (who, status)


def test_who_changes_a_use(client, cast):
    use = make_use("low", cast.organisation)
    for who, status in zip(EVERYONE, (200, 403, 404, 403, 404, 404, 404, 404), strict=True):
        client.force_login(getattr(cast, who))
        assert (who, client.get(reverse("use_edit", args=[use.reference])).status_code) == (who, status)


def test_who_registers_a_system(client, cast):
    for who, status in zip(EVERYONE, (200, 403, 403, 403, 403, 403, 200, 403), strict=True):
        client.force_login(getattr(cast, who))
        assert (who, client.get(reverse("system_new")).status_code) == (who, status)


# --- the list ----------------------------------------------------------------------------------------------------------


def test_the_list_shows_the_highest_tier_of_each_system_and_no_strangers(client, cast):
    make_use("low", cast.organisation)
    system = make_use("high", cast.organisation).system
    make_use("limited", make_organisation("Elsewhere Limited"))
    client.force_login(cast.viewer)
    rows = client.get(reverse("systems")).context["rows"]
    assert [(row["tier"], row["uses"], row["parts"]) for row in rows if row["system"] == system] == [
        ("high", 1, ["Service User"])
    ]
    assert {row["system"].organisation for row in rows} == {cast.organisation}
    assert len(rows) == 2


def test_an_empty_list_says_what_will_stand_there(client, cast):
    client.force_login(cast.owner)
    assert "No AI systems yet" in text_of(client.get(reverse("systems")))


def test_the_list_costs_the_same_for_one_system_and_for_sixty(client, cast):
    client.force_login(cast.owner)
    make_use("low", cast.organisation)
    few = cost_of(client, reverse("systems"))
    AISystem.objects.bulk_create(
        AISystem(organisation=cast.organisation, name=f"Helper {n}", is_user=True) for n in range(60)
    )
    assert cost_of(client, reverse("systems")) == few <= 15
    assert len(client.get(reverse("systems")).context["rows"]) == 50


# --- registering -------------------------------------------------------------------------------------------------------


def test_a_system_is_registered_with_its_parts(client, cast):
    client.force_login(cast.owner)
    response = client.post(reverse("system_new"), SYSTEM)
    system = AISystem.objects.get()
    assert response.url == system.get_absolute_url()
    assert (system.organisation, system.is_developer, system.is_provider, system.is_user) == (
        cast.organisation,
        False,
        True,
        True,
    )


def test_a_system_needs_a_part_and_keeps_what_was_typed(client, cast):
    client.force_login(cast.owner)
    response = client.post(reverse("system_new"), {**SYSTEM, "parts": []})
    assert "Choose at least one part" in response.context["form"].errors["parts"][0]
    assert 'value="Appointment assistant"' in text_of(response)
    assert not AISystem.objects.exists()


def test_each_part_says_what_decides_it_and_what_it_brings(client, cast):
    client.force_login(cast.owner)
    page = text_of(client.get(reverse("system_new")))
    assert page.count("For example: ") == page.count("Not an example: ") == 3
    assert len(re.findall(r"This part has \d+ to \d+ questions", page)) == 3
    assert "This part does not apply if you only choose, configure or prompt a finished product." in page


def test_only_an_owner_of_several_organisations_is_asked_for_which(client, cast):
    client.force_login(cast.owner)
    assert 'name="organisation"' not in text_of(client.get(reverse("system_new")))
    second = make_organisation("Second Limited", cast.owner)
    page = text_of(client.get(reverse("system_new") + f"?organisation={second.reference}"))
    assert f'<option value="{second.reference}" selected>Second Limited' in page
    client.post(reverse("system_new"), {**SYSTEM, "organisation": second.reference})
    assert AISystem.objects.get().organisation == second


def test_a_strangers_organisation_cannot_be_chosen(client, cast):
    client.force_login(cast.owner)
    make_organisation("Second Limited", cast.owner)
    stranger = make_organisation("Elsewhere Limited")
    response = client.post(reverse("system_new"), {**SYSTEM, "organisation": stranger.reference})
    assert response.context["form"].errors["organisation"]
    assert not AISystem.objects.exists()


def test_changing_the_parts_is_saved_and_refused_under_review(client, cast):
    assessment = make_assessment(State.DRAFT, "limited", cast=cast)
    page = reverse("system_edit", args=[assessment.use.system.reference])
    client.force_login(cast.owner)
    assert client.post(page, SYSTEM).status_code == 302
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast)
    page = reverse("system_edit", args=[assessment.use.system.reference])
    response = client.post(page, {**SYSTEM, "name": "Renamed while under review"})
    assert "You cannot change the system while one of its uses is under review" in text_of(response)
    assert 'value="Renamed while under review"' in text_of(response)
    assert AISystem.objects.get(pk=assessment.use.system_id).name != "Renamed while under review"


# --- the page of a system ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "tier", "label", "page"),
    [
        (None, "low", "See the tier, then start the questions", "use"),
        (None, "unacceptable", "See what the tier means", "prohibited"),
        (State.DRAFT, "limited", "Check and sign", "check"),
        (State.RETURNED, "limited", "Make the requested changes", "returned"),
        (State.IN_REVIEW, "limited", "See the answers under review", "assessment"),
    ],
)
def test_each_use_says_what_comes_next(client, cast, state, tier, label, page):
    if state is None:
        use = make_use(tier, cast.organisation)
        reference = use.reference
    else:
        assessment = make_assessment(state, tier, cast=cast)
        use, reference = assessment.use, assessment.reference
    client.force_login(cast.owner)
    line = client.get(use.system.get_absolute_url()).context["lines"][0]
    assert (line.next.label, line.next.url) == (label, reverse(page, args=[reference]))


def test_a_use_without_facts_leads_to_its_facts(client, cast):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    page = text_of(client.get(use.system.get_absolute_url()))
    assert reverse("facts", args=[use.reference, "prohibited"]) in page
    assert "no tier yet" in page


def test_a_system_with_many_uses_costs_no_more(client, cast):
    client.force_login(cast.owner)
    use = make_use("low", cast.organisation)
    page = use.system.get_absolute_url()
    few = cost_of(client, page)
    for n in range(20):
        DeclaredUse.objects.create(
            system=use.system, organisation=cast.organisation, title=f"Use {n}", purpose="p", setting="s", scope_en="S."
        )
    assert cost_of(client, page) == few <= 15


# --- declaring a use ---------------------------------------------------------------------------------------------------


def test_a_use_is_declared_and_leads_to_the_prohibited_facts(client, cast):
    system = make_system(cast.organisation)
    client.force_login(cast.owner)
    response = client.post(reverse("use_new", args=[system.reference]), USE)
    use = DeclaredUse.objects.get()
    assert response.url == reverse("facts", args=[use.reference, "prohibited"])
    assert use.scope_en == "Sorting of appointment requests at six clinics in Hong Kong."
    assert use.assigned_tier == ""


@pytest.mark.parametrize(
    ("length", "saved", "words"), [(400, True, "400 of 400 characters"), (401, False, "1 character too many")]
)
def test_a_scope_has_400_characters(client, cast, length, saved, words):
    system = make_system(cast.organisation)
    client.force_login(cast.owner)
    response = client.post(
        reverse("use_new", args=[system.reference]), {**USE, "scope_en": "x" * length, "preview": "1"}
    )
    assert words in text_of(response)
    response = client.post(reverse("use_new", args=[system.reference]), {**USE, "scope_en": "x" * length})
    assert DeclaredUse.objects.exists() is saved
    if not saved:
        assert response.context["form"].errors["scope_en"]
        assert "x" * length in text_of(response)


@pytest.mark.parametrize("with_script", [True, False])
def test_the_preview_saves_nothing_and_loses_nothing(client, cast, with_script):
    system = make_system(cast.organisation)
    client.force_login(cast.owner)
    headers = {"HX-Request": "true"} if with_script else {}
    url = reverse("use_new", args=[system.reference])
    response = client.post(url, {**USE, "title": "", "preview": "1"}, headers=headers)
    page = text_of(response)
    assert 'at six clinics in Hong Kong. Not covered<span lang="zh-Hant">不包括</span>: Telephone bookings.' in page
    assert '<p lang="zh-Hant">香港六間診所的預約分類。</p>' in page
    assert ("<form" in page) is not with_script
    assert not DeclaredUse.objects.exists()
    if not with_script:
        assert "Patients, about 40,000 a year" in page
        assert "hk-error" not in page


def test_typed_markup_is_shown_as_text(client, cast):
    system = make_system(cast.organisation)
    client.force_login(cast.owner)
    url = reverse("use_new", args=[system.reference])
    page = text_of(client.post(url, {**USE, "scope_en": "<script>alert(1)</script>", "preview": "1"}))
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_a_use_under_review_keeps_its_scope(client, cast):
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast)
    client.force_login(cast.owner)
    response = client.post(reverse("use_edit", args=[assessment.use.reference]), USE)
    assert "You cannot change the use while it is under review" in text_of(response)
    assert "at six clinics in Hong Kong." in text_of(response)
    assert (
        DeclaredUse.objects.get(pk=assessment.use_id).scope_en
        != "Sorting of appointment requests at six clinics in Hong Kong."
    )


def test_the_summary_puts_no_colon_behind_a_question(client, cast):
    client.force_login(cast.owner)
    page = client.post(reverse("system_new"), {"name": "Helper"}).content.decode()
    assert "in this system? Choose at least one part" in page
    assert "?:" not in page


def test_pages_of_a_new_system_say_what_a_tier_is(client, cast):
    system = make_system(cast.organisation)
    client.force_login(cast.owner)
    help_on_tiers = f'href="{reverse("method")}#tier"'
    page = text_of(client.get(system.get_absolute_url()))
    assert "how much risk the use carries" in page
    assert help_on_tiers in page
    form = text_of(client.get(reverse("use_new", args=[system.reference])))
    assert "The tier says how much risk the use carries. It decides which duties apply and who reviews the use." in form
    assert help_on_tiers in form
