"""What is drawn: tier marks, readiness bars, QR codes, as inline SVG.

Inline SVG inherits neither classes nor fonts in WeasyPrint, so colours are attributes here; each drawing has a title,
which becomes its alternative text. No user text enters a drawing but through `escape`.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from itertools import count

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from assessments.guideline.terms import Tier

INK, INK_3, GREEN, RULE, ERROR = "#14201D", "#5A6762", "#0B5B4B", "#7C8A84", "#A3123A"
TIER_COLOURS = {Tier.LOW: "#1D587A", Tier.LIMITED: "#7A5200", Tier.HIGH: "#9C3712", Tier.UNACCEPTABLE: "#45122B"}
_TIER_SHAPES = {
    Tier.LOW: '<circle cx="10" cy="10" r="6.75" fill="none" stroke="{c}" stroke-width="2"/>',
    Tier.LIMITED: (
        '<path d="M10 2.2 17.8 10 10 17.8 2.2 10Z" fill="none" stroke="{c}" stroke-width="1.75"'
        ' stroke-linejoin="round"/><path d="M2.2 10h15.6L10 17.8Z" fill="{c}"/>'
    ),
    Tier.HIGH: (
        '<path d="M10 3.1 17.9 16.6H2.1Z" fill="{c}" stroke="{c}" stroke-width="1.5" stroke-linejoin="round"/>'
    ),
    Tier.UNACCEPTABLE: (
        '<path fill="{c}" fill-rule="evenodd"'
        ' d="M6.6 1.8h6.8l4.8 4.8v6.8l-4.8 4.8H6.6l-4.8-4.8V6.6ZM5.4 8.8v2.4h9.2V8.8Z"/>'
    ),
}


def _svg(width: float, height: float, view: str, title: str, inside: str, *, unit: str = "mm") -> SafeString:
    return mark_safe(  # noqa: S308  (numbers and shapes of ours; the title is escaped)
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}{unit}" height="{height:g}{unit}" viewBox="{view}"'
        f' role="img" aria-label="{escape(title)}"><title>{escape(title)}</title>{inside}</svg>'
    )


def tier_mark(tier: Tier, title: str, *, colour: str = "", size: float = 3.6) -> SafeString:
    """Draw a tier's shape, `size` mm square, in its own colour or in `colour`."""
    return _svg(size, size, "0 0 20 20", title, _TIER_SHAPES[tier].format(c=colour or TIER_COLOURS[tier]))


def blocking_mark(title: str, *, size: float = 3.2) -> SafeString:
    """Draw the exclamation mark in a ring that stands before what blocks the certificate."""
    inside = (
        f'<circle cx="10" cy="10" r="7.5" fill="none" stroke="{ERROR}" stroke-width="1.75"/>'
        f'<path d="M10 5.6v5.6M10 13.2v1.6" stroke="{ERROR}" stroke-width="1.9" fill="none"/>'
    )
    return _svg(size, size, "0 0 20 20", title, inside)


def tick_box(title: str, *, size: float = 3.4) -> SafeString:
    """Draw an empty box to be ticked by hand."""
    inside = f'<rect x="1" y="1" width="18" height="18" fill="none" stroke="{INK}" stroke-width="1.6"/>'
    return _svg(size, size, "0 0 20 20", title, inside)


def bar(
    title: str,
    *,
    full: Decimal | int,
    half: Decimal | int = 0,
    unknown: Decimal | int = 0,
    of: Decimal | int,
    size: float = 26,
) -> SafeString:
    """Draw a readiness bar `size` mm long: solid in place, hatched partly, dotted not known, the rest empty."""
    length, height = size * 10, 22.0
    whole = float(of) or 1.0
    x, parts = 0.0, []
    for kind, share in (("full", full), ("half", half), ("unknown", unknown)):
        width = min(length - x, length * float(share) / whole)
        if width <= 0:
            continue
        if kind == "full":
            parts.append(f'<rect x="{x:.1f}" y="0" width="{width:.1f}" height="{height:g}" fill="{GREEN}"/>')
        else:
            parts.append(_strokes(x, width, height) if kind == "half" else _dots(length - width, width, height))
        x += width
    frame = f'<rect x="1" y="1" width="{length - 2:g}" height="{height - 2:g}" fill="none" stroke="{RULE}"'
    return _svg(size, 2.2, f"0 0 {length:g} {height:g}", title, "".join(parts) + frame + ' stroke-width="2"/>')


def _strokes(x: float, width: float, height: float) -> str:
    """Hatch by hand: each stroke is cut at the edges, since patterns and clips are not drawn the same everywhere."""
    lines, end = [], x + width
    for number in count():
        start = x - height + 8 * number
        if start >= end:
            break
        left, right = max(start, x), min(start + height, end)
        if right > left:
            lines.append(f"M{left:.1f} {height - (left - start):.1f}L{right:.1f} {height - (right - start):.1f}")
    return f'<path d="{"".join(lines)}" stroke="{GREEN}" stroke-width="3" fill="none"/>'


def _dots(x: float, width: float, height: float) -> str:
    circles = []
    for number in range(int(width // 8) or 1):
        for y in (height * 0.3, height * 0.7):
            circles.append(f'<circle cx="{x + 4 + 8 * number:.1f}" cy="{y:.1f}" r="1.8" fill="{INK_3}"/>')
    return "".join(circles)


def qr(address: str, size: float, title: str) -> SafeString:
    """Draw the QR code of an address, `size` mm square, without quiet zone: the white around it has to be 4 modules."""
    import segno  # here, since web pages draw no codes

    rows: Sequence[Sequence[int]] = segno.make(address, error="m", micro=False).matrix
    side = len(rows)
    runs = []
    for y, row in enumerate(rows):
        x = 0
        while x < side:
            start = x
            while x < side and row[x]:
                x += 1
            if x > start:
                runs.append(f"M{start} {y}h{x - start}v1h-{x - start}z")
            x += 1
    path = f'<path d="{"".join(runs)}" fill="#000000" shape-rendering="crispEdges"/>'
    return _svg(size, size, f"0 0 {side} {side}", title, path)
