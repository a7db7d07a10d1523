"""Organisations and their people: found, show, change, invite, join, leave."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from assessments.accounts.adapter import INVITATION_KEY
from assessments.domain.register import members
from assessments.models import AuditEntry, Invitation, Membership, Organisation, Role, Sees
from tests.support.factories import make_member, make_organisation, make_system, make_use, make_user
from tests.support.page_text import markup_of as text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

IDENTITY = {
    "name_en": "Lantern Tutors Limited",
    "name_zh": "燈籠補習有限公司",
    "registration_no": "5551234",
    "place": "Hong Kong",
}


# --- founding ----------------------------------------------------------------------------------------------------------


def test_nobody_founds_where_founding_is_closed(client, cast, settings):
    settings.OPEN_FOUNDING = False
    client.force_login(cast.owner)
    response = client.post(reverse("found"), IDENTITY)
    assert response.status_code == 403
    assert not Organisation.objects.filter(name_en="Lantern Tutors Limited").exists()


def test_a_founder_becomes_owner_and_sees_three_steps(client, settings, db):
    settings.OPEN_FOUNDING = True
    person = make_user("Lena Lantern")
    client.force_login(person)
    response = client.post(reverse("found"), IDENTITY, follow=True)
    founded = Organisation.objects.get(registration_no="5551234")
    assert response.redirect_chain == [(founded.get_absolute_url(), 302)]
    assert Membership.objects.get(organisation=founded).role == Role.OWNER
    assert [word for word in ("Step 1", "Step 2", "Step 3") if word in text_of(response)] == [
        "Step 1",
        "Step 2",
        "Step 3",
    ]
    assert 'lang="zh-Hant">燈籠補習有限公司' in text_of(response)


def test_a_registration_number_stands_once_and_the_typed_text_is_kept(client, settings, cast):
    settings.OPEN_FOUNDING = True
    make_organisation("Taken Limited", registration_no="5551234")
    client.force_login(cast.outsider)
    response = client.post(reverse("found"), IDENTITY)
    assert response.status_code == 200
    assert "Ask one of its owners to invite you" in response.context["form"].errors["registration_no"][0]
    assert 'value="Lantern Tutors Limited"' in text_of(response)


# --- the page and its changes ------------------------------------------------------------------------------------------

EVERYONE = ("owner", "contributor", "assigned", "viewer", "reviewer", "independent", "outsider", "staff")


@pytest.mark.parametrize(
    ("page", "statuses"),
    [
        ("organisation", (200, 200, 200, 200, 200, 404, 404, 404)),
        ("organisation_edit", (200, 403, 403, 403, 403, 404, 404, 404)),
        ("people", (200, 403, 403, 403, 403, 404, 404, 404)),
    ],
)
def test_who_opens_which_page(client, cast, page, statuses):
    for who, status in zip(EVERYONE, statuses, strict=True):
        client.force_login(getattr(cast, who))
        assert (who, client.get(reverse(page, args=[cast.organisation.reference])).status_code) == (who, status)


@pytest.mark.parametrize("who", ["assigned", "reviewer"])
def test_who_does_not_see_the_systems_is_not_told_their_names(client, cast, who):
    make_system(cast.organisation, name="Hush-hush helper")
    client.force_login(cast.owner)
    assert "Hush-hush helper" in text_of(client.get(cast.organisation.get_absolute_url()))
    client.force_login(getattr(cast, who))
    assert "Hush-hush helper" not in text_of(client.get(cast.organisation.get_absolute_url()))


def test_an_owner_changes_the_identity_and_old_names_are_recorded(client, cast):
    client.force_login(cast.owner)
    response = client.post(
        reverse("organisation_edit", args=[cast.organisation.reference]),
        {**IDENTITY, "name_en": "Harbourlight Health Limited"},
    )
    assert response.status_code == 302
    cast.organisation.refresh_from_db()
    assert cast.organisation.name_en == "Harbourlight Health Limited"
    entry = AuditEntry.objects.get(kind="organisation_changed", chain=cast.organisation.reference)
    assert '"old":{"contact":"","name_en":"Harbourlight Clinics Limited"' in entry.detail.detail


@pytest.mark.long
@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("page", ["organisation", "people"])
def test_pages_cost_the_same_for_few_and_for_many(client, cast, page):
    def cost():
        with CaptureQueriesContext(connection) as queries:
            assert client.get(reverse(page, args=[cast.organisation.reference])).status_code == 200
        return len(queries)

    client.force_login(cast.owner)
    make_use("low", cast.organisation)
    cost()
    few = cost()
    for _ in range(5):
        make_use("low", cast.organisation)
        make_member(Role.VIEWER, cast.organisation)
    assert cost() == few <= 15


# --- inviting and joining ----------------------------------------------------------------------------------------------


def invite(client, organisation, **data):
    return client.post(
        reverse("people", args=[organisation.reference]), {"email": "new@example.org", **data}, follow=True
    )


def link_in(message):
    return re.search(r"http://127\.0\.0\.1:8000(/invitations/\S+)", message.body)[1]


@pytest.mark.parametrize(
    ("access", "role", "sees"),
    [
        ("owner", Role.OWNER, Sees.ALL),
        ("contributor", Role.CONTRIBUTOR, Sees.ALL),
        ("assigned", Role.CONTRIBUTOR, Sees.ASSIGNED),
        ("viewer", Role.VIEWER, Sees.ALL),
        ("reviewer", Role.REVIEWER, Sees.ALL),
    ],
)
def test_an_invitation_goes_out_by_mail_and_is_joined_once(client, cast, access, role, sees):
    client.force_login(cast.owner)
    response = invite(client, cast.organisation, access=access)
    assert "new@example.org" in text_of(response)
    (message,) = mail.outbox
    assert message.to == ["new@example.org"]
    link = link_in(message)
    newcomer = make_user("Nora Newcomer", email="new@example.org")
    client.force_login(newcomer)
    assert "Olivia Owner invites you to join Harbourlight Clinics Limited" in text_of(client.get(link))
    assert not Membership.objects.filter(user=newcomer).exists()
    assert client.post(link).status_code == 302
    membership = Membership.objects.get(user=newcomer)
    assert (membership.role, membership.sees) == (role, sees)
    assert client.get(link).status_code == 404


def test_somebody_signed_out_may_sign_up_with_an_invitation_and_comes_back(client, cast, settings):
    settings.OPEN_FOUNDING = False
    assert "password1" not in text_of(client.get(reverse("account_signup")))
    _invitation, token = members.invite(cast.organisation, by=cast.owner, email="new@example.org", role=Role.VIEWER)
    link = reverse("invitation", args=[token])
    page = text_of(client.get(link))
    assert f"{reverse('account_signup')}?next={link.replace('/', '%2F')}" in page
    assert f"{reverse('account_login')}?next={link.replace('/', '%2F')}" in page
    assert client.session[INVITATION_KEY] == token
    signed_up = client.post(
        f"{reverse('account_signup')}?next={link}",
        {"name": "Nora Newcomer", "email": "new@example.org", "password1": "a lantern on the water", "next": link},
    )
    assert signed_up.url == reverse("account_email_verification_sent")
    code = re.search(r"^[A-Z0-9-]{6,}$", mail.outbox[-1].body, re.MULTILINE)[0]
    confirmed = client.post(signed_up.url, {"code": code, "next": link})
    assert (confirmed.status_code, confirmed.url) == (302, link)
    assert client.post(link).status_code == 302
    assert Membership.objects.get(user__email="new@example.org").role == Role.VIEWER
    assert INVITATION_KEY not in client.session


def test_a_signed_out_post_joins_nobody(client, cast):
    _invitation, token = members.invite(cast.organisation, by=cast.owner, email="new@example.org", role=Role.VIEWER)
    client.post(reverse("invitation", args=[token]))
    assert Invitation.objects.get().accepted_at is None


def test_an_invitation_that_ran_out_says_so(client, cast):
    invitation, token = members.invite(cast.organisation, by=cast.owner, email="new@example.org", role=Role.OWNER)
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=timezone.now() - timedelta(days=1))
    response = client.get(reverse("invitation", args=[token]))
    assert response.status_code == 404
    assert "can no longer be used" in text_of(response)
    assert "Harbourlight" not in text_of(response)


def test_an_invitation_never_changes_the_role_of_a_member(client, cast):
    _invitation, token = members.invite(cast.organisation, by=cast.owner, email="new@example.org", role=Role.VIEWER)
    client.force_login(cast.owner)
    assert "already a member of this organisation" in text_of(
        client.post(reverse("invitation", args=[token]), follow=True)
    )
    assert Membership.objects.get(user=cast.owner, organisation=cast.organisation).role == Role.OWNER
    assert Invitation.objects.get().accepted_at is None


def test_a_member_is_not_invited_again_and_the_address_stays_typed(client, cast):
    client.force_login(cast.owner)
    response = invite(client, cast.organisation, email=cast.viewer.email, access="owner")
    assert "A member already has the address" in response.context["form"].errors["email"][0]
    assert f"{cast.viewer.email}</textarea>" in text_of(response)
    assert mail.outbox == []


def test_several_are_invited_at_once_with_a_note(client, cast):
    client.force_login(cast.owner)
    typed = "first@example.org\n\n second@example.org,\nFIRST@example.org\n"
    invite(client, cast.organisation, email=typed, access="viewer", note="For the audit in May.")
    assert [message.to for message in mail.outbox] == [["first@example.org"], ["second@example.org"]]
    assert all("For the audit in May." in message.body for message in mail.outbox)
    assert set(Invitation.objects.values_list("email", "role", "note")) == {
        ("first@example.org", "viewer", "For the audit in May."),
        ("second@example.org", "viewer", "For the audit in May."),
    }
    client.logout()
    assert "For the audit in May." in text_of(client.get(link_in(mail.outbox[0])))


def test_what_is_wrong_with_one_address_names_its_line_and_nobody_is_invited(client, cast):
    members.invite(cast.organisation, by=cast.owner, email="already@example.org", role=Role.VIEWER)
    client.force_login(cast.owner)
    typed = f"good@example.org\nno address\n{cast.viewer.email}\nAlready@example.org"
    response = invite(client, cast.organisation, email=typed, access="viewer")
    assert response.context["form"].errors["email"] == ["Line 2: “no address” is not an email address."]
    response = invite(client, cast.organisation, email=typed.replace("no address", ""), access="viewer")
    member, again = response.context["form"].errors["email"]
    assert member.startswith("Line 3: ")
    assert "A member already has the address" in member
    assert again.startswith("Line 4: Already@example.org was invited on ")
    assert Invitation.objects.count() == 1
    assert mail.outbox == []
    many = "\n".join(f"person{n}@example.org" for n in range(21))
    assert "at most twenty" in text_of(invite(client, cast.organisation, email=many, access="viewer"))
    assert invite(client, cast.organisation, email=" \n ", access="viewer").context["form"].errors["email"]
    assert Invitation.objects.count() == 1


def test_somebody_invited_already_may_be_invited_again_once_that_one_ran_out(client, cast):
    client.force_login(cast.owner)
    invite(client, cast.organisation, access="viewer")
    said = text_of(invite(client, cast.organisation, access="owner"))
    assert "new@example.org was invited on" in said
    Invitation.objects.update(expires_at=timezone.now() - timedelta(days=1))
    invite(client, cast.organisation, access="owner")
    assert Invitation.objects.count() == 2


def test_where_no_mail_leaves_the_owner_gets_the_link(client, cast, monkeypatch):
    def refuse(*args, **kwargs):
        raise ConnectionRefusedError("no server")

    monkeypatch.setattr("assessments.notifications.mail.hand_over", refuse)
    client.force_login(cast.owner)
    assert "/invitations/" in text_of(invite(client, cast.organisation, access="viewer"))
    assert Invitation.objects.count() == 1


def test_reviewers_of_the_reviewing_body_invite_and_remove_reviewers(client, cast):
    client.force_login(cast.independent)
    assert client.get(reverse("people", args=[cast.body.reference])).status_code == 200
    invite(client, cast.body, access="reviewer")
    assert Invitation.objects.get().role == Role.REVIEWER
    assert invite(client, cast.body, email="b@example.org", access="owner").context["form"].errors["access"]
    other = Membership.objects.get(user=cast.second_independent)
    client.post(reverse("member_remove", args=[cast.body.reference, other.pk]))
    other.refresh_from_db()
    assert other.left_at
    own = Membership.objects.get(user=cast.independent)
    assert "The last reviewer cannot leave" in text_of(
        client.post(reverse("member_remove", args=[cast.body.reference, own.pk]))
    )


# --- leaving -----------------------------------------------------------------------------------------------------------


def test_removing_asks_first_and_closes_the_door(client, cast):
    member = Membership.objects.get(user=cast.viewer)
    page = reverse("member_remove", args=[cast.organisation.reference, member.pk])
    client.force_login(cast.owner)
    assert "Remove Victor Viewer?" in text_of(client.get(page))
    member.refresh_from_db()
    assert member.left_at is None
    assert client.post(page).url == reverse("people", args=[cast.organisation.reference])
    client.force_login(cast.viewer)
    assert client.get(cast.organisation.get_absolute_url()).status_code == 404


def test_the_last_owner_stays(client, cast):
    member = Membership.objects.get(user=cast.owner, organisation=cast.organisation)
    client.force_login(cast.owner)
    response = client.post(reverse("member_remove", args=[cast.organisation.reference, member.pk]))
    assert "The last owner cannot leave" in text_of(response)
    member.refresh_from_db()
    assert member.left_at is None


def test_a_member_of_another_organisation_cannot_be_removed_from_here(client, cast):
    stranger = Membership.objects.get(user=cast.outsider)
    client.force_login(cast.owner)
    assert client.post(reverse("member_remove", args=[cast.organisation.reference, stranger.pk])).status_code == 404
    stranger.refresh_from_db()
    assert stranger.left_at is None


@pytest.mark.parametrize("who", ["contributor", "viewer", "reviewer"])
def test_only_owners_remove(client, cast, who):
    member = Membership.objects.get(user=cast.assigned)
    client.force_login(getattr(cast, who))
    assert client.post(reverse("member_remove", args=[cast.organisation.reference, member.pk])).status_code == 403
    member.refresh_from_db()
    assert member.left_at is None
