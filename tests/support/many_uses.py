"""Many uses at once, for tests of the lists that show them."""

from __future__ import annotations

from typing import Any

from assessments.domain import portfolio
from assessments.models import AISystem, DeclaredUse, SearchWord
from tests.support.factories import Cast, make_system


def make_uses(cast: Cast, how_many: int, **fields: Any) -> list[DeclaredUse]:
    """Uses with a system of their own each, named *System 0000* and on, straight into the rows."""
    like = make_system(cast.organisation)
    names = [AISystem(organisation=like.organisation, name=f"System {n:04}", is_user=True) for n in range(how_many)]
    uses = DeclaredUse.objects.bulk_create(
        DeclaredUse(
            system=one, organisation=like.organisation, title=f"Use of {one.name}", scope_en="Clinics", **fields
        )
        for one in AISystem.objects.bulk_create(names)
    )
    portfolio.rebuild_columns(DeclaredUse.objects.filter(organisation=cast.organisation))
    SearchWord.objects.rebuild(cast.organisation.pk)
    return uses
