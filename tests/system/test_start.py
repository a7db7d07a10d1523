"""What a process loads before its first page: no library that few requests need."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from assessments import checks
from tests.support.paths import ROOT

HEAVY = {"weasyprint", "fontTools", "pydyf", "openpyxl", "tablib", "segno", "qrcode", "PIL", "pypdfium2", "playwright"}
"""Libraries that are imported where they are used, since they make each start slower and each process larger."""

LOADED = """
import sys
import django
django.setup()
from django.urls import get_resolver
get_resolver().url_patterns
from django.core.checks import run_checks
run_checks()
print(*sorted({name.partition(".")[0] for name in sys.modules}))
"""


def test_pages_and_checks_load_no_heavy_library() -> None:
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hkguide.settings"}
    done = subprocess.run(
        [sys.executable, "-c", LOADED], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "assessments" in loaded
    assert loaded & HEAVY == set()
    assert {name for name in HEAVY if find_spec(name) is None} == set()  # each of them is installed


def test_the_check_of_documents_loads_what_weasyprint_loads() -> None:
    """The list is compared with the file of WeasyPrint that loads the libraries, so that an upgrade shows."""
    package = find_spec("weasyprint")
    assert package
    assert package.origin
    tree = ast.parse((Path(package.origin).parent / "text" / "ffi.py").read_text("utf-8"))
    wanted = [
        {argument.value for argument in node.args if isinstance(argument, ast.Constant)}
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_dlopen"
        if not any(keyword.arg == "allow_fail" for keyword in node.keywords)
    ]
    assert len(wanted) == len(checks.PDF_LIBRARIES)
    for names in checks.PDF_LIBRARIES:
        assert any(set(names) <= known for known in wanted), names


def test_a_machine_without_a_library_is_told_what_to_install(monkeypatch) -> None:
    assert checks.pango_is_there(None) == []
    monkeypatch.setattr(checks, "PDF_LIBRARIES", (*checks.PDF_LIBRARIES, ("libnobody-has-this.so.7",)))
    [said] = checks.pango_is_there(None)
    assert said.id == "hkguide.W001"
    assert said.msg == "PDF documents cannot be created, because this machine has no libnobody-has-this.so.7"
    assert said.hint == checks.PANGO_HINT
