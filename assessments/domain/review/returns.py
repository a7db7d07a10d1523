"""What a return asks for beside its marks: the other things that stand in the way of an approval, one tick each."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from django.db.models import QuerySet, Subquery, TextField, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext as _

from assessments.core.errors import InvalidAnswer
from assessments.guideline.edition import Edition
from assessments.models import (
    ConformityPart,
    Document,
    DocumentKind,
    Hold,
    PartMark,
    PartVerdict,
    RemediationAction,
    ReturnTask,
    ReviewDecision,
    ReviewMark,
    Submission,
    Supplement,
)

LABEL, WORDS = 200, 2000


class Blocking(Protocol):
    """A blocker of the certificate, as `certificates.blockers` finds it. `key`: of a hold or the tier, else empty."""

    @property
    def key(self) -> str: ...

    @property
    def question(self) -> str: ...

    @property
    def words(self) -> str: ...

    @property
    def conditionable(self) -> bool: ...


class Lacking(Protocol):
    """Something that a gate asks for, as `requirements.missing` finds it."""

    @property
    def label(self) -> str: ...

    @property
    def words(self) -> str: ...

    @property
    def question(self) -> str: ...

    @property
    def part(self) -> str: ...


class Obstacle(NamedTuple):
    """One thing in the way of an approval or its certificate. `key` names it for a tick, `words` say what is asked."""

    key: str
    label: str
    words: str
    may_wait: bool = False  # of an answer: a condition with a date may stand in for it
    brief: str = ""  # beside its label where the heading of its kind says the rest

    @property
    def sentence(self) -> str:
        return f"{self.label}: {self.words}" if self.words else self.label

    @property
    def in_mail(self) -> str:
        """Its sentence as one point of a list in a mail; further lines are set in."""
        return self.sentence.replace("\n", "\n  ")

    @property
    def is_needed(self) -> bool:
        """Tell whether nobody can approve without it: evidence or a part of the conformity file that the tier asks for."""
        return self.key.partition(":")[0] in ("gate", "part")

    @property
    def kind(self) -> str:
        """Say for what it is asked: several of one kind stand under one heading (`of_one_kind`)."""
        kind = self.key.partition(":")[0]
        if kind in ("hold", "tier"):
            return _("Holds on the use or its tier")
        if kind == "gate":
            return _("Evidence that is needed for an approval")
        if kind == "part":
            return _("Parts of the conformity file that are not complete")
        if self.may_wait:
            return _("Must be in place before the certificate is issued, or become a condition with a due date")
        return _("Must be in place before the certificate is issued")

    @property
    def short(self) -> str:
        """Name it under the heading of its kind."""
        return f"{self.label}: {self.brief}" if self.brief else self.label


def of_one_kind(possible: Iterable[Obstacle]) -> list[tuple[str, list[tuple[str, str]]]]:
    """Put what can be ticked together under what it has in common: keys with short names, as choices of a form."""
    found: dict[str, list[tuple[str, str]]] = {}
    for one in possible:
        found.setdefault(one.kind, []).append((one.key, one.short))
    return list(found.items())


def what_closes(edition: Edition, content: Mapping[str, Any]) -> dict[str, str]:
    """Say for each answer of a submission that falls short what is asked of the organisation."""
    found: dict[str, str] = {}
    kinds: dict[str, set[str]] = {}
    for finding in content["findings"]:
        kinds.setdefault(finding["question"], set()).add(finding["kind"])
    for key, of_question in kinds.items():
        question = edition.questions[key]
        if of_question == {"not_applicable"}:
            found[key] = _("Explain why this point does not apply, or do what it requires.")
        elif question.is_checklist:
            short = {f["item"] for f in content["findings"] if f["question"] == key and f["kind"] != "not_applicable"}
            left = [item.text.rstrip(".") for item in question.items if item.key in short]
            found[key] = "\n".join([_("Do what these points require:"), *(f"• {line}" for line in left)])
        elif question.remedy:
            found[key] = _("Put this practice in place. Evidence needed: %(proof)s") % {
                "proof": question.remedy.closes_it
            }
    return found


class MarkedChanges(NamedTuple):
    """What goes back by mark or judgement: how many changes, and how many reviewers ask for them."""

    changes: int
    askers: int

    @classmethod
    def of(cls, marks: Iterable[ReviewMark], parts: Mapping[str, Iterable[PartMark]]) -> MarkedChanges:
        """`marks`: those of every seat that ask for a change; `parts`: the judgements by which a part goes back."""
        marks = list(marks)
        people = {mark.by_id for mark in marks} | {mark.by_id for of_part in parts.values() for mark in of_part}
        return cls(len({mark.target for mark in marks}) + len(parts), len(people))


def beside_the_marks(
    blockers: Iterable[Blocking], lacking: Iterable[Lacking], returned: Collection[str], closes: Mapping[str, str]
) -> list[Obstacle]:
    """List what else stands in the way, each answer once. No query.

    `returned`: targets (`f:`, `q:`, `part:`) that go back anyhow; `closes`: as `what_closes` gives it.
    """
    blockers = list(blockers)
    found = [_of_hold(one) for one in blockers if one.key]
    short = {one.question for one in blockers if one.question and f"q:{one.question}" not in returned}
    named = set()
    for lack in lacking:
        if lack.part and f"part:{lack.part}" not in returned:
            words = _("Complete this part of the conformity file. %(asks)s") % {"asks": lack.words}
            found.append(Obstacle(f"part:{lack.part}", lack.label, words, brief=lack.words))
        elif lack.question:
            words = f"{lack.words}\n{closes.get(lack.question, '')}" if lack.question in short else lack.words
            found.append(Obstacle(f"gate:{lack.question}", lack.label, words.strip(), brief=lack.words))
            named.add(lack.question)
    for one in blockers:
        if one.question in short - named:
            found.append(Obstacle(f"answer:{one.question}", one.words, closes.get(one.question, ""), one.conditionable))
    return found


def _of_hold(one: Blocking) -> Obstacle:
    of_tier = one.key == "tier"
    words = (
        _("Find out the fact that is not known yet, and declare it.")
        if of_tier
        else _("Attach the evidence that the reviewer needs to lift the hold.")
    )
    return Obstacle(one.key, one.words.rstrip("."), words, brief=words)


def choose(possible: Iterable[Obstacle], keys: Iterable[str]) -> list[Obstacle]:
    """Return the obstacles that were ticked, in their order; raises InvalidAnswer for a tick that is not on the list."""
    possible, wanted = list(possible), set(keys)
    if wanted - {one.key for one in possible}:
        raise InvalidAnswer("tasks", _("The list has changed since you opened the page. Please tick the tasks again."))
    return [one for one in possible if one.key in wanted]


def keep(decision: ReviewDecision, chosen: Iterable[Obstacle]) -> list[ReturnTask]:
    """Store what a return asks for beside its marks; the caller has made the decision in this transaction."""
    return [
        ReturnTask.objects.create(decision=decision, key=one.key, label=one.label[:LABEL], words=one.words[:WORDS])
        for one in chosen
    ]


# --- what has become of it ----------------------------------------------------------------------------------------------


class PartJudgement(NamedTuple):
    """The judgement by which a part goes back, as pages show it."""

    by: str
    get_verdict_display: str
    words: str
    returned: bool = True


@dataclass
class Standing:
    """What a return asks for, and what of the use shows whether it is dealt with."""

    tasks: list[Obstacle] = field(default_factory=list)
    returned: dict[str, list[PartJudgement]] = field(default_factory=dict)  # by part
    holds: set[str] = field(default_factory=set)  # keys of those that are open
    parts: dict[str, int] = field(default_factory=dict)  # part of the file: its revision today
    added: set[str] = field(default_factory=set)  # targets to which evidence was added after the signing
    actions: dict[str, tuple[int, str]] = field(default_factory=dict)  # question: number and status of its action


def newest_of(submission: Submission) -> Any:
    """Return the newest return of a submission, with the reference of its `letter`; None where it has none. One query."""
    letters = Document.objects.filter(submission=submission, kind=DocumentKind.DECISION_LETTER).order_by("-pk")
    found = submission.decisions.filter(kind="return").select_related("by")
    return found.annotate(letter=Subquery(letters.values("reference")[:1])).order_by("-pk").first()


def standing_of(decision: ReviewDecision, submission: Submission, use: int) -> Standing:
    """Read what a return asks for beside its marks, and what has become of it in its `use` (a key). One query."""
    marks = PartMark.objects.filter(submission=submission, returned=True).exclude(verdict="")
    rows = _rows("task", decision.tasks.all(), "key", "label", "words").union(
        _rows("mark", marks, "part", "verdict", "words", "by__name"),
        _rows("hold", Hold.objects.filter(use=use, closed_at=None)),
        _rows("part", ConformityPart.objects.filter(use=use), "key", "revision"),
        _rows("added", Supplement.objects.filter(assessment=submission.assessment_id), "target"),
        _rows("action", RemediationAction.objects.filter(use=use, merged_into=None), "question", "number", "status"),
    )
    found = Standing()
    for kind, pk, a, b, c, d in sorted(rows, key=lambda row: (row[0], row[1])):
        match kind:
            case "task":
                found.tasks.append(Obstacle(a, b, c))
            case "mark":
                found.returned.setdefault(a, []).append(PartJudgement(d, str(PartVerdict(b).label), c))
            case "hold":
                found.holds.add(str(pk))
            case "part":
                found.parts[a] = int(b)
            case "added":
                found.added.add(a)
            case "action":
                found.actions[a] = (int(b), c)
    return found


def _rows(kind: str, rows: QuerySet[Any], *columns: str) -> QuerySet[Any, Any]:
    """Return rows as `kind`, key and four texts, so that tables can be read together."""
    texts = [Cast(name, TextField()) for name in columns]
    texts += [Value("", TextField())] * (4 - len(texts))  # type: ignore[list-item]
    told = {"kind_": Value(kind, TextField()), **{f"text{n}": text for n, text in enumerate(texts)}}
    return rows.order_by().annotate(**told).values_list("kind_", "pk", "text0", "text1", "text2", "text3")
