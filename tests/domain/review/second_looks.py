"""Second looks at decided cases: asked for, taken and given."""

from __future__ import annotations

from assessments.domain.review import opened, second_look, second_look_giving
from assessments.domain.review.second_look_giving import GivenMark
from assessments.models import Route, State
from tests.support.factories import make_assessment
from tests.support.looking import shown


def decided(cast, tier="limited", state=State.CERTIFIED, route=Route.INDEPENDENT):
    return make_assessment(state, tier, cast=cast, route=route).current_submission


def offered(cast, **more):
    """A decided case with a second look that the lead asked for."""
    return second_look.ask(decided(cast, **more), by=cast.independent, reason="The first case of this kind.")


def taken(cast, **more):
    return second_look_giving.take(offered(cast, **more), by=cast.second_independent)


def given_of(look, by, mark="accepted", words="", targets=None):
    targets = second_look_giving.asked_of(look, look.submission.content()) if targets is None else targets
    return {t: GivenMark(mark, words, opened.token(look.submission, t, reader=by, at=shown(1))) for t in targets}


def finished(cast, **otherwise):
    """A look that is given; `otherwise`: targets (`q__use_register`) with another mark than accepted."""
    look = taken(cast)
    by = cast.second_independent
    second_look_giving.save_marks(look, given_of(look, by), by=by)
    for target, mark in otherwise.items():
        second_look_giving.save_marks(look, given_of(look, by, mark, "The register ends in May.", [target]), by=by)
    return second_look_giving.give(look, by=by)
