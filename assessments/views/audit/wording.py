"""The log in words for people: the sentence of each entry (by `audit.kinds`), and what its details say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext, pgettext

from assessments.audit import kinds
from assessments.guideline.edition import Edition
from assessments.guideline.wording import fact_answer
from assessments.models import Role, Sees, State
from assessments.models.audit import AuditEntry
from assessments.models.remediation import EffortChoices
from assessments.models.stale_reasons import StaleCause
from assessments.models.systems import TierChoices

ABOUT = {
    "organisation": gettext_lazy("The organisation"),
    "aisystem": gettext_lazy("Systems"),
    "declareduse": gettext_lazy("Uses"),
    "assessment": gettext_lazy("Assessments"),
    "evidence": gettext_lazy("Evidence"),
    "user": gettext_lazy("Accounts"),
}
LABELS = {
    "address": gettext_lazy("Email address"),
    "last_from": gettext_lazy("Last network address"),
    "page": gettext_lazy("Page"),
    "factor": gettext_lazy("Second factor"),
    "proof": gettext_lazy("Identity confirmed by"),
    "shown": gettext_lazy("Signed in with"),
    "count": gettext_lazy("Number"),
    "state": gettext_lazy("Status"),
    "owner": gettext_lazy("Owner"),
    "due": gettext_lazy("Due date"),
    "full_due": gettext_lazy("Due date for all steps"),
    "effort": gettext_lazy("Effort"),
    "targets": gettext_lazy("Facts and answers"),
    "question": gettext_lazy("Question"),
    "fact": gettext_lazy("Fact"),
    "section": gettext_lazy("Section"),
    "seat": gettext_lazy("Reviewer seat"),
    "submission": gettext_lazy("Submission"),
    "words": gettext_lazy("Text"),
    "tier": gettext_lazy("Tier"),
    "role": gettext_lazy("Role"),
    "sees": gettext_lazy("Access to"),
    "status": gettext_lazy("Status"),
    "reason": gettext_lazy("Reason"),
    "decision": gettext_lazy("Decision"),
    "note": gettext_lazy("Note"),
    "conflict": gettext_lazy("Conflict of interest declared"),
    "conditions": gettext_lazy("Conditions"),
    "holds_opened": gettext_lazy("Holds placed"),
    "holds_closed": gettext_lazy("Holds lifted"),
    "erased": gettext_lazy("Number of entries"),
    "sha256": gettext_lazy("SHA-256"),
    "is_developer": gettext_lazy("Technology Developer"),
    "is_provider": gettext_lazy("Service Provider"),
    "is_user": gettext_lazy("Service User"),
}
NAMED_BY_CODE = {"targets", "question", "fact", "section"}
"""What details name by the code that the question bank gives it: people read its title."""
DAYS, DAY = {"due", "full_due"}, re.compile(r"\d{4}-\d\d-\d\d")
VALUES: dict[str, dict[str, Any]] = {
    "state": dict(State.choices),
    "effort": dict(EffortChoices.choices),
    "tier": dict(TierChoices.choices),
    "role": dict(Role.choices),
    "sees": dict(Sees.choices),
    "factor": {"totp": gettext_lazy("authenticator app"), "webauthn": gettext_lazy("passkey")},
}


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry as people read it."""

    entry: AuditEntry
    sentence: str
    thing: str
    where: str = ""
    erased: str = ""
    changes: list[tuple[str, str, str]] = field(default_factory=list)  # what, old, new
    told: list[tuple[str, str]] = field(default_factory=list)  # what else its details say


def line_of(
    entry: AuditEntry, people: Mapping[int, str], titles: Mapping[str, str], edition: Edition, *, origin: bool
) -> EntryLine:
    """Put an entry into words. `origin`: whether the reader may see from where somebody came."""
    detail = getattr(entry, "detail", None)
    told: dict[str, Any] = dict(detail.content()) if detail else {}
    by, source = told.pop("by", {}), told.pop("from", {})
    if entry.kind == "approval_stale" and (cause := StaleCause.read(told)):
        told = {"kind": told["kind"], "words": cause.words(lambda: edition)}
    if shown := told.pop("proof", None):
        words, at = _("%(method)s, on %(day)s"), timezone.localtime(datetime.fromtimestamp(shown["at"], UTC))
        told["proof"] = words % {"method": shown["method"], "day": date_format(at, "DATETIME_FORMAT")}
    who = by.get("name") or people.get(entry.actor or 0) or _system(source)
    thing = titles.get(entry.object) or str(told.get("title") or told.get("name") or entry.object)
    kind = kinds.find(entry.kind)
    sentence = str(kind.sentence) if kind else ""
    said: dict[str, Any] = defaultdict(str, told, who=who, thing=thing)
    said["role"] = VALUES["role"].get(str(told.get("role", "")), told.get("role", ""))
    facts = len(told.get("facts", ()))
    said["facts"] = ngettext("%(n)s fact", "%(n)s facts", facts) % {"n": facts}
    erased = ""
    if detail is not None and detail.erased_at:
        erased = _("The details of this entry were erased on %(day)s, by %(name)s.") % {
            "day": _moment(detail.erased_at),
            "name": people.get(detail.erased_by_id or 0) or detail.erased_by,
        }
    if erased or not sentence:
        sentence = _("%(who)s: %(what)s, %(thing)s")
        said["what"] = str(kind.label) if kind else entry.kind.replace("_", " ")
    old, new = told.pop("old", None), told.pop("new", None)
    if isinstance(old, str) or isinstance(new, str):  # a role, as the entries of a change of role hold it
        old, new = {"role": old}, {"role": new}
    if old is None and new:  # what is new had no value before
        told, old, new = {**new, **told}, {}, {}
    before, after = old or {}, new or {}
    skip = {"facts", "title", "name", "member", "email"}
    return EntryLine(
        entry=entry,
        sentence=sentence % said,
        thing=thing,
        where=_where(source) if origin else "",
        erased=erased,
        changes=[
            (_label(key, edition), _value(key, before.get(key), edition), _value(key, after.get(key), edition))
            for key in {**before, **after}
            if before.get(key) != after.get(key)  # who takes the second seat leaves the state as it was
        ],
        told=[
            (_label(key, edition), _value(key, value, edition))
            for key, value in told.items()
            if key not in skip and value not in ("", None, [], {})
        ],
    )


def _system(source: Mapping[str, str]) -> str:
    return _("This service (%(job)s)") % {"job": source["system"]} if "system" in source else _("This service")


def _where(source: Mapping[str, str]) -> str:
    if "system" in source:
        return _("an administrator’s command or a scheduled job: %(job)s") % {"job": source["system"]}
    parts = [source[name] for name in ("address", "agent") if name in source]
    return _("from %(where)s") % {"where": ", ".join(parts)} if parts else ""


def _moment(at: date) -> str:
    return date_format(at, "DATE_FORMAT")


def _label(key: str, edition: Edition) -> str:
    if key in edition.facts:
        return edition.facts[key].label
    return str(LABELS.get(key) or key.replace("_", " ").capitalize())


def _value(key: str, value: Any, edition: Edition) -> str:
    if key in edition.facts:
        return fact_answer(edition.facts[key], value)
    if value is None or value == "":
        return pgettext("value in the log", "none")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if key in DAYS and isinstance(value, str) and DAY.fullmatch(value):
        return _moment(date.fromisoformat(value))
    if key in NAMED_BY_CODE and isinstance(value, str):
        return _title(key, value, edition)
    if isinstance(value, list):
        return ", ".join(_value(key, part, edition) for part in value)
    if isinstance(value, Mapping):
        return "; ".join(f"{name}: {_value(key, part, edition)}" for name, part in value.items())
    return str(VALUES.get(key, {}).get(str(value), value))


def _title(key: str, code: str, edition: Edition) -> str:
    """Return the title of a fact, question or section by its code; the code where this edition has no such thing.

    A target of a review is `f:` and a fact or `q:` and a question.
    """
    kind, _colon, name = code.rpartition(":")
    if key == "fact" or kind == "f":
        fact = edition.facts.get(name)
        return fact.label if fact else code
    if key == "section":
        return next((section.title for section in edition.sections if section.key == name), code)
    question = edition.questions.get(name)
    return question.title if question else code
