"""How a tier, a state, a credit or a number is shown: every mark has a shape and a word. Nothing here runs a query."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, is_dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from django import template
from django.template.base import FilterExpression, NodeList, Parser, Token, render_value_in_context, token_kwargs
from django.templatetags.static import static
from django.urls import NoReverseMatch, get_script_prefix, get_urlconf, reverse
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import normalize_newlines
from django.utils.translation import get_language, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from assessments.guideline.terms import Choice, Strength, Tier
from assessments.guideline.wording import choice_words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.forms import BaseForm
    from django_stubs_ext import StrPromise as Words

register = template.Library()
WBR = SafeString("<wbr>")


@dataclass(frozen=True, slots=True)
class Mark:
    """A shape of the sprite, the word beside it, and a tone: idle, plain, done, warn or error."""

    icon: str
    word: Words
    tone: str = "plain"


TIER_WORDS = {
    Tier.LOW: _("Low"),
    Tier.LIMITED: _("Limited"),
    Tier.HIGH: _("High"),
    Tier.UNACCEPTABLE: _("Unacceptable"),
}
TIER_RISKS = {
    Tier.LOW: _("Low risk"),
    Tier.LIMITED: _("Limited risk"),
    Tier.HIGH: _("High risk"),
    Tier.UNACCEPTABLE: _("Unacceptable risk"),
}
TIER_PROVISIONAL = {
    Tier.LOW: _("Low risk, provisional"),
    Tier.LIMITED: _("Limited risk, provisional"),
    Tier.HIGH: _("High risk, provisional"),
    Tier.UNACCEPTABLE: _("Unacceptable risk, provisional"),
}
STRENGTH_WORDS = {
    Strength.MUST: pgettext_lazy("strength of a requirement", "must"),
    Strength.SHOULD: pgettext_lazy("strength of a requirement", "should"),
    Strength.CONSIDER: pgettext_lazy("strength of a requirement", "consider"),
}
CREDITS = {
    Choice.IN_PLACE: Mark("credit-full", _(choice_words(Choice.IN_PLACE))),
    Choice.PARTLY: Mark("credit-half", _(choice_words(Choice.PARTLY))),
    Choice.PLANNED: Mark("credit-planned", _(choice_words(Choice.PLANNED))),
    Choice.NOT_IN_PLACE: Mark("credit-none", _(choice_words(Choice.NOT_IN_PLACE))),
}
# A tick means done or accepted and nothing else: what was only sent has an arrow.
STATES = {
    # answers
    "empty": Mark("empty", _("Not answered"), "idle"),
    "answered": Mark("done", _("Answered"), "done"),
    "filled_in": Mark("done", _("Filled in"), "idle"),
    "partly": Mark("half", _(choice_words(Choice.PARTLY))),
    "not_applicable": Mark("bar", _(choice_words(Choice.NOT_APPLICABLE))),
    "unknown": Mark("question", _(choice_words(Choice.UNKNOWN)), "warn"),
    "carried": Mark("carried", _("Carried over, not confirmed yet"), "warn"),
    "locked": Mark("lock", _("Locked")),
    "flagged": Mark("flag", _("Flagged"), "warn"),
    "conflict": Mark("error", _("Two versions: choose one"), "error"),
    "missing": Mark("error", _("Answer incomplete"), "error"),
    # threads and messages
    "resolved": Mark("done", _("Resolved"), "done"),
    "unread": Mark("sent", _("Unread"), "warn"),
    "read": Mark("eye", pgettext_lazy("status of a notification", "Read"), "idle"),
    # review marks
    "not_looked_at": Mark("empty", _("Not marked"), "idle"),
    "accepted": Mark("done", _("Accepted"), "done"),
    "accepted_with_action": Mark("tick-ring", _("Accepted with action"), "warn"),
    "change_needed": Mark("flag", _("Change needed"), "warn"),
    # parts of a conformity file
    "part_missing": Mark("half", pgettext_lazy("status of a part", "Missing")),
    "part_given": Mark("box", _("Filled in, not judged yet")),
    "part_supports": Mark("done", _("Judged as “supports”"), "done"),
    "part_partly": Mark("half", _("Judged as “partly supports”"), "warn"),
    "part_does_not": Mark("error", _("Judged as “does not support”"), "error"),
    # sections
    "not_started": Mark("empty", _("Not started"), "idle"),
    "in_progress": Mark("half", _("In progress")),
    "complete": Mark("done", _("Complete"), "done"),
    "cannot_start": Mark("lock", _("Cannot start yet")),
    "does_not_apply": Mark("bar", _("Does not apply to you"), "idle"),
    "changes_needed": Mark("flag", _("Changes needed"), "warn"),
    "open": Mark("open", pgettext_lazy("status", "Open")),
    # assessments and submissions
    "draft": Mark("half", _("Draft")),
    "ready_to_sign": Mark("open", _("Ready to sign")),
    "no_certificate_possible": Mark("half", _("No certificate is possible yet"), "warn"),
    "submitted": Mark("sent", _("Submitted")),
    "in_review": Mark("eye", _("In review")),
    "returned": Mark("flag", _("Changes needed"), "warn"),
    "resubmitted": Mark("sent", _("Resubmitted")),
    "approved": Mark("done", _("Approved, no certificate yet"), "done"),
    "certified": Mark("done", _("Certificate issued"), "done"),
    "refused": Mark("error", _("Refused"), "error"),
    "withdrawn": Mark("bar", _("Withdrawn")),
    "superseded": Mark("box", _("Superseded")),
    # certificates and their public page
    "valid": Mark("done", _("Valid"), "done"),
    "expiring": Mark("clock", _("Expiring"), "warn"),
    "expired": Mark("clock", _("Expired")),
    "suspended": Mark("pause", _("Suspended"), "warn"),
    "revoked": Mark("revoked", _("Revoked"), "error"),
    "not_found": Mark("search", _("Not found")),
    "could_not_check": Mark("question", _("Could not check")),
    # answers to a file
    "exact": Mark("file-exact", _("Exact copy"), "done"),
    "altered": Mark("file-altered", _("Altered"), "error"),
    "not_ours": Mark("file-not-ours", _("Not issued by us")),
    "not_recognised": Mark("search", _("Not recognised")),
    # actions, conditions, holds
    "proposed": Mark("open", _("Proposed")),
    "begun": Mark("half", _("Begun")),
    "late": Mark("error", _("Late"), "error"),
    "closed": Mark("done", _("Closed"), "done"),
    "lifted": Mark("done", _("Lifted"), "done"),
    "done": Mark("done", _("Done"), "done"),
    "risk_accepted": Mark("tick-ring", _("Risk accepted"), "warn"),
    "met": Mark("done", pgettext_lazy("status of a condition", "Met"), "done"),
    "hold": Mark("pause", _("On hold"), "warn"),
    "blocking": Mark("error", _("Blocks the certificate"), "error"),
    # documents that are being created
    "pending": Mark("clock", _("Being created"), "idle"),
    "running": Mark("clock", _("Being created"), "idle"),
    "ready": Mark("file", pgettext_lazy("status of a document", "Ready")),
    "failed": Mark("error", _("Could not be created"), "error"),
}


@register.simple_tag
def icon(name: str, css_class: str = "") -> SafeString:
    """Draw a shape of the sprite. It is hidden from readers of the screen: the word beside it is its name."""
    return _icon(static("img/sprite.svg"), name, css_class)


@lru_cache(maxsize=512)
def _icon(sprite: str, name: str, css_class: str) -> SafeString:
    return format_html(
        '<svg class="hk-icon{}" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        f" {css_class}" if css_class else "",
        sprite,
        name,
    )


@register.filter
def state_mark(state: str) -> Mark:
    """Look up shape, word and tone of a state. An unknown state is a mistake of the page and raises KeyError."""
    return STATES[str(state)]


@register.filter
def tier_word(tier: str | None) -> Words:
    """Name a tier: *High*; *Not stated* where the Guideline's text gives none."""
    return TIER_WORDS[Tier(tier)] if tier else _("Not stated")


@register.filter
def tier_risk(tier: str | None) -> Words:
    """Name a tier in full: *High risk*."""
    return TIER_RISKS[Tier(tier)] if tier else _("Not stated")


@register.filter
def tier_provisional(tier: str) -> Words:
    """Name a tier that rests on answers still unknown: *High risk, provisional*."""
    return TIER_PROVISIONAL[Tier(tier)]


@register.filter
def strength_word(strength: str) -> Words:
    """Name the Guideline's own word for how strongly it asks."""
    return STRENGTH_WORDS[Strength(strength)]


@register.filter
def credit_mark(choice: str) -> Mark | None:
    """Shape and word of the credit that a choice earns; None for choices that earn none by kind."""
    return CREDITS.get(Choice(choice))


@register.filter
def credit_glyph(choice: str) -> str:
    """Name of the square in the sprite that stands for the credit of a choice, or an empty string."""
    mark = credit_mark(choice)
    return mark.icon if mark else ""


@register.filter
def initials(name: object) -> str:
    """At most two letters for the circle beside a name: *Grace Yip* is GY, 梁思敏 is 梁."""
    words = str(name or "").split("@")[0].replace(".", " ").split()
    if not words:
        return "?"
    if ord(words[0][0]) >= 0x2E80:  # Chinese: the family name comes first and stands alone
        return words[0][0]
    if len(words) > 2 and "-" in words[-1]:  # Grace Yip Mei-lan: the Chinese given name comes after the family name
        words.pop()
    return (words[0][0] + (words[-1][0] if len(words) > 1 else "")).upper()


@register.filter
def breakable(address: object) -> SafeString:
    """Return a mail address that breaks after its @ and before its dots where it has to, and not inside a word."""
    pieces = re.split(r"(?<=@)|(?=\.)", str(address))
    return format_html_join(WBR, "{}", ((piece,) for piece in pieces))


PLACES = {"home": "dashboard", "verify": "verify_form"}  # whose page is named otherwise
OF_MEMBERS = ("home", "systems", "assessments", "actions", "evidence", "certificates", "reviews")
OF_ANYBODY = ("start", "verify", "clauses")


@register.simple_tag(takes_context=True)
def place_on_site(context: template.Context, path: str, signed_in: bool) -> str:
    """Name the place of the site that a page belongs to: what its view says, else where its address lies; "" for none."""
    said = context.get("place")
    if said:
        return str(said)
    addresses = _addresses(OF_MEMBERS if signed_in else OF_ANYBODY, get_script_prefix(), get_urlconf())
    return next((place for place, address in addresses if under(path, address)), "")


@lru_cache(maxsize=16)
def _addresses(places: tuple[str, ...], _prefix: str, urlconf: str | None) -> list[tuple[str, str]]:
    found = []
    for place in places:
        try:
            found.append((place, reverse(PLACES.get(place, place), urlconf)))
        except NoReverseMatch:
            continue
    return found


@register.filter
def under(path: str | None, place: str) -> bool:
    """Tell whether a page lies in a place of the site; the root is a place by itself only."""
    return bool(path) and (path == place if place == "/" else str(path).startswith(place))


@dataclass(frozen=True, slots=True)
class Segment:
    """A part of a readiness bar in per cent of its length, as text for SVG attributes."""

    kind: str
    x: str
    width: str


@register.simple_tag
def bar_segments(full: float = 0, half: float = 0, none: float = 0, unknown: float = 0) -> list[Segment]:
    """Cut a bar into in place, partly, not in place and not known, in that order; empty parts are left out."""
    parts = [("full", full), ("half", half), ("none", none), ("unknown", unknown)]
    total = sum(Decimal(str(length or 0)) for _kind, length in parts)
    segments: list[Segment] = []
    at = Decimal(0)
    for kind, length in parts:
        if not length or not total:
            continue
        width = Decimal(str(length)) * 100 / total
        segments.append(Segment(kind, f"{at:.2f}", f"{width:.2f}"))
        at += width
    return segments


@register.filter
def percent(value: Decimal | float) -> str:
    """Return a number of 0 to 100 as SVG attributes want it: never with a comma, whatever the language."""
    return f"{Decimal(str(value)):.1f}"


@register.filter
def per_line(text: object) -> int:
    """Return rows that a text box needs to show a text without scrolling, 2 at least and 20 at most."""
    lines = normalize_newlines(str(text or "")).split("\n")
    return max(2, min(20, sum(1 + len(line) // 80 for line in lines)))


@register.filter
def summary(form: BaseForm) -> list[tuple[str, str]]:
    """List a form's errors as (anchor, *label: message*), fields in order; a group's anchor is its first choice."""
    found: list[tuple[str, str]] = [("", str(message)) for message in form.non_field_errors()]
    pattern, of_question = str(_("%(field)s: %(message)s")), str(_("%(field)s %(message)s"))
    for field in form:
        anchor = f"{field.auto_id}_0" if field.use_fieldset else (field.id_for_label or field.auto_id)
        words = of_question if str(field.label).endswith(("?", "？")) else pattern
        found.extend((anchor, words % {"field": field.label, "message": message}) for message in field.errors)
    return found


@register.filter
def labelled(form: BaseForm) -> BaseForm:
    """Take allauth's placeholders away: a label stays in view while somebody types, a placeholder does not."""
    for field in form.fields.values():
        field.widget.attrs.pop("placeholder", None)
    return form


@register.filter
def said(errors: Iterable[object] | None) -> list[object]:
    """Return the errors as a list, so that a template can count them."""
    return list(errors or ())


# --- what templates keep --------------------------------------------------------------------------------------------------

type Plain = str | int | bool | Decimal | tuple[Plain, ...] | None


def _plain(value: Any) -> Plain:
    """The value itself where equal means alike; TypeError for what may change or hold more than it shows."""
    if value is None or type(value) in (str, int, bool, Decimal, SafeString):
        return value  # type: ignore[no-any-return]
    if isinstance(value, Promise):
        return str(value)
    if isinstance(value, bool):  # one that is found when it is asked for
        return bool(value)
    if isinstance(value, str):  # a word of a vocabulary
        return str(value)
    if isinstance(value, tuple | list):
        return tuple(_plain(one) for one in value)
    if is_dataclass(value) and not isinstance(value, type):
        _look_into(value)  # type: ignore[arg-type]  # whether it can be hashed is what is asked
        return value  # type: ignore[return-value]
    raise TypeError(type(value))


@lru_cache(maxsize=512)
def _look_into(value: Any) -> None:
    """TypeError where a value is not frozen, which its hash tells, or holds what is not plain."""
    for one in fields(value):
        part = getattr(value, one.name)
        if isinstance(part, list):
            raise TypeError(type(value))  # it may change
        _plain(part)


CSRF_PLACE = token_hex(16)
"""Stands in what is kept wherever each page puts a token of its own."""
FILL_PLACE = token_hex(8)
"""Begins the place of a value that is filled in: nobody outside of the process can write it."""
MOST_KEPT = 200


class KeepNode(template.Node):
    def __init__(
        self, nodelist: NodeList, given: dict[str, FilterExpression], filled: dict[str, FilterExpression]
    ) -> None:
        self.nodelist, self.given = nodelist, given
        self.filled = [(name, f"{FILL_PLACE}-{name}-", value) for name, value in filled.items()]
        self.kept: dict[tuple[Any, ...], str] = {}

    def render(self, context: template.Context) -> SafeString:
        given = {name: _plain(value.resolve(context)) for name, value in self.given.items()}
        key = (get_language(), get_script_prefix(), get_urlconf(), *((type(value), value) for value in given.values()))
        html = self.kept.get(key)
        if html is None:
            places = {name: place for name, place, _value in self.filled}
            html = self.nodelist.render(context.new({**given, **places, "csrf_token": CSRF_PLACE}))
            if len(self.kept) >= MOST_KEPT:
                for old in list(islice(self.kept, MOST_KEPT // 2)):
                    self.kept.pop(old, None)
            self.kept[key] = html
        if CSRF_PLACE in html:
            html = html.replace(CSRF_PLACE, str(context.get("csrf_token", "")))
        for _name, place, value in self.filled:
            html = html.replace(place, render_value_in_context(value.resolve(context), context))
        return mark_safe(html)  # noqa: S308 (a template's own)


@register.tag
def keep(parser: Parser, token: Token) -> KeepNode:
    """Draw what stands up to endkeep once for the same values, language and process: `{% keep a=a b=user.name %}`.

    Inside, nothing is known but these values, all of them plain, and a token for forms: so what is kept cannot show
    more than it was asked for. Raises TypeError for a value that is not plain. What comes after `fill` is written in
    anew each time, escaped as ever: `{% keep a=a fill id=view.id %}`. Inside it can be shown, not looked at.
    """
    bits = token.split_contents()[1:]
    given, filled = token_kwargs(bits, parser), {}
    if bits and bits[0] == "fill":
        bits = bits[1:]
        filled = token_kwargs(bits, parser)
    if bits:
        raise template.TemplateSyntaxError(f"The keep tag accepts only name=value, not: {bits[0]}")
    nodelist = parser.parse(("endkeep",))
    parser.delete_first_token()
    return KeepNode(nodelist, given, filled)
