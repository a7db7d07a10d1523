"""Products with a guard taken out: whatever holds only because of that guard has to fail then."""

from __future__ import annotations

import inspect
import sys
import textwrap
from dataclasses import dataclass
from typing import Any

import pytest


@dataclass(frozen=True)
class Guard:
    """Where a guard stands, `module.function` below `assessments`; its text there; and what is put in its place."""

    function: str
    text: str
    instead: str = "if False:"


def take_out(patch: pytest.MonkeyPatch, *guards: Guard) -> None:
    """Put functions without these guards in the place of the product's, wherever a module has them by that name.

    A guard has to stand there just once: when the source changes, its mutant has to be looked at again.
    """
    sources: dict[Any, str] = {}
    for guard in guards:
        module, _dot, name = guard.function.rpartition(".")
        function = getattr(sys.modules[f"assessments.{module}"], name)
        source = sources.get(function) or textwrap.dedent(inspect.getsource(function))
        assert source.count(guard.text) == 1, (
            f"{guard.function} has this {source.count(guard.text)} times: {guard.text}"
        )
        sources[function] = source.replace(guard.text, guard.instead)
    for function, source in sources.items():
        made: dict[str, Any] = {}
        home = sys.modules[function.__module__]
        text = "from __future__ import annotations\n" + source
        exec(compile(text, f"<{function.__qualname__}, mutated>", "exec"), vars(home), made)
        for module in list(sys.modules.values()):
            if module.__name__.startswith("assessments") and vars(module).get(function.__name__) is function:
                patch.setattr(module, function.__name__, made[function.__name__])
