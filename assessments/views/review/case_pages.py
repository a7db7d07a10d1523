"""The pages of a case: the rows that each of them has, what is left on it, and its URL."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from django.http import Http404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _

from assessments.views.review.rows import JudgedRow

if TYPE_CHECKING:
    from assessments.views.review.case import ReviewCase

FACTS = "facts"
CHANGES = "changes"
NOT_APPLICABLE = "not-applicable"
OWN = "own"


class PageOfCase:
    """A page of rows: the facts, one section, or a selection of both. Its counts do not build its rows."""

    def __init__(self, case: ReviewCase, key: str, title: str, targets: Iterable[str]) -> None:
        self.case, self.key, self.title, self.targets = case, key, title, tuple(targets)

    @property
    def is_of_changes(self) -> bool:
        return self.key == CHANGES

    @property
    def is_in_outline(self) -> bool:
        """Tell whether the outline has a line for the page: not for a page that gathers rows of others."""
        return self.key not in (CHANGES, NOT_APPLICABLE, OWN)

    @cached_property
    def rows(self) -> list[JudgedRow]:
        return [self.case.rows[target] for target in self.targets]

    @property
    def marked(self) -> int:
        return sum(target in self.case.marks for target in self.targets)

    @property
    def changed(self) -> int:
        return sum(target in self.case.changed for target in self.targets)

    @property
    def replied(self) -> int:
        """Count what was replied to and not changed; only for the page of changes."""
        return len(self.targets) - self.changed

    @property
    def waiting(self) -> list[str]:
        return [target for target in self.targets if self.case.waits(target)]

    @property
    def left(self) -> int:
        return len(self.targets) - self.marked


class CasePages:
    """The pages of a case. Those of the facts and of each section (`groups`) have every target once."""

    def __init__(self, case: ReviewCase) -> None:
        self.case = case
        self._urls: dict[str, str] = {}

    @cached_property
    def groups(self) -> list[PageOfCase]:
        sections = self.case.sent.sections.items()
        titles = self.case.edition.section_of
        return [
            PageOfCase(self.case, FACTS, _("Facts"), self.case.sent.facts),
            *(PageOfCase(self.case, key, titles[key].title, targets) for key, targets in sections),
        ]

    @cached_property
    def not_applicable(self) -> PageOfCase:
        """Return the page of the answers by which a must, or a checklist line of one, is not applicable."""
        targets = [target for target in self.case.targets if target in self.case.sent.not_applicable]
        return PageOfCase(self.case, NOT_APPLICABLE, _("Mandatory points with the answer “not applicable”"), targets)

    def group(self, key: str) -> PageOfCase:
        """Return the page of this key; 404 where there is none."""
        if key == CHANGES:
            shown = [t for t in self.case.targets if t in self.case.changed or self.case.is_replied(t)]
            return PageOfCase(self.case, CHANGES, _("What changed"), shown)
        if key == NOT_APPLICABLE:
            return self.not_applicable
        if key == OWN:
            return PageOfCase(self.case, OWN, _("Required facts and answers"), self._own_targets())
        found = next((group for group in self.groups if group.key == key), None)
        if found is None:
            raise Http404
        return found

    def _own_targets(self) -> list[str]:
        """Return the own set of the reader's seat, and one answer for each of its evidence items that no other names."""
        if self.case.own is None:
            return []
        shown = set(self.case.own.targets)
        for places in self.case.own.pieces.values():
            named = sorted(f"q:{question}" for question, _piece in places)
            if shown.isdisjoint(named):
                shown.add(named[0])
        return [target for target in self.case.targets if target in shown]

    def marking_pages(self) -> list[PageOfCase]:
        """Return every page on which marks are set."""
        of_changes = [self.group(CHANGES)] if self.case.before is not None else []
        return [*self.groups, self.not_applicable, self.group(OWN), *of_changes]

    def url(self, group: str, target: str = "") -> str:
        """Return the URL of a page; with a target that of the place on it, where it is shown even if it did not change."""
        page = self._urls.get(group)
        if page is None:
            reference = self.case.submission.reference
            own = {FACTS: "review_facts", CHANGES: "review_changes", NOT_APPLICABLE: "review_not_applicable"}
            own[OWN] = "mark_own_set"
            page = reverse(own[group], args=[reference]) if group in own else ""
            page = self._urls[group] = page or reverse("review_section", args=[reference, group])
        if not target:
            return page
        shown = "?show=all" if self.case.before and not self.case.waits(target) else ""
        return f"{page}{shown}#{target.replace(':', '-')}"

    def url_of(self, target: str) -> str:
        """Return the URL of a fact or answer on its own page."""
        key = target.removeprefix("q:")
        return self.url(FACTS if target.startswith("f:") else self.case.edition.questions[key].section, target)

    def url_of_target(self, target: str) -> str:
        """Return the URL of a fact, an answer or a part of the conformity file."""
        if target.startswith("part:"):
            part = target.removeprefix("part:")
            return f"{reverse('review_parts', args=[self.case.submission.reference])}#part-{part}"
        return self.url_of(target)

    def evidence_url(self, piece: Mapping[str, Any]) -> str:
        return reverse("review_evidence", args=[self.case.submission.reference, piece["reference"], piece["version"]])

    @property
    def next_group(self) -> PageOfCase | None:
        """Return the first page with something that has no mark yet; None where everything has one."""
        return next((group for group in self.groups if group.left), None)

    @property
    def next_url(self) -> str:
        """Return the URL to continue at: the changes first, then what the seat has to mark itself, then page after page."""
        following = self.next_group
        if self.case.before is not None and any(t not in self.case.marks for t in self.group(CHANGES).targets):
            return self.url(CHANGES)
        if self.case.own is not None and any(t not in self.case.marks for t in self.case.own.targets):
            return self.url(OWN)
        return self.url(following.key) if following else self.case.submission.get_absolute_url()
