"""The first button of a form, which Enter presses, is not shown on any page."""

from __future__ import annotations

import re
from pathlib import Path

from django.conf import settings

TEMPLATES = Path(settings.BASE_DIR, "templates")
STYLES = Path(settings.BASE_DIR, "static", "css")


def test_the_button_that_enter_presses_is_hidden_by_the_style_sheet_that_every_page_loads() -> None:
    used = [path for path in TEMPLATES.rglob("*.html") if "hk-first-button" in path.read_text()]
    assert any(path.name == "reuse.html" for path in used)
    assert "css/hkguide.css" in (TEMPLATES / "base.html").read_text()
    rule = re.search(r"\.hk-first-button \{([^}]*)\}", (STYLES / "hkguide.css").read_text())
    assert rule is not None
    assert "clip-path: inset(50%)" in rule[1]
    assert "position: absolute" in rule[1]
