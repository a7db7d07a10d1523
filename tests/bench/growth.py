"""The same pages with ten times as many assessments, in the same run on the same servers (goals 6, 7 and 8)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.bench.requesting import Measured, take_turns
from tests.bench.sites import GROW_PRODUCT, python

if TYPE_CHECKING:
    from tests.bench.web import Bench

LIST, SUMS = "/assessments/", "/assessments/sums/"
QUEUE = "queue of a review"
PAGES = {  # what, the floor, how much dearer it may be with ten times as many
    "open": ("F1", 1.1),
    "section": ("F3", 1.1),
    "save": ("F2", 1.1),
    "portfolio": ("F4", 1.3),
    "portfolio, page 2": ("F4", 1.3),
    "portfolio, one state": ("F4", 1.3),
    "portfolio, one tier": ("F4", 1.3),
    "portfolio, by tier": ("F4", 1.3),
    "portfolio, by progress": ("F4", 1.3),
    "portfolio, by system": ("F4", 1.3),
    "portfolio, by name": ("F4", 1.3),
    "portfolio, rare word": ("F4", 1.3),
    "portfolio, frequent word": ("F4", 1.3),
    QUEUE: ("F4", 1.3),
}


def run(bench: Bench, whole: dict[str, str], grown: int) -> None:
    """Measure, let the assessments grow to `grown`, measure again, and say how much dearer each page has become."""
    bench.floor.watched = bench.product.watched = True
    few = rounds(bench)
    made = python(GROW_PRODUCT, whole, str(grown))
    many = rounds(bench)
    print(f"{made['assessments']:,} assessments, the new ones made in {made['seconds']:.0f} s")
    for what, (floor, goal) in PAGES.items():
        before, after = (of[what].seconds / of[floor].seconds for of in (few, many))
        busy = ""
        if few[floor].busy and many[floor].busy:
            at = [of[what].busy / of[floor].busy for of in (few, many)]
            busy = f"; processor {at[0]:.1f} and {at[1]:.1f} x, {at[1] / at[0]:.2f} x as much"
        met = after / before <= goal and many[what].queries <= (15 if what == QUEUE else 10)
        met = met and (what != "portfolio" or after <= 3)
        print(
            f"goal {'6, 7' if what == 'portfolio' else 7:>4} {what:24} {before:4.1f} and {after:4.1f} x {floor}, "
            f"{after / before:.2f} x as much (goal {goal}){busy}; {many[what].queries} queries: {'met' if met else 'NOT MET'}"
        )
    sums(bench, many)


def rounds(bench: Bench) -> dict[str, Measured]:
    """Measure the floor and every page of the table, in turns."""
    seeded, get = bench.seeded, bench.product.send
    reference, section = seeded["assessments"][-1], seeded["section"]
    first = next(iter(seeded["questions"]))
    other = seeded["after"]
    reviewer = bench.signed_in("reviewer")
    kinds = {
        "F1": lambda: bench.floor.send("GET", "/page/"),
        "F2": bench.floor_save,
        "F3": lambda: bench.floor.send("GET", "/form/"),
        "F4": lambda: bench.floor.send("GET", "/rows/"),
        "open": lambda: get("GET", f"/assessments/{reference}/"),
        "section": lambda: get("GET", f"/assessments/{reference}/sections/{section}/"),
        "save": lambda: bench.save(0, first),
        "portfolio": lambda: get("GET", LIST),
        "portfolio, page 2": lambda: get("GET", f"{LIST}?after={other}"),
        "portfolio, one state": lambda: get("GET", f"{LIST}?state=submitted"),
        "portfolio, one tier": lambda: get("GET", f"{LIST}?tier={seeded['tier']}"),
        "portfolio, by tier": lambda: get("GET", f"{LIST}?sort=tier"),
        "portfolio, by progress": lambda: get("GET", f"{LIST}?sort=progress"),
        "portfolio, by system": lambda: get("GET", f"{LIST}?sort=system"),
        "portfolio, by name": lambda: get("GET", f"{LIST}?sort=use"),
        "portfolio, rare word": lambda: get("GET", f"{LIST}?q={seeded['rare']}"),
        "portfolio, frequent word": lambda: get("GET", f"{LIST}?q={seeded['frequent']}"),
        QUEUE: lambda: reviewer.send("GET", "/reviews/"),
    }
    measured = {name: Measured(name, send) for name, send in kinds.items()}
    take_turns(list(measured.values()))
    return measured


def sums(bench: Bench, many: dict[str, Measured]) -> None:
    """Goal 8: the sums over all of them, and how much larger a worker is afterwards."""
    before = bench.product.memory()
    rows = Measured("F4", many["F4"].send)
    page = Measured("sums", lambda: bench.product.send("GET", SUMS, htmx=True))
    take_turns([rows, page])
    larger = bench.product.memory() - before
    bench.say(8, "sums of the portfolio", page, rows, 10, 8)
    print(f"        a worker is {larger:.1f} MB larger afterwards (goal 10): {'met' if larger <= 10 else 'NOT MET'}")
