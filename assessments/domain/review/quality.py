"""Figures of reviewers, from what is stored: what they decided, opened and judged, how long it took, where two of them agree.

Nothing is stored for them. They help to talk about reviewing and are no ranking: a reviewer reads the own figures, those who
lead the reviewing body also those of its reviewers. A share of too few is not stated (`quality_rules`). The number of
queries does not grow with the data.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

from django.core.cache import caches
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext as _

from assessments.core.durations import median_words
from assessments.core.errors import NotPermitted
from assessments.domain.certificates import issuing
from assessments.domain.review import approvals, leads
from assessments.domain.review.quality_rules import QualityRules, rules_on
from assessments.domain.review.queue_rows import UNDER_REVIEW
from assessments.domain.review.second_look_comparing import kind_of
from assessments.domain.review.targets import decisive_targets
from assessments.guideline.terms import Tier
from assessments.models import (
    DecisionKind,
    MarkKind,
    ReviewDecision,
    ReviewMark,
    SecondLook,
    SecondLookMark,
    Submission,
    User,
    edition_for,
)
from assessments.models.marks import STRICT

PERIODS = {"90": 90, "365": 365, "all": None}
"""What a page may ask for, with its days; None: from the beginning."""
BODY_DAYS = 365
DECIDING = (DecisionKind.APPROVE, DecisionKind.RETURN, DecisionKind.REFUSE)
KEPT_SECONDS = 3600


def percents(parts: Sequence[int]) -> list[int]:
    """Round the parts of one whole to whole per cent that add up to 100: what is left goes to the greatest remainders.

    A part that is not the whole is never 100.
    """
    whole = sum(parts)
    found = [n * 100 // whole for n in parts]
    by_remainder = sorted(range(len(parts)), key=lambda place: (-(parts[place] * 100 % whole), parts[place]))
    for place in by_remainder[: 100 - sum(found)]:
        found[place] += 1
    for place, n in enumerate(parts):
        if found[place] == 100 and n < whole:
            found[place] -= 1
            found[min((one for one in range(len(parts)) if parts[one] and one != place), key=parts.__getitem__)] += 1
    return found


@dataclass(slots=True)
class Share:
    """So many of so many; `least`: below that many a share of them is too few to say."""

    n: int = 0
    of: int = 0
    least: int = 0
    rounded: int | None = None  # set where several parts of one whole are printed beside each other

    @property
    def is_few(self) -> bool:
        return self.of < self.least

    @property
    def percent(self) -> int | None:
        """The share in whole per cent; None where there are too few to say. Parts of one whole add up to 100."""
        if self.is_few or not self.of:
            return None
        return percents([self.n, self.of - self.n])[0] if self.rounded is None else self.rounded

    def add(self, n: int, of: int) -> None:
        self.n += n
        self.of += of


@dataclass(slots=True)
class Agreement:
    """How often two marks on the same fact or answer are of the same kind, and how often one is stricter or milder."""

    same: int = 0
    stricter: int = 0
    milder: int = 0
    cases: set[int] = field(default_factory=set)
    least: int = 0
    least_cases: int = 0

    @property
    def of(self) -> int:
        return self.same + self.stricter + self.milder

    @property
    def is_few(self) -> bool:
        return self.of < self.least or len(self.cases) < self.least_cases

    @property
    def percent(self) -> int | None:
        return None if self.is_few or not self.of else percents([self.same, self.stricter, self.milder])[0]

    def add(self, kind: str, case: int) -> None:
        setattr(self, kind, getattr(self, kind) + 1)
        self.cases.add(case)


@dataclass(slots=True)
class Figures:
    """The figures of one reviewer in a period. Shares of an approval are those that were signed with it."""

    rules: QualityRules
    decided: int = 0
    approved: int = 0
    returned: int = 0
    refused: int = 0
    looks_given: int = 0
    unrecorded: int = 0  # approvals from before it was kept what the reviewer had looked at
    own_set: Share = field(default_factory=Share)
    alone: Share = field(default_factory=Share)
    together: Share = field(default_factory=Share)
    taken_over: Share = field(default_factory=Share)
    opened: Share = field(default_factory=Share)
    evidence: Share = field(default_factory=Share)
    timed: int = 0
    median_seconds: int | None = None
    seats: Agreement = field(default_factory=Agreement)  # own marks against those of the other seat
    looks: Agreement = field(default_factory=Agreement)  # marks of second looks against the own ones

    def __post_init__(self) -> None:
        shares = (self.own_set, self.alone, self.together, self.taken_over, self.opened, self.evidence)
        for one in (*shares, self.seats, self.looks):
            one.least = self.rules.least_items

    def round_the_parts(self) -> None:
        """Round the three ways to mark together, so that what is printed of one whole adds up."""
        parts = (self.alone, self.together, self.taken_over)
        if self.alone.of:
            rest = self.alone.of - sum(one.n for one in parts)
            for one, rounded in zip(parts, percents([*(one.n for one in parts), rest]), strict=False):
                one.rounded = rounded

    @property
    def time_is_few(self) -> bool:
        return self.timed < self.rules.least_items

    @property
    def time_words(self) -> str:
        """How long half of the marks took, in everyday words; empty where there are too few to say."""
        if self.time_is_few or self.median_seconds is None:
            return ""
        return median_words(self.median_seconds)

    @property
    def is_short(self) -> bool:
        return bool(self.time_words) and (self.median_seconds or 0) < issuing.rules_today().short_look_seconds


def since_of(period: str) -> datetime | None:
    """Return from when on a period counts. Raises KeyError for one that is not offered."""
    days = PERIODS[period]
    return None if days is None else timezone.now() - timedelta(days=days)


def own_figures(user: User, period: str) -> Figures:
    """Return the figures of the reader."""
    return _figures([user.pk], since_of(period))[user.pk]


def figures_of_body(period: str, *, by: User) -> list[tuple[Any, Figures]]:
    """Return each reviewer of the body by name with their figures. Raises NotPermitted for who does not lead the body."""
    people = leads.reviewers_of_body()
    if not any(one.leads and one.user_id == by.pk for one in people):
        raise NotPermitted(_("Only leads of the reviewing body can see the figures about its reviewers."))
    found = _figures([one.user_id for one in people], since_of(period))
    return [(one, found[one.user_id]) for one in people]


# --- counting ------------------------------------------------------------------------------------------------------------


class _Mark(NamedTuple):
    submission: int
    seat: str
    target: str
    mark: str
    by: int
    together: bool
    taken_over: int | None
    shown: datetime | None
    at: datetime
    carried: int | None

    @property
    def is_own(self) -> bool:
        """Given by its reviewer alone in this round, from a page that showed the answer."""
        return self.shown is not None and not self.together and self.taken_over is None and self.carried is None


MARK_COLUMNS = (
    *("submission", "seat", "target", "mark", "by"),
    *("together", "taken_over_from", "shown_at", "at", "carried_from"),
)


def _figures(people: Collection[int], since: datetime | None) -> dict[int, Figures]:
    """Count for several reviewers at once: six queries at most."""
    rules = rules_on(timezone.localdate())
    found = {pk: Figures(rules) for pk in people}
    decisions = _decisions(since, people)
    mine: dict[int, set[int]] = defaultdict(set)  # submission to who of `people` decided on it
    for decision in decisions:
        if decision.by_id in found:
            _count_decision(found[decision.by_id], decision)
            mine[decision.submission_id].add(decision.by_id)
    marks = _marks(mine)
    for pk, figures in found.items():
        times = [
            seconds
            for submission, rows in marks.items()
            if pk in mine[submission]
            for seconds in approvals.seconds_each((one.shown, one.at) for one in rows if one.by == pk and one.is_own)
        ]
        figures.timed, figures.median_seconds = len(times), int(median(times)) if times else None
    decisive = _decisive(mine)
    for submission, rows in marks.items():
        for first, second in _both_seats(rows, decisive.get(submission, frozenset())):
            for own, other in ((first, second), (second, first)):
                if own.by in mine[submission]:
                    found[own.by].seats.add(kind_of(other.mark, own.mark), submission)
    _count_looks(found, marks, mine, since)
    for figures in found.values():
        figures.round_the_parts()
    return found


def _decisions(since: datetime | None, people: Collection[int]) -> list[ReviewDecision]:
    """Return the standing decisions of some people in a period, each submission once a person; an approval taken back is none."""
    rows = ReviewDecision.objects.filter(kind__in=(*DECIDING, DecisionKind.TAKE_BACK), by__in=list(people))
    rows = rows.filter(submission__organisation__deleted_at=None)
    rows = rows.filter(at__gte=since) if since else rows
    last: dict[tuple[int, int], ReviewDecision] = {}
    for decision in rows.defer("statement").order_by("pk"):
        if decision.kind == DecisionKind.TAKE_BACK:
            last.pop((decision.submission_id, decision.by_id), None)
        else:
            last[decision.submission_id, decision.by_id] = decision
    return list(last.values())


def _count_decision(figures: Figures, decision: ReviewDecision) -> None:
    figures.decided += 1
    if decision.kind == DecisionKind.RETURN:
        figures.returned += 1
    elif decision.kind == DecisionKind.REFUSE:
        figures.refused += 1
    else:
        figures.approved += 1
        said = decision.looked_at
        if said is None:
            figures.unrecorded += 1
            return
        taken = sum(said["taken_over"].values())
        figures.own_set.add(said["judged"], said["asked"])
        figures.alone.add(said["marked"] - said["together"] - taken, said["targets"])
        figures.together.add(said["together"], said["targets"])
        figures.taken_over.add(taken, said["targets"])
        figures.opened.add(said["opened"], said["openable"])
        figures.evidence.add(said["pieces_judged"], said["pieces"])


def _marks(submissions: Iterable[int]) -> dict[int, list[_Mark]]:
    rows = ReviewMark.objects.filter(submission__in=list(submissions)).order_by("pk")
    found: dict[int, list[_Mark]] = defaultdict(list)
    for row in rows.values_list(*MARK_COLUMNS).iterator():
        mark = _Mark(*row)
        found[mark.submission].append(mark)
    return found


def _both_seats(rows: Iterable[_Mark], targets: Collection[str]) -> list[tuple[_Mark, _Mark]]:
    """Return the marks that both seats gave by themselves on the same of some facts and answers."""
    of_seat: dict[str, dict[str, _Mark]] = defaultdict(dict)
    for one in rows:
        if one.is_own and one.target in targets:
            of_seat[one.seat][one.target] = one
    first, second = of_seat["first"], of_seat["second"]
    return [(first[target], second[target]) for target in sorted(first.keys() & second.keys())]


def _decisive(submissions: Iterable[int]) -> dict[int, frozenset[str]]:
    """Return what is decisive in each High submission that is not under review any more.

    A snapshot never changes, so it is worked out once and then kept.
    """
    rows = Submission.objects.filter(pk__in=list(submissions), assigned_tier=Tier.HIGH)
    rows = rows.exclude(assessment__current_submission=F("pk"), assessment__state__in=UNDER_REVIEW)
    columns = rows.values_list("pk", "sha256", "edition_checksum")
    named = {pk: f"decisive:{content}:{edition}" for pk, content, edition in columns}
    kept = caches["pages"].get_many(named.values())
    missing = [pk for pk, key in named.items() if key not in kept]
    for one in Submission.objects.filter(pk__in=missing).exclude(snapshot="") if missing else ():
        kept[named[one.pk]] = decisive_targets(edition_for(one.edition_checksum), one.content())
    if missing:
        caches["pages"].set_many({named[pk]: kept[named[pk]] for pk in missing if named[pk] in kept})
    return {pk: kept[key] for pk, key in named.items() if key in kept}


def _count_looks(
    found: Mapping[int, Figures],
    marks: Mapping[int, list[_Mark]],
    mine: Mapping[int, set[int]],
    since: datetime | None,
) -> None:
    """Count second looks: how many each gave, and how their marks stand to the first ones."""
    rows = SecondLook.objects.exclude(given_at=None).filter(submission__organisation__deleted_at=None)
    given = rows.filter(Q(reviewer__in=list(found)) | Q(submission__in=list(mine)))
    looks = dict(given.values_list("pk", "submission"))
    recent = rows.filter(given_at__gte=since) if since else rows
    for reviewer in recent.filter(reviewer__in=list(found)).values_list("reviewer", flat=True):
        found[reviewer].looks_given += 1
    first = {submission: _strictest(some) for submission, some in marks.items()}
    seconds = SecondLookMark.objects.filter(look__in=[pk for pk, one in looks.items() if one in mine])
    for submission, target, mark in seconds.values_list("look__submission", "target", "mark"):
        if target in first.get(submission, {}):
            for reviewer in mine[submission]:
                # The figures are about the reviewer's own mark, which is the first one.
                found[reviewer].looks.add(kind_of(mark, first[submission][target]), submission)


def _strictest(rows: Iterable[_Mark]) -> dict[str, str]:
    """Return the mark that counts on each target: the stricter one where seats disagree."""
    found: dict[str, str] = {}
    for one in rows:
        have = found.get(one.target)
        if have is None or STRICT.index(MarkKind(one.mark)) > STRICT.index(MarkKind(have)):
            found[one.target] = one.mark
    return found


# --- the reviewing body --------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class BodyAgreement:
    """What the reviewing body says of itself: the two seats at High, and the second looks that were drawn."""

    seats: Agreement
    looks: Agreement
    day: date
    rules: QualityRules
    days: int = BODY_DAYS


def body_agreement() -> BodyAgreement:
    """Return how far reviewers of the body agreed in the year until today; counted once an hour at most."""
    today = timezone.localdate()
    key = f"body-agreement:{today.isoformat()}"
    kept: BodyAgreement | None = caches["pages"].get(key)
    if kept is None:
        kept = count_body_agreement(today)
        caches["pages"].set(key, kept, KEPT_SECONDS)
    return kept


def count_body_agreement(today: date) -> BodyAgreement:
    """As `body_agreement`, counted now: six queries."""
    rules = rules_on(today)
    seats, looks = (Agreement(least=rules.least_items, least_cases=rules.least_cases) for _n in range(2))
    found = BodyAgreement(seats, looks, today, rules)
    since = timezone.now() - timedelta(days=BODY_DAYS)
    decided = ReviewDecision.objects.filter(kind__in=DECIDING, at__gte=since, independent=True)
    decided = decided.filter(submission__organisation__deleted_at=None)
    high = decided.filter(submission__assigned_tier=Tier.HIGH, submission__seats__seat="second")
    marks = _marks(set(high.values_list("submission", flat=True)))
    decisive = _decisive(marks)
    for submission, rows in marks.items():
        for first, second in _both_seats(rows, decisive.get(submission, frozenset())):
            found.seats.add(kind_of(first.mark, second.mark), submission)
    drawn = SecondLook.objects.filter(given_at__gte=since, independent=True, asked_by=None)
    drawn = drawn.filter(submission__organisation__deleted_at=None)
    of_look = _marks(set(drawn.values_list("submission", flat=True)))
    seconds = SecondLookMark.objects.filter(look__in=drawn.values("pk"))
    strictest = {submission: _strictest(rows) for submission, rows in of_look.items()}
    for submission, target, mark in seconds.values_list("look__submission", "target", "mark"):
        if target in strictest.get(submission, {}):
            found.looks.add(kind_of(strictest[submission][target], mark), submission)
    return found
