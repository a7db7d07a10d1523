"""What is named by a string is there: templates, static files, dotted paths of the settings, tasks of a worker."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.template import engines
from django.template.loader import get_template
from django.urls import get_resolver
from django.utils.module_loading import import_string

from tests.support.paths import ROOT
from tests.support.rooms import PRODUCT, tree_of

TEMPLATES = ROOT / "templates"
FILES = sorted(path for path in TEMPLATES.rglob("*") if path.suffix in {".html", ".txt"})
NAMED = re.compile(r"""\{%\s*(?:include|extends)\s+["']([^"']+)["']""")
STATIC = re.compile(r"""\{%\s*static\s+["']([^"']+)["']""")
TASKS = {f"assessments.tasks.{name}" for name in ("render_document", "send_message", "send_sealed_email", "sweep")}
"""Queues and rows of installations carry these names: they stay when a task moves to another file."""


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TEMPLATES)))
def test_a_template_loads_with_all_that_it_names(path: Path) -> None:
    text = path.read_text("utf-8")
    get_template(str(path.relative_to(TEMPLATES)))
    for name in NAMED.findall(text):
        get_template(name)
    assert [name for name in STATIC.findall(text) if finders.find(name) is None] == []


def templates_in_code() -> Iterator[tuple[str, str]]:
    """Yield each literal name of a template in the code of the product, with its file."""
    for path in PRODUCT:
        for node in ast.walk(tree_of(path)):
            match node:
                case ast.Constant(value=str(name)) if re.fullmatch(r"\w[\w-]*/[\w./-]+\.(?:html|txt)", name):
                    yield name, str(path.relative_to(ROOT))


@pytest.mark.long
def test_each_template_that_the_code_names_is_there() -> None:
    named = set(templates_in_code())
    assert len(named) > 150
    for name, _path in sorted(named):
        get_template(name)


@pytest.mark.long
def test_no_template_lies_where_nobody_names_it() -> None:
    """Parts of names that are made at run time count as named by their folder: `f"assessments/audit/{page}"`."""
    everything = "\n".join(
        path.read_text("utf-8") for path in [*PRODUCT, *FILES, ROOT / "hkguide" / "settings.py"] if path.is_file()
    )
    own = [str(path.relative_to(TEMPLATES)) for path in FILES if path.is_relative_to(TEMPLATES / "assessments")]
    made = set(re.findall(r'f"(assessments/[a-z_]+/)\{', everything))
    lost = [name for name in own if name not in everything and not any(name.startswith(folder) for folder in made)]
    assert lost == []


def dotted(value: object) -> Iterator[str]:
    """Yield the texts in a setting that look like dotted names of Python."""
    if isinstance(value, str):
        if re.fullmatch(r"(?:assessments|hkguide)(?:\.\w+)+", value):
            yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            yield from dotted(key)
            yield from dotted(inner)
    elif isinstance(value, list | tuple | set):
        for inner in value:
            yield from dotted(inner)


def test_each_dotted_path_of_the_settings_imports() -> None:
    names = (
        {name for setting in dir(settings) if setting.isupper() for name in dotted(getattr(settings, setting))}
        - TASKS
        - {settings.AUTH_USER_MODEL}
    )
    assert names
    for name in sorted(names):
        try:
            import_module(name)
        except ModuleNotFoundError:
            import_string(name)


def test_the_map_of_the_site_imports_and_each_page_is_a_function_of_a_room() -> None:
    patterns = list(all_patterns(get_resolver().url_patterns))
    own = [pattern for pattern in patterns if getattr(pattern.callback, "__module__", "").startswith("assessments")]
    assert len(own) > 100
    assert {pattern.callback.__module__.split(".")[1] for pattern in own} <= {"views", "accounts", "admin"}


def all_patterns(patterns: list) -> Iterator:
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            yield from all_patterns(pattern.url_patterns)
        else:
            yield pattern


@pytest.mark.long
def test_a_worker_registers_exactly_the_listed_tasks() -> None:
    program = (
        "import django; django.setup(); from hkguide.celery import app; app.loader.import_default_modules();"
        " print(*sorted(name for name in app.tasks if not name.startswith('celery.')))"
    )
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "hkguide.settings"}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    assert set(done.stdout.split()) == TASKS


def test_the_engine_that_loads_templates_is_the_one_of_the_settings() -> None:
    assert [str(folder) for folder in engines["django"].dirs] == [str(TEMPLATES)]
