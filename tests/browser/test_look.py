"""The look holds what it promises: readable colours, one place that names them, no inline anything, marks with words."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import product
from pathlib import Path

import pytest
from crispy_forms.utils import render_crispy_form
from django import forms
from django.template.loader import render_to_string

from assessments.guideline.terms import Choice, Strength, Tier
from assessments.templatetags import hk
from tests.support.page_text import compact
from tests.support.paths import ROOT

CSS = ROOT / "static" / "css"
TEMPLATES = ROOT / "templates"
SPRITE = ROOT / "static" / "img" / "sprite.svg"
PARTS = "assessments/parts"
HEX = re.compile(r"#(?:[0-9a-fA-F]{8}|[0-9a-fA-F]{6}|[0-9a-fA-F]{3,4})\b")
NAMED = re.compile(
    r"\b(?:black|white|red|green|blue|gr[ae]y|silver|yellow|orange|purple|navy|teal|maroon|pink|brown)\b"
)

SURFACES = ["paper", "sheet", "sunken", "green-soft", "warn-soft", "error-soft"]
TEXT_ON = [
    *product(["ink", "ink-2"], [*SURFACES, "judge-soft", "add", "del"]),
    *product(["ink-3"], ["paper", "sheet", "sunken", "green-soft"]),
    *product(["green", "green-2"], ["paper", "sheet", "sunken", "green-soft", "warn-soft"]),
    *product(["on-green"], ["green", "green-2"]),
    *product(["judge"], ["paper", "sheet", "judge-soft"]),
    *product(["warn"], ["paper", "sheet", "sunken", "warn-soft"]),
    *product(["error"], ["paper", "sheet", "sunken", "error-soft"]),
    *((tier, f"{tier}-soft") for tier in ("low", "limited", "high")),
    ("on-unacc", "unacc"),
]
EDGES_ON = [
    *product(["rule-strong"], ["paper", "sheet", "sunken"]),
    *product(["green"], ["sheet", "green-soft"]),
    *product(["focus"], SURFACES),
    ("warn", "warn-soft"),
    ("error", "error-soft"),
    *((tier, "sheet") for tier in ("low", "limited", "high")),
]


def blocks() -> dict[str, dict[str, str]]:
    """Read tokens.css: each block of variables by its selector, the media query before it."""
    css = re.sub(r"/\*.*?\*/", "", (CSS / "tokens.css").read_text("utf-8"), flags=re.DOTALL)
    found: dict[str, dict[str, str]] = {}
    media = ""
    for match in re.finditer(r"(?P<media>@media[^{]*)\{|(?P<selector>[^{}]+)\{(?P<body>[^{}]*)\}|(?P<end>\})", css):
        if match["media"]:
            media = " ".join(match["media"].split()) + " "
        elif match["end"]:
            media = ""
        else:
            name = media + " ".join(match["selector"].split())
            found[name] = dict(re.findall(r"(--?[\w-]+|color-scheme):\s*([^;]+);", match["body"]))
    return found


BLOCKS = blocks()
LIGHT = BLOCKS[':root, [data-bs-theme="light"]']
DARK = BLOCKS['[data-bs-theme="dark"]']


def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(theme: dict[str, str], one: str, other: str) -> float:
    """Contrast of two tokens as WCAG 2 reckons it, 1.0 to 21.0."""
    lighter, darker = sorted((luminance(theme[f"--hk-{name}"]) for name in (one, other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


THEMES = pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])


@THEMES
@pytest.mark.parametrize(("text", "surface"), TEXT_ON)
def test_text_contrast_is_at_least_4_5(theme, text, surface):
    assert contrast(theme, text, surface) >= 4.5


@THEMES
@pytest.mark.parametrize(("edge", "surface"), EDGES_ON)
def test_edge_and_focus_ring_contrast_is_at_least_3(theme, edge, surface):
    assert contrast(theme, edge, surface) >= 3


def test_dark_theme_is_the_same_by_system_and_by_stored_choice():
    assert BLOCKS["@media (prefers-color-scheme: dark) :root:not([data-bs-theme])"] == DARK


def test_printed_page_uses_the_light_theme():
    printed = next(block for name, block in BLOCKS.items() if name.startswith("@media print"))
    assert printed == LIGHT


def test_both_themes_name_the_same_tokens():
    assert LIGHT.keys() == DARK.keys()


@THEMES
def test_rgb_tokens_equal_their_hex_colours(theme):
    for name in (name for name in theme if name.endswith("-rgb")):
        colour = theme[name.removesuffix("-rgb")]
        assert theme[name] == ", ".join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5)), name


def pages() -> list[Path]:
    """Templates that become web pages; documents are printed and mails are plain text."""
    return [path for path in sorted(TEMPLATES.rglob("*.html")) if "documents" not in path.parts]


def stylesheets() -> list[Path]:
    """Every stylesheet of ours but the tokens."""
    return [path for path in sorted(CSS.glob("*.css")) if path.name != "tokens.css"]


@pytest.mark.parametrize("path", [*stylesheets(), *pages()], ids=lambda path: str(path.relative_to(ROOT)))
def test_no_colour_is_named_outside_the_tokens(path):
    text = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.DOTALL)
    if path.suffix == ".css":
        text = " ".join(re.findall(r":\s*([^;{}]+);", text))  # values alone: a selector may be called anything
        text = re.sub(r"var\([^)]*\)", "", text)
        assert NAMED.findall(text) == []
    else:
        text = re.sub(r'(?:href|data-target)="#[^"]*"|&#\w+;', "", text)
    assert HEX.findall(text) == []
    assert re.findall(r"\b(?:rgba?|hsla?|oklch|color)\(", text) == []


@pytest.mark.parametrize("path", pages(), ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_have_no_inline_style_or_script(path):
    text = path.read_text("utf-8")
    assert re.findall(r"\sstyle\s*=|<style|\son[a-z]+\s*=\s*[\"']|hx-on|javascript:|(?:src|href)=\"data:", text) == []
    assert [tag for tag in re.findall(r"<script[^>]*>", text) if "src=" not in tag] == []


def test_no_stylesheet_of_ours_asks_for_a_data_address():
    assert [path.name for path in CSS.glob("*.css") if "url(data:" in path.read_text("utf-8").replace('"', "")] == []


def test_every_picture_that_a_stylesheet_asks_for_exists():
    for path in CSS.glob("*.css"):
        for address in re.findall(r'url\("([^"]+)"\)', path.read_text("utf-8")):
            assert (path.parent / address).is_file(), address


def test_small_pictures_use_colours_of_the_tokens():
    known = {value for theme in (LIGHT, DARK) for name, value in theme.items() if HEX.fullmatch(value)}
    for path in (ROOT / "static" / "img").glob("*.svg"):
        assert set(HEX.findall(path.read_text("utf-8"))) <= known, path.name


def test_bootstrap_brings_its_map_so_that_hashed_names_can_be_made():
    sheet = next((ROOT / "static" / "vendor").glob("bootstrap-5.3.*/css/bootstrap.min.css"))
    assert sheet.with_name("bootstrap.min.css.map").is_file()


def test_every_mark_is_drawn_in_the_sprite():
    drawn = set(re.findall(r'<symbol id="([\w-]+)"', SPRITE.read_text("utf-8")))
    marks = {mark.icon for mark in (*hk.STATES.values(), *hk.CREDITS.values())}
    used = {name for path in pages() for name in re.findall(r'{% icon "([\w-]+)"', path.read_text("utf-8"))}
    assert marks | used <= drawn


# No test below may touch the database: pytest-django would stop it. So no part runs a query.
@pytest.mark.parametrize("tier", Tier)
def test_a_tier_has_a_shape_and_a_word(tier):
    badge = render_to_string(f"{PARTS}/tier_badge.html", {"tier": tier})
    assert f"#tier-{tier}" in badge
    assert f"{hk.TIER_RISKS[tier]}" in badge


def test_a_tier_that_the_text_does_not_give_is_said_to_be_not_stated():
    assert "Not stated" in render_to_string(f"{PARTS}/tier_badge.html", {"tier": ""})
    assert "Not stated" in render_to_string(f"{PARTS}/tier_badge.html", {"tier": None})


def test_a_provisional_tier_says_so_in_words():
    badge = render_to_string(f"{PARTS}/tier_badge.html", {"tier": "high", "mode": "provisional"})
    assert "High risk, provisional" in badge


def test_a_use_on_hold_shows_the_pause_sign():
    badge = render_to_string(f"{PARTS}/tier_badge.html", {"tier": "high", "mode": "hold"})
    assert "#pause" in badge
    assert "On hold" in badge


@pytest.mark.parametrize("state", hk.STATES)
def test_a_state_has_a_shape_and_a_word(state):
    shown = render_to_string(f"{PARTS}/state.html", {"state": state})
    assert f"#{hk.STATES[state].icon}" in shown
    assert str(hk.STATES[state].word) in shown


def test_state_before_a_decision_has_no_tick():
    for state in ("draft", "ready_to_sign", "submitted", "resubmitted", "in_review", "returned"):
        assert hk.STATES[state].icon not in ("done", "tick", "tick-ring")


def test_unknown_state_raises_key_error():
    with pytest.raises(KeyError):
        hk.state_mark("finished-ish")


@pytest.mark.parametrize("choice", hk.CREDITS)
def test_a_credit_has_a_square_and_a_word(choice):
    shown = render_to_string(f"{PARTS}/credit.html", {"credit": choice})
    assert f"#{hk.credit_glyph(choice)}" in shown
    assert str(hk.CREDITS[choice].word) in shown


def test_choice_unknown_has_no_credit_square():
    assert hk.credit_glyph(Choice.UNKNOWN) == ""


def test_every_strength_has_its_word():
    assert [str(hk.strength_word(strength)) for strength in Strength] == ["must", "should", "consider"]


@pytest.mark.parametrize(("basis", "word"), [("explicit", "The Guideline says"), ("judgement", "Our judgement")])
def test_basis_of_a_rule_is_shown_in_words(basis, word):
    assert word in render_to_string(f"{PARTS}/basis.html", {"basis": basis})


def test_score_bar_without_a_score_says_not_assessed():
    shown = render_to_string(f"{PARTS}/score_bar.html", {"value": None})
    assert "not assessed" in shown
    assert "<svg" not in shown


def test_score_bar_of_zero_is_empty():
    shown = render_to_string(f"{PARTS}/score_bar.html", {"value": Decimal("0.0")})
    assert 'class="hk-bar-full" width="0.0%"' in shown


def test_a_bar_shows_its_credits_in_four_textures_that_fill_it():
    segments = hk.bar_segments(28, 9, 54, 6)
    assert [part.kind for part in segments] == ["full", "half", "none", "unknown"]
    assert sum(Decimal(part.width) for part in segments) == pytest.approx(Decimal(100), abs=Decimal("0.03"))
    assert next(part.x for part in segments) == "0.00"


def test_a_part_of_a_bar_without_length_is_left_out():
    assert [part.kind for part in hk.bar_segments(full=3, unknown=1)] == ["full", "unknown"]
    assert hk.bar_segments() == []


@pytest.mark.parametrize(
    ("name", "letters"),
    [
        ("Grace Yip", "GY"),
        ("梁思敏", "梁"),
        ("may.lam@harbourlight.example", "ML"),
        ("Ho Ka-wai", "HK"),
        ("Dominic Wan Chi-fai", "DW"),
        ("", "?"),
    ],
)
def test_initials_fit_the_circle(name, letters):
    assert hk.initials(name) == letters


@pytest.mark.parametrize(
    ("path", "place", "here"),
    [("/systems/x/", "/systems/", True), ("/home/", "/", False), ("/", "/", True), (None, "/", False)],
)
def test_navigation_entry_is_current_for_addresses_under_it(path, place, here):
    assert hk.under(path, place) is here


class RegisterForm(forms.Form):
    title = forms.CharField(label="Name", help_text="As it will print.")
    effect = forms.ChoiceField(
        label="Takes effect", choices=[("a", "At once"), ("b", "Later")], widget=forms.RadioSelect
    )
    note = forms.CharField(label="Note", required=False)
    sure = forms.BooleanField(label="I am sure")


def test_a_field_shows_label_hint_and_error_before_its_control_and_ties_them():
    html = compact(render_crispy_form(RegisterForm({"title": ""})))
    label, hint, error, control = (
        html.index(part)
        for part in (
            'for="id_title"',
            'id="id_title_helptext"',
            'id="id_title_error"',
            '<input type="text" name="title"',
        )
    )
    assert label < hint < error < control
    tied = re.search(r'<input type="text" name="title"[^>]*aria-describedby="([^"]+)"', html)
    assert tied
    assert set(tied[1].split()) == {"id_title_helptext", "id_title_error"}


def test_choices_stand_in_a_fieldset_with_a_legend_that_names_their_error():
    html = compact(render_crispy_form(RegisterForm({"title": ""})))
    assert '<fieldset aria-describedby="id_effect_error"><legend>Takes effect' in html


def test_optional_field_says_optional_and_no_field_has_an_asterisk():
    html = compact(render_crispy_form(RegisterForm()))
    assert html.count("(optional)") == 1
    assert "asterisk" not in html


def test_each_link_of_the_error_summary_leads_to_a_control():
    form = RegisterForm({})
    html = compact(render_crispy_form(form))
    summary = render_to_string(f"{PARTS}/error_summary.html", {"form": form})
    anchors = re.findall(r'href="#([^"]+)"', summary)
    assert anchors == ["id_title", "id_effect_0", "id_sure"]
    assert [anchor for anchor in anchors if not re.search(rf'<input[^>]*id="{anchor}"', html)] == []
    assert "Correct 3 errors" in summary
    assert "Name: This field is required." in summary


def test_a_form_without_fault_has_no_summary():
    form = RegisterForm({"title": "Booking", "effect": "a", "sure": "on"})
    assert render_to_string(f"{PARTS}/error_summary.html", {"form": form}).strip() == ""


def test_what_is_typed_is_escaped_where_it_is_shown_again():
    html = render_to_string("csrf_failure.html", {"fields": [("text", "</textarea><b>bold</b>")]})
    assert "&lt;/textarea&gt;&lt;b&gt;bold&lt;/b&gt;</textarea>" in html


def test_the_page_for_our_own_faults_needs_nothing_but_its_file():
    html = render_to_string("500.html")
    assert "Something went wrong on our side" in html
    assert "{%" not in html


@pytest.mark.parametrize("page", ["400.html", "403.html", "404.html", "csrf_failure.html"])
def test_error_pages_stand_without_a_signed_in_person(page):
    html = render_to_string(page)
    assert html.count("<h1>") == 1
    assert 'href="#main"' in html
