"""The rows of a case: each fact and answer of the frozen submission with its marks and what it said before."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from django.utils.functional import cached_property

from assessments.domain.review import reasons
from assessments.guideline.edition import Question
from assessments.guideline.terms import UNKNOWN, Choice
from assessments.guideline.wording import fact_answer
from assessments.models.figures import figure_words
from assessments.models.snapshots import evidence_of, value_of
from assessments.views.review.guides import Guide, guide_to
from assessments.views.review.rows import JudgedRow
from assessments.views.wording import answer_lines, as_day, as_moment, choice_word, points_word, submitted_pieces

if TYPE_CHECKING:
    from assessments.views.review.case import ReviewCase


class CaseRows(dict[str, JudgedRow]):
    """The rows of a case by target. Each is built on first access."""

    def __init__(self, case: ReviewCase) -> None:
        super().__init__()
        self.case = case

    def __missing__(self, target: str) -> JudgedRow:
        sent = self.case.sent
        if target in sent.facts:
            row = self._fact_row(target, sent.facts[target])
        else:
            row = self._answer_row(target, sent.questions[target])
        self[target] = row
        return row

    def _marked(self, target: str) -> dict[str, Any]:
        """Return the fields of a row about its marks."""
        own = self.case.own
        return {
            "mark": self.case.kept.get(target),
            "others": self.case.others.get(target, []),
            "reader": self.case.reader,
            "is_own": own is not None and target in own.targets,
            "is_drawn": own is not None and target in own.drawn,
            "flags": self.case.sent.flags.get(target, ()),
        }

    def _fact_row(self, target: str, fact: Mapping[str, Any]) -> JudgedRow:
        case, known = self.case, self.case.edition.facts.get(fact["key"])
        old = self._facts_before.get(fact["key"])
        return JudgedRow(
            target=target,
            title=known.label if known else fact["key"],
            text=known.question if known else "",
            words=partial(self._fact_words, fact),
            words_before=partial(self._fact_words, old) if old and target in case.changed else None,
            changed=target in case.changed,
            **self._marked(target),
            blocks=bool(known and known.prohibited_use),
            decisive=target in case.sent.decisive,
            asked=case.asked.get(target),
            reply=self._reply(target),
            budget=case.budget,
            reasons=partial(reasons.fitting, case.content, target),
        )

    @cached_property
    def _facts_before(self) -> dict[str, Mapping[str, Any]]:
        return {fact["key"]: fact for fact in (self.case.before or {}).get("facts", ())}

    def _reply(self, target: str) -> dict[str, Any] | None:
        """Return the reply to the return of the round before; None in a comparison with an older round."""
        reply = None if self.case.is_comparison else self.case.replies.get(target)
        return {**reply, "at": as_moment(reply["at"])} if reply else None

    def _fact_words(self, fact: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "word": fact_answer(self.case.edition.facts.get(fact["key"]), fact["value"]),
            "credit": "",
            "unknown": fact["value"] == UNKNOWN,
            "note": fact["reason"],
            "reason": "",
            "lines": [],
            "planned_for": None,
            "by": fact["by"],
            "at": as_moment(fact["at"]),
            "agreed_by": fact["agreed_by"],
            "agreed_reason": fact["agreed_reason"],
            "signed_worst": fact.get("signed_worst"),
        }

    def _answer_row(self, target: str, shown: Mapping[str, Any]) -> JudgedRow:
        case, question = self.case, self.case.edition.questions[shown["question"]]
        now = case.content["answers"].get(question.key)
        old = (case.before or {"answers": {}})["answers"].get(question.key)
        said = partial(self._answer_words, question.key, shown["items"])
        return JudgedRow(
            target=target,
            title=question.title,
            text=question.text,
            words=partial(said, now),
            words_before=partial(said, old) if old and target in case.changed else None,
            changed=target in case.changed,
            **self._marked(target),
            decisive=target in case.sent.decisive,
            asked=case.asked.get(target),
            reply=self._reply(target),
            budget=case.budget,
            reasons=partial(reasons.fitting, case.content, target),
            cited=partial(case.sent.cited, question),
            guided=partial(self._guide, question, shown["items"]),
            blocks=case.sent.blocks(question),
            standard_days=case.sent.standard_days(question),
        )

    def _answer_words(self, key: str, items: list[str], given: Mapping[str, Any] | None) -> dict[str, Any]:
        if given is None:
            return {"word": choice_word(""), "credit": "", "unknown": False, "note": "", "reason": "", "lines": []}
        lines = answer_lines(self.case.edition, key, items, given)
        word = choice_word(given["choice"])
        if given["choice"] == Choice.TICKED:
            word = points_word(sum(line["ticked"] for line in lines), len(lines))
        practice = (Choice.IN_PLACE, Choice.PARTLY, Choice.PLANNED, Choice.NOT_IN_PLACE)
        return {
            "word": word,
            "credit": given["choice"] if given["choice"] in practice else "",
            "unknown": given["choice"] == Choice.UNKNOWN,
            "not_applicable": given["choice"] == Choice.NOT_APPLICABLE,
            "note": given["text"],
            "reason": given["reason"],
            "lines": lines,
            "planned_for": as_day(given["planned_for"]),
            "figure": figure_words(self.case.edition.questions[key], value_of(given)),
            "by": given["by"],
            "at": as_moment(given["at"]),
            "evidence": submitted_pieces(given, self._items_before(key)),
        }

    def _guide(self, question: Question, items: list[str]) -> Guide:
        given = self.case.content["answers"].get(question.key)
        return guide_to(question, items, given, self.case.sent.duties(question))

    def _items_before(self, key: str) -> list[tuple[str, int]] | None:
        """Return the evidence of the answer in the round before; None where there was no round."""
        return evidence_of(self.case.before["answers"].get(key)) if self.case.before else None
