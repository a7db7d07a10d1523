"""The side of `sandbox` that runs in the child process: set the limits, call one reader, write what it found as JSON.

Nothing of Django is imported here or by a reader, so that the child starts in a few hundredths of a second.
"""

from __future__ import annotations

import importlib
import json
import resource
import sys
from typing import Any

MOST_OUTPUT = 32 * 1024 * 1024


class Refused(Exception):
    """A file that a reader does not take. The code and its parameters are put into words by the caller of the sandbox."""

    def __init__(self, code: str, **params: Any) -> None:
        super().__init__(code)
        self.code = code
        self.params = params


def main(reader: str, memory: str, seconds: str, options: str) -> None:
    """Read standard input with `reader` (module:function), within so many bytes of memory and seconds of work."""
    _limit(resource.RLIMIT_CORE, 0)
    _limit(resource.RLIMIT_AS, int(memory))
    _limit(resource.RLIMIT_CPU, int(seconds))
    _limit(resource.RLIMIT_FSIZE, MOST_OUTPUT)
    module, _colon, name = reader.partition(":")
    read = getattr(importlib.import_module(module), name)
    try:
        said: dict[str, Any] = {"found": read(sys.stdin.buffer, **json.loads(options))}
    except Refused as error:
        said = {"refused": error.code, "params": error.params}
    except MemoryError:
        said = {"stopped": "memory"}
    except Exception as error:  # a fault of the reader: the caller logs it
        said = {"failed": f"{type(error).__name__}: {error}"}
    sys.stdout.buffer.write(json.dumps(said, ensure_ascii=False).encode("utf-8", "replace"))


def _limit(kind: int, most: int) -> None:
    _soft, hard = resource.getrlimit(kind)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(kind, (most, most))
