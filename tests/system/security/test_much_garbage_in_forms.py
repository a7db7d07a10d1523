"""Much garbage in forms (see much_garbage.py). A file of its own: it takes as long as all other kinds together.

Daily, test_fuzzing.py tries every form with little of it.
"""

from __future__ import annotations

import pytest

from tests.system.security.fuzzing import form
from tests.system.security.much_garbage import PARTS, faults_of_much

pytestmark = [pytest.mark.django_db, pytest.mark.long, pytest.mark.slow_first(1)]


@pytest.mark.parametrize("part", range(PARTS))
def test_much_garbage_in_forms_is_never_a_failure(part, tmp_path):
    assert faults_of_much(form, part, tmp_path / "media") == []
