"""Products with a guard taken out: whatever holds only because of that guard has to fail then."""

from __future__ import annotations

import inspect
import textwrap
from types import ModuleType
from typing import Any

import pytest


def take_out(patch: pytest.MonkeyPatch, function: Any, guard: str, instead: str, *also: ModuleType) -> None:
    """Put `instead` in the place of a guard, in the source of a function, and the function so made in the place of it.

    `also`: modules that have imported the function by its name. The guard has to stand there once: when the source
    changes, its mutant has to be looked at again.
    """
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(guard) == 1, f"{function.__qualname__} has this {source.count(guard)} times: {guard}"
    module = inspect.getmodule(function)
    assert module is not None
    made: dict[str, Any] = {}
    text = "from __future__ import annotations\n" + source.replace(guard, instead)
    exec(compile(text, f"<{function.__qualname__} without {guard}>", "exec"), vars(module), made)
    for place in (module, *also):
        patch.setattr(place, function.__name__, made[function.__name__])
