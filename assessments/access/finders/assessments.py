"""Finders of assessments and what hangs on them: answers, comments, requests, the conformity file, holds."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from django.db.models import Case, CharField, Count, Exists, F, Max, OuterRef, Q, QuerySet, Value, When

from assessments.models import (
    Answer,
    Assessment,
    Assignment,
    Comment,
    Edition,
    Flag,
    Hold,
    Membership,
    Sees,
    State,
    User,
)
from assessments.models.assessments import NOTE_IS_TAKEN, AssessmentQuerySet
from assessments.models.editions import CompiledEdition, edition_for
from assessments.models.prepared import Placeholder, Prepared
from assessments.models.snapshots import conformity_snapshot

if TYPE_CHECKING:
    from assessments.scoring.inputs import Declared
from assessments.access.finders import register
from assessments.access.roles import GIVEN_USER, MAY, WORKING_ROLES, Action


def assessments_for(user: User) -> AssessmentQuerySet:
    """Return the assessments `user` may know exist; who sees only what is assigned, sees those with an assignment."""
    asked = Assignment.objects.filter(assessment=OuterRef("pk"), member__user=user)
    assigned = Q(Exists(asked), organisation__in=register.memberships_for(user).values("organisation"))
    return Assessment.objects.for_dashboard().filter(
        Q(organisation__in=register.organisations_seen_in_full(user)) | assigned
    )


_ASSESSMENT: Prepared[Assessment] = Prepared(
    lambda: assessments_for(GIVEN_USER).filter(reference=Placeholder("reference", CharField()))
)


def find_assessment(user: User, reference: str) -> Assessment | None:
    """The one of `assessments_for` with that reference; None where this person may not know of any."""
    return _ASSESSMENT.first(user=user.pk, reference=reference)


@lru_cache(maxsize=4096)
def _place_of(reference: str) -> tuple[int, str]:
    return Assessment.objects.values_list("pk", "edition__checksum").get(reference=reference)


def place_of(reference: str) -> tuple[int, str] | None:
    """Return the id and the edition's checksum of an assessment. Neither ever changes, so they are read once a process.

    This checks no right. The caller may only do with it what checks the person's right under a lock.
    """
    try:
        return _place_of(reference)
    except Assessment.DoesNotExist:
        return None


def assignments_for(user: User) -> QuerySet[Assignment]:
    """Return what `user` is asked to answer and has not said to be done."""
    mine = register.memberships_for(user)
    answer = Answer.objects.filter(assessment=OuterRef("assessment"), question__key=OuterRef("question"))
    asked = Assignment.objects.filter(member__in=mine, done_at=None).annotate(answered=Exists(answer))
    related = ("assessment__use__system", "assessment__edition", "by")
    return asked.select_related(*related).defer("assessment__edition__content")


def members_of(assessment: Assessment) -> QuerySet[Membership]:
    """Return the members of the assessment's organisation, for a page that the caller found by `assessments_for`."""
    return Membership.objects.current().filter(organisation=assessment.organisation_id).select_related("user")


def signers_of(assessment: Assessment) -> list[User]:
    """Return who may sign the assessment, by name."""
    members = members_of(assessment).filter(role__in=MAY[Action.SIGN]).order_by("user__name", "pk")
    return [member.user for member in members]


class Marks(NamedTuple):
    """What hangs on one question, as one person sees it."""

    open_comments: int = 0
    comments: int = 0
    flagged: bool = False
    asked: int = 0  # colleagues who are asked to answer it and have not said to be done
    asked_of_me: int = 0  # the request to this person, by its key; 0: none
    news: int = 0  # only under the question "": unread messages that lead into the assessment


NO_MARKS = Marks()


def _marks() -> QuerySet[Any, Any]:
    given: Any = Placeholder("assessment")
    nothing = {"open": Value(0), "every": Value(0), "flags": Value(0), "asked": Value(0), "mine": Value(0)}
    shape = ("question", *nothing, "news")
    is_open = Q(reply_to=None, resolved_at=None)
    talk = (
        Comment.objects.filter(assessment=given)
        .values("question")
        .annotate(**nothing | {"open": Count("pk", filter=is_open), "every": Count("pk")}, news=Value(0))
        .values_list(*shape)
    )
    flags = (
        Flag.objects.filter(assessment=given, user=GIVEN_USER)
        .values("question")
        .annotate(**nothing | {"flags": Count("pk")}, news=Value(0))
        .values_list(*shape)
    )
    of_me = Max("pk", filter=Q(member__user=GIVEN_USER), default=0)
    asked = (
        Assignment.objects.filter(assessment=given, done_at=None, member__left_at=None)
        .exclude(question="")
        .values("question")
        .annotate(**nothing | {"asked": Count("pk"), "mine": of_me}, news=Value(0))
        .values_list(*shape)
    )
    news = (
        # By the relation: the inbox is a room above this one.
        User.objects.filter(
            pk=GIVEN_USER, inbox__read_at=None, inbox__link__startswith=Placeholder("address", CharField())
        )
        .annotate(question=Value(""), **nothing, news=Value(1))
        .values_list(*shape)
    )
    return talk.union(flags, asked, news, all=True)


_MARKS: Prepared[Any] = Prepared(_marks)


def marks_on_questions(user: User, assessment: Assessment) -> dict[str, Marks]:
    """Say for each question that has any: open threads, all comments, whether `user` flagged it, who is asked. One query.

    For a page that found the assessment by `assessments_for`.
    """
    found: dict[str, Marks] = {}
    address = assessment.get_absolute_url()
    for question, *counts in _MARKS.all(user=user.pk, assessment=assessment.pk, address=address):
        have = found.get(question, Marks())
        added = [old + more for old, more in zip(have, counts, strict=True)]
        found[question] = Marks(*added)._replace(flagged=bool(added[2]))
    return found


def members_who_see(assessment: Assessment, section: str, question: str) -> QuerySet[Membership]:
    """Return the members who may read a question and what is said about it, by name."""
    asked = {"assignments__section": section, "assignments__question__in": ["", question]}
    assigned = Q(assignments__assessment=assessment, **asked)
    seen = Membership.objects.filter(assigned | Q(sees=Sees.ALL), role__in=WORKING_ROLES)
    return members_of(assessment).filter(pk__in=seen.values("pk")).order_by("user__name", "pk")


def members_to_ask(assessment: Assessment) -> QuerySet[Membership]:
    """Return the members who can be asked to answer: owners and contributors, by name."""
    return members_of(assessment).filter(role__in=MAY[Action.ANSWER]).order_by("user__name", "pk")


def comments_on(assessment: Assessment, question: str) -> QuerySet[Comment]:
    """Return what is said about a question, oldest first, for a page that found the assessment by `assessments_for`."""
    said = Comment.objects.filter(assessment=assessment, question=question)
    return said.select_related("author", "resolved_by").order_by("pk")


def asked_in(assessment: Assessment) -> QuerySet[Assignment]:
    """Return who is asked what in an assessment that the caller found by `assessments_for`."""
    asked = Assignment.objects.filter(assessment=assessment, member__left_at=None)
    return asked.select_related("member__user", "by").order_by("pk")


_ASKED: Prepared[Assignment] = Prepared(lambda: asked_in(cast(Any, Placeholder("assessment"))))


def asked_on_page(assessment: Assessment) -> list[Assignment]:
    """As `asked_in`, for a page that shows them all."""
    return _ASKED.all(assessment=assessment.pk)


def threads_waiting_for(user: User, comments: Iterable[int]) -> QuerySet[Comment]:
    """Return those of these comments whose thread is open and in which `user` has written nothing since."""
    of_thread = Q(reply_to=OuterRef("reply_to")) | Q(reply_to=OuterRef("pk")) | Q(pk=OuterRef("reply_to"))
    answered = Comment.objects.filter(of_thread, author=user, pk__gt=OuterRef("pk"))
    is_open = Q(reply_to=None, resolved_at=None) | Q(reply_to__isnull=False, reply_to__resolved_at=None)
    waiting = Comment.objects.filter(is_open, pk__in=comments, assessment__in=assessments_for(user).values("pk"))
    return waiting.exclude(Exists(answered)).select_related("author", "assessment__use", "assessment__edition")


_UNTOUCHED = Q(carried_from__isnull=False, revision=1)

_BY_TIME: Prepared[tuple[str, int | None, bool]] = Prepared(
    lambda: (
        Answer.objects.filter(assessment=Placeholder("assessment"))
        .annotate(giver=Case(When(_UNTOUCHED, then=None), default=F("by_id")))
        .order_by("-at")
        .values_list("question__key", "giver", "to_confirm")
    )
)


def answers_by_time(assessment: Assessment) -> list[tuple[str, int | None, bool]]:
    """Return of each answer its question, who gave it here and whether it is still to be confirmed, the newest first.

    Nobody gave it here that was taken over and left as it came.

    For a page that found the assessment by `assessments_for`; so below.
    """
    return _BY_TIME.all(assessment=assessment.pk)


def answers_to(assessment: Assessment, questions: Iterable[str]) -> dict[str, Answer]:
    """The stored answers to these questions, with who wrote them: one query."""
    keys = {f"key{n}": key for n, key in enumerate(questions)}
    rows = _answers(len(keys)).all(assessment=assessment.pk, **keys) if keys else ()
    return {row.question.key: row for row in rows}


def use_behind(answer: Answer) -> str:
    """Return the name of the use from which an answer was taken over: one query, none where `answers_to` found the answer."""
    if hasattr(answer, "taken_from"):
        return answer.taken_from or ""
    source = Answer.objects.filter(pk=answer.carried_from_id or 0).values_list("assessment__use__title", flat=True)
    return source.first() or ""


@lru_cache(maxsize=256)
def _answers(questions: int) -> Prepared[Answer]:
    keys = [Placeholder(f"key{n}", CharField()) for n in range(questions)]
    of: Any = Placeholder("assessment")
    return Prepared(
        lambda: (
            Answer.objects.filter(assessment=of, question__key__in=keys)
            .annotate(taken_from=F("carried_from__assessment__use__title"), note_is_taken=NOTE_IS_TAKEN)
            .select_related("question", "by")
        )
    )


def conformity_of(assessment: Assessment, declared: Declared) -> dict[str, Any]:
    """The conformity file as it stands, with the tier that asks for it. For a page that found the assessment by its door."""
    return conformity_snapshot(assessment, declared)


def holds_of(user: User) -> QuerySet[Hold]:
    """Return the open holds that `user` looks after, of uses that they see, the most urgent first."""
    mine = Hold.objects.filter(owner=user, closed_at=None, use__in=register.uses_for(user).values("pk"))
    return mine.filter(use__retired_at=None).select_related("use__system").order_by("due", "pk")


def stale_for(user: User) -> AssessmentQuerySet:
    """Return the approvals flagged as stale in organisations in which `user` may say what changed, the oldest flag first."""
    owned = register.organisations_where(user, Action.SIGN).values("pk")
    stale = Assessment.objects.for_dashboard().exclude(stale_since=None).filter(organisation__in=owned)
    return stale.filter(state__in=(State.APPROVED, State.CERTIFIED)).order_by("stale_since", "pk")


_CURRENT: Prepared[str] = Prepared(
    lambda: Edition.objects.order_by("-published_at", "-pk").values_list("checksum", flat=True)[:1]
)


def current_edition() -> CompiledEdition:
    """The newest release, which anyone may read; raises Edition.DoesNotExist when none is loaded."""
    found = _CURRENT.first()
    if found is None:
        raise Edition.DoesNotExist
    return edition_for(found)
