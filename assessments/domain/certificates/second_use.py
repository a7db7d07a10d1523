"""An evidence item that serves a second part of a conformity file says why it serves there.

Evidence items are compared by their reference and by the content of their newest version. Of all parts that one content serves,
all but one have such words.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, NamedTuple

from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext as _

from assessments.core.errors import InvalidAnswer
from assessments.models import ConformityEvidence, DeclaredUse, Evidence, EvidenceVersion

LONGEST = 400


class ServedPart(NamedTuple):
    """A part of the file that a content serves already, and the words on why it serves there."""

    part: str
    why: str


def _newest_content() -> Subquery:
    newest = EvidenceVersion.objects.filter(evidence=OuterRef("evidence")).order_by("-number")
    return Subquery(newest.values("sha256")[:1])


def served_elsewhere(use: DeclaredUse, part: str, pieces: Iterable[Evidence]) -> dict[str, list[ServedPart]]:
    """Return of each evidence item (by reference) the other parts of the file that its content serves. Two queries."""
    rows = ConformityEvidence.objects.filter(part__use=use, evidence__withdrawn_at=None).exclude(part__key=part)
    rows = rows.annotate(content=_newest_content()).order_by("pk")
    others = list(rows.values_list("evidence__reference", "content", "part__key", "why"))
    if not others:
        return {}
    wanted = {piece.pk: piece.reference for piece in pieces}
    versions = EvidenceVersion.objects.filter(evidence__in=wanted).order_by("number").values_list("evidence", "sha256")
    content = dict(versions)
    found = {}
    for pk, reference in wanted.items():
        own = content.get(pk)
        same = [
            ServedPart(key, why) for other, sha256, key, why in others if other == reference or (own and sha256 == own)
        ]
        if same:
            found[reference] = same
    return found


def require_words(
    elsewhere: Mapping[str, Collection[ServedPart]],
    why: Mapping[str, str],
    *,
    titles: Mapping[str, str],
    labels: Mapping[str, str],
) -> None:
    """Raise InvalidAnswer at `why-<reference>` for an evidence item that serves another part and does not say why here.

    `titles` of the evidence items by reference, `labels` of the parts by key.
    """
    for reference, title in titles.items():
        words = why.get(reference, "").strip()
        if len(words) > LONGEST:
            raise InvalidAnswer(f"why-{reference}", _("Use at most %(most)s characters.") % {"most": LONGEST})
        others = elsewhere.get(reference, ())
        if words or all(one.why for one in others):
            continue
        said = _(
            "“%(title)s” is already evidence for another part (%(parts)s). Say why the evidence also supports "
            "this part."
        )
        parts = ", ".join(dict.fromkeys(labels.get(one.part, one.part) for one in others))
        raise InvalidAnswer(f"why-{reference}", said % {"title": title, "parts": parts})


def shared_in(file: Iterable[Mapping[str, Any]]) -> dict[tuple[str, str], list[str]]:
    """Return of each (part, reference) of a frozen file the other parts that the same content serves."""
    serves: dict[str, list[str]] = {}
    file = list(file)
    for part in file:
        for piece in part["evidence"]:
            for name in {piece["reference"], piece["sha256"]} - {""}:
                serves.setdefault(name, []).append(part["part"])
    found = {}
    for part in file:
        for piece in part["evidence"]:
            names = {piece["reference"], piece["sha256"]} - {""}
            others = {key for name in names for key in serves[name]} - {part["part"]}
            if others:
                found[part["part"], piece["reference"]] = [one["part"] for one in file if one["part"] in others]
    return found


def without_words(file: Iterable[Mapping[str, Any]]) -> dict[str, list[str]]:
    """Return of each part of a frozen file the titles of evidence items that do not say why they serve it too.

    The first part that a content serves needs no words. Files that were signed before words were asked have none to miss.
    """
    file = list(file)
    shared = shared_in(file)
    first: dict[str, str] = {}
    found: dict[str, list[str]] = {}
    for part in file:
        for piece in part["evidence"]:
            if (part["part"], piece["reference"]) not in shared or "why" not in piece or piece["why"]:
                continue
            names = {piece["reference"], piece["sha256"]} - {""}
            if any(first.get(name, part["part"]) != part["part"] for name in names):
                found.setdefault(part["part"], []).append(piece["title"])
            for name in names:
                first.setdefault(name, part["part"])
    return found
