"""An assessment as one member sees it, found by its finder; every page of the answering journey starts from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from django.http import Http404, HttpRequest
from django.utils.formats import date_format

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.domain.answering import answers
from assessments.guideline.edition import Edition, Question, Section
from assessments.models import Answer, Assessment, DeclaredFact, Membership, Role, User
from assessments.models.snapshots import asked_facts
from assessments.scoring.inputs import Declared
from assessments.scoring.order import INCIDENT
from assessments.views.wording import Incident, open_incident


@dataclass
class MemberCase:
    """An assessment as one member sees it: found by its finder, its facts and assignments read when asked for."""

    assessment: Assessment
    user: User
    edition: Edition
    stored: dict[str, Answer] = field(default_factory=dict)  # the answers of the page, by question
    marked: set[str] | None = None  # what the reviewer wants changed, on a page that has read it

    @cached_property
    def member(self) -> Membership | None:
        mine = roles.memberships_on_page(self.user)
        return next((one for one in mine if one.organisation_id == self.assessment.organisation_id), None)

    @cached_property
    def declared(self) -> Declared:
        return self.assessment.declared()

    @cached_property
    def targets(self) -> set[str] | None:
        """The sections and questions that this member may answer; None: all."""
        return roles.assigned_targets(self.user, self.assessment, self.member)

    @cached_property
    def marks(self) -> dict[str, finders.Marks]:
        """Comments, requests and flags by question, of those that have any (one query)."""
        return finders.marks_on_questions(self.user, self.assessment)

    @cached_property
    def questions(self) -> tuple[Question, ...]:
        """The questions that are asked and that this member sees, in order."""
        asked = self.declared.questions(self.edition)
        if self.targets is None:
            return asked
        return tuple(q for q in asked if q.section in self.targets or q.key in self.targets)

    @cached_property
    def sections(self) -> tuple[tuple[Section, tuple[Question, ...]], ...]:
        of_section: dict[str, list[Question]] = {}
        for question in self.questions:
            of_section.setdefault(question.section, []).append(question)
        return tuple((s, tuple(of_section[s.key])) for s in self.edition.sections if s.key in of_section)

    @cached_property
    def incident(self) -> Incident | None:
        """The open incident that is declared; one query where there is one."""
        if self.declared.facts.get(INCIDENT) is not True:
            return None
        return open_incident(self.edition, ((row.key, row.value, row.reason) for row in self._incident_rows()))

    def _incident_rows(self) -> Iterable[DeclaredFact]:
        return self.assessment.use.fact_rows().filter(key=INCIDENT)

    @property
    def is_owner(self) -> bool:
        return self.member is not None and self.member.role == Role.OWNER

    @property
    def may_answer(self) -> bool:
        return self.member is not None and self.member.role in roles.MAY[Action.ANSWER] and self.assessment.is_editable

    @property
    def sees_all(self) -> bool:
        return self.targets is None

    @property
    def may_ask(self) -> bool:
        """Whether this member may ask a colleague to answer a question."""
        return self.may_answer and self.sees_all

    def unlocked(self, answered: Iterable[str]) -> set[str] | None:
        return answers.unlocked_questions(self.assessment, self.declared, answered, self.marked)


def find_case(request: HttpRequest, reference: str) -> MemberCase:
    """Find the assessment by its finder; 404 for whoever may not know of it."""
    user: Any = request.user
    assessment = finders.find_assessment(user, reference)
    if assessment is None:
        raise Http404
    return MemberCase(assessment, user, assessment.compiled())


def find_section(case: MemberCase, key: str) -> tuple[Section, tuple[Question, ...]]:
    for section, questions in case.sections:
        if section.key == key:
            return section, questions
    raise Http404


def find_question(case: MemberCase, key: str) -> Question:
    """Find a question that is asked and that this member sees; 404 for any other."""
    for question in case.questions:
        if question.key == key:
            return question
    raise Http404


def guideline_date(edition: Edition) -> str:
    """Return the month of the Guideline: *December 2025*."""
    year, month = edition.guideline_date.split("-")[:2]
    return date_format(date(int(year), int(month), 1), "F Y")


def own_submission(request: HttpRequest, case: MemberCase) -> Any:
    user: Any = request.user
    found = finders.own_submissions_for(user).filter(pk=case.assessment.current_submission_id or 0)
    return found.with_signer().first()


def documents_of(request: HttpRequest, assessment: Assessment) -> list[Any]:
    """Return the newest document of each kind: an approval with conditions makes the plan once more."""
    user: Any = request.user
    submission = assessment.current_submission_id
    found = finders.documents_for(user).filter(submission=submission) | finders.documents_for(user).filter(
        certificate__submission=submission
    )
    found = found.select_related("submission__assessment").order_by("pk")
    return list({document.kind: document for document in found}.values())


def missing_facts(case: MemberCase) -> list[tuple[str, str]]:
    """Return the facts without an answer, as (group, label)."""
    return [
        (case.edition.facts[key].group, case.edition.facts[key].label)
        for key in asked_facts(case.edition, case.declared)
        if key not in case.declared.facts
    ]
