"""Where things lie, whatever folder a test is in."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APP = ROOT / "assessments"
TESTS = ROOT / "tests"
DATA = TESTS / "data"
