"""No secret in the files and their history, each warning of the linter explained in place, each package pinned (91, 92, 96)."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest

from tests.run import ROOT

# --- secrets (check 91) ----------------------------------------------------------------------------------------------------

SECRETS = re.compile(
    "|".join(
        (
            r"-----BEGIN (?:[A-Z]+ )*PRIVATE" + " KEY-----",
            r"\bAKIA[0-9A-Z]{16}\b",  # Amazon
            r"\bgh[pousr]_[A-Za-z0-9]{36}\b|\bgithub_pat_\w{22,}",
            r"\bglpat-[\w-]{20}\b",
            r"\bxox[abprs]-[A-Za-z0-9-]{10,}",  # Slack
            r"\bsk_live_[A-Za-z0-9]{16,}|\bsk-[A-Za-z0-9]{32,}",
            r"\bAIza[\w-]{35}\b",  # Google
            r"\beyJ[\w-]{15,}\.eyJ[\w-]{15,}\.[\w-]{10,}",  # a signed token
            r"(?i:postgres(?:ql)?|mysql|rediss?|amqp|smtps?)://[^\s:/@{}<>]+:(?!password@|secret@)[^\s:/@{}<>]+@",
        )
    )
)
NOT_OURS = {".git", ".venv", "var", "node_modules", "__pycache__"}
NO_TEXT = {".png", ".ttf", ".woff2", ".xz", ".pdf", ".jpg", ".ico", ".xlsx", ".docx", ".pyc", ".sqlite3"}


def files() -> Iterator[Path]:
    for path in ROOT.rglob("*"):
        inside = path.relative_to(ROOT).parts
        hidden = any(part in NOT_OURS or (part.startswith(".") and part.endswith("_cache")) for part in inside)
        if path.is_file() and not path.is_symlink() and not hidden and path.suffix not in NO_TEXT:
            yield path


@pytest.mark.long
def test_no_file_holds_a_secret() -> None:
    found = {}
    for path in files():
        hits = SECRETS.findall(path.read_text("utf-8", errors="replace"))
        if hits:
            found[str(path.relative_to(ROOT))] = len(hits)
    assert found == {}


@pytest.mark.parametrize(
    "secret",
    [
        "-----BEGIN RSA PRIVATE" + " KEY-----",
        "AKIA" + "A1" * 8,
        "ghp_" + "a" * 36,
        "postgresql://hkguide:" + "hunter2@db.example.org/hkguide",
        "eyJhbGciOiJIUzI1NiJ9.eyJ" + "zdWIiOiIxMjM0NTYifQ.c2lnbmF0dXJl",
    ],
)
def test_a_secret_would_be_seen(secret: str) -> None:
    assert SECRETS.search(f"x = '{secret}'")


@pytest.mark.long
def test_the_history_holds_no_secret() -> None:
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("There is no history here: the tree was unpacked and not cloned")
    log = [git, "-C", str(ROOT), "log", "-p", "--all", "--no-color", "--no-textconv", "--", ".", ":!*.xz"]
    told = subprocess.run(log, capture_output=True, check=True).stdout.decode("utf-8", errors="replace")
    assert len(told) > 100_000
    added = (line for line in told.splitlines() if line.startswith("+"))
    assert [line[:80] for line in added if SECRETS.search(line)] == []


# --- what the linter warns of (check 92) --------------------------------------------------------------------------------------


def test_each_warning_of_safety_is_explained_where_it_stands() -> None:
    """Bandit's rules as ruff has them, all that are not mended: behind each stands in brackets why it does no harm.

    S101 is left out: an `assert` here states what types cannot, and no check of a right is one.
    """
    ruff = Path(sys.executable).with_name("ruff")
    command = [
        ruff,
        "check",
        "--select",
        "S",
        "--ignore",
        "S101",
        "--ignore-noqa",
        "--output-format",
        "json",
        "assessments",
        "hkguide",
    ]
    found = json.loads(subprocess.run(command, cwd=ROOT, capture_output=True, check=False).stdout)
    assert len(found) > 10
    bare = []
    for one in found:
        first, last = one["location"]["row"], one["end_location"]["row"]
        lines = Path(one["filename"]).read_text("utf-8").splitlines()[first - 1 : last]
        if not any(re.search(rf"# noqa: {one['code']}\s+\(.{{8,}}\)", line) for line in lines):
            bare.append(f"{Path(one['filename']).relative_to(ROOT)}:{first} {one['code']}")
    assert bare == []


# --- packages (check 96) ----------------------------------------------------------------------------------------------------

PIN = re.compile(r"^([A-Za-z0-9_.-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_each_package_is_pinned_by_version_and_hash(lock: str) -> None:
    entries = re.split(r"\n(?=[A-Za-z0-9])", (ROOT / lock).read_text("utf-8").strip())
    assert len(entries) > 30
    for entry in entries:
        assert PIN.match(entry), entry[:80]
        assert "--hash=sha256:" in entry, entry[:80]
        assert "://" not in entry.split("# via")[0], entry[:80]  # from the index alone


def test_what_is_installed_is_what_is_pinned() -> None:
    other = {}
    for name, pinned in PIN.findall((ROOT / "requirements.txt").read_text("utf-8")):
        try:
            if version(name) != pinned:
                other[name] = (pinned, version(name))
        except PackageNotFoundError:
            continue  # of another system or an older Python
    assert other == {}


@pytest.mark.long
def test_no_pinned_package_has_a_published_hole() -> None:
    """Asks the database of advisories where pip-audit is installed and can reach it; else it says so by being skipped."""
    audit = shutil.which("pip-audit")
    if audit is None:
        pytest.skip("pip-audit is not installed: nothing is said of published holes of the pinned versions")
    command = [audit, "-r", str(ROOT / "requirements.txt"), "--require-hashes", "--disable-pip", "-f", "json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    if not done.stdout.strip():
        pytest.skip(f"No database of advisories was reached: {done.stderr.strip()[-200:]}")
    packages = json.loads(done.stdout)["dependencies"]
    asked = [one for one in packages if "skip_reason" not in one]
    if not asked:
        pytest.skip("The database of advisories knew none of the packages: nothing is said of published holes")
    assert {one["name"]: [hole["id"] for hole in one["vulns"]] for one in asked if one["vulns"]} == {}
