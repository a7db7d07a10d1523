"""The words of the uses of an organisation: a search of the portfolio looks here before it reads any use.

A search finds a word inside of other words. The texts of 10,000 uses take long to read; the different words in them are
few. So the table has each word once with the uses that have it, and a search reads the words. What it finds is only
where to look: the search still compares the texts of those uses, and for a word that many uses have it reads the uses.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, ClassVar, Self

from django.db import models, transaction

from assessments.models.base import HAN
from assessments.models.people import Organisation
from assessments.models.systems import DeclaredUse

SEARCHED = ("title", "purpose", "scope_en", "scope_zh", "system__name", "system__suppliers")
"""The texts of a use that a search reads."""
MOST_USES = 400
"""Our judgement: to look up more uses takes longer than to walk the list until a page is full."""
MOST_WORDS = 200
MANY = "*"
BATCH = 1000

_HAN = HAN.pattern[1:-1]
_RUN = re.compile(rf"[{_HAN}]+|[^\W{_HAN}]+")

type Words = Mapping[int, frozenset[str]]
"""The words of some uses, by the id of the use."""


def folded(text: str) -> str:
    """Return the text without difference of case, so that what a database finds without it is found too."""
    return text.upper().casefold()


def words_in(text: str) -> set[str]:
    """Return what is stored of a text: its runs of letters and digits; of a run of Chinese characters each pair."""
    found: set[str] = set()
    for run in _RUN.findall(folded(text)):
        if HAN.match(run) and len(run) > 2:
            found.update(run[at : at + 2] for at in range(len(run) - 1))
        else:
            found.add(run)
    return found


def part_to_look_up(word: str) -> str:
    """Return a part of a searched word that stands in a stored word wherever the searched one is found; "" if none does."""
    parts = [run[:2] if HAN.match(run) else run for run in _RUN.findall(folded(word))]
    return max(parts, key=_rarity, default="")


def parts_to_look_up(words: Iterable[str]) -> list[str]:
    """Return `part_to_look_up` of each word, first the one that fewest uses have, by our guess."""
    return sorted({part for word in words if (part := part_to_look_up(word))}, key=_rarity, reverse=True)


def _rarity(part: str) -> tuple[int, str]:
    told_apart = HAN.match(part) or any(sign.isdigit() for sign in part)
    return len(part) * (3 if told_apart else 1), part


def uses_in(rows: Iterable[tuple[str]]) -> set[int] | None:
    """Return the ids of the uses that rows of `holding` name; None where they are many."""
    found: set[int] = set()
    for count, (uses,) in enumerate(rows, start=1):
        if uses == MANY or count > MOST_WORDS:
            return None
        found |= _pks(uses)
        if len(found) > MOST_USES:
            return None
    return found


def _pks(uses: str) -> set[int]:
    return {int(pk) for pk in uses.split()}


def words_of(uses: models.QuerySet[DeclaredUse]) -> dict[int, frozenset[str]]:
    """Return the words of these uses; one query."""
    rows = uses.order_by().values_list("pk", *SEARCHED)
    return {pk: frozenset().union(*(words_in(text) for text in texts)) for pk, *texts in rows}


class SearchWordQuerySet(models.QuerySet["SearchWord"]):
    def holding(self, part: str) -> models.QuerySet[SearchWord, tuple[str]]:
        """Return the uses of each word that holds this part, as `uses_in` reads them."""
        return self.filter(word__contains=part).values_list("uses")[: MOST_WORDS + 1]

    def lock(self, organisation: int) -> None:
        """Let nobody else change the words of an organisation. Call it before any use is locked."""
        Organisation.objects.select_for_update(no_key=True).only("pk").get(pk=organisation)

    def follow(self, organisation: int, before: Words, after: Words) -> None:
        """Bring the words of an organisation from what its uses had before to what they have now, under `lock`."""
        gained, lost = _by_word(after, before), _by_word(before, after)
        words = sorted({*gained, *lost})
        stored = dict(self.filter(organisation=organisation, word__in=words).values_list("word", "uses"))
        held: list[Any] = []
        gone: list[Any] = []
        for word in words:
            uses = stored.get(word, "")
            if uses != MANY:
                row = SearchWord(organisation_id=organisation, word=word)
                row.hold((_pks(uses) | gained[word]) - lost[word])
                (held if row.uses else gone).append(row)
        self.bulk_create(
            held,
            batch_size=BATCH,
            update_conflicts=True,
            unique_fields=["organisation", "word"],
            update_fields=["uses"],
        )
        if gone:
            self.filter(organisation=organisation, word__in=[row.word for row in gone]).delete()

    def rebuild(self, organisation: int) -> None:
        """Write the words of an organisation anew, from the texts of all its uses."""
        with transaction.atomic():
            self.lock(organisation)
            self.filter(organisation=organisation).delete()
            self.bulk_create(_right(organisation), batch_size=BATCH)

    def wrong(self, organisation: int) -> list[str]:
        """Return the words whose uses are not those that have them; it has to be empty. Many may have become few."""
        right = {row.word: row.uses for row in _right(organisation)}
        rows = dict(self.filter(organisation=organisation).values_list("word", "uses"))
        return sorted(
            word
            for word in right.keys() | rows.keys()
            if rows.get(word) != right.get(word) and not (rows.get(word) == MANY and word in right)
        )


class SearchWord(models.Model):
    """One word of the uses of an organisation, and the uses that have it."""

    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="+", db_index=False)
    word = models.TextField()
    uses = models.TextField()  # their ids in order, with spaces between; MANY where there are more than MOST_USES

    objects: ClassVar[Any] = SearchWordQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["organisation", "word"], name="one_search_word")]

    def __str__(self) -> str:
        return self.word

    def hold(self, pks: set[int]) -> Self:
        self.uses = MANY if len(pks) > MOST_USES else " ".join(str(pk) for pk in sorted(pks))
        return self


def _by_word(these: Words, others: Words) -> dict[str, set[int]]:
    """Return by word the uses that have it in `these` and not in `others`."""
    found: dict[str, set[int]] = defaultdict(set)
    for pk, words in these.items():
        for word in words - others.get(pk, frozenset()):
            found[word].add(pk)
    return found


def _right(organisation: int) -> list[Any]:
    """Return the rows that an organisation has to have, not saved."""
    by_word = _by_word(words_of(DeclaredUse.objects.filter(organisation=organisation)), {})
    return [SearchWord(organisation_id=organisation, word=word).hold(pks) for word, pks in sorted(by_word.items())]
