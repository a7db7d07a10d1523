"""One form of a page, however its templates are laid out."""

from __future__ import annotations

import pytest

from tests.support.page_text import compact


@pytest.mark.parametrize(
    ("page", "form"),
    [
        ('<input\n  type="hidden"   name="seen"\n  value="1"\n>', '<input type="hidden" name="seen" value="1">'),
        ('<h1 class="hk\n  hk-wide ">\n  Refused\n</h1>\n<p>', '<h1 class="hk hk-wide">Refused</h1><p>'),
        ("<p hx-vals='{\"a\":\n  1}' >", "<p hx-vals='{\"a\": 1}'>"),
        ('<p data-why="1 > 0"\n>Twice\n  two</p>', '<p data-why="1 > 0">Twice two</p>'),
        ("<ins><b>added </b>two</ins> <i>x</i> y", "<ins><b>added </b>two</ins> <i>x</i> y"),
        ("Kept\n  <b>here</b>\n  and there", "Kept<b>here</b>and there"),
        ('<input value="a\n  b"\n  checked>', '<input value="a\n  b" checked>'),
        (
            '<textarea\n  name="text">\nHers.\n\n <His.</textarea>\n',
            '<textarea name="text">\nHers.\n\n <His.</textarea>',
        ),
        ("<script>\nif (a < b) c = '<p\n>';\n</script>", "<script>\nif (a < b) c = '<p\n>';\n</script>"),
        ("Words\nalone, 1 < 2", "Words alone, 1 < 2"),
        ("<legend> Effect </legend> <b>x</b> <br> y", "<legend>Effect</legend><b>x</b><br>y"),
    ],
)
def test_a_page_has_one_form(page: str, form: str) -> None:
    assert compact(page) == form
    assert compact(form) == form
