"""The portfolio: every declared use with its tier, state, progress and next date; filters kept under a name."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import Case, Q, QuerySet, When
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
from assessments.access.roles import GIVEN_USER, Action
from assessments.core import query_values
from assessments.domain import portfolio as domain_portfolio
from assessments.domain.certificates.before_signing import prospect_of_numbers
from assessments.domain.portfolio import (
    MOST_COUNTED,
    ORDERS,
    Page,
    counted_rows,
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
from assessments.guideline.terms import TIERS, Tier
from assessments.models import Assessment, Membership, Sees, User, edition_for
from assessments.models.prepared import Placeholder, Prepared
from assessments.models.search_words import MOST_USES, SEARCHED, parts_to_look_up, uses_in
from assessments.models.systems import DeclaredUseQuerySet
from assessments.views.assessment.next_step import STEPS, does_next
from assessments.views.site.requests import SignedIn

PLACE = "assessments"
ROWS = 50
LOOKUPS = 2  # of the words of a search
SIZES = (
    0,
    20,
    60,
    120,
    200,
    MOST_USES + 20,
)  # how many keys a query has room for; a search may name nine references beside
SHOWN = (
    *("reference", "organisation", "title", "assigned_tier", "provisional", "open_holds", "in_use"),
    *(f"system__{name}" for name in ("organisation", "name", "version", *PARTS)),
    "system__organisation__name_en",
)
"""What the list shows of a use."""
NO_CERTIFICATE = "no_certificate_possible"
"""The state of a complete draft from whose answers no certificate can follow, as home and check show it too."""
DATE_WORDS = {
    "action_due": gettext_lazy("action due"),
    "certificate_ends": gettext_lazy("certificate expires"),
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
        return str(STEPS["approved"].link) if self.state == NO_CERTIFICATE else does_next(self.state)

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
    form = _form(request, memberships)
    asked = _asked_by(memberships, form)
    page, count, most = _page(request, asked)
    newest = newest_assessments(page.rows)
    in_full = {m.organisation_id for m in memberships if m.role in access_roles.WORKING_ROLES and m.sees == Sees.ALL}
    today = timezone.localdate()
    several = "organisation" in form.fields
    context = {
        "place": PLACE,
        "form": form,
        "filtered": bool(set(form.chosen()) - {"sort"}),
        "query": form.query(),
        "lines": [
            _line(use, newest.get(use.pk), today, use.organisation_id in in_full, several=several) for use in page.rows
        ],
        "before": _address(form, before=page.before) if page.before else "",
        "after": _address(form, after=page.after) if page.after else "",
        "count": count,
        "more_than": f"{most:,}" if count > most else "",
        "sums_url": reverse("portfolio_sums") + _address(form),
        "kept": finders.filters_of(request.user),
        "may_register": any(m.role in access_roles.MAY[Action.REGISTER] for m in memberships),
    }
    return render(request, "assessments/home/portfolio.html", context)


def _page(request: SignedIn, asked: Asked) -> tuple[Page, int, int]:
    """Return the page that is asked for, how many uses there are in all, and up to how many they were counted."""
    found = asked.where_to_look(request.user)
    if "after" in request.GET or "before" in request.GET:
        page = page_of(
            asked.uses(request.user, found),
            asked.order,
            ROWS,
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
            shown=asked.shown(request.user),
        )
    else:
        page = first_page(asked.first_rows(request.user, found), ROWS)
    if "q" in asked.chosen and not (page.before or page.after):
        return page, len(page.rows), ROWS
    if "q" in asked.chosen and found is None:
        # To count the uses that have a frequent word, the database would read most of them: the sums say how many.
        return page, ROWS + 1, ROWS
    return page, asked.count(request.user, found), MOST_COUNTED


@require_safe
def sums(request: SignedIn) -> HttpResponse:
    """Show the sums of the uses that the portfolio lists for the same choice.

    A long list takes longer to sum up than to show, so the list asks for them once it stands there, and puts them beside
    itself. Without script they are a page of their own. The queries are the same for one use and for thousands.
    """
    memberships = access_roles.memberships_on_page(request.user)
    form = _form(request, memberships)
    asked = _asked_by(memberships, form)
    tiers = dict(asked.tiers.all(user=request.user.pk))
    in_full = any(m.role in access_roles.WORKING_ROLES and m.sees == Sees.ALL for m in memberships)
    count = sum(tiers.values())
    context = {
        "place": PLACE,
        "form": form,
        "count": count,
        "filtered": bool(set(form.chosen()) - {"sort"}),
        "counted_late": count > ROWS,  # the heading of the list may say *more than* until then
        "list_url": reverse("assessments") + _address(form),
        "tiers": [(str(tier), tiers.get(str(tier), 0), _in_list(form, tier=str(tier))) for tier in reversed(TIERS)],
        "no_tier": tiers.get("", 0),
        "no_tier_url": _in_list(form, tier=NONE),
        "readiness": _readiness(asked.readiness.all(user=request.user.pk)[0]) if in_full else [],
    }
    beside = getattr(request, "htmx", False)
    return render(request, f"assessments/home/{'sums_beside' if beside else 'sums'}.html", context)


def _form(request: SignedIn, memberships: Iterable[Membership]) -> PortfolioForm:
    works_in = [m.organisation for m in memberships if m.role in access_roles.WORKING_ROLES]
    return PortfolioForm(request.GET, organisations=works_in)


def _asked_by(memberships: Iterable[Membership], form: PortfolioForm) -> Asked:
    # Who sees only what is assigned does not learn of a newer assessment that is not.
    partly = any(m.sees == Sees.ASSIGNED for m in memberships)
    alone = not partly and sum(m.role in access_roles.WORKING_ROLES for m in memberships) == 1
    return _asked(tuple(form.chosen().items()), partly, alone)


class Asked:
    """The queries of the list for one choice, the same for everybody who makes it but for the door of who asks.

    `partly`: who asks sees in some organisation only what is assigned; `alone`: one organisation, and all of it.
    """

    def __init__(self, chosen: dict[str, str], *, partly: bool, alone: bool) -> None:
        self.chosen, self.partly, self.alone = chosen, partly, alone
        self.order = ORDERS[chosen.get("sort", "changed")]
        user = GIVEN_USER
        words = chosen.get("q", "").split()
        self.lookups = [self._lookup(part) for part in parts_to_look_up(words)[:LOOKUPS]]
        named = [word for word in words if query_values.reference(word)]
        self.named: Prepared[Any] | None = (
            Prepared(lambda: finders.portfolio_among(user).filter(reference__in=named).values_list("pk"))
            if named
            else None
        )
        self.lists = {size: self._list(size) for size in SIZES}
        self.tiers: Prepared[Any] = Prepared(lambda: tier_rows(self.uses(user)))
        # Its door is that of what is seen in full: a mean over all of an organisation is not for who sees a part.
        self.readiness: Prepared[Any] = Prepared(
            lambda: readiness_row(narrowed(self.seen(user, finders.uses_for), self.chosen, self.of(user)))
        )

    def _lookup(self, part: str) -> Prepared[Any]:
        return Prepared(lambda: finders.search_words_for(GIVEN_USER).holding(part))

    def _list(self, size: int) -> tuple[Prepared[Any], Prepared[Any]]:
        """Return the rows of the first page and the count, of all uses or with room for so many keys."""
        ids: Any = [Placeholder(f"pk{n}") for n in range(size)] if size else None
        user = GIVEN_USER
        return (
            Prepared(lambda: first_rows(self.uses(user, ids), self.order, ROWS, self.shown(user))),
            Prepared(lambda: counted_rows(self.uses(user, ids))),
        )

    def of(self, user: User) -> QuerySet[Assessment] | None:
        return finders.assessments_for(user) if self.partly else None

    def seen(self, user: User, finder: Callable[[User], DeclaredUseQuerySet]) -> DeclaredUseQuerySet:
        return finders.portfolio_in_one(user) if self.alone else finder(user)

    def uses(self, user: User, among: Collection[int] | None = None) -> DeclaredUseQuerySet:
        """Return the uses that are asked for, all or of those `among` which a search has to look."""
        if among is None:
            return narrowed(self.seen(user, finders.portfolio_for), self.chosen, self.of(user))
        return narrowed(finders.portfolio_among(user).filter(pk__in=among), self.chosen, self.of(user))

    def where_to_look(self, user: User) -> list[int] | None:
        """Return the uses among which all are that a search finds; None where they may be many, or nothing is searched."""
        for lookup in self.lookups:
            found = uses_in(lookup.all(user=user.pk))
            if found is not None:
                if self.named:
                    found.update(pk for (pk,) in self.named.all(user=user.pk))
                return sorted(found)
        return None

    def first_rows(self, user: User, among: list[int] | None) -> list[Any]:
        size, ids = _padded(among)
        return self.lists[size][0].all(user=user.pk, **ids)

    def count(self, user: User, among: list[int] | None) -> int:
        size, ids = _padded(among)
        return len(self.lists[size][1].all(user=user.pk, **ids))

    def shown(self, user: User) -> Callable[[Any], Any]:
        return lambda uses: with_dates(with_newest(uses.for_list().only(*SHOWN), self.of(user)))


def _padded(among: list[int] | None) -> tuple[int, dict[str, int]]:
    """Return the size of the query that has room for these keys, and its values: 0, which no row has, where none is left."""
    if among is None:
        return 0, {}
    size = next(size for size in SIZES if size >= max(len(among), 1))
    return size, {f"pk{n}": among[n] if n < len(among) else 0 for n in range(size)}


@lru_cache(maxsize=64)
def _asked(chosen: tuple[tuple[str, str], ...], partly: bool, alone: bool) -> Asked:
    return Asked(dict(chosen), partly=partly, alone=alone)


def narrowed(
    uses: DeclaredUseQuerySet, chosen: dict[str, str], of: QuerySet[Assessment] | None = None
) -> DeclaredUseQuerySet:
    """Return the uses that a choice asks for; the state is that of the newest assessment (`of` those, if given)."""
    standing = chosen.get("standing", "")
    if standing != "all":
        uses = uses.filter(in_use=standing != "retired")
    if tier := chosen.get("tier"):
        uses = uses.filter(assigned_tier="" if tier == NONE else tier)
    if state := chosen.get("state"):
        standing_in: dict[str, Any] = {"state": "" if state == NONE else state}  # a column that with_newest adds
        uses = with_newest(uses, of).filter(**standing_in)
    if part := chosen.get("part"):
        uses = uses.filter(**{f"system__is_{part}": True})
    if organisation := chosen.get("organisation"):
        uses = uses.filter(organisation=finders.organisation_named(organisation))
    for word in chosen.get("q", "").split():
        found = Q(reference=word)
        for place in SEARCHED:
            found |= Q(**{f"{place}__icontains": word})
        # PostgreSQL takes a comparison of texts to be true of hardly any row, and would sort all uses instead of walking
        # an index until a page is full. Of a case it takes half of the rows.
        uses = uses.filter(Case(When(found, then=True), default=False))
    return uses


def _address(form: PortfolioForm, **changed: str) -> str:
    return "?" + urlencode({**form.chosen(), **changed})


def _in_list(form: PortfolioForm, **changed: str) -> str:
    return reverse("assessments") + _address(form, **changed)


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
        state=_state(use, assessment, in_full=in_full) if assessment else "not_started",
        editable=assessment is not None and assessment.is_editable,
        answered=assessment.answered if assessment else 0,
        applicable=assessment.applicable if assessment else 0,
        when=due[1] if due else None,
        due=due[0] if due else "",
        late=due is not None and due[1] < today,
        retired=not use.in_use,
    )


def _state(use: Any, newest: Any, *, in_full: bool) -> str:
    """Return the state that the list shows. No query.

    A complete draft from which no certificate can follow says so to those who see all of it.
    """
    state = str(newest.shown_state)
    unsaid = not in_full or not newest.if_signed or use.assigned_tier in ("", Tier.UNACCEPTABLE)
    if state != "ready_to_sign" or unsaid:
        return state
    found = prospect_of_numbers(edition_for(newest.checksum), newest.if_signed, use)
    return NO_CERTIFICATE if found.keeps_back else state


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
        messages.success(request, _("The filter “%(name)s” has been deleted.") % {"name": one.name})
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
