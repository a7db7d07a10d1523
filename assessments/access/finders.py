"""Who may know of an object, and what they may do to it.

One function for each kind of object scopes it; views reach rows by no other way. Whoever may not know that an object
exists gets 404, a colleague without the role gets 403 (`require`). A reviewer's door is `submissions_for`: the frozen
copy, never the draft. Staff have no door of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from allauth.account.models import EmailAddress
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Max,
    OuterRef,
    Prefetch,
    Q,
    QuerySet,
    Subquery,
    TextField,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone

from assessments.models import (
    ActionEvent,
    AISystem,
    Answer,
    Appeal,
    Assessment,
    Assignment,
    AuditEntry,
    CaseMessage,
    Certificate,
    CertificateEvent,
    Comment,
    Condition,
    DeclaredUse,
    Document,
    Edition,
    Evidence,
    EvidenceUse,
    EvidenceVersion,
    Flag,
    Hold,
    Interest,
    Invitation,
    MarkKind,
    Membership,
    Organisation,
    RemediationAction,
    RequestOutcome,
    ReviewMark,
    ReviewSeat,
    Role,
    SeatRequest,
    SecondLook,
    Sees,
    State,
    StatedChange,
    Submission,
    Supplement,
    User,
)
from assessments.models.assessments import NOTE_IS_TAKEN, AssessmentQuerySet, Route
from assessments.models.closing import judged_in
from assessments.models.editions import CompiledEdition, edition_for
from assessments.models.evidence import EvidenceQuerySet
from assessments.models.imports import FactSuggestion, ImportDraft
from assessments.models.issued import issued_by_the_body
from assessments.models.remediation import ActionStatus, is_condition
from assessments.models.saved_filters import SavedFilter
from assessments.models.snapshots import conformity_picture
from assessments.models.submissions import SubmissionQuerySet
from assessments.models.systems import DeclaredFact, DeclaredUseQuerySet, TierChoices

if TYPE_CHECKING:
    from assessments.guideline.edition import FilePart
    from assessments.scoring.inputs import Declared
from assessments.access import roles as access_roles
from assessments.access.roles import MAY, MEMBER_ROLES, WORKING_ROLES, Action

PIECES_OFFERED = 60  # on one page; a piece that is older is attached to an answer first


def _memberships(user: User) -> QuerySet[Membership]:
    """The memberships that let a person see what the organisation works on."""
    return Membership.objects.filter(user=user, left_at=None, role__in=WORKING_ROLES)


def _seen_in_full(user: User) -> QuerySet[Membership, Any]:
    return _memberships(user).filter(sees=Sees.ALL).values("organisation")


def seen_in_full(user: User) -> set[int]:
    """Ids of the organisations of which `user` sees everything but reviews."""
    return set(_seen_in_full(user).values_list("organisation", flat=True))


def organisations_for(user: User) -> QuerySet[Organisation]:
    """The organisations that `user` may know of as a member."""
    mine = Membership.objects.filter(user=user, left_at=None, role__in=MEMBER_ROLES).values("organisation")
    return Organisation.objects.filter(pk__in=mine)


def organisations_where(user: User, action: Action) -> QuerySet[Organisation]:
    """The organisations in which `user` has a role that may do `action`, by name."""
    mine = Membership.objects.filter(user=user, left_at=None, role__in=MAY[action]).values("organisation")
    return Organisation.objects.filter(pk__in=mine).order_by("name_en", "pk")


def is_confirmed(organisation: Organisation) -> bool:
    """Tell whether one of those who invite people into an organisation has confirmed their mail address."""
    role = Role.REVIEWER if organisation.is_reviewing_body else Role.OWNER
    inviting = Membership.objects.current().filter(organisation=organisation, role=role).values("user")
    return EmailAddress.objects.filter(user__in=inviting, verified=True, email__iexact=F("user__email")).exists()


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


def uses_for(user: User) -> DeclaredUseQuerySet:
    return DeclaredUse.objects.for_list().filter(organisation__in=_seen_in_full(user))


def assessments_for(user: User) -> AssessmentQuerySet:
    """The assessments `user` may know exist; who sees only what is assigned, sees those with an assignment."""
    asked = Assignment.objects.filter(assessment=OuterRef("pk"), member__user=user)
    assigned = Q(Exists(asked), organisation__in=_memberships(user).values("organisation"))
    return Assessment.objects.for_dashboard().filter(Q(organisation__in=_seen_in_full(user)) | assigned)


def find_assessment(user: User, reference: str) -> Assessment | None:
    """The one of `assessments_for` with that reference; None where this person may not know of any."""
    return assessments_for(user).filter(reference=reference).first()


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


def is_to_review(user: User) -> Q:
    """The submissions that `user` may review, as a condition on the row itself.

    In-house reviewers reach those of their organisation, reviewers of the reviewing body those sent to it and every
    High one, whose second seat is theirs. Of a deleted organisation nothing is left to read.
    """
    seats = Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER)
    inside = Q(organisation__in=seats.filter(organisation__is_reviewing_body=False).values("organisation"))
    sent = ~Q(route="") & (Q(route=Route.INDEPENDENT) | Q(assigned_tier=TierChoices.HIGH))
    of_body = Q(Exists(seats.filter(organisation__is_reviewing_body=True)))
    return Q(organisation__deleted_at=None) & (inside | (of_body & sent)) & ~looks_again(user)


def looks_again(user: User, case: str = "assessment") -> Q:
    """Whether `user` is giving a blind second look at a case; `case` names the assessment of a row.

    Until the look is given, everything else of the case is closed to them: marks, decisions, names, certificate, log.
    """
    return Q(Exists(SecondLook.objects.filter(submission__assessment=OuterRef(case), reviewer=user, given_at=None)))


def gives_second_look(user: User, submission: Submission) -> bool:
    """Tell whether `user` is giving a blind second look at the case of a submission."""
    return Submission.objects.filter(looks_again(user), pk=submission.pk).exists()


def submissions_for(user: User) -> SubmissionQuerySet:
    """The submissions that `user` may review."""
    return Submission.objects.for_list().filter(is_to_review(user))


def certificates_judged_by(user: User) -> QuerySet[Certificate]:
    """The certificates that `user` judges: as reviewer of their submission, or of the reviewing body where nobody else is left.

    Once an organisation is deleted it has neither owners nor reviewers, and its submissions are empty.
    """
    seats = Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER)
    of_body = Q(Exists(seats.filter(organisation__is_reviewing_body=True)))
    left = Q(organisation__deleted_at__isnull=False)
    return Certificate.objects.filter(Q(submission__in=submissions_for(user).values("pk")) | (of_body & left))


def certificates_issued_for(user: User) -> QuerySet[Any]:
    """The register of certificates that rest on a review of the reviewing body, for its reviewers alone."""
    seats = Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER, organisation__is_reviewing_body=True)
    found: QuerySet[Any] = (
        issued_by_the_body().filter(Exists(seats)).exclude(looks_again(user, "submission__assessment"))
    )
    return found.select_related("use__system", "organisation", "supersedes").defer("public_record")


# --- the gate of a case --------------------------------------------------------------------------------------------------


def gate_of_case(user: User, case: str = "assessment") -> Q:
    """The gate of a case: by this condition alone a reviewer reads what a case holds; `case` names the assessment of a row.

    They have declared no conflict of interest in it, and have said so: by a declaration, or by a seat from before
    declarations were rows of their own. A conflict closes everything, whatever was said before or after. So does a seat
    whose holder has to declare again, until they have. Members of the organisation come by doors of their own.
    """
    said = Interest.objects.filter(assessment=OuterRef(case), reviewer=user)
    sits = ReviewSeat.objects.filter(submission__assessment=OuterRef(case), reviewer=user)
    closed = Q(Exists(said.exclude(words=""))) | Q(Exists(sits.filter(to_declare=True)))
    return (Q(Exists(said)) | Q(Exists(sits))) & ~closed


def is_open_to(user: User, assessment: Assessment | int) -> bool:
    """Tell whether the gate of a case is open to a reviewer who may know of it."""
    pk = assessment if isinstance(assessment, int) else assessment.pk
    return Assessment.objects.filter(gate_of_case(user, "pk"), pk=pk).exists()


def submissions_opened_to(user: User) -> SubmissionQuerySet:
    """The submissions that `user` may review and whose case is open to them."""
    return submissions_for(user).filter(gate_of_case(user))


def opened_submission(user: User, pk: int) -> Submission | None:
    """The submission of that key with its snapshot, where its case is open to a reviewer."""
    found: Submission | None = submissions_opened_to(user).defer(None).filter(pk=pk).first()
    return found


def own_submissions_for(user: User) -> SubmissionQuerySet:
    """The submissions of the organisations that `user` sees in full."""
    return Submission.objects.for_list().filter(organisation__in=_seen_in_full(user))


def actions_for(user: User) -> QuerySet[RemediationAction]:
    """The actions that `user` may know of; who sees only what is assigned, sees those that are theirs."""
    own = Q(owner=user, organisation__in=_memberships(user).values("organisation"))
    found = RemediationAction.objects.filter(Q(organisation__in=_seen_in_full(user)) | own)
    return found.select_related("use__system", "owner")


class Family(NamedTuple):
    """The actions that belong to one: the action that it was split from or merged into, its parts, what was merged."""

    whole: RemediationAction | None
    parts: list[RemediationAction]
    lead: RemediationAction | None
    merged: list[RemediationAction]


def family_of(action: RemediationAction) -> Family:
    """Return the actions that belong to one that the caller found by a door; one query."""
    whole, lead = action.part_of_id or action.pk, action.merged_into_id
    rows = RemediationAction.objects.filter(
        Q(pk__in=[whole, lead or whole]) | Q(part_of=whole) | Q(merged_into=action.pk), use=action.use_id
    )
    found = [row for row in rows.select_related("use", "owner").order_by("number") if row.pk != action.pk]
    parts = [row for row in found if row.part_of_id == whole and row.merged_into_id != action.pk]
    return Family(
        whole=next((row for row in found if row.pk == action.part_of_id), None),
        parts=[row for row in parts if row.verified_by_id or row.status != ActionStatus.CLOSED],
        lead=next((row for row in found if row.pk == lead), None),
        merged=[row for row in found if row.merged_into_id == action.pk],
    )


def actions_set_aside(use: int | OuterRef) -> QuerySet[RemediationAction]:
    """The actions of a use that the organisation marked as not relevant, for a page that found the use by a door."""
    found = RemediationAction.objects.filter(use=use, status=ActionStatus.NOT_RELEVANT)
    return found.select_related("use", "irrelevant_by").order_by("number")


def newest_submissions(actions: QuerySet[RemediationAction]) -> QuerySet[Submission]:
    """The newest submission of each use of some actions that the caller found by a door, with its snapshot."""
    newest = Submission.objects.filter(assessment__use=OuterRef("assessment__use")).order_by("-pk").values("pk")[:1]
    uses = actions.order_by().values("use")
    found: QuerySet[Submission] = Submission.objects.filter(assessment__use__in=uses, pk=Subquery(newest))
    return found.select_related("assessment")


def uses_with_a_plan(user: User) -> DeclaredUseQuerySet:
    """The uses to whose plan `user` may add: they were submitted, and the whole plan is seen."""
    signed = Submission.objects.filter(assessment__use=OuterRef("pk"))
    works = _memberships(user).filter(sees=Sees.ALL, role__in=MAY[Action.ANSWER]).values("organisation")
    found = DeclaredUse.objects.for_list().filter(Exists(signed), organisation__in=works, retired_at=None)
    return found.filter(system__retired_at=None).order_by("system__name", "title", "pk")


def plans_whole(user: User, organisation: int) -> bool:
    """Tell whether `user` may change the whole plan of an organisation; read with the memberships of the page."""
    mine = (m for m in access_roles.memberships_on_page(user) if m.organisation_id == organisation)
    return any(m.role in MAY[Action.ANSWER] and m.sees == Sees.ALL for m in mine)


def affirmed_before_signing(user: User, key: str) -> QuerySet[DeclaredFact]:
    """Where a fact is answered with yes, of the uses that `user` sees and of which nothing was signed yet."""
    found = DeclaredFact.objects.filter(key=key, value=True, use__in=uses_for(user), use__retired_at=None)
    return found.filter(use__action_count=0).select_related("use__system").order_by("use")


def open_actions_of(assessment: Assessment) -> list[RemediationAction]:
    """The actions of its use that are not closed, for a page that found the assessment by its door."""
    rows = RemediationAction.objects.filter(use=assessment.use_id).exclude(status=ActionStatus.CLOSED)
    return list(rows.annotate(is_condition=is_condition()).select_related("owner"))


def actions_to_check_for(user: User) -> QuerySet[RemediationAction]:
    """The actions that `user` may read as a reviewer: those judged in a case that is open to them.

    An action lasts from case to case of its use, so a conflict of interest in one of them closes it. `opened`: the key of
    the submission in whose case it is judged.
    """
    current = submissions_opened_to(user).filter(pk=F("assessment__current_submission"))
    opened = current.filter(assessment=OuterRef("case")).values("pk")
    conflicts = Interest.objects.filter(reviewer=user, assessment__use=OuterRef("use")).exclude(words="")
    found = RemediationAction.objects.annotate(case=judged_in()).annotate(opened=Subquery(opened[:1]))
    found = found.filter(~Exists(conflicts))
    return found.exclude(opened=None).select_related("use__system", "owner")


def actions_waiting_for(user: User) -> QuerySet[RemediationAction]:
    """The actions that are reported as done and that `user` is to check, as they have a seat in the case that judges them.

    `reported_at`: when that was said last. What was self-declared has no seat, and its owners check it.
    """
    current = Q(submission__assessment__current_submission=F("submission"))
    states = (State.IN_REVIEW, State.APPROVED, State.CERTIFIED)
    seats = ReviewSeat.objects.filter(
        current,
        reviewer=user,
        to_declare=False,
        submission__assessment__state__in=states,
        submission__assessment=OuterRef("case"),
    )
    conflicts = Interest.objects.filter(reviewer=user, assessment__use=OuterRef("use")).exclude(words="")
    reports = ActionEvent.objects.filter(action=OuterRef("pk"), kind=ActionEvent.Kind.REPORTED).order_by("-pk")
    found = RemediationAction.objects.filter(status=ActionStatus.DONE, merged_into=None).annotate(case=judged_in())
    found = found.filter(Exists(seats)).exclude(Exists(conflicts))
    found = found.filter(Exists(submissions_for(user).filter(assessment__use=OuterRef("use"))))
    found = found.annotate(reported_at=Coalesce(Subquery(reports.values("at")[:1]), F("opened_at")))
    return found.select_related("use__system", "organisation", "owner").order_by("reported_at", "pk")


def to_declare_for_action(user: User, use: str, number: int) -> Submission | None:
    """The submission whose case `user` has to declare about before they see this action; None where there is none."""
    cases = RemediationAction.objects.filter(use__reference=use, number=number).annotate(case=judged_in())
    of_case = submissions_for(user).filter(pk=F("assessment__current_submission"))
    found: Submission | None = of_case.filter(assessment__in=cases.values("case")).first()
    return found


def to_declare_for_document(user: User, reference: str) -> Submission | None:
    """As `to_declare_for_action`, for a document."""
    of_document = Q(documents__reference=reference) | Q(certificate__documents__reference=reference)
    found: Submission | None = submissions_for(user).filter(of_document).first()
    return found


def certificates_in_reach(user: User) -> QuerySet[Certificate]:
    """The certificates that `user` may read of as member, or judge."""
    reach = Q(organisation__in=_seen_in_full(user)) | Q(pk__in=certificates_judged_by(user).values("pk"))
    found = Certificate.objects.filter(reach).select_related("use__system", "organisation")
    events = Prefetch("events", CertificateEvent.objects.select_related("by"))
    whole = found.select_related("submission__assessment__use__system").prefetch_related(events)
    return whole.defer("submission__snapshot")


def owners_of_actions(user: User) -> QuerySet[User]:
    """Who owns an action that `user` sees, by name."""
    return User.objects.filter(pk__in=actions_for(user).order_by().values("owner")).order_by("name", "pk")


def version_on_action(action: RemediationAction, reference: str, number: int) -> EvidenceVersion | None:
    """The version of a piece that an action leans on. For an action that the caller found by a door."""
    uses = EvidenceUse.objects.filter(action=action, evidence__reference=reference, version=number)
    rows = EvidenceVersion.objects.filter(evidence__in=uses.values("evidence"), number=number)
    found: EvidenceVersion | None = rows.select_related("evidence__organisation").first()
    return found


def events_of_actions() -> QuerySet[ActionEvent]:
    """Lines of history with who wrote them, for a page that found their actions by a door."""
    return ActionEvent.objects.select_related("by")


def conditions_of(certificate: Certificate) -> QuerySet[Condition]:
    """The conditions under which a certificate was issued, for a page that found it by its door."""
    of = Condition.objects.filter(decision__submission=certificate.submission_id)
    return of.select_related("met_by").order_by("due_on", "pk")


def dates_moved_by(user: User, batch: UUID) -> QuerySet[ActionEvent]:
    """The dates that one press set, of the actions that `user` sees."""
    kinds = (ActionEvent.Kind.DUE, ActionEvent.Kind.FULL_DUE)
    rows = ActionEvent.objects.filter(batch=batch, kind__in=kinds, action__in=actions_for(user).values("pk"))
    return rows.select_related("action__use__system", "action__organisation").order_by("pk")


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


def _marks(user: User, assessment: Assessment) -> QuerySet[Any, Any]:
    nothing = {"open": Value(0), "every": Value(0), "flags": Value(0), "asked": Value(0), "mine": Value(0)}
    shape = ("question", *nothing, "news")
    is_open = Q(reply_to=None, resolved_at=None)
    talk = (
        Comment.objects.filter(assessment=assessment)
        .values("question")
        .annotate(**nothing | {"open": Count("pk", filter=is_open), "every": Count("pk")}, news=Value(0))
        .values_list(*shape)
    )
    flags = (
        Flag.objects.filter(assessment=assessment, user=user)
        .values("question")
        .annotate(**nothing | {"flags": Count("pk")}, news=Value(0))
        .values_list(*shape)
    )
    of_me = Max("pk", filter=Q(member__user=user), default=0)
    asked = (
        Assignment.objects.filter(assessment=assessment, done_at=None, member__left_at=None)
        .exclude(question="")
        .values("question")
        .annotate(**nothing | {"asked": Count("pk"), "mine": of_me}, news=Value(0))
        .values_list(*shape)
    )
    news = (
        # By the relation: the inbox is a room above this one.
        User.objects.filter(pk=user.pk, inbox__read_at=None, inbox__link__startswith=assessment.get_absolute_url())
        .annotate(question=Value(""), **nothing, news=Value(1))
        .values_list(*shape)
    )
    return talk.union(flags, asked, news, all=True)


def marks_on_questions(user: User, assessment: Assessment) -> dict[str, Marks]:
    """Say for each question that has any: open threads, all comments, whether `user` flagged it, who is asked. One query.

    For a page that found the assessment by `assessments_for`.
    """
    found: dict[str, Marks] = {}
    for question, *counts in _marks(user, assessment):
        have = found.get(question, Marks())
        added = [old + more for old, more in zip(have, counts, strict=True)]
        found[question] = Marks(*added)._replace(flagged=bool(added[2]))
    return found


def members_who_see(assessment: Assessment, section: str, question: str) -> QuerySet[Membership]:
    """The members who may read a question and what is said about it, by name."""
    asked = {"assignments__section": section, "assignments__question__in": ["", question]}
    assigned = Q(assignments__assessment=assessment, **asked)
    seen = Membership.objects.filter(assigned | Q(sees=Sees.ALL), role__in=WORKING_ROLES)
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


def asked_on_page(assessment: Assessment) -> list[Assignment]:
    """As `asked_in`, for a page that shows them all."""
    return list(asked_in(assessment))


def threads_waiting_for(user: User, comments: Iterable[int]) -> QuerySet[Comment]:
    """Of these comments, those whose thread is open and in which `user` has written nothing since."""
    of_thread = Q(reply_to=OuterRef("reply_to")) | Q(reply_to=OuterRef("pk")) | Q(pk=OuterRef("reply_to"))
    answered = Comment.objects.filter(of_thread, author=user, pk__gt=OuterRef("pk"))
    is_open = Q(reply_to=None, resolved_at=None) | Q(reply_to__isnull=False, reply_to__resolved_at=None)
    waiting = Comment.objects.filter(is_open, pk__in=comments, assessment__in=assessments_for(user).values("pk"))
    return waiting.exclude(Exists(answered)).select_related("author", "assessment__use", "assessment__edition")


def evidence_uses_for(user: User) -> QuerySet[EvidenceUse]:
    """Where answers and actions that `user` may see lean on evidence; who sees only what is assigned: their questions."""
    of_question = Q(question=OuterRef("answer__question__key"))
    of_section = Q(question="", section=OuterRef("answer__question__section__key"))
    asked = Assignment.objects.filter(member__in=_memberships(user), assessment=OuterRef("answer__assessment"))
    return EvidenceUse.objects.filter(
        Q(answer__assessment__organisation__in=_seen_in_full(user))
        | Q(action__in=actions_for(user).order_by().values("pk"))
        | Exists(asked.filter(of_question | of_section))
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


_UNTOUCHED = Q(carried_from__isnull=False, revision=1)


def answers_by_time(assessment: Assessment) -> list[tuple[str, int | None, bool]]:
    """Of each answer its question, who gave it here and whether it is still to be confirmed, the newest first.

    Nobody gave it here that was taken over and left as it came.

    For a page that found the assessment by `assessments_for`; so below.
    """
    giver = Case(When(_UNTOUCHED, then=None), default=F("by_id"))
    rows = Answer.objects.filter(assessment=assessment).annotate(giver=giver).order_by("-at")
    return list(rows.values_list("question__key", "giver", "to_confirm"))


def answers_to(assessment: Assessment, questions: Iterable[str]) -> dict[str, Answer]:
    """The stored answers to these questions, with who wrote them: one query."""
    rows = Answer.objects.filter(assessment=assessment, question__key__in=list(questions)).annotate(
        taken_from=F("carried_from__assessment__use__title"), note_is_taken=NOTE_IS_TAKEN
    )
    return {row.question.key: row for row in rows.select_related("question", "by")}


def use_behind(answer: Answer) -> str:
    """The name of the use from which an answer was taken over: one query, none where `answers_to` found the answer."""
    if hasattr(answer, "taken_from"):
        return answer.taken_from or ""
    source = Answer.objects.filter(pk=answer.carried_from_id or 0).values_list("assessment__use__title", flat=True)
    return source.first() or ""


def evidence_on(assessment: Assessment, questions: Iterable[str]) -> dict[str, list[EvidenceUse]]:
    """What the answers to these questions lean on: one query. For a page that found the assessment by its door."""
    found: dict[str, list[EvidenceUse]] = {}
    rows = EvidenceUse.objects.filter(answer__assessment=assessment, answer__question__key__in=list(questions))
    for use in rows.select_related("evidence", "answer__question").order_by("pk"):
        found.setdefault(use.answer.question.key, []).append(use)  # type: ignore[union-attr]
    return found


def conformity_of(assessment: Assessment, declared: Declared) -> dict[str, Any]:
    """The conformity file as it stands, with the tier that asks for it. For a page that found the assessment by its door."""
    return conformity_picture(assessment, declared)


def pieces_for_part(
    user: User, assessment: Assessment, part: FilePart, stands: Mapping[str, Any] | None
) -> list[Evidence]:
    """The pieces that a part of the file may lean on: those it has, those under the likely answers, the newest of the rest.

    One query. For a page that found the assessment by `assessments_for`.
    """
    have = [piece["reference"] for piece in stands["evidence"]] if stands else []
    likely = EvidenceUse.objects.filter(
        evidence=OuterRef("pk"), answer__assessment=assessment, answer__question__key__in=part.questions
    )
    rows = evidence_for(user).in_use().filter(organisation=assessment.organisation_id)
    rank = Case(When(reference__in=have, then=0), When(Exists(likely), then=1), default=2)
    return list(rows.annotate(rank=rank).order_by("rank", "-created_at", "pk")[:PIECES_OFFERED])


def writers_of(organisation: Organisation) -> QuerySet[User]:
    """The owners and contributors of an organisation, by name, for a page that found something of it by its door."""
    roles = MAY[Action.ANSWER]
    mine = Membership.objects.current().filter(organisation=organisation, role__in=roles)
    return User.objects.filter(pk__in=mine.values("user")).order_by("name", "pk")


def holds_of(user: User) -> QuerySet[Hold]:
    """The open holds that `user` looks after, of uses that they see, the most urgent first."""
    mine = Hold.objects.filter(owner=user, closed_at=None, use__in=uses_for(user).values("pk"))
    return mine.filter(use__retired_at=None).select_related("use__system").order_by("due", "pk")


def stale_for(user: User) -> AssessmentQuerySet:
    """The approvals flagged as stale in organisations in which `user` may say what changed, the oldest flag first."""
    owned = organisations_where(user, Action.SIGN).values("pk")
    stale = Assessment.objects.for_dashboard().exclude(stale_since=None).filter(organisation__in=owned)
    return stale.filter(state__in=(State.APPROVED, State.CERTIFIED)).order_by("stale_since", "pk")


def names_of(people: Iterable[int]) -> dict[int, str]:
    """The names of people whom the caller found by a door, by their keys."""
    wanted = list(people)
    return {user.pk: str(user) for user in User.objects.filter(pk__in=wanted)} if wanted else {}


def submitted_version(submission: Submission, reference: str, number: int) -> EvidenceVersion | None:
    """Return a version of a piece of evidence that belongs to the case: no other is found.

    It belongs where the submission names it, where a hold or an action of the use has it attached, or as a supplement.

    For a submission that the caller found by its door.
    """
    content = submission.content()
    leaning = (*content["answers"].values(), *content.get("conformity", ()))
    named = (piece for one in leaning for piece in one.get("evidence", ()))
    if not any(piece["reference"] == reference and piece["version"] == number for piece in named):
        use = submission.assessment.use_id
        attached = EvidenceUse.objects.filter(Q(hold__use=use) | Q(action__use=use), evidence__reference=reference)
        later = Supplement.objects.filter(assessment=submission.assessment_id, version__number=number)
        later = later.filter(version__evidence__reference=reference)
        if not attached.filter(evidence__version=number).exists() and not later.exists():
            return None
    rows = EvidenceVersion.objects.filter(
        evidence__reference=reference, evidence__organisation=submission.organisation_id
    )
    found: EvidenceVersion | None = rows.filter(number=number).select_related("evidence__organisation").first()
    return found


def marks_kept(submission: Submission, earlier: Submission | None = None) -> QuerySet[ReviewMark]:
    """All marks of a submission with their people, those that were taken back too (they have no `mark`).

    With them, where an `earlier` round is named, what was asked to be changed in it.
    """
    rows = Q(submission=submission) | Q(submission=earlier, mark=MarkKind.CHANGE_NEEDED)
    found = ReviewMark.kept.filter(rows if earlier else Q(submission=submission))
    people = found.select_related("by", "taken_over_from", "carried_from__submission")
    return people.defer("carried_from__submission__snapshot")


def certificates_for(user: User) -> QuerySet[Certificate]:
    return Certificate.objects.filter(organisation__in=_seen_in_full(user)).select_related(
        "use__system", "organisation"
    )


def documents_for(user: User) -> QuerySet[Document]:
    """Documents of submissions and certificates that `user` may read as member or as reviewer.

    Drafts are for members who see all answers; a reviewer's have passed the gate of their case.
    """
    members = own_submissions_for(user).values("pk")
    reviewers = submissions_opened_to(user).values("pk")
    return Document.objects.filter(
        Q(assessment__organisation__in=_seen_in_full(user))
        | Q(submission__in=members)
        | Q(submission__in=reviewers)
        | Q(certificate__submission__in=members)
        | Q(certificate__submission__in=reviewers)
    ).select_related("submission", "certificate", "assessment")


def public_certificate(number: str) -> Certificate | None:
    """The certificate of that number, with what its public page shows: anyone may ask, a number is all it takes."""
    return Certificate.objects.filter(number=number).prefetch_related("events", "superseded_by").first()


def current_edition() -> CompiledEdition:
    """The newest release, which anyone may read; raises Edition.DoesNotExist when none is loaded."""
    found = Edition.objects.order_by("-published_at", "-pk").values_list("checksum", flat=True).first()
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


def filters_of(user: User) -> list[SavedFilter]:
    """As `filters_for`, for a page that shows them all."""
    return list(filters_for(user))


def imports_for(user: User) -> QuerySet[ImportDraft]:
    """The imports that `user` began, in organisations whose register they may still change."""
    mine = ImportDraft.objects.filter(by=user, organisation__in=organisations_where(user, Action.REGISTER))
    return mine.select_related("organisation")


def suggestions_for(user: User) -> QuerySet[FactSuggestion]:
    """What model cards suggest and nobody has settled, of the uses that `user` sees."""
    return FactSuggestion.objects.filter(use__in=uses_for(user).values("pk"), settled_at=None).select_related("by")


def submissions_to_read(user: User) -> SubmissionQuerySet:
    """The submissions that `user` may read as a reviewer: those to review, and those of an appeal to be answered.

    Taking, marking and deciding ask for `submissions_for`, which is narrower.
    """
    return Submission.objects.for_list().filter(_is_to_read(user))


def submissions_with_evidence_for(user: User) -> SubmissionQuerySet:
    """As `submissions_to_read`, and those at which `user` is giving a second look: their evidence opens as in a review."""
    looking = Q(organisation__deleted_at=None) & looks_again(user)
    return Submission.objects.for_list().filter(_is_to_read(user) | looking)


def _is_to_read(user: User) -> Q:
    # Asked of the row: as lists, all that the person may ever read would be gone through for the one that is opened.
    appealed = appeals_for(user).filter(assessment=OuterRef("assessment"))
    return is_to_review(user) | Q(Exists(appealed))


def colleagues_of(user: User) -> QuerySet[User]:
    """Who reviews where `user` reviews, by name."""
    mine = Membership.objects.filter(user=user, left_at=None, role=Role.REVIEWER).values("organisation")
    beside = Membership.objects.current().filter(role=Role.REVIEWER, organisation__in=mine).exclude(user=user)
    return User.objects.filter(pk__in=beside.values("user")).order_by("name", "pk")


def interests_in(assessment: Assessment) -> QuerySet[Interest]:
    """What reviewers declared about a case that the caller found by its door, oldest first."""
    return Interest.objects.filter(assessment=assessment).select_related("reviewer").order_by("pk")


def changes_before(assessment: Assessment) -> QuerySet[StatedChange]:
    """The changes that owners stated and that opened an assessment, for a page that found the case by its door."""
    found: QuerySet[StatedChange] = StatedChange.objects.filter(opened=assessment).select_related("by").order_by("pk")
    return found


def seated_now(*submissions: Submission) -> set[int]:
    """Ids of those with a seat in these submissions of one case who still review and have no conflict: who may be told.

    Whoever has left the reviewing body or the organisation, or has declared a conflict, hears no more of the case.
    """
    seats = ReviewSeat.objects.filter(submission__in=submissions).values("reviewer")
    conflicts = Interest.objects.filter(assessment__in=[one.assessment_id for one in submissions]).exclude(words="")
    where = Q(organisation__is_reviewing_body=True) | Q(organisation__in=[one.organisation_id for one in submissions])
    found = Membership.objects.current().filter(where, role=Role.REVIEWER, user__in=seats)
    return set(found.exclude(user__in=conflicts.values("reviewer")).values_list("user_id", flat=True))


def open_requests(submission: Submission) -> QuerySet[SeatRequest]:
    """The seats of a submission that somebody is asked to take, for a page that found it by its door."""
    rows = SeatRequest.objects.filter(submission=submission, ended_at=None)
    return rows.select_related("holder", "to", "by").order_by("pk")


class TimelineEntry(NamedTuple):
    """One line of what happened in a case: a move of its log (`words`: its details as JSON), or a message."""

    at: datetime
    kind: str  # of the log, or SAID_BY_REVIEWER, SAID_BY_APPLICANT
    who: str | None
    who_id: int | None
    words: str | None  # of a move None once its details were erased
    pk: int


SAID_BY_REVIEWER, SAID_BY_APPLICANT = "said_by_reviewer", "said_by_applicant"


def _history(assessment: Assessment) -> QuerySet[Any, Any]:
    chain, about = assessment.use.system.organisation.reference, f"assessment:{assessment.reference}"
    name = User.objects.filter(pk=OuterRef("actor")).values("name")[:1]
    entries = AuditEntry.objects.filter(chain=chain, object=about)
    kept = Case(When(detail__erased_at=None, then=F("detail__detail")), default=None, output_field=TextField())
    moves = entries.order_by().annotate(who=Subquery(name), words=kept)
    side = Case(
        When(from_reviewer=True, then=Value(SAID_BY_REVIEWER)),
        default=Value(SAID_BY_APPLICANT),
        output_field=CharField(),
    )
    said = CaseMessage.objects.filter(submission__assessment=assessment).annotate(kind=side)
    return moves.values_list("at", "kind", "who", "actor", "words", "pk").union(
        said.values_list("at", "kind", "author__name", "author", "text", "pk"), all=True
    )


def history_of(assessment: Assessment) -> list[TimelineEntry]:
    """The log of one case and its messages, oldest first: one query, for a page that found it by its door."""
    return sorted((TimelineEntry(*row) for row in _history(assessment)), key=lambda told: (told.at, told.pk))


def appeals_in(assessment: Assessment) -> QuerySet[Appeal]:
    """Appeals and complaints about a case with their answers, for a page that found the case by its door."""
    rows = Appeal.objects.filter(assessment=assessment)
    found: QuerySet[Appeal] = rows.select_related("by", "decision", "event", "answer__by").order_by("pk")
    return found


def appeals_for(user: User) -> QuerySet[Appeal]:
    """The appeals and complaints that `user` may answer, and those answered.

    Reviewers of the reviewing body who had no seat in the case, decided nothing in it and are no members of the
    organisation. In-house decisions come to them too.
    """
    memberships = Membership.objects.filter(user=user, left_at=None)
    of_body = memberships.filter(role=Role.REVIEWER, organisation__is_reviewing_body=True)
    had_seat = ReviewSeat.objects.filter(reviewer=user).values("submission__assessment")
    gave_seat = SeatRequest.objects.filter(holder=user, outcome=RequestOutcome.TAKEN).values("submission__assessment")
    rows = Appeal.objects.filter(Exists(of_body)).exclude(
        assessment__organisation__in=memberships.values("organisation")
    )
    rows = rows.exclude(assessment__in=had_seat).exclude(assessment__in=gave_seat)
    rows = rows.exclude(decision__by=user).exclude(event__by=user).filter(assessment__organisation__deleted_at=None)
    rows = rows.exclude(looks_again(user))
    found: QuerySet[Appeal] = rows.select_related(
        "assessment__use__system__organisation", "submission", "by", "decision", "event__certificate", "answer__by"
    ).defer("submission__snapshot")
    return found
