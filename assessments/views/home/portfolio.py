"""The portfolio: every declared use with its tier, state, progress and next date; filters kept under a name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import get_script_prefix, reverse
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from assessments.access import finders
from assessments.access import roles as access_roles
from assessments.access.roles import Action
from assessments.core import query_values
from assessments.domain import portfolio as domain_portfolio
from assessments.domain.portfolio import (
    ORDERS,
    first_page,
    first_rows,
    newest_assessments,
    next_date_of,
    page_of,
    readiness_in,
    readiness_row,
    tier_rows,
    with_dates,
    with_newest,
)
from assessments.forms.base import refusals
from assessments.forms.portfolio import NONE, KeepFilterForm, PortfolioForm
from assessments.forms.systems import PARTS
from assessments.guideline.terms import TIERS
from assessments.models import Assessment, Sees, User
from assessments.models.prepared import Placeholder, Prepared
from assessments.models.systems import DeclaredUseQuerySet
from assessments.views.assessment.next_step import does_next
from assessments.views.site.requests import SignedIn

PLACE = "assessments"
ROWS = 50
SHOWN = (
    *("reference", "organisation", "title", "assigned_tier", "provisional", "open_holds", "created_at", "retired_at"),
    *(f"system__{name}" for name in ("organisation", "name", "version", *PARTS, "retired_at")),
    "system__organisation__name_en",
)
"""What the list shows of a use."""
DATE_WORDS = {
    "action_due": gettext_lazy("action due"),
    "certificate_ends": gettext_lazy("certificate ends"),
    "condition_due": gettext_lazy("condition due"),
}


@dataclass(frozen=True, slots=True)
class UseLine:
    """One use as the list shows it: plain values only, so that a row is drawn once for the same ones.

    What is made from them, words and addresses, is made where the row is drawn.
    """

    assessment: str  # the reference of the newest, "" where there is none
    use: str  # the reference of the use
    title: str
    system: str
    version: str
    organisation: str  # "" where one's organisation is the only one
    roles: tuple[bool, ...]  # of the organisation, as PARTS lists them
    tier: str
    provisional: bool
    on_hold: bool
    state: str
    editable: bool
    answered: int
    applicable: int
    when: date | None
    due: str  # what is due then, of DATE_WORDS
    late: bool
    retired: bool

    @property
    def url(self) -> str:
        return reverse("assessment", args=[self.assessment]) if self.assessment else reverse("use", args=[self.use])

    @property
    def parts(self) -> list[str]:
        return [str(part.name) for part, has in zip(PARTS.values(), self.roles, strict=True) if has]

    @property
    def next(self) -> str:
        return does_next(self.state)

    @property
    def what(self) -> str:
        return str(DATE_WORDS.get(self.due, ""))

    @property
    def html(self) -> SafeString:
        return _drawn(self, get_language(), get_script_prefix())


@lru_cache(maxsize=2048)
def _drawn(line: UseLine, _language: str | None, _prefix: str) -> SafeString:
    return mark_safe(render_to_string("assessments/home/row.html", {"line": line}))  # noqa: S308 (a template's own)


@require_safe
def portfolio(request: SignedIn) -> HttpResponse:
    """Show every use that this person may see. The queries are the same for one use and for thousands."""
    memberships = access_roles.memberships_on_page(request.user)
    works_in = [m.organisation for m in memberships if m.role in access_roles.WORKING_ROLES]
    form = PortfolioForm(request.GET, organisations=works_in)
    # Who sees only what is assigned does not learn of a newer assessment that is not.
    partly = any(m.sees == Sees.ASSIGNED for m in memberships)
    asked = _asked(tuple(form.chosen().items()), partly)
    if "after" in request.GET or "before" in request.GET:
        page = page_of(
            asked.uses(request.user),
            asked.order,
            ROWS,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
            shown=asked.shown(request.user),
        )
    else:
        page = first_page(asked.first.all(user=request.user.pk), ROWS)
    newest = newest_assessments(page.rows)
    in_full = {m.organisation_id for m in memberships if m.role in access_roles.WORKING_ROLES and m.sees == Sees.ALL}
    today = timezone.localdate()
    tiers = dict(asked.tiers.all(user=request.user.pk))
    filtered = bool(set(form.chosen()) - {"sort"})
    several = len(works_in) > 1
    context = {
        "place": PLACE,
        "form": form,
        "filtered": filtered,
        "query": form.query(),
        "lines": [
            _line(use, newest.get(use.pk), today, use.organisation_id in in_full, several=several) for use in page.rows
        ],
        "before": _address(form, before=page.before) if page.before else "",
        "after": _address(form, after=page.after) if page.after else "",
        "count": sum(tiers.values()),
        "tiers": [(str(tier), tiers.get(str(tier), 0), _address(form, tier=str(tier))) for tier in reversed(TIERS)],
        "no_tier": tiers.get("", 0),
        "no_tier_url": _address(form, tier=NONE),
        "readiness": _readiness(asked.readiness.all(user=request.user.pk)[0]) if in_full else [],
        "kept": finders.filters_of(request.user),
        "may_register": any(m.role in access_roles.MAY[Action.REGISTER] for m in memberships),
    }
    return render(request, "assessments/home/portfolio.html", context)


class Asked:
    """The queries of the list for one choice, the same for everybody who makes it but for the door of who asks."""

    def __init__(self, chosen: dict[str, str], *, partly: bool) -> None:
        self.chosen, self.partly = chosen, partly
        self.order = ORDERS[chosen.get("sort", "changed")]
        user: Any = Placeholder("user")
        self.first: Prepared[Any] = Prepared(lambda: first_rows(self.uses(user), self.order, ROWS, self.shown(user)))
        self.tiers: Prepared[Any] = Prepared(lambda: tier_rows(self.uses(user)))
        # Its door is that of what is seen in full: a mean over all of an organisation is not for who sees a part.
        self.readiness: Prepared[Any] = Prepared(
            lambda: readiness_row(narrowed(finders.uses_for(user), self.chosen, self.of(user)))
        )

    def of(self, user: User) -> QuerySet[Assessment] | None:
        return finders.assessments_for(user) if self.partly else None

    def uses(self, user: User) -> DeclaredUseQuerySet:
        return narrowed(finders.portfolio_for(user), self.chosen, self.of(user))

    def shown(self, user: User) -> Callable[[Any], Any]:
        return lambda uses: with_dates(with_newest(uses.for_list().only(*SHOWN), self.of(user)))


@lru_cache(maxsize=64)
def _asked(chosen: tuple[tuple[str, str], ...], partly: bool) -> Asked:
    return Asked(dict(chosen), partly=partly)


def narrowed(
    uses: DeclaredUseQuerySet, chosen: dict[str, str], of: QuerySet[Assessment] | None = None
) -> DeclaredUseQuerySet:
    """Return the uses that a choice asks for; the state is that of the newest assessment (`of` those, if given)."""
    standing = chosen.get("standing", "")
    in_use = Q(retired_at=None, system__retired_at=None)
    if standing != "all":
        uses = uses.exclude(in_use) if standing == "retired" else uses.filter(in_use)
    if tier := chosen.get("tier"):
        uses = uses.filter(assigned_tier="" if tier == NONE else tier)
    if state := chosen.get("state"):
        standing_in: dict[str, Any] = {"state": "" if state == NONE else state}  # a column that with_newest adds
        uses = with_newest(uses, of).filter(**standing_in)
    if part := chosen.get("part"):
        uses = uses.filter(**{f"system__is_{part}": True})
    if organisation := chosen.get("organisation"):
        uses = uses.filter(organisation__reference=organisation)
    for word in chosen.get("q", "").split():
        places = ("title", "purpose", "scope_en", "scope_zh", "system__name", "system__suppliers")
        found = Q(reference=word)
        for place in places:
            found |= Q(**{f"{place}__icontains": word})
        uses = uses.filter(found)
    return uses


def _address(form: PortfolioForm, **changed: str) -> str:
    return "?" + urlencode({**form.chosen(), **changed})


def _line(use: Any, assessment: Assessment | None, today: date, in_full: bool, *, several: bool) -> UseLine:
    due = next_date_of(use) if in_full else None  # actions and certificates are not shown to the others
    return UseLine(
        assessment=assessment.reference if assessment else "",
        use=use.reference,
        title=use.title,
        system=use.system.name,
        version=use.system.version,
        organisation=use.system.organisation.name_en if several else "",
        roles=tuple(getattr(use.system, key) for key in PARTS),
        tier=use.assigned_tier,
        provisional=use.provisional,
        on_hold=bool(use.open_holds),
        state=assessment.shown_state if assessment else "not_started",
        editable=assessment is not None and assessment.is_editable,
        answered=assessment.answered if assessment else 0,
        applicable=assessment.applicable if assessment else 0,
        when=due[1] if due else None,
        due=due[0] if due else "",
        late=due is not None and due[1] < today,
        retired=bool(use.retired_at or use.system.retired_at),
    )


def _readiness(row: Mapping[str, Any]) -> list[tuple[str, str | None, int]]:
    """Return each dimension with its mean readiness in per cent, one decimal, and over how many assessments."""
    terms = finders.current_edition().terms
    return [
        (terms[f"dimensions.{key}"], None if mean is None else f"{mean:.1f}", count)
        for key, (mean, count) in readiness_in(row).items()
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def filters(request: SignedIn) -> HttpResponse:
    """Keep the filter that the address has, or forget one, for the person who asks."""
    works_in = [
        m.organisation for m in access_roles.memberships_on_page(request.user) if m.role in access_roles.WORKING_ROLES
    ]
    kept = finders.filters_for(request.user)
    if request.method == "POST" and "forget" in request.POST:
        one = get_object_or_404(kept, pk=query_values.key(request.POST["forget"]))
        domain_portfolio.forget_filter(one, by=request.user)
        messages.success(request, _("The filter “%(name)s” is deleted.") % {"name": one.name})
        return redirect("filters")
    chosen = request.GET
    if request.method == "POST":
        chosen = QueryDict(request.POST.get("query", ""))
    query = PortfolioForm(chosen, organisations=works_in).query()
    form = KeepFilterForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        with refusals(form):
            one = domain_portfolio.keep_filter(request.user, form.cleaned_data["name"], query)
            messages.success(request, _("The filter “%(name)s” is saved.") % {"name": one.name})
            return redirect(f"{reverse('assessments')}?{query}")
    context = {"place": PLACE, "form": form, "query": query, "kept": list(kept)}
    return render(request, "assessments/home/filters.html", context)
