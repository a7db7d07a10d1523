"""Where a use stands: tier, readiness and findings, every number down to the answers behind it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import caches
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from assessments.access import finders, roles
from assessments.core.errors import NotPermitted
from assessments.domain.certificates.before_signing import prospect_in_brief
from assessments.domain.review import supplements
from assessments.models import Assessment, Document, DocumentKind, DocumentState, State, User, edition_for
from assessments.models.agreed import Acceptance, accepted_answers
from assessments.models.base import sha256
from assessments.models.snapshots import build_snapshot
from assessments.scoring.tally import OPEN, OUT
from assessments.views.assessment.going_on import stands
from assessments.views.assessment.results_page import ResultsPage
from assessments.views.assessment.standing import CREDIT_ORDER, KINDS, POINTS, Duty, Standing
from assessments.views.assessment.waits import waits_for
from assessments.views.site.documents import offers_to
from assessments.views.site.requests import SignedIn
from assessments.views.wording import rule_cards

FINDINGS_SHOWN = 12
DECIDED = (State.APPROVED, State.CERTIFIED, State.SUPERSEDED)  # an approval stands
SHOWN_DOCUMENTS = (DocumentKind.BOARD_PAPER, DocumentKind.PLAN, DocumentKind.RESULTS, DocumentKind.PLAN_ANNEX)


def _found(user: User, reference: str) -> Assessment:
    assessment = finders.find_assessment(user, reference)
    if assessment is None:
        raise Http404
    mine = roles.memberships_on_page(user)
    member = next((one for one in mine if one.organisation_id == assessment.organisation_id), None)
    if roles.assigned_targets(user, assessment, member) is not None:
        raise NotPermitted(
            _(
                "You can see only the questions assigned to you. You cannot see the results, because they show "
                "all answers."
            )
        )
    return assessment


def _standing(assessment: Assessment, actions: Iterable[Any]) -> Standing:
    submission = assessment.current_submission
    if assessment.is_editable or submission is None:
        content = build_snapshot(assessment, final=False)
        return Standing(assessment, content, assessment.compiled(), final=False, actions=actions)
    edition = edition_for(submission.edition_checksum)
    return Standing(assessment, submission.content(), edition, final=True, actions=actions)


@dataclass(frozen=True, slots=True)
class CachedResults:
    """The page of results as it was drawn for one state of facts, answers and actions."""

    caption: str
    final: bool
    body: SafeString
    heading: str = ""  # from release 3 on, whose page says first what to do
    tier: str = ""
    provisional: bool = False


def _certificate_words(user: User, assessment: Assessment) -> str:
    """Say what became of the certificate of a decided assessment, where it does not count today; else nothing."""
    if assessment.state != State.CERTIFIED:
        return ""
    found = finders.certificates_for(user).filter(submission=assessment.current_submission_id)
    stand = stands(found.prefetch_related("events").first())
    return stand.heading if stand is not None and not stand.counts else ""


def _kept(assessment: Assessment, certificate: str = "") -> CachedResults:
    """Draw the results, or take what was drawn for the same state: working them out takes most of the page's time."""
    actions = finders.open_actions_of(assessment)
    use, system = assessment.use, assessment.use.system
    state = [
        (assessment.pk, assessment.state, assessment.current_submission_id, assessment.updated_at.isoformat()),
        (use.title, use.assigned_tier, use.text_tier, use.provisional, system.name, system.version),
        [_state_of(action) for action in actions],
        timezone.localdate().isoformat(),
        get_language(),
        certificate,
    ]
    key = f"results:{sha256(json.dumps(state))}"
    pages = caches["pages"]
    kept: CachedResults | None = pages.get(key)
    if kept is None:
        standing = _standing(assessment, actions)
        kept = (
            _drawn_by_package(standing, actions, certificate) if standing.edition.order else _drawn_by_number(standing)
        )
        pages.set(key, kept)
    return kept


def _state_of(action: Any) -> list[str]:
    """Return all that the page shows of an action."""
    dates = (action.due, action.full_due, action.first_step_on, action.is_condition, action.priority)
    owner = str(action.owner) if action.owner_id else ""
    return [
        str(value)
        for value in (action.pk, action.status, action.number, action.merged_into_id, *dates, owner, action.title)
    ]


def _drawn_by_number(standing: Standing) -> CachedResults:
    return CachedResults(str(standing.caption), standing.final, _drawn(standing))


def _drawn_by_package(standing: Standing, actions: Iterable[Any], certificate: str) -> CachedResults:
    page = ResultsPage(standing, actions, certificate)
    page.accepted = _accepted(standing.assessment, {line["question"].key for line in page.reasons})
    deciding, others = rule_cards(standing.edition, standing.content)
    context = {
        "page": page,
        "standing": standing,
        "assessment": standing.assessment,
        "use": standing.assessment.use,
        "tier": standing.content["tier"],
        "deciding": deciding,
        "rules": len(deciding) + len(others),
        "otherwise": [
            (_("By principle"), standing.principles),
            (_("By lifecycle stage"), standing.lifecycle),
            (_("By clause"), standing.clauses),
        ],
        "policy": standing.edition.policy,
    }
    body = mark_safe(render_to_string("assessments/assessment/results_body.html", context))  # noqa: S308 (a template's own)
    tier = standing.content["tier"]
    return CachedResults(str(page.caption), page.final, body, str(page.heading), tier["assigned"], tier["provisional"])


def _accepted(assessment: Assessment, questions: Collection[str]) -> dict[str, Acceptance]:
    """Return who accepted the reasons for *not applicable*; nobody before the submission is approved."""
    submission = assessment.current_submission
    if not questions or submission is None or assessment.state not in DECIDED:
        return {}
    return accepted_answers(submission, questions)


def _drawn(standing: Standing) -> SafeString:
    deciding, others = rule_cards(standing.edition, standing.content)
    context = {
        "standing": standing,
        "assessment": standing.assessment,
        "use": standing.assessment.use,
        "tier": standing.content["tier"],
        "deciding": deciding,
        "rules": len(deciding) + len(others),
        "findings": standing.shortfalls[:FINDINGS_SHOWN],
        "more": max(0, len(standing.shortfalls) - FINDINGS_SHOWN),
        "by_principle_and_stage": [
            (_("By principle"), standing.principles),
            (_("By lifecycle stage"), standing.lifecycle),
        ],
        "policy": standing.edition.policy,
    }
    return mark_safe(render_to_string("assessments/assessment/standing.html", context))  # noqa: S308 (a template's own)


def _ready(user: User, assessment: Assessment) -> list[Document]:
    """Return the newest document of each kind of the submission that was signed last; after a return it is the returned one."""
    found = finders.documents_for(user).filter(
        submission=assessment.current_submission_id, kind__in=SHOWN_DOCUMENTS, state=DocumentState.READY
    )
    newest = {document.kind: document for document in found.order_by("pk")}
    return [newest[kind] for kind in SHOWN_DOCUMENTS if kind in newest]


@require_safe
def results(request: SignedIn, reference: str) -> HttpResponse:
    assessment = _found(request.user, reference)
    kept = _kept(assessment, _certificate_words(request.user, assessment))
    ready = _ready(request.user, assessment) if kept.final else []
    returned = _ready(request.user, assessment) if assessment.state == State.RETURNED else []
    plan = next((document for document in ready if document.kind == DocumentKind.PLAN), None)
    made = {str(document.kind) for document in ready}
    offers = [offer for offer in offers_to(request.user, assessment) if offer.kind not in made]
    context = {"kept": kept, "assessment": assessment, "use": assessment.use, "plan": plan}
    context |= {"ready": ready, "returned": returned, "offers": offers, "takes_more": supplements.is_open(assessment)}
    context |= {"waits": waits_for(assessment), "prospect": prospect_in_brief(assessment)}
    name = "assessments/assessment/results.html" if kept.heading else "assessments/assessment/results_by_duty.html"
    return render(request, name, context)


@require_safe
def detail(request: SignedIn, reference: str, kind: str, key: str) -> HttpResponse:
    """Show what stands behind one number."""
    key = key.rstrip("/")
    assessment = _found(request.user, reference)
    standing = _standing(assessment, finders.open_actions_of(assessment))
    context: dict[str, Any] = {
        "standing": standing,
        "assessment": standing.assessment,
        "use": standing.assessment.use,
        "edition": standing.edition,
    }
    page = ResultsPage(standing, standing.actions.values()) if standing.edition.order else None
    if page is not None and (found := _by_package(page, kind, key)):
        return render(request, "assessments/assessment/results_detail.html", context | found)
    if kind == "findings":
        context |= _findings(standing, key)
    elif kind in KINDS or kind == "clauses":
        line = standing.line(kind, key)
        duties = standing.of(kind, key)
        counted = [duty for duty in duties if duty.credit not in (OPEN, OUT)]
        context |= {
            "title": line.name,
            "heading": _("%(name)s: %(value)s out of 100") % {"name": line.name, "value": line.value}
            if line.value is not None
            else _("%(name)s: not assessed") % {"name": line.name},
            "line": line,
            "duties": duties,
            "earned": sum(duty.weight * POINTS.get(duty.credit, 0) for duty in counted) / 2,
            "possible": sum(duty.weight for duty in counted),
        }
    else:
        raise Http404
    return render(request, "assessments/assessment/results_by_duty_detail.html", context)


def _by_package(page: ResultsPage, kind: str, key: str) -> dict[str, Any] | None:
    """Return the lists of release 3: the actions of a package, all of them, the findings grouped; None for any other number."""
    if kind == "packages":
        package = page.package(key)
        if package is None:
            raise Http404
        return {"title": package.title, "actions": [page.details(entry) for entry in package.entries]}
    if kind != "findings":
        return None
    if key == "actions":
        words = ngettext("%(n)s action", "%(n)s actions", len(page.entries)) % {"n": len(page.entries)}
        return {"title": words, "actions": [page.details(entry) for entry in page.entries]}
    if key in ("blocking", "conditions"):
        entries = page.blocking if key == "blocking" else page.conditions
        words = (
            ngettext("%(n)s action blocks a certificate", "%(n)s actions block a certificate", len(entries))
            if key == "blocking"
            else ngettext("%(n)s condition of the certificate", "%(n)s conditions of the certificate", len(entries))
        )
        return {"title": words % {"n": len(entries)}, "actions": [page.details(entry) for entry in entries]}
    if key == "all":
        words = ngettext(
            "%(n)s action and the findings that it closes",
            "%(n)s actions and the findings that they close",
            len(page.groups),
        )
        return {"title": words % {"n": len(page.groups)}, "groups": page.groups}
    entry = next((entry for entry in page.entries if entry.question == key), None)
    if entry is None:
        return None
    groups = [group for group in page.groups if group.entry.question == key]
    return {"title": entry.title, "actions": [page.details(entry)], "groups": groups}


def _counted(standing: Standing, key: str) -> tuple[list[Duty], str]:
    """Return the requirements behind a count, and what to call so many."""
    if key == "in-place":
        duties = standing.in_place
        return duties, ngettext("%(n)s requirement is in place", "%(n)s requirements are in place", len(duties))
    if key == "short":
        duties = standing.falling_short
        return duties, ngettext(
            "%(n)s requirement is not fully in place", "%(n)s requirements are not fully in place", len(duties)
        )
    if key == "open":
        duties = standing.not_answered
        words = ngettext("%(n)s requirement has no answer yet", "%(n)s requirements have no answer yet", len(duties))
        return duties, words
    duties = standing.in_scope
    return duties, ngettext("%(n)s requirement is in scope", "%(n)s requirements are in scope", len(duties))


def _findings(standing: Standing, key: str) -> dict[str, Any]:
    """Return the lists behind the counts of findings, or the findings of one question with what closes them."""
    if key in ("scope", "in-place", "short", "open"):
        duties, words = _counted(standing, key)
        duties = sorted(duties, key=lambda duty: (CREDIT_ORDER.index(duty.credit), -duty.weight))
        return {"title": words % {"n": len(duties)}, "heading": words % {"n": len(duties)}, "duties": duties}
    if key in ("all", "blocking"):
        findings = standing.shortfalls if key == "all" else standing.blocking
        words = (
            ngettext("%(n)s finding", "%(n)s findings", len(findings))
            if key == "all"
            else ngettext("%(n)s finding blocks a certificate", "%(n)s findings block a certificate", len(findings))
        )
        return {"title": words % {"n": len(findings)}, "heading": words % {"n": len(findings)}, "findings": findings}
    if key == "actions":
        return {
            "title": _("Proposed actions"),
            "heading": ngettext("%(n)s proposed action", "%(n)s proposed actions", len(standing.content["actions"]))
            % {"n": len(standing.content["actions"])},
            "proposed": [_proposed(standing, action) for action in standing.content["actions"]],
        }
    action = next((action for action in standing.content["actions"] if action["question"] == key), None)
    if action is None:
        raise Http404
    question = standing.edition.questions[key]
    findings = [finding for finding in standing.shortfalls if finding.question.key == key]
    remedies = [question.remedy] if question.remedy else []
    remedies += [finding.item.remedy for finding in findings if finding.item]
    return {
        "title": question.title,
        "heading": question.title,
        "findings": findings,
        "proposal": _proposed(standing, action),
        "steps": list(dict.fromkeys(remedy.first_step for remedy in remedies)),
        "closes": list(dict.fromkeys(remedy.closes_it for remedy in remedies)),
    }


def _proposed(standing: Standing, action: Mapping[str, Any]) -> dict[str, Any]:
    edition, words = standing.edition, standing.edition.policy.words
    return {
        "question": action["question"],
        "title": action["title"],
        "owner": edition.owners.get(action["owner"], action["owner"]),
        "effort": words[f"efforts.{action['effort']}"],
        "priority": words[f"priorities.{action['priority']}"],
        "due_days": action["due_days"],
        "why": edition.questions[action["question"]].why,
        "row": standing.actions.get(action["question"]),
    }
