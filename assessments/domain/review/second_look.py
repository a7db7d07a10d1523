"""The blind second look: a share of the cases with one reviewer is judged again by a colleague who does not see the first marks.

It comes after the decision, and by itself changes neither decision nor certificate. The server draws by a keyed hash of the
submission: drawing again gives the same, and nobody can work it out beforehand. While a colleague gives the look, the rest
of the case is closed to them (`finders.looks_again`). Our judgement, as a rule of the issuing body: fixtures/issuing/quality.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, NamedTuple

from django.db import transaction
from django.db.models import Exists, F, Max, OuterRef, Q, QuerySet
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.access import finders, separation
from assessments.access.separation import delivery_team
from assessments.audit import log
from assessments.audit.kinds import AuditKind
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, Locked, NotPermitted, NotReady, SeparationOfDuties, WorkflowError
from assessments.domain.answering import overseers
from assessments.domain.review import interests, leads, opened, own_work
from assessments.domain.review.quality_rules import LOOKED_AT_TWICE, rules_on
from assessments.domain.review.targets import decisive_targets, review_targets
from assessments.domain.review.told_marks import DECIDED
from assessments.models import (
    Assessment,
    Certificate,
    DecisionKind,
    Interest,
    MarkKind,
    Membership,
    ReviewMark,
    ReviewSeat,
    Role,
    SecondLook,
    SecondLookMark,
    SecondLookWords,
    Submission,
    User,
    edition_for,
)
from assessments.models.marks import STRICT, combined_marks
from assessments.notifications.inbox import notify
from assessments.notifications.kinds import MessageKind

SALT = "assessments.review.second_look"
REPORTED = "second_look_reported"  # the kind of the message
BY_REVIEWERS = (DecisionKind.APPROVE, DecisionKind.REFUSE)
SAME, STRICTER, MILDER = "same", "stricter", "milder"
WHOLE = 2**64
LISTED = 25  # on the page of those who lead


def _audit(kind: AuditKind, look: SecondLook, by: User | None, **more: Any) -> None:
    assessment = look.submission.assessment
    details = {"submission": look.submission.reference, **more}
    log.record(kind, assessment, by=by, organisation=assessment.organisation, details=details)


def _lock(look: SecondLook) -> SecondLook:
    """Lock the assessment of a look and read the look afresh; the caller is in a transaction."""
    Assessment.objects.lock(look.submission.assessment_id)
    return _rows().get(pk=look.pk)


def _rows() -> QuerySet[SecondLook]:
    named = ("submission__assessment__use__system", "submission__organisation", "reviewer", "asked_by", "reported_by")
    return SecondLook.objects.select_related(*named).defer("submission__snapshot")


# --- which cases ---------------------------------------------------------------------------------------------------------


def is_drawn(reference: str, percent: int) -> bool:
    """Tell whether the keyed hash of a submission falls into a share. The same submission always falls alike."""
    digest = salted_hmac(SALT, reference, algorithm="sha256").digest()
    return int.from_bytes(digest[:8]) * 100 < percent * WHOLE


def decided() -> QuerySet[Any]:
    """The submissions with one reviewer that are decided and have no second look, each with the moment (`decided_at`)."""
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
        _audit(kind, look, by, **({"reason": reason} if reason else {}))
    return look


@proof.factor_asked
@transaction.atomic
def ask(submission: Submission, *, by: User, reason: str) -> SecondLook:
    """Ask for a second look at one decided case, as one who leads the body; it does not count as a drawn one.

    Raises NotPermitted, InvalidAnswer without a reason, WorkflowError where the case gets none.
    """
    Assessment.objects.lock(submission.assessment_id)
    if not leads.is_lead(by):
        raise NotPermitted(_("Only those who lead the reviewing body ask for a second look."))
    if not reason.strip():
        raise InvalidAnswer(
            "reason", _("Say why, in a sentence. The second reviewer does not see it before the marks.")
        )
    found = decided().filter(pk=submission.pk).first()
    if found is None or not _last_was_independent(found):
        raise WorkflowError(_("A second look is for a decided case with one reviewer of the body, and only once."))
    return _offer(found, rules_on(timezone.localdate()).kept(), AuditKind.SECOND_LOOK_ASKED, by, reason.strip()[:400])


def _last_was_independent(submission: Submission) -> bool:
    last = submission.decisions.filter(kind__in=BY_REVIEWERS).order_by("-pk").first()
    return last is not None and last.independent


# --- who may give it -----------------------------------------------------------------------------------------------------


def _reach(user: User) -> Q:
    """The looks that this person's body gives: independent ones of others, or those within the own organisation."""
    mine = Membership.objects.current().filter(user=user)
    seats = mine.filter(role=Role.REVIEWER)
    own = Q(submission__organisation__in=mine.values("organisation"))
    body = Q(independent=True) & Q(Exists(seats.filter(organisation__is_reviewing_body=True))) & ~own
    inside = Q(independent=False, submission__organisation__in=seats.values("organisation"))
    return Q(submission__organisation__deleted_at=None) & (body | inside)


def _has_part_in_it(user: User) -> Q:
    """Who had a seat, decided, or has declared anything in the case: a look of theirs would not be blind."""
    of_case = OuterRef("submission__assessment")
    seats = ReviewSeat.objects.filter(reviewer=user, submission__assessment=of_case)
    said = Interest.objects.filter(reviewer=user, assessment=of_case)
    decided_it = Q(submission__decisions__by=user)
    return Q(Exists(seats)) | Q(Exists(said)) | decided_it


def _is_free() -> Q:
    """Nobody gives it, or who took it does not review for the same body any more."""
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
    free = _is_free() & Q(drawn_at__gte=since) & ~_has_part_in_it(user)
    rows = _rows().filter(Q(given_at=None, reviewer=user) | (free & _reach(user))).distinct().order_by("drawn_at", "pk")
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
    look = _rows().filter(submission__reference=reference, submission__organisation__deleted_at=None).first()
    if look is None:
        return None
    if look.reviewer_id == user.pk and _rows().filter(_reach(user), pk=look.pk).exists():
        return look
    if look.is_given:
        return look if may_compare(look, user) else None
    return next((one for one in offered_to(user) if one.pk == look.pk), None)


def with_snapshot(look: SecondLook) -> Submission:
    """Return the submission of a look with what was frozen, for who found the look by `find`."""
    found: Submission = Submission.objects.get(pk=look.submission_id)
    return found


def certificate_of(look: SecondLook) -> Certificate | None:
    return Certificate.objects.filter(submission=look.submission_id).first()


def talk_of(look: SecondLook) -> list[SecondLookWords]:
    return list(look.talk.select_related("author").order_by("pk"))


def of_body() -> list[SecondLook]:
    """Return the newest second looks within the reviewing body, for those who lead it."""
    rows = _rows().filter(independent=True, submission__organisation__deleted_at=None)
    return list(rows.order_by("-drawn_at", "-pk")[:LISTED])


def to_ask_for(user: User) -> QuerySet[Any]:
    """The cases at which this person may ask for a second look: decided by the body alone, the newest first."""
    if not leads.is_lead(user):
        raise NotPermitted(_("Only those who lead the reviewing body ask for a second look."))
    mine = finders.submissions_for(user).values("pk")
    return decided().filter(decisions__independent=True, pk__in=mine).order_by("-decided_at", "-pk")


def may_compare(look: SecondLook, user: User) -> bool:
    """Tell whether somebody may see both sets of marks: never before the look is given."""
    if not look.is_given or separation.has_conflict(user, look.submission.assessment_id):
        return False
    if look.reviewer_id == user.pk or look.submission.seats.filter(reviewer=user).exists():
        return _rows().filter(_reach(user), pk=look.pk).exists()
    return look.independent and leads.is_lead(user)


def given_at(submission: Submission, user: User) -> SecondLook | None:
    """Return the look at a decided submission once it is given, for somebody who may see both sides of it."""
    look = _rows().filter(submission=submission).exclude(given_at=None).first()
    return look if look is not None and may_compare(look, user) else None


def of_reviewer(user: User) -> list[SecondLook]:
    """Return the newest looks that this person gave, or that were given at a case of theirs, as far as they may see them."""
    seats = ReviewSeat.objects.filter(reviewer=user, submission=OuterRef("submission"))
    conflict = Interest.objects.filter(reviewer=user, assessment=OuterRef("submission__assessment")).exclude(words="")
    rows = _rows().filter(_reach(user), Q(reviewer=user) | Q(Exists(seats))).exclude(given_at=None)
    return list(rows.filter(~Q(Exists(conflict))).distinct().order_by("-given_at", "-pk")[:LISTED])


@proof.factor_asked
@transaction.atomic
def take(look: SecondLook, *, by: User) -> SecondLook:
    """Take a look that is offered, having declared no conflict of interest (`interests.decline` records one).

    Raises SeparationOfDuties, NotPermitted, WorkflowError where somebody was quicker.
    """
    look = _lock(look)
    assessment = look.submission.assessment
    if not _rows().filter(_reach(by), pk=look.pk).exists():
        raise NotPermitted(_("This second look is for other reviewers."))
    if separation.has_conflict(by, assessment):
        raise SeparationOfDuties(_("You have declared a conflict of interest, so somebody else gives the second look."))
    if by.pk in delivery_team(assessment):
        raise SeparationOfDuties(_("You worked on this use yourself, so somebody else gives the second look."))
    overseers.require_not_overseer(look.submission, by)
    if SecondLook.objects.filter(_has_part_in_it(by), pk=look.pk).exists():
        raise SeparationOfDuties(_("You have opened this case before, so your look would not be blind."))
    if not SecondLook.objects.filter(_is_free(), pk=look.pk).exists():
        raise WorkflowError(_("Somebody else has taken this second look already."))
    if all(one.pk != look.pk for one in offered_to(by)):
        raise WorkflowError(_("This second look is not offered any more."))
    look.marks.all().delete()  # of somebody who has left the body without giving it
    Interest.objects.create(assessment=assessment, reviewer=by)
    look.reviewer, look.taken_at = by, timezone.now()
    look.save(update_fields=["reviewer", "taken_at"])
    _audit(AuditKind.SECOND_LOOK_TAKEN, look, by)
    return look


def decline(look: SecondLook, *, by: User, words: str) -> None:
    """Declare a conflict of interest in the case, as for a seat; the look stays offered to others."""
    interests.decline(look.submission, by=by, words=words)


@proof.factor_asked
@transaction.atomic
def put_back(look: SecondLook, *, by: User) -> SecondLook:
    """Give up a look that is not given yet: its marks are deleted, and it is offered to others again, not to this person."""
    look = _require_giving(look, by)
    look.marks.all().delete()
    look.reviewer = look.taken_at = None
    look.save(update_fields=["reviewer", "taken_at"])
    _audit(AuditKind.SECOND_LOOK_LEFT, look, by)
    return look


def _require_giving(look: SecondLook, by: User) -> SecondLook:
    """Lock a look for who is giving it. Raises NotPermitted for everybody else, Locked once it is given."""
    look = _lock(look)
    if look.reviewer_id != by.pk or not _rows().filter(_reach(by), pk=look.pk).exists():
        raise NotPermitted(_("Take the second look before you mark its answers."))
    if look.is_given:
        raise Locked(_("You have given this second look, so its marks are locked."))
    return look


# --- what is judged ------------------------------------------------------------------------------------------------------


def asked_of(look: SecondLook, content: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what the second reviewer judges: everything decisive, and the drawn share of the rest, in order."""
    submission = look.submission
    decisive = decisive_targets(edition_for(submission.edition_checksum), content)
    targets = review_targets(content)
    rest = [target for target in targets if target not in decisive]
    keyed = sorted(
        (salted_hmac(SALT, f"{submission.reference}:{target}", algorithm="sha256").digest(), target) for target in rest
    )
    drawn = {target for _key, target in keyed[: -(-len(keyed) * look.rules["rest_percent"] // 100)]}
    return tuple(target for target in targets if target in decisive or target in drawn)


class GivenMark(NamedTuple):
    """A mark as a page sends it. `seen`: the token with which the page showed the answer (`opened.token`)."""

    mark: str
    words: str
    seen: str


@proof.factor_asked
@transaction.atomic
def save_marks(look: SecondLook, given: Mapping[str, GivenMark], *, by: User) -> list[SecondLookMark]:
    """Keep marks on facts and answers of the look's set; those that stand are replaced. Five queries and the lock.

    Raises as `_require_giving`; InvalidAnswer, with the target as its field, for what cannot be kept: then nothing is.
    """
    look = _require_giving(look, by)
    content = with_snapshot(look).content()
    asked = set(asked_of(look, content))
    rows = []
    for target, one in given.items():
        shown = opened.shown_at(one.seen, look.submission, target, by=by)
        if target not in asked:
            raise InvalidAnswer(target, _("This is not part of the second look."))
        if one.mark not in MarkKind.values:
            raise InvalidAnswer(target, _("Choose one of the three marks."))
        if one.mark != MarkKind.ACCEPTED and not one.words.strip():
            raise InvalidAnswer(target, _("Say what is missing, in a sentence."))
        if shown is None:
            raise InvalidAnswer(target, _("Open the page again: it did not show you this answer."))
        words = one.words.strip()[:4000]
        rows.append(
            SecondLookMark(look=look, target=target, mark=one.mark, words=words, shown_at=shown, at=timezone.now())
        )
    return SecondLookMark.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["look", "target"],
        update_fields=["mark", "words", "shown_at", "at"],
    )


def left_of(look: SecondLook, content: Mapping[str, Any], marks: Mapping[str, SecondLookMark]) -> list[str]:
    """Return what has no mark yet."""
    return [target for target in asked_of(look, content) if target not in marks]


def marks_of(look: SecondLook) -> dict[str, SecondLookMark]:
    return {row.target: row for row in look.marks.all()}


@proof.factor_asked
@transaction.atomic
def give(look: SecondLook, *, by: User) -> SecondLook:
    """Give the look: its marks are locked, and both sides see each other's. Decision and certificate stay as they are.

    Raises as `_require_giving`; NotReady while something has no mark.
    """
    look = _require_giving(look, by)
    content = with_snapshot(look).content()
    left = left_of(look, content, marks_of(look))
    if left:
        words = ngettext("%(n)s fact or answer has no mark.", "%(n)s facts and answers have no mark.", len(left))
        raise NotReady(_("The second look is not complete."), [words % {"n": len(left)}])
    look.given_at = timezone.now()
    look.save(update_fields=["given_at"])
    found = compare(look, by=by)
    apart = sum(pair.kind in (STRICTER, MILDER) for pair in found)
    _notify(look, finders.seated_now(look.submission) - {by.pk}, marked=len(found), differ=apart)
    _audit(AuditKind.SECOND_LOOK_GIVEN, look, by)
    return look


def _notify(look: SecondLook, people: set[int], **context: Any) -> None:
    notify(
        MessageKind.SECOND_LOOK,
        people,
        about=f"second_look:{look.pk}",
        link=reverse("second_look", args=[look.submission.reference]),
        context={"use": look.submission.assessment.use.title, **context},
    )


# --- both sides beside each other ----------------------------------------------------------------------------------------


class Pair(NamedTuple):
    """A fact or answer with both marks. `kind`: whether the second mark is the same, stricter or milder than the first."""

    target: str
    first: ReviewMark | None  # None: the case was decided without a mark on it
    second: SecondLookMark
    kind: str


def kind_of(first: str, second: str) -> str:
    """Hold a mark against another: SAME, STRICTER or MILDER is the second."""
    a, b = STRICT.index(MarkKind(first)), STRICT.index(MarkKind(second))
    return SAME if a == b else STRICTER if b > a else MILDER


def compare(look: SecondLook, *, by: User) -> list[Pair]:
    """Return both marks on each fact and answer. Raises NotPermitted before the look is given, and for everybody else."""
    if not may_compare(look, by):
        raise NotPermitted(_("The first marks are shown once the second look is given."))
    first = combined_marks(look.submission)
    pairs = []
    for row in look.marks.order_by("pk"):
        mark = first.get(row.target)
        pairs.append(Pair(row.target, mark, row, kind_of(mark.mark, row.mark) if mark else ""))
    return pairs


@proof.factor_asked
@transaction.atomic
def write(look: SecondLook, *, by: User, text: str) -> SecondLookWords:
    """Write to the other reviewer about the differences. Raises NotPermitted, InvalidAnswer without words."""
    look = _lock(look)
    _require_comparing(look, by)
    if not text.strip():
        raise InvalidAnswer("text", _("Write something first."))
    words: SecondLookWords = SecondLookWords.objects.create(look=look, author=by, text=text.strip()[:4000])
    told = (finders.seated_now(look.submission) | {look.reviewer_id or 0}) - {by.pk, 0}
    _notify(look, told, name=by, words=words.text)
    _audit(AuditKind.SECOND_LOOK_WRITTEN, look, by)
    return words


def _require_comparing(look: SecondLook, by: User) -> None:
    if not may_compare(look, by):
        raise NotPermitted(
            _("Only the reviewers of both looks and those who lead the body write here, once it is given.")
        )


@proof.factor_asked
@transaction.atomic
def report(look: SecondLook, *, by: User, words: str) -> SecondLook:
    """Tell those who lead the body of a grave difference. It changes nothing by itself: they may suspend the certificate.

    Within an organisation its other reviewers are told. Raises NotPermitted, InvalidAnswer without words.
    """
    look = _lock(look)
    _require_comparing(look, by)
    if look.reported_at is not None:
        raise WorkflowError(_("This difference was reported already."))
    if not words.strip():
        raise InvalidAnswer("words", _("Say which difference it is, and what it means for the certificate."))
    look.reported_at, look.reported_by, look.reported_words = timezone.now(), by, words.strip()[:4000]
    look.save(update_fields=["reported_at", "reported_by", "reported_words"])
    certificate = certificate_of(look)
    link = reverse("second_look", args=[look.submission.reference])
    context = {"name": by, "use": look.submission.assessment.use.title, "words": look.reported_words}
    if certificate is not None:
        link = reverse("certificate_status", args=[certificate.number])
        context["number"] = certificate.number
    people = {one.pk for one in _who_hears(look, by)}
    notify(MessageKind.SECOND_LOOK_REPORTED, people, about=f"second_look:{look.pk}", link=link, context=context)
    _audit(AuditKind.SECOND_LOOK_REPORTED, look, by)
    return look


def hearers(look: SecondLook, by: User) -> list[str]:
    """Name those who would hear of a grave difference that this person reports. Two queries."""
    return [str(one) for one in _who_hears(look, by)]


def _who_hears(look: SecondLook, by: User) -> list[User]:
    """Those who lead the body. Where none of them is left beside the two reviewers: every other reviewer of the same body.

    Only where there is nobody else, those who lead and are reviewers of the case hear of it.
    """
    both = {by.pk, look.reviewer_id, *look.submission.seats.values_list("reviewer", flat=True)}
    if look.independent:
        rows = leads.reviewers_of_body()
        lead = [member.user for member in rows if member.leads]
    else:
        found = Membership.objects.current().filter(organisation=look.submission.organisation_id, role=Role.REVIEWER)
        rows = list(found.select_related("user").order_by("user__name", "pk"))
        lead = []
    people = [member.user for member in rows]
    beside = [one for one in lead if one.pk not in both] or [one for one in people if one.pk not in both]
    return beside or [one for one in (lead if look.independent else people) if one.pk != by.pk]
