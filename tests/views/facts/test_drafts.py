"""A page of facts that is left half filled: kept for its person, declared by nobody."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from assessments.core.errors import Locked, NotPermitted
from assessments.domain.facts import drafts
from assessments.models import FactDraft, FactRevision, State
from tests.support.factories import make_assessment, make_use
from tests.support.page_text import markup_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def url(use, group, name="facts"):
    return reverse(name, args=[use.reference, group])


def checked(html: str) -> set[tuple[str, str]]:
    return {
        (found["name"], found["value"])
        for found in re.finditer(r'<input[^>]*name="(?P<name>\w+)" value="(?P<value>\w+)"[^>]* checked', html)
    }


def test_a_draft_comes_back_after_leaving_and_declares_nothing(client, cast):
    use = make_use("low", cast.organisation)
    before, tier = FactRevision.objects.count(), use.assigned_tier
    client.force_login(cast.contributor)
    sent = client.post(url(use, "stakes", "facts_draft"), {"safety_component": "yes", "base_safety_component": "1"})
    assert sent.status_code == 200
    page = markup_of(client.get(url(use, "stakes")))
    assert ("safety_component", "yes") in checked(page)
    assert ("autonomous_vehicle", "no") in checked(page)  # what the draft does not name stays as it is declared
    assert "You left this page before saving" in page
    use.refresh_from_db()
    assert (FactRevision.objects.count(), use.assigned_tier) == (before, tier)
    assert use.fact_rows().get(key="safety_component").value is False


def test_a_draft_is_seen_by_its_person_alone(client, cast):
    use = make_use("low", cast.organisation, declared=False)
    drafts.keep_draft(use, "stakes", {"safety_component": ["yes"]}, by=cast.contributor)
    client.force_login(cast.owner)
    page = client.get(url(use, "stakes")).content.decode()
    assert "You left this page before saving" not in page
    assert checked(page) == set()


def test_saving_ends_the_draft(client, cast):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    client.post(url(use, "stakes", "facts_draft"), {"safety_component": "yes"})
    client.post(url(use, "stakes"), {"safety_component": "no"})  # the rest is missing: what is chosen is saved
    assert not FactDraft.objects.exists()
    assert use.fact_rows().get(key="safety_component").value is False


def test_a_draft_can_be_discarded(client, cast):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    client.post(url(use, "content", "facts_draft"), {"modalities": ["text", "image"]})
    assert ("modalities", "image") in checked(markup_of(client.get(url(use, "content"))))
    assert client.post(url(use, "content", "facts_draft"), {"discard": "yes"}).url == url(use, "content")
    assert checked(markup_of(client.get(url(use, "content")))) == set()


def test_a_draft_holds_only_what_the_page_asks(cast):
    use = make_use("low", cast.organisation, declared=False)
    fields = {"safety_component": ["yes" * 5000], "illegal_purpose": ["yes"], "csrfmiddlewaretoken": ["x"]}
    draft = drafts.keep_draft(use, "stakes", fields, by=cast.owner)
    assert draft.fields == {"safety_component": [("yes" * 5000)[: drafts.MOST_CHARACTERS]]}
    assert drafts.keep_draft(use, "stakes", {"base_safety_component": ["0"]}, by=cast.owner) is None
    assert not FactDraft.objects.exists()


def test_facts_under_review_take_no_draft_and_show_none(client, cast):
    use = make_use("limited", cast.organisation)
    drafts.keep_draft(use, "stakes", {"safety_component": ["yes"]}, by=cast.owner)
    assessment = make_assessment(State.SUBMITTED, "limited", cast=cast)
    with pytest.raises(Locked):
        drafts.keep_draft(assessment.use, "stakes", {"safety_component": ["yes"]}, by=cast.owner)
    client.force_login(cast.owner)
    refused = client.post(url(assessment.use, "stakes", "facts_draft"), {"safety_component": "yes"})
    assert refused.status_code == 409
    assert drafts.find_draft(assessment.use, "stakes", by=cast.owner) is None


def test_a_contributor_who_sees_only_what_is_assigned_keeps_no_draft(client, cast):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.assigned)
    assert client.post(url(use, "stakes", "facts_draft"), {"safety_component": "yes"}).status_code == 404


@pytest.mark.parametrize(("who", "status"), [("viewer", 403), ("reviewer", 404), ("outsider", 404)])
def test_who_may_not_declare_keeps_no_draft(client, cast, who, status):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(getattr(cast, who))
    assert client.post(url(use, "stakes", "facts_draft"), {"safety_component": "yes"}).status_code == status
    with pytest.raises(NotPermitted):
        drafts.keep_draft(use, "stakes", {"safety_component": ["yes"]}, by=getattr(cast, who))


def test_a_draft_of_no_page_is_not_found(client, cast):
    use = make_use("low", cast.organisation, declared=False)
    client.force_login(cast.owner)
    assert client.post(url(use, "nonsense", "facts_draft"), {}).status_code == 404
    assert client.get(url(use, "stakes", "facts_draft")).status_code == 405
