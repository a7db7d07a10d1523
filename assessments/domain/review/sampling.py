"""The own set of a seat: what its holder opens and judges without a colleague, and the share drawn at random.

Our judgement, as a rule of the reviewing body (fixtures/issuing): every decisive fact and answer, every must, each piece
of evidence under those, under the gates and in the conformity file, and a share of the rest. The server draws it by a keyed
hash of submission and seat: drawing again gives the same, nobody can work it out beforehand, and each round has its own.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.crypto import salted_hmac

from assessments.domain.certificates import issuing
from assessments.domain.review.targets import decisive_targets, review_targets
from assessments.models import Submission, edition_for
from assessments.models.snapshots import pieces_of

SALT = "assessments.review.drawn"


@dataclass(frozen=True, slots=True)
class OwnSet:
    """What one seat judges by itself. An evidence item is known by its content: the same file under two names is one item."""

    targets: frozenset[str]
    drawn: frozenset[str]  # those of `targets` that are there by the draw alone
    rest: int  # how many were drawn from
    pieces: Mapping[str, frozenset[tuple[str, str]]]  # content: question and reference of each answer that names it
    openable: frozenset[str]  # every content that can be opened, those of the conformity file among them


def own_set(
    submission: Submission,
    seat: str,
    *,
    content: Mapping[str, Any] | None = None,
    decisive: Collection[str] | None = None,
) -> OwnSet:
    """Return the own set of a seat. A page that has read the snapshot hands in its `content` and what is `decisive`."""
    content = content or submission.content()
    edition = edition_for(submission.edition_checksum)
    alone = frozenset(decisive_targets(edition, content) if decisive is None else decisive)
    rest = [target for target in review_targets(content) if target not in alone]
    drawn = frozenset(draw(submission.reference, seat, rest))
    gates = {gate.question for gate in edition.gates.evidence if content["tier"]["assigned"] in gate.tiers}
    pieces: dict[str, set[tuple[str, str]]] = {}
    openable: set[str] = set()
    for question, answer in content["answers"].items():
        if f"q:{question}" not in alone | drawn and question not in gates:
            continue
        for piece in pieces_of(answer):
            pieces.setdefault(content_of(piece), set()).add((question, piece["reference"]))
            openable |= {content_of(piece)} if is_openable(piece) else set()
    for part in content.get("conformity", ()):
        openable |= {content_of(piece) for piece in part["evidence"] if is_openable(piece)}
    return OwnSet(
        targets=alone | drawn,
        drawn=drawn,
        rest=len(rest),
        pieces={one: frozenset(places) for one, places in pieces.items()},
        openable=frozenset(openable),
    )


def draw(reference: str, seat: str, rest: Iterable[str]) -> list[str]:
    """Draw the share of the rest for one seat, rounded up."""
    keyed = sorted(
        (salted_hmac(SALT, f"{reference}:{seat}:{target}", algorithm="sha256").digest(), target) for target in rest
    )
    percent = issuing.rules_today().drawn_percent
    return [target for _key, target in keyed[: -(-len(keyed) * percent // 100)]]


def content_of(piece: Mapping[str, Any]) -> str:
    """Name the content of an evidence item of a snapshot: by its hash, or what is shown on request by its reference."""
    return str(piece["sha256"] or f"{piece['reference']}/{piece['version']}")


def is_openable(piece: Mapping[str, Any]) -> bool:
    """Tell whether the library holds the evidence item; what is shown on request is seen elsewhere."""
    return not piece["on_request"]
