"""The figure of an answer in words: what was measured, against which target, and by when it is to be reached."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from assessments.guideline.edition import Question
from assessments.scoring.inputs import AnswerValue


def figure_words(question: Question, answer: AnswerValue) -> str:
    """Say what was measured against which target; empty where the answer has no figure."""
    if question.figure is None:
        return ""
    figure = {"measured": answer.measured, "target": answer.target, "by": answer.target_by}
    said = _parts(figure, question.figure.unit)
    if answer.misses_target(question):
        said.append(_("target missed (counts as partly in place)"))
    return ", ".join(said)


def recorded_figure(record: Mapping[str, Any]) -> str:
    """Say the figure of a kept version of an answer; empty where it has none."""
    figure = dict(record.get("figure") or {})
    if "by" in figure:
        figure["by"] = date.fromisoformat(figure["by"])
    return ", ".join(_parts(figure, ""))


def _parts(figure: Mapping[str, Any], unit: str) -> list[str]:
    said = []
    if figure.get("measured") is not None:
        said.append(_("measured %(n)s %(unit)s") % {"n": figure["measured"], "unit": unit})
    if figure.get("target") is not None:
        said.append(_("target %(n)s %(unit)s") % {"n": figure["target"], "unit": unit})
    if figure.get("by"):
        said.append(_("by %(day)s") % {"day": date_format(figure["by"], "DATE_FORMAT")})
    return [part.strip() for part in said]
