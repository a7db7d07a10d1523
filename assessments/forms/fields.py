"""Small things that several forms share."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def explained(word: str | Promise, *sentences: str | Promise) -> SafeString:
    """Make a label of lines: the word, and what it means. Call it as the page is made: it is not lazy."""
    return format_html(
        "{} {}", word, format_html_join(" ", '<span class="hk-hint">{}</span>', ((line,) for line in sentences))
    )


def one_line(words: object, most: int = 0) -> str:
    """Words on one line, such as a name in a mail; `most`: of so many signs, with an ellipsis for the rest."""
    line = " ".join(str(words).split())
    return f"{line[: most - 1].rstrip()}…" if most and len(line) > most else line


class Words(forms.CharField):
    """A text of some lines. Its control has no maxlength: a browser would cut what is pasted without saying so."""

    widget = forms.Textarea

    def widget_attrs(self, widget: forms.Widget) -> dict[str, Any]:
        return {**super().widget_attrs(widget), "maxlength": None, "rows": 3}
