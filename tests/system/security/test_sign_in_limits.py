"""How often somebody may try: a person, an address, a known browser; behind a proxy, and at the administration's door."""

from __future__ import annotations

import pytest
from django.conf import settings as given
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from tests.support.factories import PASSWORD
from tests.system.security.doors import confirm_it_is_me, is_in, reset_password, sign_in, signed_in, with_password

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

TOO_MANY = "Too many failed login attempts"
WRONG = "not the password at all"


@pytest.fixture(autouse=True)
def _nothing_counted():
    cache.clear()


@pytest.fixture
def proxied(settings):
    settings.BEHIND_PROXY = True
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1


def tries(times, email="", **extra):
    """Wrong passwords, each from a browser of its own; for one person, or for another each time."""
    return [sign_in(Client(), email or f"nobody{n}@x.example", WRONG, **extra).content.decode() for n in range(times)]


# --- checks 37 and 38 ------------------------------------------------------------------------------------------------------


def test_five_wrong_passwords_close_the_door_to_a_person_however_the_address_is_written():
    user = with_password(email="petra@example.org")
    for email in (
        "petra@example.org",
        "PETRA@example.org",
        "Petra@Example.org",
        " petra@example.org ",
        "petra@example.org",
    ):
        sign_in(Client(), email, WRONG)
    client = Client()
    assert TOO_MANY in sign_in(client, user.email, PASSWORD).content.decode()
    assert not is_in(client)


def test_naming_other_ports_or_hosts_gives_no_further_tries():
    user = with_password()
    for port in range(5):
        sign_in(Client(), user.email, WRONG, HTTP_HOST=f"localhost:{port + 1}")
    assert TOO_MANY in sign_in(Client(), user.email, PASSWORD, HTTP_HOST="localhost:99").content.decode()


def test_ten_wrong_passwords_a_minute_close_the_door_to_a_client_address_and_to_no_other():
    tries(10, REMOTE_ADDR="203.0.113.9")
    user = with_password()
    assert TOO_MANY in sign_in(Client(), user.email, PASSWORD, REMOTE_ADDR="203.0.113.9").content.decode()
    assert sign_in(Client(), user.email, PASSWORD, REMOTE_ADDR="198.51.100.77").status_code == 302


def test_a_forged_header_gives_no_further_tries_where_there_is_no_proxy():
    user = with_password()
    for n in range(10):
        sign_in(Client(), f"nobody{n}@x.example", WRONG, HTTP_X_FORWARDED_FOR=f"198.51.100.{n}")
    assert TOO_MANY in sign_in(Client(), user.email, PASSWORD, HTTP_X_FORWARDED_FOR="192.0.2.1").content.decode()


def test_behind_a_proxy_each_client_has_its_own_limit(proxied):
    tries(10, REMOTE_ADDR="10.0.0.1", HTTP_X_FORWARDED_FOR="203.0.113.9")
    user = with_password()
    proxy = {"REMOTE_ADDR": "10.0.0.1"}
    forged = {"HTTP_X_FORWARDED_FOR": "198.51.100.77, 203.0.113.9"}  # the last is what the proxy wrote
    assert TOO_MANY in sign_in(Client(), user.email, PASSWORD, **proxy, **forged).content.decode()
    own = {"HTTP_X_FORWARDED_FOR": "198.51.100.77"}
    assert sign_in(Client(), user.email, PASSWORD, **proxy, **own).status_code == 302


def test_the_settings_let_the_limits_see_the_client_behind_a_proxy():
    assert (1 if given.BEHIND_PROXY else 0) == given.ALLAUTH_TRUSTED_PROXY_COUNT


@pytest.mark.long
def test_who_signs_in_often_from_one_address_is_not_held_up_by_success():
    user = with_password()
    assert [sign_in(Client(), user.email, PASSWORD).status_code for _n in range(12)] == [302] * 12


# --- a person whom strangers cannot lock out -----------------------------------------------------------------------------


def test_a_known_browser_lets_its_person_in_whatever_strangers_try():
    user = with_password()
    home = signed_in(user)
    home.post(reverse("account_logout"))
    tries(12, user.email)  # the person's limit and that of the address that all of them share
    assert TOO_MANY in sign_in(Client(), user.email, PASSWORD).content.decode()
    assert sign_in(home, user.email, PASSWORD).status_code == 302
    assert is_in(home)


def test_who_works_here_can_confirm_that_it_is_them_whatever_strangers_try():
    user = with_password()
    client = signed_in(user)
    del client.cookies[given.KNOWN_DEVICE_COOKIE]
    tries(12, user.email)
    assert confirm_it_is_me(client).status_code == 302


def test_a_known_browser_has_a_limit_too_and_only_for_its_person():
    user, other = with_password(), with_password("Otto Other")
    home = signed_in(user)
    home.post(reverse("account_logout"))
    for _n in range(5):
        assert TOO_MANY not in sign_in(home, user.email, WRONG).content.decode()
    assert TOO_MANY in sign_in(home, user.email, PASSWORD).content.decode()
    tries(5, other.email)
    assert TOO_MANY in sign_in(home, other.email, PASSWORD).content.decode()


def test_a_browser_is_no_longer_known_after_a_new_password_or_on_a_shared_computer():
    user = with_password()
    before = signed_in(user)
    before.post(reverse("account_logout"))
    after = Client()
    reset_password(after, user.email)
    tries(5, user.email)
    assert TOO_MANY in sign_in(before, user.email, PASSWORD).content.decode()
    assert sign_in(after, user.email, "a lantern on the water").status_code == 302  # who has reset it is known
    shared = Client()
    cache.clear()
    shared.post(reverse("account_login"), {"login": user.email, "password": "a lantern on the water", "shared": "on"})
    assert is_in(shared)
    assert given.KNOWN_DEVICE_COOKIE not in shared.cookies


def test_a_changed_cookie_makes_no_browser_known():
    user = with_password()
    home = signed_in(user)
    home.post(reverse("account_logout"))
    home.cookies[given.KNOWN_DEVICE_COOKIE] = home.cookies[given.KNOWN_DEVICE_COOKIE].value[:-2] + "xx"
    tries(5, user.email)
    assert TOO_MANY in sign_in(home, user.email, PASSWORD).content.decode()


def test_without_the_cache_nobody_is_let_in(monkeypatch):
    """What counts the tries is gone: the door stays closed."""
    user = with_password()

    def lost(*_arguments, **_named):
        raise ConnectionError("no cache")

    for name in ("add", "get", "set"):
        monkeypatch.setattr(cache, name, lost)
    client = Client(raise_request_exception=False)
    assert sign_in(client, user.email, PASSWORD).status_code == 500
    assert not is_in(client)


def test_the_shared_cache_keeps_the_limits_of_a_busy_hour():
    kept = given.CACHES["default"]
    assert "Redis" in kept["BACKEND"] or kept["OPTIONS"]["MAX_ENTRIES"] >= 50_000
    for n in range(1000):
        cache.set(f"flood:{n}", 1, 300)
    user = with_password()
    tries(5, user.email)
    for n in range(400):
        cache.set(f"flood-again:{n}", 1, 300)
    assert TOO_MANY in sign_in(Client(), user.email, PASSWORD).content.decode()


# --- check 39: the administration (F5) -------------------------------------------------------------------------------------


def test_the_administration_has_no_door_of_its_own():
    user = with_password("Stan Staff", is_staff=True, is_superuser=True)
    door = reverse("admin:login")
    for _n in range(6):
        answered = Client().post(door, {"username": user.email, "password": WRONG})
        assert answered.status_code == 302
        assert answered.url.startswith(reverse("account_login"))
    client = Client()
    client.post(door, {"username": user.email, "password": PASSWORD})
    assert client.get("/admin/").status_code == 302
    tries(5, user.email)
    assert TOO_MANY in sign_in(client, user.email, PASSWORD).content.decode()


def test_who_is_no_staff_is_refused_there():
    client = signed_in(with_password())
    assert client.get(reverse("admin:login")).status_code == 403
    assert client.get(reverse("admin:index")).status_code in (302, 403)


def test_staff_prove_themselves_anew_after_a_while_and_each_page_is_logged(settings):
    from tests.system.security.doors import logged

    user = with_password("Stan Staff", is_staff=True, is_superuser=True)
    client = signed_in(user)
    assert client.get("/admin/").status_code == 200
    assert client.get("/admin/assessments/edition/").status_code == 200
    assert [entry.detail.content()["page"] for entry in logged("staff_page")] == [
        "/admin/",
        "/admin/assessments/edition/",
    ]
    settings.STAFF_SECONDS = 0
    late = client.get("/admin/")
    assert late.status_code == 302
    assert late.url.startswith(reverse("account_reauthenticate"))
    assert len(logged("staff_page")) == 2
    settings.STAFF_SECONDS = 1800
    confirm_it_is_me(client)
    assert client.get("/admin/").status_code == 200
