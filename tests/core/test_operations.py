"""The names of the saves that a page may send."""

from __future__ import annotations

import gzip
import uuid
from itertools import islice

from assessments.core.operations import operations


def names(count: int = 500) -> list[str]:
    return list(islice(operations(), count))


def test_no_two_saves_have_the_same_name():
    assert len({*names(), *names()}) == 1000


def test_each_name_is_a_random_uuid():
    assert {uuid.UUID(name).version for name in names()} == {4}


def test_the_names_of_a_page_add_little_to_it_compressed():
    assert len(gzip.compress("\n".join(names()).encode())) < 500 * 4
