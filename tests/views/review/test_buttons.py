"""A button is there exactly where its press succeeds: everybody, in every state, looks at the page and then presses.

What decides is asked of one rule of the domain by both. The scene is that of the attacks: members, reviewers of the
organisation and of the reviewing body, the delivery team turned reviewers, and strangers. A form is filled in fully, and
each piece of evidence is opened first where the person may open it, so that nothing but the rule can refuse.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from assessments.access import finders
from assessments.models import (
    ActionStatus,
    Assessment,
    AuditEntry,
    ConformityPart,
    Evidence,
    Interest,
    RemediationAction,
    ReviewSeat,
    Seat,
    SeatRequest,
    State,
    User,
)
from tests.support.acting import open_hold, open_pieces, supports
from tests.support.attacks import CONFLICTED, REVIEWERS, ROLES, SEATLESS, Place, Scene, of_action, of_submission
from tests.support.daily import mostly_long
from tests.support.factories import proved, undone
from tests.support.page_text import markup_of

TAKE_THIS, TAKE_OVER = ">Declare interests and take the case</span>", ">Declare interests and take over</span>"
SetUp = Callable[[Place, User], None]


def nothing(place: Place, user: User) -> None:
    """The place as it is."""


@dataclass(frozen=True)
class Button:
    """`shown`: what the page holds where the button is. `press`: what is posted. `seat`: given to each role first."""

    place: str
    url: Callable[[Place], str]
    shown: str
    press: Callable[[Place], dict[str, Any]]
    seat: str = ""
    set_up: SetUp = nothing
    nobody: bool = False  # in this state nobody may
    link: Callable[[Place], str] | None = None  # another page that leads to the button


def take(_place: Place) -> dict[str, Any]:
    return {"conflict": "none"}


def accept(place: Place) -> dict[str, Any]:
    return {"accept": "1"} | {f"verdict-{key}": "supports" for key in supports(place.action)}


def decline(_place: Place) -> dict[str, Any]:
    return {"missing": "The list of May.", "decline": "1"}


def refuse(_place: Place) -> dict[str, Any]:
    return {"because": "It applies to all clinics."}


def decide(outcome: str) -> Callable[[Place], dict[str, Any]]:
    return lambda _place: {"outcome": outcome, "decision": "Seen and in order."}


def of_hold(place: Place) -> str:
    return reverse("close_hold", args=[place.submission.reference, place.hold(place.extra["hold"]).pk])


def pieces_opened(place: Place, user: User) -> None:
    if place.submission.seats.filter(reviewer=user).exists() and finders.actions_to_check_for(user).exists():
        open_pieces(place.action, by=user)


def hold_opened(place: Place, user: User) -> None:
    submission = place.submission
    if finders.submissions_opened_to(user).filter(pk=submission.pk).exists():
        open_hold(place.hold(place.extra["hold"]), submission, by=user)


def oversees(place: Place, user: User) -> None:
    ConformityPart.objects.filter(use=place.assessment.use_id, key="overseers").update(rows=[{"member": str(user.pk)}])


def in_conflict(place: Place, user: User) -> None:
    pieces_opened(place, user)
    Interest.objects.create(assessment=place.assessment, reviewer=user, words="I sold it to them.")


def hold_in_conflict(place: Place, user: User) -> None:
    hold_opened(place, user)
    Interest.objects.create(assessment=place.assessment, reviewer=user, words="I sold it to them.")


def to_declare_again(place: Place, user: User) -> None:
    pieces_opened(place, user)
    ReviewSeat.objects.filter(submission=place.submission, reviewer=user).update(to_declare=True)


def evidence_withdrawn(place: Place, user: User) -> None:
    pieces_opened(place, user)
    uses = place.action.evidence_uses.values("evidence")
    Evidence.objects.filter(pk__in=uses).update(withdrawn_at=timezone.now())


def accepted_by_another(place: Place, user: User) -> None:
    pieces_opened(place, user)
    giver = place.people["first inside"]
    ReviewSeat.objects.filter(submission=place.submission, seat=Seat.FIRST).update(reviewer=giver)
    RemediationAction.objects.filter(pk=place.action.pk).update(accepted_by=giver, accepted_at=timezone.now())


def accepted_by_oneself(place: Place, user: User) -> None:
    pieces_opened(place, user)
    RemediationAction.objects.filter(pk=place.action.pk).update(accepted_by=user, accepted_at=timezone.now())


def set_aside(place: Place, user: User) -> None:
    RemediationAction.objects.filter(pk=place.action.pk).update(
        status=ActionStatus.NOT_RELEVANT,
        irrelevant_reason="The head office does this.",
        irrelevant_by=place.people["owner"],
        irrelevant_at=timezone.now(),
    )


def in_state(state: str, then: SetUp = nothing) -> SetUp:
    def bring(place: Place, user: User) -> None:
        then(place, user)
        Assessment.objects.filter(pk=place.assessment.pk).update(state=state)

    return bring


def handed_over(place: Place, user: User) -> None:
    held = place.submission.seats.get(seat=Seat.FIRST)
    SeatRequest.objects.create(
        submission=place.submission, seat=Seat.FIRST, holder=held.reviewer, to=user, by=held.reviewer, note="Half done."
    )


def handed_over_to_an_overseer(place: Place, user: User) -> None:
    handed_over(place, user)
    oversees(place, user)


def handed_over_in(state: str) -> SetUp:
    return in_state(state, handed_over)


TAKING = {"url": of_submission("take"), "shown": TAKE_THIS, "press": take, "link": of_submission("review")}
OVER = {"url": of_submission("take"), "shown": TAKE_OVER, "press": take, "link": of_submission("review")}
ACCEPTING = {"url": of_action, "shown": 'name="accept"', "press": accept, "set_up": pieces_opened}
DECLINING = {"url": of_action, "shown": 'name="decline"', "press": decline}
REFUSING = {"url": of_action, "shown": "Reject the reason", "press": refuse}
DECIDING = {"url": of_hold, "shown": "Save the decision", "set_up": hold_opened}
FIRST, SECOND = {"seat": Seat.FIRST}, {"seat": Seat.SECOND}

BUTTONS: dict[str, Button] = {
    "take the first seat": Button("submitted", **TAKING),
    "take the first seat, within the organisation": Button("submitted inside", **TAKING),
    "take the second seat": Button("High", **TAKING),
    "take the second seat of a case sent inside": Button(
        "High, approved once",
        **TAKING,
        set_up=lambda place, _user: place.submission.seats.filter(seat="second").delete(),
    ),
    "take the second seat as an overseer": Button("High", **TAKING, set_up=oversees, nobody=True),
    "take a Limited case that is taken": Button("in review", **TAKING, nobody=True),
    "take a returned case": Button("returned", **TAKING, nobody=True),
    "take a recalled case": Button("submitted", **TAKING, set_up=in_state(State.DRAFT), nobody=True),
    "take a decided case": Button("approved", **TAKING, nobody=True),
    "take over a seat": Button("in review", **OVER, set_up=handed_over),
    "take over a seat of a High case": Button("High", **OVER, set_up=handed_over),
    "take over a seat as an overseer": Button("High", **OVER, set_up=handed_over_to_an_overseer, nobody=True),
    "take over a seat of a returned case": Button("in review", **OVER, set_up=handed_over_in("returned"), nobody=True),
    "take the second seat once the first was handed over no more": Button(
        "High, approved once", **TAKING, set_up=handed_over
    ),
    "accept an action": Button("approved", **ACCEPTING, **FIRST),
    "accept an action without a seat": Button("approved", **ACCEPTING, nobody=True),
    "accept an action of what was self-declared": Button("Low, certified", **ACCEPTING),
    "accept an action of a self-declaration that is over": Button(
        "Low, certified", **{**ACCEPTING, "set_up": in_state(State.SUPERSEDED)}, nobody=True
    ),
    "accept an action after a conflict": Button(
        "approved", **{**ACCEPTING, "set_up": in_conflict}, **FIRST, nobody=True
    ),
    "accept an action before declaring again": Button(
        "approved", **{**ACCEPTING, "set_up": to_declare_again}, **FIRST, nobody=True
    ),
    "accept an action whose evidence was withdrawn": Button(
        "approved", **{**ACCEPTING, "set_up": evidence_withdrawn}, **FIRST, nobody=True
    ),
    "accept an action of a closed case": Button(
        "approved", **{**ACCEPTING, "set_up": in_state(State.WITHDRAWN, pieces_opened)}, **FIRST, nobody=True
    ),
    "accept an action of a High use": Button("High", **ACCEPTING, **FIRST),
    "confirm an action": Button("High, approved once", **{**ACCEPTING, "set_up": accepted_by_another}, **SECOND),
    "confirm what one has accepted": Button(
        "High", **{**ACCEPTING, "set_up": accepted_by_oneself}, **FIRST, nobody=True
    ),
    "decline an action": Button("approved", **DECLINING, **FIRST),
    "decline an action of a High use": Button("High", **DECLINING, **FIRST),
    "decline an action whose evidence was withdrawn": Button(
        "approved", **DECLINING, **FIRST, set_up=evidence_withdrawn
    ),
    "decline an action after a conflict": Button("approved", **DECLINING, **FIRST, set_up=in_conflict, nobody=True),
    "decline an action of what was self-declared": Button("Low, certified", **DECLINING),
    "refuse that an action is not relevant": Button("approved", **REFUSING, **FIRST, set_up=set_aside),
    "close a hold on evidence of an exception": Button("held", **DECIDING, **FIRST, press=decide("accepted")),
    "close a hold by law": Button("held by law", **DECIDING, **FIRST, press=decide("stands")),
    "close an answered question": Button("held by a question", **DECIDING, **FIRST, press=decide("answered")),
    "close a hold without a seat": Button("held", **DECIDING, press=decide("accepted"), nobody=True),
    "close a hold after a conflict": Button(
        "held", **{**DECIDING, "set_up": hold_in_conflict}, **FIRST, press=decide("accepted"), nobody=True
    ),
    "close a hold of a returned case": Button(
        "held",
        **{**DECIDING, "set_up": in_state(State.RETURNED, hold_opened)},
        **FIRST,
        press=decide("accepted"),
        nobody=True,
    ),
}


# Of the delivery team, the members and the strangers a few each day; the long run has all.
DAILY = (
    *("owner", "viewer", "who answered", "who answered, now independent", CONFLICTED),
    *(*REVIEWERS, "reviewer elsewhere", "superuser"),
)


# One button of each press, and for the presses of a seat and of an action one where nobody may.
EACH_DAY = [
    "take the first seat",
    "take the second seat as an overseer",
    "take over a seat",
    "accept an action",
    "accept an action after a conflict",
    "confirm an action",
    "decline an action",
    "refuse that an action is not relevant",
    "close a hold by law",
    "close a hold without a seat",
]


@pytest.mark.few_a_day(3)
@pytest.mark.django_db
@pytest.mark.sqlite_alone
@pytest.mark.parametrize("name", mostly_long(BUTTONS, EACH_DAY))
def test_a_button_is_there_exactly_where_its_press_succeeds(name: str, scene: Scene) -> None:
    a_button_is_there_where_its_press_succeeds(BUTTONS[name], scene, DAILY)


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_is_there_exactly_where_its_press_succeeds_for_everybody(name: str, scene: Scene) -> None:
    a_button_is_there_where_its_press_succeeds(BUTTONS[name], scene, ROLES)


def a_button_is_there_where_its_press_succeeds(button: Button, scene: Scene, roles: tuple[str, ...]) -> None:
    place, lies, succeeded = scene.places[button.place], {}, set()
    for role in roles:
        user = scene.people[role]
        with undone(), place.seated(user, button.seat if role not in SEATLESS else ""):
            button.set_up(place, user)
            client, url = proved(Client(), user), button.url(place)
            shown = _holds(client, url, button.shown)
            led = _holds(client, button.link(place), f'href="{url}"') if button.link else shown
            before = AuditEntry.objects.count()  # whatever succeeds writes in the log
            client.post(url, button.press(place))
            pressed = AuditEntry.objects.count() > before
        if pressed:
            succeeded.add(role)
        if not shown == led == pressed:
            lies[role] = {"shown": shown, "led to": led, "succeeds": pressed}
    assert lies == {}
    assert bool(succeeded) is not button.nobody


def _holds(client: Client, url: str, words: str) -> bool:
    response = client.get(url)
    return response.status_code == 200 and words in markup_of(response)
