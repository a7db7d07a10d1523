"""Which passwords are taken: none that is guessed first (check 48, F25), at sign-up, change and reset alike."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse

from assessments.domain.register import members
from assessments.models import Organisation, Role, User
from tests.support.factories import PASSWORD, make_member
from tests.system.security.doors import (
    confirm_it_is_me,
    follow_reset,
    given_password,
    link_in,
    mails_to,
    sign_up,
    signed_in,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

WEAK = ["123456789012", "aaaaaaaaaaaa", "Noor Begum 12", "P@ssw0rd2026!", "harbourlight"]
MORE = [
    "Harbourlight2026!",
    "harbour-clinics",
    "hkguide-hkguide",
    "HongKong12345",
    "welcome-2026",
    "pass",
    "港燈診所港燈診所港燈診所",
]
GOOD = ["a lantern on the water", "correct horse battery staple", "harbourlight otter moss", "tR7#kq-Vw02&zz"]


@pytest.fixture
def noor(cast):
    member = make_member(Role.CONTRIBUTOR, cast.organisation, "Noor Begum")
    return given_password(member.user)


@pytest.mark.few_a_day(4)
@pytest.mark.parametrize("password", [*WEAK, *MORE])
def test_what_is_guessed_first_is_refused_at_every_door(noor, password):
    client = signed_in(noor)
    answered = client.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": password, "password2": password},
    )
    assert answered.status_code == 200
    assert answered.context["form"].errors["password1"]
    Client().post(reverse("account_reset_password"), {"email": noor.email})
    assert follow_reset(Client(), link_in(mails_to(noor.email)[-1]), password).status_code == 200
    noor.refresh_from_db()
    assert noor.check_password(PASSWORD)


@pytest.mark.parametrize("password", GOOD)
def test_a_good_one_is_taken(noor, password):
    validate_password(password, noor)


@pytest.mark.parametrize("password", WEAK)
def test_at_sign_up_the_name_and_the_inviting_organisation_count_too(cast, password):
    Organisation.objects.filter(pk=cast.organisation.pk).update(name_en="Harbourlight Limited")
    _invitation, token = members.invite(cast.organisation, by=cast.owner, email="noor@example.org", role=Role.VIEWER)
    client = Client()
    client.get(reverse("invitation", args=[token]))
    answered = sign_up(client, "noor@example.org", name="Noor Begum", password=password)
    assert answered.status_code == 200
    assert answered.context["form"].errors["password1"]
    assert not User.objects.filter(email="noor@example.org").exists()


def test_each_refusal_says_what_to_do_without_a_framework_s_name(noor):
    for password in WEAK:
        with pytest.raises(ValidationError) as refused:
            validate_password(password, noor)
        assert all(message.endswith(".") for message in refused.value.messages)


def test_a_change_needs_the_present_password(noor):
    client = signed_in(noor)
    confirm_it_is_me(client)
    data = {"oldpassword": "not it", "password1": GOOD[0], "password2": GOOD[0]}
    assert client.post(reverse("account_change_password"), data).status_code == 200
    noor.refresh_from_db()
    assert noor.check_password(PASSWORD)
