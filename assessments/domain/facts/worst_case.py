"""Declare open answers at their worst, on an owner's signature, so that a provisional tier becomes final."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import roles
from assessments.access.roles import Action
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import WorkflowError
from assessments.domain.facts import declare, values
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.terms import Tier
from assessments.guideline.wording import fact_answer
from assessments.models import DeclaredUse, Hold, SignedWorst, User
from assessments.models.systems import declared_facts
from assessments.scoring.held import assign_held_tier
from assessments.scoring.tiers import assign_tier

# --- whether the tier changes ------------------------------------------------------------------------------------------


def tiers_of(hold: Hold) -> tuple[Tier, Tier]:
    """Return the tier of the use now, and the one that it has once this open question is closed as answered; three queries."""
    use = hold.use
    edition = values.current_edition(use)
    facts = declared_facts(edition, use.fact_rows())
    held = use.held_facts()
    others = [fact for fact in held if fact != hold.fact]
    now, then = (assign_held_tier(edition, facts, one).assigned_tier for one in (held, others))
    return use.tier_over(now), use.tier_over(then)


# --- signing the worst answer ------------------------------------------------------------------------------------------


def open_answers(edition: CompiledEdition, facts: Mapping[str, Any]) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the answers that a provisional tier waits for: those that may be signed at their worst, and those that may not.

    Signing some may make others count, so it is tried until the tier is provisional no more. Facts on prohibited uses,
    and the plea of a lawful exception, are never declared by signing: somebody has to know.
    """
    signed: dict[str, Any] = {}
    never: dict[str, None] = {}
    result = assign_tier(edition, facts)
    while result.provisional:
        waiting = [key for key in result.waits_for if key not in signed and key not in never]
        for key in waiting:
            fact = edition.facts[key]
            if fact.prohibited_use or fact.worst is None:
                never[key] = None
            else:
                signed[key] = fact.worst
        if not waiting:
            break
        result = assign_tier(edition, {**facts, **signed})
    return signed, tuple(never)


def worst_statement(use: DeclaredUse, edition: CompiledEdition, answers: Mapping[str, Any]) -> str:
    """Return the text that an Owner signs; it is stored word for word."""
    lines = [
        f"{edition.facts[key].label}: {fact_answer(edition.facts[key], value, short=True)}"
        for key, value in answers.items()
    ]
    words = ngettext(
        "For the use “%(use)s”, we do not know the answer to the following fact. I declare the worst possible "
        "answer, as if we knew it to be true, and I accept the resulting tier. This declaration applies until a "
        "new answer replaces it.",
        "For the use “%(use)s”, we do not know the answers to the following facts. I declare the worst "
        "possible answer to each, as if we knew it to be true, and I accept the resulting tier. This declaration "
        "applies until new answers replace it.",
        len(lines),
    )
    return "\n".join([words % {"use": use.title}, *lines])


@proof.asked
@transaction.atomic
def sign_worst(use: DeclaredUse, *, by: User, shown: Mapping[str, Any] | None = None) -> SignedWorst:
    """Declare the open answers of a provisional tier at their worst, on an Owner's signature; the rules run again.

    The facts take the worst value by revisions like any other and can be changed like any other, which takes the mark of
    the signature from them. `shown`: the answers that the page showed. Raises WorkflowError where nothing waits, where a
    fact waits that is never signed, or where other answers are open by now; Locked as `declare.declare_facts`.
    """
    roles.require(by, Action.SIGN, use)
    use = DeclaredUse.objects.select_for_update(of=("self",)).select_related("system__organisation").get(pk=use.pk)
    edition = values.current_edition(use)
    rows = {row.key: row for row in use.fact_rows()}
    answers, never = open_answers(edition, declared_facts(edition, rows.values()))
    if never:
        labels = "; ".join(edition.facts[key].label for key in never)
        words = _("Find out these facts first: %(facts)s. You cannot declare the worst possible answer for them.")
        raise WorkflowError(words % {"facts": labels})
    if not answers:
        raise WorkflowError(_("There is nothing to sign, because the tier does not depend on any unknown answer."))
    if shown is not None and dict(shown) != answers:
        raise WorkflowError(_("The unknown answers have changed since you opened this page. Read the statement again."))
    before = {key: rows[key].value if key in rows else None for key in answers}
    declare.declare_facts(use, answers, by=by)
    signed = SignedWorst.objects.create(
        use=use,
        facts=[{"fact": key, "was": before[key], "value": value} for key, value in answers.items()],
        statement=worst_statement(use, edition, answers),
        by=by,
    )
    use.fact_rows().filter(key__in=answers).update(signed_worst=signed)
    log.record(
        AuditKind.WORST_ANSWERS_SIGNED,
        use,
        by=by,
        organisation=use.system.organisation,
        details={"facts": signed.facts, "statement": signed.statement},
    )
    return signed
