"""Numbers, days and places that come from outside, as they are read; system/security/test_numbers_and_dates.py asks pages."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from assessments.core import query_values
from assessments.exchange import model_card

HUGE = "9" * 5000  # Python itself refuses to read it


def test_one_reader_of_whole_numbers():
    read = query_values.whole_number
    assert [read(text) for text in ("0", "007", "12", "9" * 18)] == [0, 7, 12, 10**18 - 1]
    assert [read(text) for text in ("", "-1", "+1", "1.0", " 1", "٣", "²", "9" * 19, HUGE, None, ["1"])] == [None] * 11
    assert query_values.key(HUGE) == 0
    assert query_values.count("9" * 18) == 2**31 - 1


def test_days_and_moments_are_brought_back_to_where_calendars_reckon():
    assert query_values.within(date.max).year == 2999
    assert query_values.within(date.min).year == 1900
    assert query_values.within(date(2026, 11, 25)) == date(2026, 11, 25)
    assert query_values.place_moment("2026-11-25T08:00:00+00:00") == datetime(2026, 11, 25, 8, tzinfo=UTC)
    for text in ("9999-12-31T23:59:59-12:00", "0001-01-01T00:00:00+14:00", "2026-11-25T08:00:00", "now", HUGE):
        with pytest.raises(ValueError, match=r"."):
            query_values.place_moment(text)
    for text in (HUGE, "--1", "-", "1_0"):
        with pytest.raises(ValueError, match=r"."):
            query_values.place_number(text)
    assert query_values.place_number("-1") == -1


def test_a_number_to_the_base_of_sixty_in_a_model_card_is_no_word(edition):
    card = f"---\nlicense: {':'.join(['1'] * 3000)}\npipeline_tag: text-generation\n---\n"
    found = model_card.read(card.encode(), edition)
    assert {one.key for one in found} == {"modalities"}
