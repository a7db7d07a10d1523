"""Who may know of an object, and what they may do to it.

One function for each kind of object scopes it; views reach rows by no other way. Whoever may not know that an object
exists gets 404, a colleague without the role gets 403 (`require`). A reviewer's door is `submissions_for`: the frozen
copy, never the draft. Staff have no door of their own.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Any, NamedTuple, cast

from django.db.models import CharField, Count, Exists, Max, OuterRef, Q, QuerySet, Subquery, Value
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.errors import NotPermitted
from assessments.models import (
    AISystem,
    Answer,
    Assessment,
    Assignment,
    Certificate,
    Comment,
    DeclaredUse,
    Document,
    Edition,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Flag,
    Invitation,
    Membership,
    Message,
    Organisation,
    RemediationAction,
    Role,
    Sees,
    Submission,
    User,
)
from assessments.models.assessments import AssessmentQuerySet, Route
from assessments.models.evidence import EvidenceQuerySet
from assessments.models.prepared import Given, Prepared
from assessments.models.questionnaires import CompiledEdition, edition_for
from assessments.models.reviews import ActionStatus, SubmissionQuerySet
from assessments.models.systems import DeclaredUseQuerySet, TierChoices
from assessments.models.teamwork import FactSuggestion, ImportDraft, SavedFilter


class Action(StrEnum):
    VIEW = "view"
    ANSWER = "answer"  # answers, notes, actions
    DECLARE = "declare"  # facts
    REGISTER = "register"  # systems, uses, the organisation itself
    ASK = "ask"  # a colleague, to answer one question
    PEOPLE = "people"  # invite, assign
    SIGN = "sign"  # submit, recall, withdraw, self-certify, declare prohibited


MAY: dict[Action, set[Role]] = {
    Action.VIEW: {Role.OWNER, Role.CONTRIBUTOR, Role.VIEWER},
    Action.ANSWER: {Role.OWNER, Role.CONTRIBUTOR},
    Action.DECLARE: {Role.OWNER, Role.CONTRIBUTOR},
    Action.REGISTER: {Role.OWNER},
    Action.ASK: {Role.OWNER, Role.CONTRIBUTOR},
    Action.PEOPLE: {Role.OWNER},
    Action.SIGN: {Role.OWNER},
}


_GIVEN: Any = Given("user")
"""Stands for the person in a door that is asked by a prepared query."""


def _memberships(user: User) -> QuerySet[Membership]:
    """The memberships that let a person see what the organisation works on: all but a reviewer's."""
    return Membership.objects.filter(user=user, left_at=None).exclude(role=Role.REVIEWER)


def _seen_in_full(user: User) -> QuerySet[Membership, Any]:
    return _memberships(user).filter(sees=Sees.ALL).values("organisation")


def in_full_of(user: User) -> QuerySet[Membership, Any]:
    """The same as ids in a subquery, for a condition on rows that are found by a door already."""
    return _seen_in_full(user)


def seen_in_full(user: User) -> set[int]:
    """Ids of the organisations of which `user` sees everything but reviews."""
    return set(_seen_in_full(user).values_list("organisation", flat=True))


def organisations_for(user: User) -> QuerySet[Organisation]:
    """The organisations of which `user` is a member in any role."""
    mine = Membership.objects.filter(user=user, left_at=None).values("organisation")
    return Organisation.objects.filter(pk__in=mine)


def organisations_where(user: User, action: Action) -> QuerySet[Organisation]:
    """The organisations in which `user` has a role that may do `action`, by name."""
    mine = Membership.objects.filter(user=user, left_at=None, role__in=MAY[action]).values("organisation")
    return Organisation.objects.filter(pk__in=mine).order_by("name_en", "pk")


def invitation_with(token: str) -> Invitation | None:
    """The open invitation of a mailed link; None once it was used or ran out. Whoever holds the link may know of it."""
    return Invitation.objects.open_for(token)


def asked_along(invitation: Invitation) -> tuple[str, str]:
    """The text of the question that an invitation asks, and what its sender wants to know; empty for most."""
    assessment = Assessment.objects.for_dashboard().filter(pk=invitation.asked.get("assessment", 0)).first()
    question = assessment.compiled().questions.get(invitation.asked["question"]) if assessment else None
    return (question.text, invitation.asked["note"]) if question else ("", "")


def systems_for(user: User) -> QuerySet[AISystem]:
    return AISystem.objects.filter(organisation__in=_seen_in_full(user)).select_related("organisation")


def uses_for(user: User) -> QuerySet[DeclaredUse]:
    return DeclaredUse.objects.for_list().filter(organisation__in=_seen_in_full(user))


def assessments_for(user: User) -> AssessmentQuerySet:
    """The assessments `user` may know exist; who sees only what is assigned, sees those with an assignment."""
    asked = Assignment.objects.filter(assessment=OuterRef("pk"), member__user=user)
    assigned = Q(Exists(asked), organisation__in=_memberships(user).values("organisation"))
    return Assessment.objects.for_dashboard().filter(Q(organisation__in=_seen_in_full(user)) | assigned)


_ASSESSMENT: Prepared[Assessment] = Prepared(
    lambda: assessments_for(_GIVEN).filter(reference=Given("reference", CharField()))
)


def find_assessment(user: User, reference: str) -> Assessment | None:
    """The one of `assessments_for` with that reference; None where this person may not know of any."""
    return _ASSESSMENT.first(user=user.pk, reference=reference)


_PLACE: Prepared[tuple[int, str]] = Prepared(
    lambda: (
        assessments_for(_GIVEN).filter(reference=Given("reference", CharField())).values_list("pk", "edition__checksum")
    )
)


def find_place(user: User, reference: str) -> tuple[int, str] | None:
    """As `find_assessment`, but its id and the edition's checksum alone: for what will read it under a lock."""
    return _PLACE.first(user=user.pk, reference=reference)


def submissions_for(user: User) -> SubmissionQuerySet:
    """The submissions that `user` may review.

    In-house reviewers reach those of their organisation, reviewers of the reviewing body those sent to it and every
    High one, whose second seat is theirs.
    """
    seats = Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER)
    inside = Q(organisation__in=seats.filter(organisation__is_reviewing_body=False).values("organisation"))
    door = inside
    if seats.filter(organisation__is_reviewing_body=True).exists():
        door |= ~Q(route="") & (Q(route=Route.INDEPENDENT) | Q(assigned_tier=TierChoices.HIGH))
    return Submission.objects.for_list().filter(door)


def own_submissions_for(user: User) -> SubmissionQuerySet:
    """The submissions of the organisations that `user` sees in full."""
    return Submission.objects.for_list().filter(organisation__in=_seen_in_full(user))


def actions_for(user: User) -> QuerySet[RemediationAction]:
    return RemediationAction.objects.filter(organisation__in=_seen_in_full(user)).select_related("use__system", "owner")


_OPEN_ACTIONS: Prepared[RemediationAction] = Prepared(
    lambda: RemediationAction.objects.filter(use=Given("use")).exclude(status=ActionStatus.CLOSED)
)


def open_actions_of(assessment: Assessment) -> list[RemediationAction]:
    """The actions of its use that are not closed, for a page that found the assessment by its door."""
    return _OPEN_ACTIONS.all(use=assessment.use_id)


def actions_to_check_for(user: User) -> QuerySet[RemediationAction]:
    """The actions of uses whose submissions `user` may review: such a person accepts what shows that one is done."""
    uses = submissions_for(user).values("assessment__use")
    return RemediationAction.objects.filter(use__in=uses).select_related("use__system", "owner")


def assignments_for(user: User) -> QuerySet[Assignment]:
    """What `user` is asked to answer and has not said to be done."""
    mine = _memberships(user)
    answer = Answer.objects.filter(assessment=OuterRef("assessment"), question__key=OuterRef("question"))
    asked = Assignment.objects.filter(member__in=mine, done_at=None).annotate(answered=Exists(answer))
    related = ("assessment__use__system", "assessment__edition", "by")
    return asked.select_related(*related).defer("assessment__edition__content")


def members_of(assessment: Assessment) -> QuerySet[Membership]:
    """The members of the assessment's organisation, for a page that the caller found by `assessments_for`."""
    return Membership.objects.current().filter(organisation=assessment.organisation_id).select_related("user")


def signers_of(assessment: Assessment) -> list[User]:
    """Who may sign the assessment, by name."""
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
    given: Any = Given("assessment")
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
        Flag.objects.filter(assessment=given, user=_GIVEN)
        .values("question")
        .annotate(**nothing | {"flags": Count("pk")}, news=Value(0))
        .values_list(*shape)
    )
    of_me = Max("pk", filter=Q(member__user=_GIVEN), default=0)
    asked = (
        Assignment.objects.filter(assessment=given, done_at=None, member__left_at=None)
        .exclude(question="")
        .values("question")
        .annotate(**nothing | {"asked": Count("pk"), "mine": of_me}, news=Value(0))
        .values_list(*shape)
    )
    news = (
        unread_for(_GIVEN)
        .filter(link__startswith=Given("address", CharField()))
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
    """The members who may read a question and what is said about it, by name: all but reviewers."""
    asked = {"assignments__section": section, "assignments__question__in": ["", question]}
    assigned = Q(assignments__assessment=assessment, **asked)
    seen = Membership.objects.filter(assigned | Q(sees=Sees.ALL)).exclude(role=Role.REVIEWER)
    return members_of(assessment).filter(pk__in=seen.values("pk")).order_by("user__name", "pk")


def members_to_ask(assessment: Assessment) -> QuerySet[Membership]:
    """The members who can be asked to answer: owners and contributors, by name."""
    return members_of(assessment).filter(role__in=MAY[Action.ANSWER]).order_by("user__name", "pk")


def comments_on(assessment: Assessment, question: str) -> QuerySet[Comment]:
    """What is said about a question, oldest first, for a page that found the assessment by `assessments_for`."""
    said = Comment.objects.filter(assessment=assessment, question=question)
    return said.select_related("author", "resolved_by").order_by("pk")


def asked_in(assessment: Assessment) -> QuerySet[Assignment]:
    """Who is asked what in an assessment that the caller found by `assessments_for`."""
    asked = Assignment.objects.filter(assessment=assessment, member__left_at=None)
    return asked.select_related("member__user", "by").order_by("pk")


_ASKED: Prepared[Assignment] = Prepared(lambda: asked_in(cast(Any, Given("assessment"))))


def asked_on_page(assessment: Assessment) -> list[Assignment]:
    """As `asked_in`, for a page that shows them all."""
    return _ASKED.all(assessment=assessment.pk)


def threads_waiting_for(user: User, comments: Iterable[int]) -> QuerySet[Comment]:
    """Of these comments, those whose thread is open and in which `user` has written nothing since."""
    of_thread = Q(reply_to=OuterRef("reply_to")) | Q(reply_to=OuterRef("pk")) | Q(pk=OuterRef("reply_to"))
    answered = Comment.objects.filter(of_thread, author=user, pk__gt=OuterRef("pk"))
    is_open = Q(reply_to=None, resolved_at=None) | Q(reply_to__isnull=False, reply_to__resolved_at=None)
    waiting = Comment.objects.filter(is_open, pk__in=comments, assessment__in=assessments_for(user).values("pk"))
    return waiting.exclude(Exists(answered)).select_related("author", "assessment__use", "assessment__edition")


def evidence_uses_for(user: User) -> QuerySet[EvidenceUse]:
    """Where answers that `user` may see lean on evidence; who sees only what is assigned, sees those of their questions."""
    of_question = Q(question=OuterRef("answer__question__key"))
    of_section = Q(question="", section=OuterRef("answer__question__section__key"))
    asked = Assignment.objects.filter(member__in=_memberships(user), assessment=OuterRef("answer__assessment"))
    return EvidenceUse.objects.filter(
        Q(answer__assessment__organisation__in=_seen_in_full(user)) | Exists(asked.filter(of_question | of_section))
    )


def evidence_for(user: User) -> EvidenceQuerySet:
    """The pieces that `user` may know of: of organisations seen in full, their own, and those their questions lean on."""
    own = Q(owner=user, organisation__in=_memberships(user).values("organisation"))
    leaning = Q(pk__in=evidence_uses_for(user).values("evidence"))
    return Evidence.objects.filter(Q(organisation__in=_seen_in_full(user)) | own | leaning)


def evidence_to_renew(user: User, days: int) -> EvidenceQuerySet:
    """The pieces that `user` owns and can find, and that have expired or will within so many days."""
    until = timezone.localdate() + timedelta(days=days)
    own = evidence_for(user).in_use().filter(owner=user, expires_on__lte=until)
    return own.order_by("expires_on", "pk")


_BY_TIME: Prepared[tuple[str, int, bool]] = Prepared(
    lambda: (
        Answer.objects.filter(assessment=Given("assessment"))
        .order_by("-at")
        .values_list("question__key", "by_id", "to_confirm")
    )
)


def answers_by_time(assessment: Assessment) -> list[tuple[str, int, bool]]:
    """Of each answer its question, who gave it and whether it is still to be confirmed, the newest first.

    For a page that found the assessment by `assessments_for`; so below.
    """
    return _BY_TIME.all(assessment=assessment.pk)


def answers_to(assessment: Assessment, questions: Iterable[str]) -> dict[str, Answer]:
    """The stored answers to these questions, with who wrote them: one query."""
    keys = {f"key{n}": key for n, key in enumerate(questions)}
    rows = _answers(len(keys)).all(assessment=assessment.pk, **keys) if keys else ()
    return {row.question.key: row for row in rows}


@lru_cache(maxsize=256)
def _answers(questions: int) -> Prepared[Answer]:
    keys = [Given(f"key{n}", CharField()) for n in range(questions)]
    of: Any = Given("assessment")
    return Prepared(
        lambda: Answer.objects.filter(assessment=of, question__key__in=keys).select_related("question", "by")
    )


@lru_cache(maxsize=256)
def _evidence(questions: int) -> Prepared[EvidenceUse]:
    """What the answers to so many questions lean on."""
    keys = [Given(f"key{n}", CharField()) for n in range(questions)]
    of: Any = Given("assessment")
    return Prepared(
        lambda: (
            EvidenceUse.objects.filter(answer__assessment=of, answer__question__key__in=keys)
            .select_related("evidence", "answer__question")
            .order_by("pk")
        )
    )


def evidence_on(assessment: Assessment, questions: Iterable[str]) -> dict[str, list[EvidenceUse]]:
    """What the answers to these questions lean on: one query. For a page that found the assessment by its door."""
    found: dict[str, list[EvidenceUse]] = {}
    keys = {f"key{n}": key for n, key in enumerate(questions)}
    for use in _evidence(len(keys)).all(assessment=assessment.pk, **keys) if keys else ():
        found.setdefault(use.answer.question.key, []).append(use)  # type: ignore[union-attr]
    return found


def writers_of(organisation: Organisation) -> QuerySet[User]:
    """The owners and contributors of an organisation, by name, for a page that found something of it by its door."""
    roles = MAY[Action.ANSWER]
    mine = Membership.objects.current().filter(organisation=organisation, role__in=roles)
    return User.objects.filter(pk__in=mine.values("user")).order_by("name", "pk")


def submitted_version(submission: Submission, reference: str, number: int) -> EvidenceVersion | None:
    """The version of a piece that a submission names, and no other. For a submission that the caller found by its door."""
    named = (piece for answer in submission.content()["answers"].values() for piece in answer.get("evidence", ()))
    if not any(piece["reference"] == reference and piece["version"] == number for piece in named):
        return None
    rows = EvidenceVersion.objects.filter(
        evidence__reference=reference, evidence__organisation=submission.organisation_id
    )
    found: EvidenceVersion | None = rows.filter(number=number).select_related("evidence__organisation").first()
    return found


def certificates_for(user: User) -> QuerySet[Certificate]:
    return Certificate.objects.filter(organisation__in=_seen_in_full(user)).select_related(
        "use__system", "organisation"
    )


def documents_for(user: User) -> QuerySet[Document]:
    """Documents of submissions and certificates that `user` may read as member or as reviewer."""
    members = own_submissions_for(user).values("pk")
    reviewers = submissions_for(user).values("pk")
    return Document.objects.filter(
        Q(submission__in=members)
        | Q(submission__in=reviewers)
        | Q(certificate__submission__in=members)
        | Q(certificate__submission__in=reviewers)
    ).select_related("submission", "certificate")


def public_certificate(number: str) -> Certificate | None:
    """The certificate of that number, with what its public page shows: anyone may ask, a number is all it takes."""
    return Certificate.objects.filter(number=number).prefetch_related("events", "superseded_by").first()


_CURRENT: Prepared[str] = Prepared(
    lambda: Edition.objects.order_by("-published_at", "-pk").values_list("checksum", flat=True)[:1]
)


def current_edition() -> CompiledEdition:
    """The newest release, which anyone may read; raises Edition.DoesNotExist when none is loaded."""
    found = _CURRENT.first()
    if found is None:
        raise Edition.DoesNotExist
    return edition_for(found)


def portfolio_for(user: User) -> DeclaredUseQuerySet:
    """The uses that `user` may know exist: those seen in full, and those of an assessment that is assigned in part."""
    assigned = Assignment.objects.filter(member__in=_memberships(user)).values("assessment__use")
    seen = Q(organisation__in=_seen_in_full(user)) | Q(pk__in=assigned)
    return DeclaredUse.objects.for_list().filter(seen)


def filters_for(user: User) -> QuerySet[SavedFilter]:
    """A person's own filters of the portfolio, by name."""
    return SavedFilter.objects.filter(user=user).order_by("name", "pk")


_FILTERS: Prepared[SavedFilter] = Prepared(lambda: filters_for(_GIVEN))


def filters_of(user: User) -> list[SavedFilter]:
    """As `filters_for`, for a page that shows them all."""
    return _FILTERS.all(user=user.pk)


def imports_for(user: User) -> QuerySet[ImportDraft]:
    """The imports that `user` began, in organisations whose register they may still change."""
    mine = ImportDraft.objects.filter(by=user, organisation__in=organisations_where(user, Action.REGISTER))
    return mine.select_related("organisation")


def suggestions_for(user: User) -> QuerySet[FactSuggestion]:
    """What model cards suggest and nobody has settled, of the uses that `user` sees."""
    return FactSuggestion.objects.filter(use__in=uses_for(user).values("pk"), settled_at=None).select_related("by")


def messages_for(user: User) -> QuerySet[Message]:
    return Message.objects.filter(recipient=user)


def unread_for(user: User) -> QuerySet[Message]:
    return messages_for(user).filter(read_at=None)


_MINE: Prepared[Membership] = Prepared(
    lambda: (
        Membership.objects.filter(user=_GIVEN, left_at=None)
        .select_related("organisation")
        .order_by("organisation__name_en")
    )
)


def current_memberships(user: User) -> list[Membership]:
    """What `user` is, in which organisations, in one query."""
    return _MINE.all(user=user.pk)


def memberships_on_page(user: User) -> list[Membership]:
    """As `current_memberships`, read once a request: kept on the person's object, which lives no longer.

    For showing pages; what is to be changed is judged by `require`, which reads afresh.
    """
    kept: list[Membership] | None = getattr(user, "_memberships_on_page", None)
    if kept is None:
        kept = current_memberships(user)
        user._memberships_on_page = kept  # type: ignore[attr-defined]
    return kept


_MEMBERSHIP: Prepared[Membership] = Prepared(
    lambda: Membership.objects.filter(user=_GIVEN, organisation_id=Given("organisation"), left_at=None)
)


def membership_in(user: User, organisation: Organisation | int) -> Membership | None:
    pk = organisation if isinstance(organisation, int) else organisation.pk
    return _MEMBERSHIP.first(user=user.pk, organisation=pk)


def role_in(user: User, organisation: Organisation | int) -> Role | None:
    membership = membership_in(user, organisation)
    return Role(membership.role) if membership else None


def may(user: User, action: Action, organisation: Organisation | int) -> bool:
    return role_in(user, organisation) in MAY[action]


def require(user: User, action: Action, about: Organisation | AISystem | DeclaredUse | Assessment) -> Role:
    """Return the person's role, or raise NotPermitted (403) with a sentence that names who may."""
    return Role(require_member(user, action, about).role)


def require_member(
    user: User, action: Action, about: Organisation | AISystem | DeclaredUse | Assessment | Evidence
) -> Membership:
    """Return the membership that allows it; raises as `require`."""
    organisation = about.pk if isinstance(about, Organisation) else about.organisation_id
    membership = membership_in(user, organisation)
    if membership is None or membership.role not in MAY[action]:
        raise NotPermitted(_refusal(action))
    return membership


def _refusal(action: Action) -> str:
    roles = " / ".join(str(role.label) for role in Role if role in MAY[action])
    return _("Your role does not allow this. It takes: %(roles)s.") % {"roles": roles}


def require_people(user: User, organisation: Organisation) -> Role:
    """Return the role of who may invite and remove: an owner; in the reviewing body, which has none, a reviewer."""
    role = role_in(user, organisation)
    if organisation.is_reviewing_body and role == Role.REVIEWER:
        return role
    return require(user, Action.PEOPLE, organisation)


def _with_member() -> AssessmentQuerySet:
    mine = Membership.objects.filter(user=_GIVEN, left_at=None, organisation=OuterRef("organisation"))
    rows = Assessment.objects.annotate(
        member_pk=Subquery(mine.values("pk")[:1]),
        member_role=Subquery(mine.values("role")[:1]),
        member_sees=Subquery(mine.values("sees")[:1]),
    )
    # The organisation's own row is not read: nothing that is saved looks at it.
    return rows.locking().select_related(None).select_related("use__system", "edition").filter(pk=Given("assessment"))


_LOCKED: Prepared[Assessment] = Prepared(_with_member)


def lock_with_member(user: User, assessment: Assessment) -> tuple[Assessment, Membership]:
    """Lock an assessment and read it afresh with the membership that lets `user` answer it: one query.

    Raises as `require`; call it inside `atomic`.
    """
    locked: Any = _LOCKED.first(user=user.pk, assessment=assessment.pk)
    if locked.member_pk is None or locked.member_role not in MAY[Action.ANSWER]:
        raise NotPermitted(_refusal(Action.ANSWER))
    member = Membership(
        pk=locked.member_pk,
        user=user,
        organisation_id=locked.organisation_id,
        role=locked.member_role,
        sees=locked.member_sees,
    )
    return locked, member


def assigned_targets(user: User, assessment: Assessment, membership: Membership | None = None) -> set[str] | None:
    """The sections and questions that `user` may answer; None: all of them. `membership` spares a query."""
    membership = membership or membership_in(user, assessment.organisation_id)
    if membership is None or membership.sees == Sees.ALL:
        return None
    rows = assessment.assignments.filter(member=membership).values_list("section", "question")
    return {question or section for section, question in rows}


def is_reviewer(user: User) -> bool:
    return Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER).exists()


def is_independent(user: User, organisation: Organisation | int) -> bool:
    """Tell whether `user` reviews for the reviewing body and is no member of `organisation`."""
    pk = organisation if isinstance(organisation, int) else organisation.pk
    memberships = list(
        Membership.objects.filter(user=user, left_at=None).values_list(
            "organisation_id", "role", "organisation__is_reviewing_body"
        )
    )
    of_body = any(role == Role.REVIEWER and body for _org, role, body in memberships)
    return of_body and all(org != pk for org, _role, _body in memberships)
