"""Check and sign: what an owner looks through, stands behind, takes back or ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders, roles
from assessments.access.roles import Action
from assessments.accounts import proofs
from assessments.core.errors import NotPermitted
from assessments.core.obstacles import Obstacle, words_of
from assessments.domain import workflow
from assessments.domain.certificates import blockers as certificates_blockers
from assessments.domain.certificates import requirements
from assessments.domain.review import replies
from assessments.domain.submission import prohibited, submit, taking_back
from assessments.domain.submission import self_certify as submission_self_certify
from assessments.domain.submission import statement as submission_statement
from assessments.domain.submission.obstacles import Code
from assessments.forms.base import Refused, refusals, with_reasons
from assessments.forms.submission import SelfCertifyForm, StatementForm, SubmitForm, WithdrawForm
from assessments.guideline.edition import Edition, Question
from assessments.guideline.terms import Choice, Tier
from assessments.guideline.wording import RuleCard
from assessments.models import Answer, DecisionKind, Role, Route, State
from assessments.models.base import canonical_json, sha256
from assessments.models.going_on import PROHIBITED
from assessments.models.snapshots import before_signing, build_snapshot, changed_targets, must_counts
from assessments.scoring.conditions import SELF_CERTIFICATION
from assessments.views.assessment.before_signing import before_signing_of, facts_not_known, if_signed_now, prospect_of
from assessments.views.assessment.member_case import MemberCase, find_case, missing_facts
from assessments.views.assessment.questions_on_page import stored_answers, unlocked_on_page
from assessments.views.site.requests import refusals_as_messages
from assessments.views.wording import choice_word, fired_cards, incident_in, not_known, points_word


@dataclass
class AnswerLine:
    """One question and its answer, as a reviewer will see it in a list."""

    question: Question
    answer: Answer | None
    word: str
    url: str
    reasons: list[tuple[str, str]]  # what does not apply (a line of the checklist, or "" for all of it), and why
    pieces: int | None = None  # of evidence attached; None where the page does not say
    may_change: bool = True  # by somebody who may answer: after a return only what it opened

    @property
    def planned_for(self) -> date | None:
        return self.answer.planned_for if self.answer and self.answer.choice == Choice.PLANNED else None


def answer_line(case: MemberCase, question: Question, answer: Answer | None) -> AnswerLine:
    url = f"{reverse('section', args=[case.assessment.reference, question.section])}#q-{question.key}"
    word, reasons = choice_word(""), []
    if answer is not None:
        word = choice_word(answer.choice)
        if answer.choice == Choice.TICKED:
            lines = case.declared.items(case.edition, question)
            ticked = sum(answer.items.get(line.key) is True for line in lines)
            word = points_word(ticked, len(lines))
            reasons = [
                (line.text, answer.items[line.key]) for line in lines if isinstance(answer.items.get(line.key), str)
            ]
        elif answer.choice == Choice.NOT_APPLICABLE:
            reasons = [("", answer.reason)]
    return AnswerLine(question, answer, word, url, reasons)


@require_safe
def check(request: HttpRequest, reference: str) -> HttpResponse:
    """Show all answers as a reviewer will see them, what is open first."""
    case = find_case(request, reference)
    if not case.sees_all:
        raise NotPermitted(
            _(
                "You can see only the sections assigned to you. Only members who can see all sections can check "
                "the answers."
            )
        )
    assessment = case.assessment
    answers = stored_answers(case, case.questions)
    lines = {q.key: answer_line(case, q, answers.get(q.key)) for q in case.questions}
    unlocked = unlocked_on_page(case, answers, case.questions)
    for key, line in lines.items():
        line.may_change = case.may_answer and (unlocked is None or key in unlocked)
    missing = missing_facts(case)
    empty = [line for line in lines.values() if line.answer is None]
    tier = assessment.use.assigned_tier
    before = before_signing(assessment, case.declared, answers) if assessment.is_editable else None
    for key, found in before["answers"].items() if before else ():
        if key in lines:
            lines[key].pieces = len(found["evidence"])
    lasting = only_by_a_reviewer(case, answers) if tier == Tier.LOW and before else []
    carried = [line for line in lines.values() if line.answer and line.answer.to_confirm]
    unknown = [line for line in lines.values() if line.answer and line.answer.choice == Choice.UNKNOWN]
    unknown_facts = facts_not_known(case)
    will_ask = asked_at_approval(case, before) if before else []
    ready = assessment.is_editable and not (missing or empty or carried or assessment.use.prohibited_by_facts)
    alone = tier == Tier.LOW and not lasting and assessment.state == State.DRAFT
    context = {
        "case": case,
        "assessment": assessment,
        "use": assessment.use,
        "incident": case.incident,
        "found": found_before_signing(case, before) if before else None,
        "will_ask": will_ask,
        "missing": missing,
        "empty": empty,
        "carried": carried,
        "before": before_signing_of(case, missing=len(missing), empty=len(empty), carried=len(carried)),
        "unknown": unknown,
        "unknown_facts": unknown_facts,
        "not_known": not_known(len(unknown_facts), len(unknown)),
        "not_applicable": [line for line in lines.values() if line.reasons],
        "planned": [line for line in lines.values() if line.planned_for],
        "sections": [(section, [lines[q.key] for q in questions]) for section, questions in case.sections],
        "total": len(lines),
        "ready": ready,
        "prospect": if_signed_now(case, answers, alone=alone, lacking=bool(will_ask)) if ready else None,
        "may_self_certify": alone,
        "lasting": words_of(lasting),
        "is_prohibited": assessment.use.prohibited_by_facts,
        "owners": [] if case.is_owner else list(finders.members_of(assessment).filter(role=Role.OWNER)),
        "as_it_was": untouched_since_return(case) if assessment.state == State.RETURNED else [],
    }
    return render(request, "assessments/assessment/check.html", context)


def only_by_a_reviewer(case: MemberCase, answers: Mapping[str, Answer]) -> list[Obstacle]:
    """Return why a reviewer must decide on a Low use whose answers are these. Two queries."""
    values = {key: row.value() for key, row in answers.items() if not row.to_confirm}
    lasting = submission_self_certify.lasting_obstacles_to_self_certify(case.assessment)
    musts = must_counts(case.edition, case.declared, values)
    return lasting + submission_self_certify.too_many_not_applicable(case.edition, musts)


def found_before_signing(case: MemberCase, before: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what the checks find today, with links to what they are about; the reviewer reads the same after signing.

    Who may not declare facts is led to the tier, which says them.
    """
    reference, lines = case.assessment.use.reference, []
    for found in before["checks"]:
        check = case.edition.check_of[found["check"]]
        facts = [case.edition.facts[key] for key in found["facts"]]
        questions = [case.edition.questions[key] for key in found["questions"]]
        about = [
            (
                fact.label,
                reverse("facts", args=[reference, fact.group]) + f"#fact-{fact.key}"
                if case.may_answer
                else reverse("use", args=[reference]),
            )
            for fact in facts
        ]
        about += [(question.title, answer_line(case, question, None).url) for question in questions]
        counted = not_known(len(facts), len(questions))
        lines.append(
            {"severity": found["severity"], "title": check.label, "advice": check.advice, "lines": about, "n": counted}
        )
    return lines


def asked_at_approval(case: MemberCase, before: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Return what a reviewer cannot approve without and is not there yet: label, what is asked, where it is given."""
    lacking = requirements.missing(case.edition, before, today=timezone.localdate())
    reference = case.assessment.reference
    return [
        (
            lack.label,
            lack.words,
            answer_line(case, case.edition.questions[lack.question], None).url
            if lack.question
            else reverse("conformity", args=[reference]) + f"#part-{lack.part}",
        )
        for lack in lacking
    ]


def untouched_since_return(case: MemberCase, content: Mapping[str, Any] | None = None) -> list[tuple[str, str]]:
    """Return what was returned and neither changed nor replied to, as (title, place on the page of what was returned).

    `content`: how it stands now, where the page has drawn it already.
    """
    assessment = case.assessment
    submission = assessment.current_submission
    if assessment.state != State.RETURNED or submission is None:
        return []
    now = content or build_snapshot(assessment, final=True)
    changed = changed_targets(submission.content(), now)
    found = []
    for target in replies.untouched(assessment, changed):
        kind, key = target[:2], target[2:]
        known = case.edition.questions.get(key) if kind == "q:" else case.edition.facts.get(key)
        title = key if known is None else known.title if isinstance(known, Question) else known.label
        found.append((title, f"{reverse('returned', args=[assessment.reference])}#{target.replace(':', '-')}"))
    return found


@dataclass
class MustLine:
    """One must in scope with the answer given, as the signed statement lists it. `answer`: a choice, or `empty`."""

    statement: str
    clause: str
    cited: str
    answer: str
    word: str
    question: Question
    by_signature: bool = False  # the signature itself meets it, whatever the answer is


def musts_of(edition: Edition, content: Mapping[str, Any]) -> list[MustLine]:
    is_low = content["tier"]["assigned"] == Tier.LOW
    words = {"empty": choice_word(""), **{str(choice): choice_word(choice) for choice in Choice}}
    return [
        MustLine(
            statement=edition.requirements[line["requirement"]].statement,
            clause=edition.requirements[line["requirement"]].clause,
            cited=edition.cited(edition.requirements[line["requirement"]].clause),
            answer=line["answer"],
            word=words[line["answer"]],
            question=edition.questions[line["question"]],
            by_signature=is_low and line["requirement"] == SELF_CERTIFICATION and line["answer"] != Choice.IN_PLACE,
        )
        for line in submission_statement.must_lines(edition, content)
    ]


def find_to_sign(request: HttpRequest, reference: str) -> MemberCase:
    case = find_case(request, reference)
    roles.require(case.user, Action.SIGN, case.assessment)
    return case


CLEARED_ON: dict[StrEnum, str] = {
    Code.RETIRED: "use",
    Code.RAISED: "use",
    Code.HELD: "use",
    Code.INCIDENT: "use",
    Code.PROHIBITED: "declare_prohibited",
    Code.READINESS: "results",
    Code.TIER: "sign",
    Code.SENT_BACK: "sign",
    Code.REFUSED: "sign",
    Code.HISTORY: "sign",
}
"""The page on which an obstacle is cleared, or passed by; of every other code it is the check of all answers."""


def obstacle_links(case: MemberCase, obstacles: Iterable[Obstacle]) -> list[tuple[str, str]]:
    """Return the sentence of each obstacle with the page on which it is cleared."""
    assessment = case.assessment
    pages = [(one.words, CLEARED_ON.get(one.code, "check")) for one in obstacles]
    of_use, of_assessment = assessment.use.reference, assessment.reference
    return [(words, reverse(name, args=[of_use if name == "use" else of_assessment])) for words, name in pages]


def in_one_line(error: Refused) -> str:
    """Return a refusal with its reasons as one text."""
    return " ".join(with_reasons(error))


def elsewhere(request: HttpRequest, case: MemberCase) -> HttpResponse | None:
    """Lead away from a signing page whose moment has passed, or has not come."""
    if not case.assessment.is_editable:
        messages.error(
            request,
            _("There is nothing to sign now. Status of the assessment: %s.") % case.assessment.get_state_display(),
        )
        return redirect("assessment", case.assessment.reference)
    return None


@require_http_methods(["GET", "HEAD", "POST"])
def sign(request: HttpRequest, reference: str) -> HttpResponse:
    """Sign the answers and send them to a reviewer."""
    case = find_to_sign(request, reference)
    if case.assessment.use.prohibited_by_facts:
        return redirect("declare_prohibited", reference)
    leads_nowhere = request.method == "POST" and request.POST.get("route") in submit.closed_routes(case.assessment)
    return elsewhere(request, case) or (_sign_page if leads_nowhere else _sign)(request, case)


def _sign_page(request: HttpRequest, case: MemberCase) -> HttpResponse:
    assessment, tier = case.assessment, case.assessment.use.assigned_tier
    content = build_snapshot(assessment, final=True)
    sentences = submission_statement.statement_for(case.edition, content, None)
    untouched = untouched_since_return(case, content)
    form = SubmitForm(
        request.POST if request.method == "POST" else None,
        sentences=sentences,
        digest=digest_of(content),
        is_published=tier in (Tier.LIMITED, Tier.HIGH),
        is_untouched=bool(untouched),
        closed=submit.closed_routes(assessment),
    )
    obstacles = submit.obstacles_to_submit(assessment)
    if proofs.confirmed(request, form):
        with refusals(form, say=in_one_line):
            submission = submit.submit(
                assessment,
                by=case.user,
                route=Route(form.cleaned_data["route"]),
                public_statement=form.cleaned_data.get("public_statement", ""),
            )
            said = _(
                "Submitted. The reference is %(reference)s. Answers and facts are locked until a reviewer has "
                "made a decision."
            )
            messages.success(request, said % {"reference": submission.reference})
            return redirect("assessment", assessment.reference)
    will_ask = asked_at_approval(case, content)
    blockers = certificates_blockers.blockers_to_self_certify(assessment, content)
    context = signing_context(case, content, form) | {
        "obstacles": obstacle_links(case, obstacles),
        "tier": tier,
        "untouched": untouched,
        "will_ask": will_ask,
        "prospect": prospect_of(case, content, blockers, lacking=bool(will_ask)),
        "target": case.edition.policy.review_target_days,
    }
    return render(request, "assessments/assessment/sign.html", context)


_sign = proofs.factor_needed(_sign_page)
"""Asks for a second factor first; a route that leads nowhere is refused before that."""


def digest_of(content: Mapping[str, Any]) -> str:
    """Name what a signing page shows, so that nobody signs what changed behind it."""
    return sha256(canonical_json(content))


def signing_context(case: MemberCase, content: Mapping[str, Any], form: StatementForm) -> dict[str, Any]:
    musts = musts_of(case.edition, content)
    short = [line for line in musts if line.answer not in (Choice.IN_PLACE, Choice.NOT_APPLICABLE)]
    return {
        "case": case,
        "assessment": case.assessment,
        "use": case.assessment.use,
        "scope": content["use"]["scope_en"],
        "incident": incident_in(case.edition, content),
        "form": form,
        "musts": musts,
        "short": len(short),
        "practices": len({line.question.key for line in short}),
        "without": sum(line.answer == Choice.NOT_APPLICABLE for line in musts),
        "counts": content["counts"],
        "role": Role.OWNER.label,
    }


@require_http_methods(["GET", "HEAD", "POST"])
def self_certify(request: HttpRequest, reference: str) -> HttpResponse:
    """Sign a Low use and have its certificate at once."""
    case = find_to_sign(request, reference)
    if case.assessment.use.assigned_tier != Tier.LOW or case.assessment.state == State.RETURNED:
        messages.error(request, _("A reviewer must decide on this use."))
        return redirect("sign" if case.assessment.is_editable else "assessment", reference)
    return elsewhere(request, case) or _self_certify(request, case)


@proofs.factor_needed
def _self_certify(request: HttpRequest, case: MemberCase) -> HttpResponse:
    assessment, policy = case.assessment, case.edition.policy
    content = build_snapshot(assessment, final=True)
    blockers = certificates_blockers.blockers_to_self_certify(assessment, content)
    form = SelfCertifyForm(
        request.POST if request.method == "POST" else None,
        sentences=submission_statement.statement_for(case.edition, content, DecisionKind.SELF_CERTIFY),
        digest=digest_of(content),
        later=[(blocker.question, blocker.words) for blocker in blockers if blocker.conditionable],
        longest_days=policy.condition_days,
    )
    obstacles = submission_self_certify.obstacles_to_self_certify(assessment, content, blockers)
    if proofs.confirmed(request, form):
        with refusals(form, say=in_one_line):
            certificate = submission_self_certify.self_certify(assessment, by=case.user, conditions=form.conditions)
            said = _("Signed. Certificate %(number)s has been issued. The certificate says “self-declared”.")
            messages.success(request, said % {"number": certificate.number})
            return redirect("assessment", assessment.reference)
    context = signing_context(case, content, form) | {
        "obstacles": obstacle_links(case, obstacles),
        "unmet": [
            answer_line(case, case.edition.questions[blocker.question], None)
            for blocker in blockers
            if not blocker.conditionable
        ],
        "prospect": prospect_of(case, content, blockers, alone=True),
        "lasting": bool(obstacles) and bool(submission_self_certify.lasting_obstacles_to_self_certify(assessment)),
        "longest_days": policy.condition_days,
        "obligation": case.edition.obligations[Tier.LOW],
    }
    return render(request, "assessments/assessment/self_certify.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def declare_prohibited(request: HttpRequest, reference: str) -> HttpResponse:
    """Sign that the declared facts are a prohibited use; the case ends with a decision letter."""
    case = find_to_sign(request, reference)
    if not case.assessment.use.prohibited_by_facts:
        messages.error(request, _("The declared facts do not describe a prohibited use."))
        return redirect("assessment", reference)
    return elsewhere(request, case) or _declare_prohibited(request, case)


@proofs.factor_needed
def _declare_prohibited(request: HttpRequest, case: MemberCase) -> HttpResponse:
    assessment = case.assessment
    content = build_snapshot(assessment, final=True)
    form = StatementForm(
        request.POST if request.method == "POST" else None,
        sentences=submission_statement.statement_for(case.edition, content, DecisionKind.DECLARE_PROHIBITED),
        digest=digest_of(content),
    )
    if proofs.confirmed(request, form):
        with refusals(form, say=in_one_line):
            submission = prohibited.declare_prohibited(assessment, by=case.user)
            said = _(
                "Signed. The case is closed. Its reference is %(reference)s. The decision letter is being created."
            )
            messages.success(request, said % {"reference": submission.reference})
            return redirect("assessment", assessment.reference)
    context = signing_context(case, content, form) | {
        "rules": prohibiting_rules(case.edition, content),
        "obligation": case.edition.obligations[Tier.UNACCEPTABLE],
        "going_on": PROHIBITED.en,
    }
    return render(request, "assessments/assessment/declare_prohibited.html", context)


def prohibiting_rules(edition: Edition, content: Mapping[str, Any]) -> list[RuleCard]:
    """Return the rules that applied and give the top tier, as the rule card takes them."""
    fired = [rule for rule in content["tier"]["rules"] if rule["tier"] == Tier.UNACCEPTABLE]
    return fired_cards(edition, content, fired)


@require_http_methods(["GET", "HEAD", "POST"])
def recall(request: HttpRequest, reference: str) -> HttpResponse:
    """Take a submission back before anybody has taken it."""
    case = find_to_sign(request, reference)
    if request.method == "POST":
        with refusals_as_messages(request):
            taking_back.recall(case.assessment, by=case.user)
            messages.success(request, _("The submission was recalled. You can change answers and facts again."))
        return redirect("assessment", reference)
    if case.assessment.state != State.SUBMITTED:
        messages.error(request, _("You cannot recall the submission, because a reviewer has taken the case."))
        return redirect("assessment", reference)
    context = {"case": case, "assessment": case.assessment, "use": case.assessment.use}
    return render(request, "assessments/assessment/recall.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: HttpRequest, reference: str) -> HttpResponse:
    """End a submission for good."""
    case = find_to_sign(request, reference)
    assessment = case.assessment
    if State.WITHDRAWN not in workflow.MOVES[State(assessment.state)]:
        messages.error(
            request,
            _("The submission cannot be withdrawn now. Status of the assessment: %s.") % assessment.get_state_display(),
        )
        return redirect("assessment", reference)
    return _withdraw(request, case)


@proofs.factor_needed
def _withdraw(request: HttpRequest, case: MemberCase) -> HttpResponse:
    assessment = case.assessment
    form = WithdrawForm(request.POST if request.method == "POST" else None)
    if proofs.confirmed(request, form):
        with refusals(form):
            taking_back.withdraw(assessment, by=case.user, reason=form.cleaned_data["reason"])
            messages.success(request, _("The submission was withdrawn. It stays in the record."))
            return redirect("assessment", assessment.reference)
    context = {"case": case, "assessment": assessment, "use": assessment.use, "form": form}
    return render(request, "assessments/assessment/withdraw.html", context)
