"""Much garbage in addresses, queries and methods (see much_garbage.py); that in forms is in test_much_garbage_in_forms.py.

Daily, test_fuzzing.py tries every address with little of it.
"""

from __future__ import annotations

import pytest

from tests.system.security.fuzzing import KINDS, form
from tests.system.security.much_garbage import PARTS, faults_of_much

pytestmark = [pytest.mark.django_db, pytest.mark.long, pytest.mark.slow_first(2)]


@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind is not form], ids=lambda kind: kind.__name__)
def test_much_garbage_is_never_a_failure(kind, part, tmp_path):
    assert faults_of_much(kind, part, tmp_path / "media") == []
