"""Filters of the printed documents: words with their language, days in two languages."""

from __future__ import annotations

import re
from datetime import date, datetime

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.timezone import localtime

register = template.Library()

# Ideographs (the supplementary planes too), kana, their punctuation and full-width forms.
_CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]+")


@register.filter
def runs(text: object) -> SafeString:
    """Escape a text and give each run of Chinese its language, so that it is set and read aloud as Chinese."""
    return mark_safe(_CHINESE.sub(r'<span lang="zh">\g<0></span>', escape(text)))  # noqa: S308 (escaped before)


@register.filter
def said(text: object) -> SafeString:
    """Return what a person typed: as `runs`, with its line breaks kept."""
    return mark_safe("<br>".join(runs(line) for line in str(text).strip().splitlines()))  # noqa: S308 (each run is escaped)


def _here(value: date) -> date:
    """Return the day in Hong Kong: a moment is kept in UTC."""
    return localtime(value) if isinstance(value, datetime) else value


@register.filter
def day(value: date) -> str:
    """14 October 2026, unbroken."""
    value = _here(value)
    return f"{value.day}\u00a0{value:%B}\u00a0{value.year}"


@register.filter
def short_day(value: date) -> str:
    """14 Oct 2026, unbroken."""
    value = _here(value)
    return f"{value.day}\u00a0{value:%b}\u00a0{value.year}"


_DAY_ZH = re.compile(r"\d+年\d+月\d+日")


@register.filter
def zh(text: object) -> SafeString:
    """Escape a Chinese sentence of ours and keep each of its dates on one line."""
    return mark_safe(_DAY_ZH.sub(r'<span class="together">\g<0></span>', escape(text)))  # noqa: S308 (escaped before)


@register.filter
def grouped(digest: str) -> str:
    """Return a checksum in groups of eight, so that it can be compared and broken."""
    return " ".join(digest[n : n + 8] for n in range(0, len(digest), 8))
