"""Who may open what, and who may do what: every row of `tests/access_table/` is tried.

An address without a row fails the first test; so does a row without an address.
"""

from __future__ import annotations

import uuid
from collections import Counter
from collections.abc import Iterator
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urljoin

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext, override_settings
from django.urls import get_resolver, resolve, reverse

from assessments.models import Assignment, Hold, Membership, Message, Submission, User
from tests.support.daily import first_of_each, mostly_long
from tests.support.factories import proved, undone
from tests.support.filled_forms import filled
from tests.support.kept_world import world_of_the_run
from tests.support.world import NEIGHBOUR, QUESTION, SECTION, World, person
from tests.system.access_table import ACCOUNTS, FORMS, OPENED, OURS, POSTED, READ_ONLY, ROLES, names_of
from tests.system.access_table.answers import changes, spoken, spoken_of_a_form
from tests.system.access_table.words import ACCEPTED, SHOWN, Access, access

pytestmark = [pytest.mark.sqlite_alone, pytest.mark.slow_first(11)]


def test_every_address_has_its_row():
    assert sorted(OPENED) == OURS
    assert sorted(POSTED.keys() | READ_ONLY) == OURS
    assert POSTED.keys() & READ_ONLY == set()


@pytest.mark.parametrize("table", [OPENED, POSTED], ids=["opened", "posted"])
def test_every_row_speaks_of_every_role(table):
    assert [(name, what) for name, rows in table.items() for what, row in rows.items() if list(row) != ROLES] == []


@pytest.mark.parametrize("groups", [{"shown": ["owner", "owner"]}, {"shown": ["owner"], "hidden": ["owner"]}])
def test_a_role_named_twice_in_a_row_is_refused(groups):
    with pytest.raises(ValueError, match="named twice"):
        access(**groups)


def test_an_unknown_role_in_a_row_is_refused():
    with pytest.raises(ValueError, match="unknown"):
        access(shown=["auditor"])


# --- one data set for the module ----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def world(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The data of tests/support/world.py, in a transaction around every test of this module."""
    media = override_settings(MEDIA_ROOT=tmp_path_factory.getbasetemp() / "media")
    with django_db_blocker.unblock(), media, undone():
        yield world_of_the_run()


@pytest.fixture(scope="module")
def clients(world: World, django_db_blocker: Any) -> dict[str, Client]:
    """A browser for each role, signed in where the role has a person."""
    found = {}
    for role in ROLES:
        client = Client()
        user = person(world, role)
        if user is not None:
            proved(client, user)
        found[role] = client
    return found


def rows_of(table: dict[str, dict[str, Access]]) -> list[Any]:
    """The rows of a table; daily the first of each rule (who gets what) and of every sixth address."""
    rows = [
        pytest.param(name, what, row, id=f"{name}-{what}")
        for name, whats in table.items()
        for what, row in whats.items()
    ]
    firsts = first_of_each(rows, lambda row: row.values[0])
    rules = first_of_each(rows, lambda row: tuple(row.values[2].items()))
    return mostly_long(rows, [*firsts[::6], *rules])


@pytest.mark.few_a_day(14)
@pytest.mark.django_db
@pytest.mark.parametrize(("name", "what", "row"), rows_of(OPENED))
def test_who_may_open(name, what, row, world, clients):
    url = reverse(name, args=world.places[what])
    found = {}
    for role in ROLES:
        with undone():
            found[role] = spoken(clients[role].get(url))
    assert found == row


@pytest.mark.few_a_day(12)
@pytest.mark.django_db
@pytest.mark.parametrize(("name", "what", "row"), rows_of(POSTED))
def test_who_may_post_and_a_refused_post_writes_nothing(name, what, row, world, clients):
    url = reverse(name, args=world.places[what])
    found, written = {}, {}
    for role in ROLES:
        with undone(), CaptureQueriesContext(connection) as queries:
            found[role] = spoken_of_a_form(clients[role].post(url, FORMS.get(what, {})))
        if found[role] != ACCEPTED and changes(queries):
            written[role] = changes(queries)
    assert found == row
    assert written == {}


@pytest.mark.few_a_day(16)
@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(READ_ONLY))
def test_a_read_only_address_writes_nothing_whatever_is_posted(name, world, clients):
    written = {}
    for role in ("outsider", "owner", "independent"):
        for what in OPENED[name]:
            with undone(), CaptureQueriesContext(connection) as queries:
                clients[role].post(reverse(name, args=world.places[what]), {"note": "x", "state": "certified"})
            if changes(queries):
                written[role, what] = changes(queries)
    assert written == {}


# --- nobody's pages show what a neighbour owns -----------------------------------------------------------------------------


LISTS = [
    "evidence",
    "dashboard",
    "assessments",
    "actions",
    "organisation_actions",
    "actions_export",
    "certificates",
    "systems",
    "systems_export",
    "reviews",
]


@pytest.mark.few_a_day(3)
@pytest.mark.django_db
@pytest.mark.parametrize("name", LISTS)
def test_no_list_shows_anything_of_a_neighbour(name, world, clients):
    for role in ROLES:
        response = clients[role].get(reverse(name), follow=True)
        assert NEIGHBOUR not in response.content.decode(), role


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("assessments", "use"),
        ("certificates", "use"),
        ("systems", "assistant"),
        ("systems_export", "use"),
        ("actions", "action"),
        ("evidence", "piece"),
    ],
)
def test_the_neighbour_sees_it_there(name, shown, world):
    """Without this the test above could pass on lists that show nothing."""
    client = Client()
    client.force_login(Membership.objects.filter(organisation=world.neighbour, role="owner")[0].user)
    content = client.get(reverse(name)).content.decode()
    assert f"{NEIGHBOUR} {shown}" in content
    assert "Booking and urgency sorting" not in content


@pytest.mark.django_db
def test_a_reviewer_of_the_reviewing_body_sees_what_was_sent_to_it_and_every_high_case(world, clients):
    content = clients["independent"].get(reverse("reviews")).content.decode()
    (inside,), (high,), (sent,) = (
        world.places[f"submission {name}"] for name in ("in-house", "High in review", "submitted")
    )
    assert reverse("review", args=[sent]) in content
    assert reverse("review", args=[high]) in content
    assert reverse("review", args=[inside]) not in content


# --- links -------------------------------------------------------------------------------------------------------------------


class Links(HTMLParser):
    """The addresses that a page leads to, and the places on it."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.to, self.places = set[str](), set[str]()
        self.feed(content)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        if named.get("id"):
            self.places.add(named["id"] or "")
        if tag == "a" and named.get("href"):
            self.to.add(named["href"] or "")


@pytest.mark.few_a_day(1)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "links"),
    [
        *(pytest.param(role, 4, marks=pytest.mark.long) for role in ("anonymous", "viewer", "contributor", "owner")),
        *(pytest.param(role, 4, marks=pytest.mark.long) for role in ("assigned", "in-house", "independent")),
        ("anonymous", 1),
        ("assigned", 1),
        pytest.param("independent", 1, marks=pytest.mark.long),
    ],
)
def test_no_page_leads_its_reader_astray(role, links, world, clients):
    """So many links of a kind from each page: none leads to a refusal, and each named place is on the page it leads to."""
    seen: dict[str, HttpResponse] = {}

    def get(path: str) -> HttpResponse:
        if path not in seen:
            response = clients[role].get(path)
            if response.status_code == 302 and not leaves(response):
                response = clients[role].get(urljoin(path, response["Location"]), follow=True)
            seen[path] = response
        return seen[path]

    def leaves(response: HttpResponse) -> bool:
        """Whether it leads to another site, as evidence does that is a link."""
        return response.get("Location", "").startswith("http")

    astray = set()
    for name, rows in OPENED.items():
        for what, row in rows.items():
            if row[role] != SHOWN or name.startswith("document"):
                continue
            here = reverse(name, args=world.places[what])
            kinds = Counter[str]()
            if get(here).streaming:  # a file
                continue
            for link in sorted(Links(get(here).content.decode()).to):
                path, _hash, place = urljoin(here, link).partition("#")
                if not path.startswith("/"):
                    continue
                kind = resolve(path.partition("?")[0]).view_name
                kinds[kind] += 1
                if kinds[kind] > links or kind.startswith(("document", "account_")):
                    continue
                if kind == "review_evidence" and clients[role].get(path).status_code == 302:
                    continue  # a piece of evidence that is an address of somebody else's
                there = get(path)
                if leaves(there):
                    continue
                if there.status_code != 200:
                    astray.add(f"{name} of {what or 'all'} leads to {kind} ({link}): {there.status_code}")
                elif place and place not in Links(there.content.decode()).places:
                    astray.add(f"{name} of {what or 'all'} leads to a place that {kind} lacks: {link}")
    assert not astray, "\n".join(sorted(astray))


# --- references that belong to somebody else -------------------------------------------------------------------------------


def post_as(
    clients: dict[str, Client], role: str, name: str, args: tuple[Any, ...], data: dict[str, Any]
) -> tuple[str, list[str]]:
    with CaptureQueriesContext(connection) as queries:
        response = clients[role].post(reverse(name, args=args), data)
    return spoken(response), changes(queries)


def answered(question: str, choice: str = "in_place") -> dict[str, Any]:
    return {
        f"{question}--choice": choice,
        f"{question}--text": "Taken over.",
        f"{question}--base": 0,
        f"{question}--operation": str(uuid.uuid4()),
    }


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "name", "what", "data", "status"),
    [
        ("owner", "answer", "neighbour's draft, question", answered(QUESTION), "404"),
        ("owner", "section", "neighbour's draft, section", answered(QUESTION), "404"),
        ("assigned", "answer", "draft, question of another section", answered("known-failures", "unknown"), "404"),
        ("viewer", "answer", "draft, question", answered(QUESTION), "403"),
        ("owner", "facts", "use of the neighbour's draft, facts on prohibited uses", {"illegal_purpose": "no"}, "404"),
        ("owner", "agree", "use of the neighbour's draft", {"reason": "I agree."}, "404"),
        ("owner", "recall", "neighbour's submitted", {}, "404"),
        ("owner", "withdraw", "neighbour's submitted", {"reason": "Not needed."}, "404"),
        ("owner", "action", "neighbour's action", {"note": "Done."}, "404"),
        ("owner", "member_remove", "membership of the neighbour", {}, "404"),
        ("owner", "reset_factor", "membership of the neighbour", {}, "404"),
        ("independent", "take", "submission neighbour's submitted", {"conflict": "none"}, "404"),
        ("independent", "take", "submission in-house", {"conflict": "none"}, "404"),
        ("in-house", "take", "submission neighbour's submitted", {"conflict": "none"}, "404"),
        ("independent", "close_hold", "neighbour's hold", {"decision": "Advised by counsel."}, "404"),
        ("independent", "judge_tier", "submission neighbour's submitted", {"tier": "high", "reason": "Why."}, "404"),
        ("owner", "hold", "neighbour's hold of a use", {"attach": "x"}, "404"),
        ("owner", "what_changed", "neighbour's submitted", {"kinds": "model", "words": "New."}, "404"),
        ("contributor", "hold", "hold of the use", {"owner": 1, "due": "2030-01-01"}, "403"),
        (
            "independent",
            "mark",
            "submission neighbour's submitted",
            {"target": f"q:{QUESTION}", "mark": "accepted"},
            "404",
        ),
        ("in-house", "mark", "submission in review", {"target": f"q:{QUESTION}", "mark": "accepted"}, "403"),
        ("in-house", "refuse", "submission in review", {"statement": "No."}, "403"),
        ("owner", "mark", "submission in review", {"target": f"q:{QUESTION}", "mark": "accepted"}, "404"),
    ],
    ids=lambda value: value if isinstance(value, str) and "-" not in value[:1] else None,
)
def test_what_belongs_to_somebody_else_stays_as_it_is(role, name, what, data, status, world, clients):
    assert post_as(clients, role, name, world.places[what], data) == (status, [])


@pytest.mark.django_db
def test_nobody_opens_a_line_of_somebody_else_s_inbox(world, clients):
    line = Message.objects.filter(recipient=world.cast.independent)[0]
    assert post_as(clients, "owner", "dashboard", (), {"message": line.pk}) == ("404", [])


@pytest.mark.django_db
def test_a_section_is_not_assigned_to_a_stranger(world, clients):
    stranger = Membership.objects.filter(organisation=world.neighbour)[0]
    before = Assignment.objects.count()
    status, _written = post_as(clients, "owner", "assign", world.places["draft, section"], {"member": stranger.pk})
    assert (status, Assignment.objects.count()) == ("200", before)


@pytest.mark.django_db
def test_an_owner_registers_nothing_for_another_organisation(world, clients):
    data = {"organisation": world.neighbour.reference, "name": "Planted", "parts": ["is_user"], "is_user": "on"}
    post_as(clients, "owner", "system_new", (), data)
    assert not world.neighbour.systems.filter(name="Planted").exists()


@pytest.mark.django_db
def test_a_mark_for_something_that_is_not_in_the_submission_is_not_kept(world, clients):
    submission = Submission.objects.get(reference=world.places["submission in review"][0])
    before = submission.marks.count()
    for target in ("q:no-such-question", "f:no_such_fact", "", f"x:{QUESTION}"):
        post_as(clients, "independent", "mark", (submission.reference,), {"target": target, "mark": "accepted"})
    assert submission.marks.count() == before


@pytest.mark.django_db
def test_a_hold_is_not_closed_through_another_case(world, clients):
    hold = Hold.objects.get(pk=world.places["hold"][1])
    through = (world.places["submission in review"][0], hold.pk)
    assert post_as(clients, "independent", "close_hold", through, {"decision": "Advised by counsel."}) == ("404", [])


# --- accounts, administration, and the person behind the screen ------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "row"), ACCOUNTS.items(), ids=list(ACCOUNTS))
def test_who_may_open_accounts_and_administration(name, row, clients):
    people = {"anonymous": "anonymous", "member": "contributor", "staff": "staff"}
    assert {who: spoken(clients[role].get(reverse(name))) for who, role in people.items()} == row


def test_every_account_page_without_a_key_in_its_address_has_its_row():
    names = set(names_of(get_resolver("allauth.urls").url_patterns))
    with_a_key = {
        "account_confirm_email",
        "account_reset_password_from_key",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
    }
    assert {name for name in ACCOUNTS if not name.startswith("admin")} == names - with_a_key


@pytest.mark.django_db
def test_staff_see_states_in_the_administration_and_change_none(clients, world):
    """Every page of the administration that changes one of our rows is closed, superuser or not."""
    names = {name for name in names_of(get_resolver().url_patterns) if name.startswith("admin:assessments_")}
    open_ones = set()
    for name in sorted(n for n in names if n.endswith("_add")):
        if clients["staff"].get(reverse(name)).status_code == 200:
            open_ones.add(name)
    assert open_ones == set()


@pytest.mark.django_db
def test_somebody_who_left_is_a_stranger_at_once(world, clients):
    Membership.objects.filter(user=world.cast.contributor).update(left_at="2026-01-01T00:00:00Z")
    for name, what in (("assessment", "draft"), ("use", "use of the draft"), ("organisation", "organisation")):
        assert spoken(clients["contributor"].get(reverse(name, args=world.places[what]))) == "404"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "name", "what"),
    [
        ("owner", "sign", "ready draft"),
        ("owner", "self_certify", "Low draft"),
        ("owner", "declare_prohibited", "prohibited draft"),
        ("owner", "sign_worst_case", "provisional use"),
        ("independent", "approve", "submission marked"),
        ("independent", "appeal", "appeal"),
        ("independent", "refuse", "submission in review"),
        ("independent", "take_back_approval", "submission two seats"),
    ],
)
def test_what_binds_the_organisation_asks_for_the_password_again(role, name, what, world):
    user = person(world, role)
    assert isinstance(user, User)
    user.set_password("correct horse battery staple")
    user.save()
    client = Client()
    client.force_login(user)
    url = reverse(name, args=world.places[what])
    page = client.get(url)
    assert client.post(url, {}).status_code == 200  # a form that is not right comes back before anybody is asked
    response = client.post(url, filled(page.context["form"]))
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("account_reauthenticate"))


@pytest.mark.django_db
def test_an_assigned_section_is_all_that_is_shown(world, clients):
    content = clients["assigned"].get(reverse("assessment", args=world.places["draft"])).content.decode()
    assert reverse("section", args=world.places["draft, section"]) in content
    assert reverse("section", args=world.places["draft, another section"]) not in content
    assert SECTION in reverse("section", args=world.places["draft, section"])
