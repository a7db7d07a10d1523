"""The words by which a search finds uses: true after every change, and never silent about a use that the search finds."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from assessments.domain import portfolio
from assessments.domain.register import systems
from assessments.models import AISystem, DeclaredUse, SearchWord, search_words
from assessments.models.search_words import MANY, folded, part_to_look_up, parts_to_look_up, uses_in, words_in
from tests.support.factories import Cast, make_assessment, make_system, make_use
from tests.support.kept_world import world_of_the_run

WORDS = SearchWord.objects
SIGNS = "aBéßﬃİ7-_.·%\\ 按緩急"


def uses_with(word: str) -> str:
    return WORDS.get(word=word).uses


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", set()),
        ("Booking, and booking-lists", {"booking", "and", "lists"}),
        ("GPT-4o (2026)", {"gpt", "4o", "2026"}),
        ("STRASSE Straße", {"strasse"}),
        ("按緩急為", {"按緩", "緩急", "急為"}),
        ("按緩 急", {"按緩", "急"}),
        ("AI預約系統v2", {"ai", "預約", "約系", "系統", "v2"}),
    ],
)
def test_text_is_stored_as_runs_of_letters_and_pairs_of_chinese_characters(text: str, words: set[str]) -> None:
    assert words_in(text) == words


@pytest.mark.parametrize(
    ("word", "part"),
    [
        ("OOK", "ook"),
        ("a-booking", "booking"),
        ("預約系統", "預約"),
        ("急", "急"),
        ("x預約", "預約"),
        ("—", ""),
        ("%_", "_"),
        ("%.", ""),
    ],
)
def test_longest_part_of_a_word_is_looked_up(word: str, part: str) -> None:
    assert part_to_look_up(word) == part


def test_rarest_part_is_looked_up_first() -> None:
    assert parts_to_look_up(["AI", "—", "sorting", "預約", "ai"]) == ["sorting", "預約", "ai"]
    assert parts_to_look_up(["sorting", "2031"]) == ["2031", "sorting"]


@given(text=st.text(SIGNS, max_size=30), start=st.integers(0, 30), length=st.integers(1, 8))
def test_stored_words_hold_the_part_of_whatever_stands_in_a_text(text: str, start: int, length: int) -> None:
    for word in text[start : start + length].split():
        part = part_to_look_up(word)
        assert not part or any(part in stored for stored in words_in(text)), (text, word, part)
        assert folded(word) in folded(text)


@pytest.mark.long
@pytest.mark.django_db
def test_words_follow_every_change_of_a_use_and_its_system(cast: Cast) -> None:
    organisation = cast.organisation.pk
    use = make_use(organisation=cast.organisation, title="Triage of calls")
    other = make_use(organisation=cast.organisation, title="Letters")
    assert uses_with("triage") == str(use.pk)
    assert uses_with("appointment") == f"{use.pk} {other.pk}"
    systems.update_use(use, by=cast.owner, title="Sorting of calls", scope_zh="書信草擬")
    assert not WORDS.filter(word="triage").exists()
    assert uses_with("草擬") == str(use.pk)
    systems.update_system(AISystem.objects.get(pk=use.system_id), by=cast.owner, name="Harbour", suppliers="Acme Ltd.")
    assert uses_with("harbour") == uses_with("acme") == str(use.pk)
    systems.update_system(AISystem.objects.get(pk=use.system_id), by=cast.owner, name="Peak")
    assert not WORDS.filter(word="harbour").exists()
    assert WORDS.wrong(organisation) == []


@pytest.mark.long
@pytest.mark.django_db
def test_word_of_many_uses_names_none_of_them(cast: Cast, monkeypatch: Any) -> None:
    monkeypatch.setattr(search_words, "MOST_USES", 2)
    uses = [make_use(organisation=cast.organisation, title="Letters") for _n in range(3)]
    assert uses_with("letters") == MANY
    systems.update_use(uses[0], by=cast.owner, title="Triage")
    assert uses_with("letters") == MANY
    assert WORDS.wrong(cast.organisation.pk) == []
    WORDS.rebuild(cast.organisation.pk)
    assert uses_with("letters") == f"{uses[1].pk} {uses[2].pk}"
    assert uses_in([("1 2",), ("2",)]) == {1, 2}
    assert uses_in([("1 2",), ("3",)]) is None
    assert uses_in([("1",), (MANY,)]) is None
    assert uses_in([]) == set()


def test_part_in_many_different_words_names_no_use() -> None:
    assert uses_in([("1",)] * search_words.MOST_WORDS) == {1}
    assert uses_in([("1",)] * (search_words.MOST_WORDS + 1)) is None


@pytest.mark.long
@pytest.mark.django_db
def test_words_of_an_organisation_stand_apart_from_those_of_another(cast: Cast) -> None:
    make_use(organisation=cast.organisation, title="Letters")
    elsewhere = make_use(title="Letters")
    assert WORDS.filter(word="letters").count() == 2
    assert WORDS.get(word="letters", organisation=elsewhere.organisation).uses == str(elsewhere.pk)


@pytest.mark.long
@pytest.mark.django_db
def test_wrong_words_are_counted_and_rebuilt(cast: Cast, capsys: Any) -> None:
    use = make_use(organisation=cast.organisation, title="Letters")
    make_system(cast.organisation, name="Without a use")
    assert not WORDS.filter(word="without").exists()
    WORDS.filter(word="letters").delete()
    WORDS.filter(word="clinics").update(uses="999999")
    WORDS.create(organisation=cast.organisation, word="gone", uses=str(use.pk))
    assert WORDS.wrong(cast.organisation.pk) == ["clinics", "gone", "letters"]
    line = f"{cast.organisation.reference}: 3 search words differed"
    call_command("rebuild_derived", check=True)
    assert f"{line}, nothing was changed" in capsys.readouterr().out
    call_command("rebuild_derived")
    assert f"{line}, corrected" in capsys.readouterr().out
    assert WORDS.wrong(cast.organisation.pk) == []
    assert uses_with("letters") == str(use.pk)


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.slow_first(40)
def test_words_are_true_in_the_whole_world_of_the_tests() -> None:
    world = world_of_the_run()
    assert WORDS.filter(organisation=world.cast.organisation).count() > 20
    organisations = set(WORDS.values_list("organisation", flat=True))
    assert len(organisations) > 1
    assert [pk for pk in organisations if WORDS.wrong(pk)] == []


@pytest.mark.long
@pytest.mark.django_db
def test_migration_writes_words_and_columns_of_the_uses_that_there_are(cast: Cast) -> None:
    assessment = make_assessment("submitted", "limited", cast=cast)
    make_use("low", cast.organisation)
    WORDS.all().delete()
    DeclaredUse.objects.update(newest_progress=7, system_name="x", tier_rank=4)
    import_module("assessments.migrations.0035_portfolio_orders").fill(apps, None)
    assert uses_with("booking").split()[0] == str(assessment.use_id)
    assert WORDS.wrong(cast.organisation.pk) == []
    assert portfolio.wrong_columns(DeclaredUse.objects.all()) == {}
