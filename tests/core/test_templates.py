"""Pages leave without the indentation of their templates; texts of emails keep theirs."""

from __future__ import annotations

from django.template import engines
from django.template.loader import get_template

from tests.support.paths import ROOT


def test_a_page_is_loaded_without_indentation_and_with_the_lines_of_its_file():
    name = "assessments/site/start.html"
    source = (ROOT / "templates" / name).read_text()
    loaded = get_template(name).template.source
    assert "\n  <" in source
    assert [line.lstrip() for line in source.splitlines()] == loaded.splitlines()


def test_an_email_is_loaded_as_it_is(tmp_path, settings):
    (tmp_path / "letter.txt").write_text("Dear\n    reader\n")
    (tmp_path / "letter.html").write_text("Dear\n    reader\n")
    engine = engines["django"].engine
    loader = engine.template_loaders[0].loaders[0]
    loader.dirs = [tmp_path]
    try:
        assert engine.get_template("letter.txt").source == "Dear\n    reader\n"
        assert engine.get_template("letter.html").source == "Dear\nreader\n"
    finally:
        loader.dirs = None
        engine.template_loaders[0].reset()
