"""The pages on which people change the plan, and what the page of an action then says."""

from __future__ import annotations

import pytest
from django.urls import reverse

from assessments.models import RemediationAction
from tests.support.acting import CONDITION, CONSIDER, SHOULD, action_on, make_conditioned
from tests.support.factories import anew, in_days
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast):
    return make_conditioned(cast)


@pytest.fixture
def assessment(made, db):
    return anew(made[1])


def at(assessment, question):
    return [assessment.use.reference, action_on(assessment, question).number]


def page(client, user, url):
    client.force_login(user)
    return markup_of(client.get(url))


@pytest.mark.long
def test_an_action_is_added_on_its_page_and_says_who_added_it(client, cast, assessment):
    client.force_login(cast.contributor)
    given = {
        "use": assessment.use.reference,
        "title": "Hire a second reader",
        "why": "One person reads all letters.",
        "due": in_days(30).isoformat(),
        "effort": "M",
        "clause": "2.1.2/table-1",
    }
    wrong = client.post(reverse("action_new"), {**given, "title": "", "due": in_days(-1).isoformat()})
    assert "Say what needs to be done." in wrong.content.decode()
    made = client.post(reverse("action_new"), given, follow=True).content.decode()
    for words in (
        "Hire a second reader",
        "One person reads all letters.",
        "Added by Connie Contributor",
        "added by your organisation",
    ):
        assert words in made + page(client, cast.viewer, reverse("actions")), words
    action = RemediationAction.objects.get(question="", use=assessment.use)
    client.force_login(cast.owner)
    client.post(action.get_absolute_url(), {"take_back": "1"})
    action.refresh_from_db()
    assert action.status == "closed"


@pytest.mark.long
def test_edited_words_are_shown_with_the_original_beside_them(client, cast, assessment):
    action = action_on(assessment, SHOULD)
    url = reverse("action_edit", args=at(assessment, SHOULD))
    assert action.title in page(client, cast.contributor, url)
    client.post(url, {"title": "Write our AI rules", "steps": "Ask the board\nWrite two pages"})
    content = page(client, cast.viewer, action.get_absolute_url())
    for words in ("Write our AI rules", "Write two pages", "Original wording", action.title, "Title changed"):
        assert words in content, words
    client.force_login(cast.owner)
    client.post(action.get_absolute_url(), {"restore_words": "1"})
    assert "Original wording" not in page(client, cast.viewer, action.get_absolute_url())


def test_unchanged_steps_are_not_taken_for_edited_ones(client, cast, assessment):
    url = reverse("action_edit", args=at(assessment, SHOULD))
    client.force_login(cast.owner)
    form = client.get(url).context["form"]
    client.post(url, {"title": "Write our AI rules", "steps": form.initial["steps"]})
    assert action_on(assessment, SHOULD).set_by_hand == ["title"]


@pytest.mark.long
def test_a_split_names_its_parts_and_is_undone(client, cast, assessment):
    action = action_on(assessment, SHOULD)
    url = reverse("action_split", args=at(assessment, SHOULD))
    client.force_login(cast.owner)
    given = {"title-1": "Write the rules", "title-2": "", "owner-2": str(cast.contributor.pk)}
    assert "Say what needs to be done." in client.post(url, given).content.decode()
    content = client.post(url, {**given, "title-2": "Have them approved"}, follow=True).content.decode()
    assert "The action now has 2 parts." in content
    assert "Have them approved" in content
    part = RemediationAction.objects.get(title="Have them approved")
    assert part.owner == cast.contributor
    client.post(action.get_absolute_url(), {"undo": "1"})
    assert action_on(assessment, SHOULD).status == "closed"  # the part, under the higher number
    action.refresh_from_db()
    assert (action.status, action.undo) == ("open", {})


def test_what_was_ticked_is_merged_after_a_look(client, cast, assessment):
    picks = ["/".join(map(str, at(assessment, key))) for key in (SHOULD, CONSIDER)]
    client.force_login(cast.owner)
    content = client.get(reverse("actions_merge"), {"pick": picks}).content.decode()
    assert "Merge 2 actions into one" in content
    assert "cannot be merged" in client.get(reverse("actions_merge"), {"pick": picks[:1]}).content.decode()
    lead = action_on(assessment, SHOULD)
    given = {"pick": picks, "into": str(lead.number), "title": "Rules and review"}
    content = client.post(reverse("actions_merge"), given, follow=True).content.decode()
    for words in ("1 action was merged into this one.", "Rules and review", "Undo the merge"):
        assert words in content, words
    assert action_on(assessment, CONSIDER).merged_into == lead
    client.force_login(cast.viewer)
    assert client.post(reverse("actions_merge"), given).status_code == 403


def test_a_reviewer_reads_the_reason_and_refuses_it(client, cast, assessment):
    action = action_on(assessment, SHOULD)
    url = reverse("action_not_relevant", args=at(assessment, SHOULD))
    client.force_login(cast.contributor)
    assert "Say why the action is not relevant." in client.post(url, {"reason": " "}).content.decode()
    client.post(url, {"reason": "The group's framework covers us."})
    content = page(client, cast.independent, action.get_absolute_url())
    assert "The group&#x27;s framework covers us." in content
    assert "Reject the reason" in content
    assert "Reject the reason" not in page(client, cast.owner, action.get_absolute_url())
    client.force_login(cast.independent)
    case = client.get(reverse("review", args=[assessment.current_submission.reference])).content.decode()
    assert "The group&#x27;s framework covers us." in case
    client.post(action.get_absolute_url(), {"because": "It names no AI."})
    assert action_on(assessment, SHOULD).status == "open"
    assert "It names no AI." in page(client, cast.contributor, action.get_absolute_url())


def test_a_condition_says_that_it_has_to_be_met(client, cast, assessment):
    content = page(client, cast.owner, reverse("action_not_relevant", args=at(assessment, CONDITION)))
    assert (
        "You cannot mark this action as not relevant, because it is a condition of the certificate. Conditions have to be met."
        in content
    )
