"""Parts that several documents print: the four tiers, bars, running heads, an action with its address, the glossary."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.documents import drawing
from assessments.documents.report.actions import ActionBlock
from assessments.documents.report.dates import day, moment
from assessments.documents.report.model import Report
from assessments.documents.report.scores import Readiness
from assessments.guideline.terms import TIERS, Tier

LINE_LETTERS, PAGE_LINES = 85, 32
"""Letters of a line of an action's text, and such lines as fit a page beside its heads, rules and signatures."""
HEAD_LETTERS = 80
"""Letters of a name in the running head; the cover and the certificate's first page print it whole."""
TIERS_ZH = {Tier.LOW: "低", Tier.LIMITED: "有限", Tier.HIGH: "高", Tier.UNACCEPTABLE: "不可接受"}


@dataclass(frozen=True, slots=True)
class StripTier:
    key: str
    word: str
    word_zh: str
    chosen: bool
    mark: SafeString


def tier_strip(assigned: Tier, words: dict[Tier, str], *, chinese: bool = False) -> tuple[StripTier, ...]:
    """Return the four tiers in order, with the assigned one chosen."""
    return tuple(
        StripTier(
            key=str(tier),
            word=words[tier],
            word_zh=TIERS_ZH[tier] if chinese else "",
            chosen=tier == assigned,
            mark=drawing.tier_mark(
                tier,
                _("Tier of this use:") if tier == assigned else _("Other tier:"),
                colour="#FFFFFF" if tier == assigned else drawing.INK_3,
            ),
        )
        for tier in TIERS
    )


def shortened(name: str, letters: int = HEAD_LETTERS) -> str:
    """Shorten a long name for a running head, at a word where there is one."""
    if len(name) <= letters:
        return name
    beginning = name[: letters - 1]
    return (beginning.rsplit(" ", 1)[0] if " " in beginning else beginning) + "…"


def guideline_month(text: str) -> str:
    """2025-12 as December 2025."""
    return f"{datetime.strptime(text, '%Y-%m'):%B %Y}"


def tier_words() -> dict[Tier, str]:
    return {
        Tier.LOW: _("Low"),
        Tier.LIMITED: _("Limited"),
        Tier.HIGH: _("High"),
        Tier.UNACCEPTABLE: _("Unacceptable"),
    }


def made_from(report: Report) -> str:
    if report.frozen is None:
        return _("The current answers in draft %(reference)s.") % {"reference": report.assessment}
    at = moment(report.frozen.at)
    return _("Submission %(reference)s, round %(round)s, signed %(day)s, %(time)s (Hong Kong).") % {
        "reference": report.frozen.reference,
        "round": report.frozen.round,
        "day": day(at),
        "time": f"{at:%H:%M}",
    }


def bar_of(line: Readiness) -> SafeString | str:
    if line.value is None:
        return ""
    title = _("%(name)s: %(full)s of %(duties)s duties in place, %(half)s partly in place") % {
        "name": line.name,
        "full": line.full,
        "duties": line.duties,
        "half": line.half,
    }
    return drawing.bar(title, full=line.full, half=line.half, unknown=line.unknown, of=line.duties, size=18)


def action_block(report: Report, action: ActionBlock) -> dict[str, Any]:
    """Return an action with its address; a draft's has none yet, since its number is given at the signing."""
    if report.frozen is None:
        return {"action": action, "address": "", "code": "", "long": _is_long(action)}
    address = settings.PUBLIC_URL + reverse("action", args=[report.use_reference, action.number])
    title = _("QR code for the page about action %(n)s") % {"n": action.number}
    code = drawing.qr(address, 14, title)
    return {"action": action, "address": address, "code": code, "long": _is_long(action)}


def _is_long(action: ActionBlock) -> bool:
    """Tell whether the action certainly takes more than a page, by its lines: then it need not begin on a fresh one."""
    texts = [finding.statement + "".join(finding.items) for finding in action.findings]
    texts += [action.why, *action.steps, *action.closes]
    texts += [action.answer.question, action.answer.note] if action.answer else []
    heads = {finding.heading for finding in action.findings}
    return len(heads) + sum(1 + len(text) // LINE_LETTERS for text in texts if text) > PAGE_LINES


def tier_heading(report: Report) -> str:
    if report.tier.raised:
        return _("%(tier)s risk, because a reviewer raised the tier") % {"tier": report.tier.word}
    deciding = sum(rule.deciding for rule in report.tier.rules)
    return ngettext("%(tier)s risk, because of %(n)s rule", "%(tier)s risk, because of %(n)s rules", deciding) % {
        "tier": report.tier.word,
        "n": deciding,
    }


def glossary() -> list[tuple[str, str, str]]:
    """Word, Traditional Chinese, meaning."""
    return [
        (_("Tier"), "風險層級", _("how risky a use is. There are four tiers.")),
        (_("Readiness"), "就緒程度", _("how far the requirements of the Guideline are in place.")),
        (_("Duty"), "責任", _("one thing that the Guideline asks an organisation to do.")),
        (_("Must, should, consider"), "必須、應該、可考慮", _("how strongly the Guideline words a duty.")),
        (_("Finding"), "發現", _("a duty that an answer does not fully meet.")),
        (
            _("Condition"),
            "條件",
            _("a mandatory point that is still open when the certificate is issued and must be met by its due date."),
        ),
    ]
