"""The blind second look: a share of the cases with one reviewer is judged again by a colleague who does not see the first marks.

It comes after the decision, and by itself changes neither decision nor certificate. The server draws by a keyed hash of the
submission: drawing again gives the same, and nobody can work it out beforehand. While a colleague gives the look, the rest
of the case is closed to them (`looks_again`). Our judgement, as a rule of the reviewing body: fixtures/issuing/quality.

Here: which cases get one, and who may know of it. `second_look_giving` takes and gives it, `second_look_comparing` puts
both looks beside each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from assessments.access import finders, separation
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotPermitted, WorkflowError
from assessments.domain.review import leads, own_work
from assessments.domain.review.quality_rules import LOOKED_AT_TWICE, rules_on
from assessments.domain.review.told_marks import DECIDED
from assessments.models import (
    Assessment,
    Certificate,
    DecisionKind,
    Interest,
    Membership,
    ReviewSeat,
    Role,
    SecondLook,
    SecondLookWords,
    Submission,
    User,
)
from assessments.notifications import links
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind

SALT = "assessments.review.second_look"
BY_REVIEWERS = (DecisionKind.APPROVE, DecisionKind.REFUSE)
WHOLE = 2**64
LISTED = 25  # on the page of those who lead


def record(kind: AuditKind, look: SecondLook, by: User | None, **more: Any) -> None:
    """Write an entry about a look into the log."""
    assessment = look.submission.assessment
    details = {"submission": look.submission.reference, **more}
    log.record(kind, assessment, by=by, organisation=assessment.organisation, details=details)


def lock(look: SecondLook) -> SecondLook:
    """Lock the assessment of a look and read the look afresh; the caller is in a transaction."""
    Assessment.objects.lock(look.submission.assessment_id)
    return looks().get(pk=look.pk)


def looks() -> QuerySet[SecondLook]:
    """Return all looks with what a page names of them, without the snapshots."""
    named = ("submission__assessment__use__system", "submission__organisation", "reviewer", "asked_by", "reported_by")
    return SecondLook.objects.select_related(*named).defer("submission__snapshot")


def notify_about(look: SecondLook, people: set[int], **context: Any) -> None:
    """Write a message about a look to these people."""
    notify(
        MessageKind.SECOND_LOOK,
        people,
        about=f"second_look:{look.pk}",
        link=links.second_look(look.submission),
        context={"use": look.submission.assessment.use.title, **context},
    )


# --- which cases ---------------------------------------------------------------------------------------------------------


def is_drawn(reference: str, percent: int) -> bool:
    """Tell whether the keyed hash of a submission falls into a share. The same submission always falls alike."""
    digest = salted_hmac(SALT, reference, algorithm="sha256").digest()
    return int.from_bytes(digest[:8]) * 100 < percent * WHOLE


def decided() -> QuerySet[Any]:
    """Return the decided submissions with one reviewer and no second look, each with the moment (`decided_at`)."""
    rows: QuerySet[Any] = Submission.objects.for_list().filter(
        assigned_tier__in=LOOKED_AT_TWICE,
        assessment__state__in=DECIDED,
        assessment__current_submission=F("pk"),
        organisation__deleted_at=None,
        second_look=None,
        decisions__kind__in=BY_REVIEWERS,
    )  # a refusal by its owner's own declaration has no route
    return rows.exclude(route="").annotate(decided_at=Max("decisions__at"))


def draw_due() -> int:
    """Draw among the cases that were decided lately, by the rules of the day of the decision; returns how many get a look.

    For the daily sweep. Asked again it draws nothing else: the hash of a submission stays, and it has one look at most.
    """
    since = timezone.now() - timedelta(days=rules_on(timezone.localdate()).offered_days)
    found = []
    for submission in decided().filter(decided_at__gte=since).order_by("pk"):
        rules = rules_on(timezone.localdate(submission.decided_at))
        if is_drawn(submission.reference, rules.share_percent[submission.assigned_tier]):
            found.append((submission, rules.kept()))
    for submission, rules_then in found:
        _offer(submission, rules_then, AuditKind.SECOND_LOOK_DRAWN, None)
    return len(found)


@transaction.atomic
def _offer(
    submission: Submission, rules: Mapping[str, Any], kind: AuditKind, by: User | None, reason: str = ""
) -> SecondLook:
    last = submission.decisions.filter(kind__in=BY_REVIEWERS).order_by("-pk").first()
    assert last is not None  # `decided` asks for it
    look, made = SecondLook.objects.get_or_create(
        submission=submission,
        defaults={"independent": last.independent, "rules": dict(rules), "asked_by": by, "reason": reason},
    )
    if made:
        record(kind, look, by, **({"reason": reason} if reason else {}))
    return look


@proof.factor_asked
@transaction.atomic
def ask(submission: Submission, *, by: User, reason: str) -> SecondLook:
    """Ask for a second look at one decided case, as one who leads the body; it does not count as a drawn one.

    Raises NotPermitted, InvalidAnswer without a reason, WorkflowError where the case gets none.
    """
    Assessment.objects.lock(submission.assessment_id)
    if not leads.is_lead(by):
        raise NotPermitted(_("Only leads of the reviewing body can ask for a second look."))
    if not reason.strip():
        raise InvalidAnswer(
            "reason",
            _(
                "Say in a sentence why you are asking for a second look. The colleague who carries it out sees this "
                "reason only after marking the answers."
            ),
        )
    found = decided().filter(pk=submission.pk).first()
    if found is None or not _last_was_independent(found):
        raise WorkflowError(
            _(
                "You can ask for a second look only once for each case, and only if a single reviewer from the "
                "reviewing body decided the case."
            )
        )
    return _offer(found, rules_on(timezone.localdate()).kept(), AuditKind.SECOND_LOOK_ASKED, by, reason.strip()[:400])


def _last_was_independent(submission: Submission) -> bool:
    last = submission.decisions.filter(kind__in=BY_REVIEWERS).order_by("-pk").first()
    return last is not None and last.independent


# --- who may give it -----------------------------------------------------------------------------------------------------


def reach(user: User) -> Q:
    """Match the looks that this person's body gives: independent ones of others, or those in the own organisation."""
    mine = Membership.objects.current().filter(user=user)
    seats = mine.filter(role=Role.REVIEWER)
    own = Q(submission__organisation__in=mine.values("organisation"))
    body = Q(independent=True) & Q(Exists(seats.filter(organisation__is_reviewing_body=True))) & ~own
    inside = Q(independent=False, submission__organisation__in=seats.values("organisation"))
    return Q(submission__organisation__deleted_at=None) & (body | inside)


def has_part_in_it(user: User) -> Q:
    """Match the looks at cases in which this person had a seat, decided or declared anything: theirs would not be blind."""
    of_case = OuterRef("submission__assessment")
    seats = ReviewSeat.objects.filter(reviewer=user, submission__assessment=of_case)
    said = Interest.objects.filter(reviewer=user, assessment=of_case)
    decided_it = Q(submission__decisions__by=user)
    return Q(Exists(seats)) | Q(Exists(said)) | decided_it


def is_free() -> Q:
    """Match the looks that nobody gives, or whose taker does not review for the same body any more."""
    of_holder = Membership.objects.current().filter(user=OuterRef("reviewer"))
    reviews, here = of_holder.filter(role=Role.REVIEWER), Q(organisation=OuterRef("submission__organisation"))
    body = Q(independent=True) & Q(Exists(reviews.filter(organisation__is_reviewing_body=True)))
    inside = Q(independent=False) & Q(Exists(reviews.filter(here)))
    holds = (body & ~Q(Exists(of_holder.filter(here)))) | inside
    return Q(given_at=None) & (Q(reviewer=None) | ~holds)


def offered_to(user: User, worked_on: set[int] | None = None) -> list[SecondLook]:
    """Return the looks that this person may give, and first those that they are giving: at most three queries.

    Mostly no look waits for anybody; then the page does not pay for the long question to whom it is offered.

    `worked_on`: the uses whose delivery team they are in, where a page has read them.
    """
    since = timezone.now() - timedelta(days=rules_on(timezone.localdate()).offered_days)
    if not SecondLook.objects.filter(Q(reviewer=user) | Q(drawn_at__gte=since), given_at=None).exists():
        return []
    free = is_free() & Q(drawn_at__gte=since) & ~has_part_in_it(user)
    rows = looks().filter(Q(given_at=None, reviewer=user) | (free & reach(user))).distinct().order_by("drawn_at", "pk")
    found = list(rows)
    if worked_on is None and any(look.reviewer_id != user.pk for look in found):
        worked_on = own_work.uses_worked_on(user)
    own = worked_on or set()
    open_to = [look for look in found if look.reviewer_id == user.pk or look.submission.assessment.use_id not in own]
    return sorted(open_to, key=lambda look: look.reviewer_id != user.pk)


def find(user: User, reference: str) -> SecondLook | None:
    """Return the look at a submission for somebody who may know of it, else None.

    Who gives it and whom it is offered to; once it is given also the reviewers of the case and who leads the body.
    """
    look = looks().filter(submission__reference=reference, submission__organisation__deleted_at=None).first()
    if look is None:
        return None
    if look.reviewer_id == user.pk and looks().filter(reach(user), pk=look.pk).exists():
        return look
    if look.is_given:
        return look if may_compare(look, user) else None
    return next((one for one in offered_to(user) if one.pk == look.pk), None)


def with_snapshot(look: SecondLook) -> Submission:
    """Return the submission of a look with what was frozen, for who found the look by `find`."""
    found: Submission = Submission.objects.get(pk=look.submission_id)
    return found


def certificate_of(look: SecondLook) -> Certificate | None:
    """Return the certificate that the case led to, if any."""
    return Certificate.objects.filter(submission=look.submission_id).first()


def talk_of(look: SecondLook) -> list[SecondLookWords]:
    """Return what the reviewers wrote to each other about the look, the oldest first."""
    return list(look.talk.select_related("author").order_by("pk"))


def of_body() -> list[SecondLook]:
    """Return the newest second looks within the reviewing body, for those who lead it."""
    rows = looks().filter(independent=True, submission__organisation__deleted_at=None)
    return list(rows.order_by("-drawn_at", "-pk")[:LISTED])


def to_ask_for(user: User) -> QuerySet[Any]:
    """Return the cases at which this person may ask for a second look: decided by the body alone, the newest first."""
    if not leads.is_lead(user):
        raise NotPermitted(_("Only leads of the reviewing body can ask for a second look."))
    mine = finders.submissions_for(user).values("pk")
    return decided().filter(decisions__independent=True, pk__in=mine).order_by("-decided_at", "-pk")


def may_compare(look: SecondLook, user: User) -> bool:
    """Tell whether somebody may see both sets of marks: never before the look is given."""
    if not look.is_given or separation.has_conflict(user, look.submission.assessment_id):
        return False
    if look.reviewer_id == user.pk or look.submission.seats.filter(reviewer=user).exists():
        return looks().filter(reach(user), pk=look.pk).exists()
    return look.independent and leads.is_lead(user)


def given_at(submission: Submission, user: User) -> SecondLook | None:
    """Return the look at a decided submission once it is given, for somebody who may see both sides of it."""
    look = looks().filter(submission=submission).exclude(given_at=None).first()
    return look if look is not None and may_compare(look, user) else None


def of_reviewer(user: User) -> list[SecondLook]:
    """Return the newest looks that this person gave, or that were given at a case of theirs, as far as they may see them."""
    seats = ReviewSeat.objects.filter(reviewer=user, submission=OuterRef("submission"))
    conflict = Interest.objects.filter(reviewer=user, assessment=OuterRef("submission__assessment")).exclude(words="")
    rows = looks().filter(reach(user), Q(reviewer=user) | Q(Exists(seats))).exclude(given_at=None)
    return list(rows.filter(~Q(Exists(conflict))).distinct().order_by("-given_at", "-pk")[:LISTED])
