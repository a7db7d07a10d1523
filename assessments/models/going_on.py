"""How a use goes on after a decision that ends its case: one text for pages, messages and letters, in both languages."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy


@dataclass(frozen=True, slots=True)
class GoingOn:
    """What can be done next, in English and in Traditional Chinese."""

    en: str | Promise
    zh: str


REFUSED = GoingOn(
    gettext_lazy(
        "This case is closed. To continue, start a new assessment of the same use. You can copy your "
        "answers, but you have to confirm each of them. Deal with every point named in the reasons for the "
        "decision. A reviewer then decides again."
    ),
    "本個案已結束。如要繼續，請為同一用途開始新的評估。答案可以沿用，但須逐項確認；理由所指出的地方須作修改。新的評估會再由審核員決定。",
)
PROHIBITED = GoingOn(
    gettext_lazy(
        "This case is closed. You can assess the use again only in a new assessment with changed facts. "
        "Say why the facts changed, and attach evidence of the change. A reviewer sees the history of "
        "those facts."
    ),
    "本個案已結束。此用途只可在事實有所改變時，以新的評估重新處理，並須說明改變的原因及附上證據。審核員會看到這些事實的紀錄。",
)
REVOKED = GoingOn(
    gettext_lazy(
        "The certificate was revoked permanently. To get another certificate, start a new assessment of the use."
    ),
    "證書已被永久撤銷。如要取得另一張證書，須為此用途進行新的評估。",
)


def after_refusal(*, prohibited: bool) -> GoingOn:
    """Return how a refused use goes on. `prohibited`: it is one that gets no certificate, as declared or as a reviewer judged."""
    return PROHIBITED if prohibited else REFUSED
