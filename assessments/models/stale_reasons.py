"""Why an approval is stale: a row keeps a code with its parameters, and each page puts it into words."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from assessments.guideline.edition import Edition as CompiledEdition
from assessments.models.editions import newest_edition


class StaleReason(StrEnum):
    FACTS_CHANGED = "facts_changed"
    SYSTEM_CHANGED = "system_changed"
    PROCEDURAL_AGREED = "procedural_agreed"
    PROCEDURAL_WITHDRAWN = "procedural_withdrawn"
    USE_CHANGED = "use_changed"
    ANSWERS_DIFFER = "answers_differ"
    EVIDENCE_REPLACED = "evidence_replaced"
    EVIDENCE_WITHDRAWN = "evidence_withdrawn"
    EVIDENCE_EXPIRED = "evidence_expired"
    CHANGE_STATED = "change_stated"


WORDS: Mapping[StaleReason, Any] = {
    StaleReason.FACTS_CHANGED: _("Declared facts changed: %(facts)s."),
    StaleReason.SYSTEM_CHANGED: _(
        "The register entry of the system was changed: its version, its suppliers or the organisation's parts in the "
        "system."
    ),
    StaleReason.PROCEDURAL_AGREED: _("A second member agreed that the use is a minor procedural task."),
    StaleReason.PROCEDURAL_WITHDRAWN: _("A member withdrew the agreement that the use is a minor procedural task."),
    StaleReason.USE_CHANGED: _("The purpose, setting, people affected or scope of the use was changed."),
    StaleReason.ANSWERS_DIFFER: ngettext_lazy(
        "One answer is different in a later submission.",
        "%(n)s answers are different in a later submission.",
        "n",
    ),
    StaleReason.EVIDENCE_REPLACED: _("The evidence “%(title)s” was replaced by version %(number)s."),
    StaleReason.EVIDENCE_WITHDRAWN: _("The evidence “%(title)s” was withdrawn from the library."),
    StaleReason.EVIDENCE_EXPIRED: _("The evidence “%(title)s” expired on %(day)s."),
    StaleReason.CHANGE_STATED: _("%(name)s reported a change that happened on %(day)s (%(kinds)s): %(words)s"),
}
"""The sentence of each reason, with the names of its parameters."""

type EditionOf = Callable[[], CompiledEdition | None]


@dataclass(frozen=True, slots=True)
class StaleCause:
    """A reason with its parameters. Facts and kinds of change are kept by their keys, and named by an edition."""

    reason: StaleReason
    parameters: Mapping[str, Any]

    @classmethod
    def read(cls, kept: Mapping[str, Any]) -> StaleCause | None:
        """Read what `kept` wrote; None for a row that is older than the codes and keeps a sentence."""
        return cls(StaleReason(kept["reason"]), kept["parameters"]) if "reason" in kept else None

    def kept(self) -> dict[str, Any]:
        """Return the columns by which a row keeps it."""
        return {"reason": str(self.reason), "parameters": dict(self.parameters)}

    def words(self, edition: EditionOf = newest_edition) -> str:
        """Put it into words of the active language. `edition` is asked only where facts or kinds of change are named."""
        said = {
            name: "; ".join(_label(name, key, edition) for key in value) if name in LABELS else value
            for name, value in self.parameters.items()
        }
        return str(WORDS[self.reason] % said)


def because(reason: StaleReason, **parameters: Any) -> StaleCause:
    """Return a reason with its parameters; facts and kinds of change are lists of keys."""
    return StaleCause(reason, parameters)


LABELS: Mapping[str, Callable[[CompiledEdition], Mapping[str, str]]] = {
    "facts": lambda edition: {key: fact.label for key, fact in edition.facts.items()},
    "kinds": lambda edition: {kind.key: kind.label for kind in edition.policy.changes},
}
"""How an edition names the keys of a parameter."""


def _label(name: str, key: str, edition: EditionOf) -> str:
    """Return the label of a key in an edition, else in the newest one; a key that neither has is shown as it is."""
    for find in (edition, newest_edition):
        found = find()
        if found is not None and key in (labels := LABELS[name](found)):
            return labels[key]
    return key.replace("_", " ")
