"""Measure the pages against the floor in one run: `python -m tests.bench.web`. It prints figures beside the goals.

Two servers stand side by side, each gunicorn with two sync workers on the same kind of database: a bare Django project
(tests/bench/floor) and the product with many filled assessments: first of a generated edition of 150 questions (the bench
edition), then of the real one, by the use that it asks most. Requests to both take turns, so that a machine that slows down
slows all of them; ratios are of medians. SQLite first, then a throwaway PostgreSQL where one is installed. Where the kernel
tells (Linux), the processor time of the server's processes stands beside each ratio: on a machine that does other things
too it says more than the clock.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from tests.bench import growth, starting
from tests.bench.requesting import Client, Measured, Reply, take_turns, under_load
from tests.bench.sites import (
    APPLICATION,
    DECIDE,
    MIGRATE,
    SEED_FLOOR,
    SEED_PRODUCT,
    python,
    served,
    surroundings,
)
from tests.run import postgres

CLIENTS, SECONDS, LOAD_TURNS = 8, 15, 5
PASSES = 3
EDITIONS = ("bench", "real")
GROWN = 10_000
FIRST_LOADED = 10  # the assessments that are saved to one after another are in front of them
FEWEST = 2 * (FIRST_LOADED + CLIENTS)  # the second half is submitted, so nothing can be saved to it
DECISIONS = 3


class Bench:
    def __init__(self, floor: Client, product: Client, seeded: dict[str, Any]) -> None:
        self.floor, self.product, self.seeded = floor, product, seeded
        self.revisions: dict[tuple[int, str], int] = {}
        self.turn = 0

    def floor_save(self, row: int = 1) -> Reply:
        self.turn += 1
        return self.floor.send("POST", f"/save/{row}/", {"text": f"Kept by the quality office, version {self.turn}."})

    def save(self, at: int, question: str) -> Reply:
        """Save one answer to the assessment numbered `at`, as its page does."""
        self.turn += 1
        base = self.revisions.get((at, question), 1)
        form = {
            f"{question}--base": base,
            f"{question}--operation": uuid.uuid4(),
            f"{question}--text": f"Kept by the quality office, version {self.turn}.",
        }
        if items := self.seeded["questions"][question]:
            form[f"{question}--items"] = items if base % 2 else items[::2]
        else:
            form[f"{question}--choice"] = "in_place" if base % 2 else "partly"
        reference = self.seeded["assessments"][at]
        reply = self.product.send("POST", f"/assessments/{reference}/answers/{question}/", form, htmx=True)
        if reply.writes < 2:
            raise SystemExit(f"a save of {question} wrote nothing")
        self.revisions[at, question] = base + 1
        return reply

    def run(self) -> None:
        # Another one than the saves go to: what a page costs after each change is the save's business and the next line's.
        reference, section = self.seeded["assessments"][-1], self.seeded["section"]
        first = next(iter(self.seeded["questions"]))
        page = Measured("F1 page", lambda: self.floor.send("GET", "/page/"))
        save = Measured("F2 save", self.floor_save)
        form = Measured("F3 form", lambda: self.floor.send("GET", "/form/"))
        rows = Measured("F4 list", lambda: self.floor.send("GET", "/rows/"))
        open_ = Measured("open", lambda: self.product.send("GET", f"/assessments/{reference}/"))
        ask = Measured("section", lambda: self.product.send("GET", f"/assessments/{reference}/sections/{section}/"))
        answer = Measured("save", lambda: self.save(0, first))
        portfolio = Measured("portfolio", lambda: self.product.send("GET", "/assessments/"))
        result = Measured("result", lambda: self.product.send("GET", f"/assessments/{reference}/results/"))
        changed = Measured(
            "result", lambda: self.product.send("GET", f"/assessments/{self.seeded['assessments'][0]}/results/")
        )
        floor, goals = [page, save, form, rows], [open_, ask, answer, changed, portfolio, result]
        take_turns([*floor, *goals])
        for kind in floor:
            print(f"{kind.name:28} {kind.seconds * 1000:7.1f} ms {kind.queries:3} queries {kind.size / 1000:6.1f} kB")
        self.say(1, "open an assessment", open_, page, 6, 10, kilobytes=60)
        self.say(2, f"section of {self.seeded['in_section']} questions", ask, form, 2.5, 8, writes=0)
        self.say(3, "save one answer", answer, save, 2.5, 10)
        self.sequences()
        self.floor.watched = self.product.watched = False
        self.load(save)
        self.say(6, "portfolio, 50 rows", portfolio, rows, 3, 10)
        self.say(9, "result page", result, page, 3, 6)
        print(f"        the same after a save    {changed.seconds * 1000:6.1f} ms, {changed.queries} queries (no goal)")
        self.reviews(form, rows)
        self.weights()

    def signed_in(self, who: str) -> Client:
        """The client of somebody else than the owner, as `seed` names them."""
        return replace(self.product, cookies=f"sessionid={self.seeded[who]}; csrftoken={self.product.token}")

    def reviews(self, form: Measured, rows: Measured) -> None:
        """What a reviewer opens: a case of 150 answers, 90 of them with evidence, and the queue at two sizes."""
        self.floor.watched = self.product.watched = True
        form.replies.clear()
        rows.replies.clear()
        reviewer, inside = self.signed_in("reviewer"), self.signed_in("inside")
        review, section = self.seeded["review"], self.seeded["section"]
        overview = Measured("overview", lambda: reviewer.send("GET", f"/reviews/{review}/"))
        marking = Measured("marking", lambda: reviewer.send("GET", f"/reviews/{review}/sections/{section}/"))
        queue = Measured("queue", lambda: reviewer.send("GET", "/reviews/"))
        few = Measured("queue", lambda: inside.send("GET", "/reviews/"))
        take_turns([form, rows, overview, marking, queue, few])
        self.say("r1", "case of a review", overview, form, 6, 15)
        self.say("r2", "section to be marked", marking, form, 6, 15)
        # The reviewing body alone is asked for appeals too, so its queue of 50 takes one query more than a short one inside.
        self.say("r3", "queue of 50", queue, rows, 3, few.queries + 1)

    def weights(self) -> None:
        """Goal 15: what goes over the wire where the browser takes compressed pages."""
        reference, section = self.seeded["assessments"][-1], self.seeded["section"]
        member = replace(self.product, compressed=True)
        reviewer = replace(self.signed_in("reviewer"), compressed=True)
        review = self.seeded["review"]
        for what, client, path in (
            ("section", member, f"/assessments/{reference}/sections/{section}/"),
            ("task list", member, f"/assessments/{reference}/"),
            ("results", member, f"/assessments/{reference}/results/"),
            ("section to be marked", reviewer, f"/reviews/{review}/sections/{section}/"),
            ("portfolio", member, "/assessments/"),
        ):
            kilobytes = client.send("GET", path).size / 1000
            print(
                f"goal 15 {what:24} {kilobytes:6.1f} kB on the wire (goal 20): {'met' if kilobytes <= 20 else 'NOT MET'}"
            )

    def decisions(self, whole: dict[str, str]) -> None:
        """Goal 13: how long one waits for the answer where one signs, approves, or closes the last action that blocks.

        The functions of the domain are timed with their commit and what follows it, in a process of its own: pages of a
        form add what F2 costs.
        """
        for what, times in python(DECIDE, whole, str(DECISIONS)).items():
            print(
                f"goal 13 {what:24} {statistics.median(times):6.0f} ms, at most {max(times):.0f} (goal 1000): "
                f"{'met' if max(times) <= 1000 else 'NOT MET'}"
            )

    def say(
        self, goal: int | str, what: str, kind: Measured, floor: Measured, times: float, queries: int, **limits: float
    ) -> None:
        ratio = kind.seconds / floor.seconds
        busy = f", processor {kind.busy / floor.busy:.1f} x" if floor.busy else ""
        met = ratio <= times and kind.queries <= queries
        met = met and kind.size / 1000 <= limits.get("kilobytes", 10_000) and kind.writes <= limits.get("writes", 99)
        print(
            f"goal {goal:2} {what:24} {kind.seconds * 1000:6.1f} ms = {ratio:4.1f} x {floor.name[:2]} (goal {times}{busy}), "
            f"{kind.queries} queries (goal {queries}), {kind.size / 1000:.1f} kB, {kind.writes} writes: "
            f"{'met' if met else 'NOT MET'}"
        )

    def sequences(self) -> None:
        """Goal 4: each of the 150 questions saved once, one after another; the floor's saves in between, as above."""
        spent: dict[str, list[float]] = {"floor": [], "product": []}
        busy = {"floor": 0.0, "product": 0.0}
        for number in range(PASSES):
            seconds = {"floor": 0.0, "product": 0.0}
            for question in self.seeded["questions"]:
                for name, reply in (("floor", self.floor_save()), ("product", self.save(1 + number, question))):
                    seconds[name] += reply.seconds
                    busy[name] += reply.busy
            for name, sum_of in seconds.items():
                spent[name].append(sum_of)
        floor, product = (statistics.median(spent[name]) for name in ("floor", "product"))
        ratio = f", processor {busy['product'] / busy['floor']:.1f} x" if busy["floor"] else ""
        met = "met" if product <= 2.5 * floor else "NOT MET"
        n = len(self.seeded["questions"])
        print(
            f"goal 4  {n} saves in sequence     {product:6.2f} s  = {product / floor:4.1f} x F5 ({floor:.2f} s; goal 2.5{ratio}): "
            f"{met}"
        )

    def load(self, save: Measured) -> None:
        """Goal 5: eight clients save at once, each in an assessment of its own."""
        question = list(self.seeded["questions"])

        def sender(at: int) -> Callable[[], Reply]:
            count = iter(range(10**9))
            return lambda: self.save(at, question[next(count) % len(question)])

        counts, late, busy, errors = ({"floor": 0.0, "product": 0.0} for _each in range(4))
        senders = {
            "floor": [lambda n=n: self.floor_save(n + 1) for n in range(CLIENTS)],  # type: ignore[misc]
            "product": [sender(FIRST_LOADED + n) for n in range(CLIENTS)],
        }
        for _turn in range(LOAD_TURNS):  # by turns, as above: what slows the machine down slows both
            for name, client in (("floor", self.floor), ("product", self.product)):
                before = client.busy()
                rate, p95, wrong = under_load(senders[name], SECONDS / LOAD_TURNS)
                counts[name] += rate * SECONDS / LOAD_TURNS
                busy[name] += client.busy() - before
                late[name] += p95 / LOAD_TURNS
                errors[name] += wrong
        rate, floor_rate = counts["product"] / SECONDS, counts["floor"] / SECONDS
        floor_busy = busy["floor"] / counts["floor"]
        times = busy["product"] / counts["product"] / floor_busy if floor_busy else 0
        ratio = f", processor {times:.1f} x a request" if floor_busy else ""
        met = rate >= 0.4 * floor_rate and late["product"] <= 6 * late["floor"] and not errors["product"]
        print(
            f"goal 5  {CLIENTS} clients for {SECONDS} s       {rate:6.0f} /s = {rate / floor_rate:4.0%} of F2's {floor_rate:.0f} "
            f"(goal 40%{ratio}), p95 {late['product'] * 1000:.0f} ms = {late['product'] / late['floor']:.1f} x (goal 6), "
            f"{errors['product']:.0f} errors: {'met' if met else 'NOT MET'}"
        )


def measure(assessments: int, grown: int, edition: str, url: str | None) -> None:
    """One run on one kind of database; `url` names a PostgreSQL that is empty, None takes SQLite in a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="hkguide-bench-") as name:
        folder = Path(name)
        bare = surroundings(folder / "floor", "tests.bench.floor.settings", url)
        whole = surroundings(folder / "product", "tests.bench.product", url)
        python(MIGRATE.format("'migrate', run_syncdb=True, verbosity=0"), bare)
        of_floor = python(SEED_FLOOR, bare)
        starting.say_migrate(whole)
        started = time.perf_counter()
        seeded = python(SEED_PRODUCT, whole, str(assessments), edition)
        print(
            f"{len(seeded['assessments']):,} assessments of {len(seeded['questions'])} questions ({seeded['edition']}), "
            f"made in {time.perf_counter() - started:.0f} s"
        )
        starting.say_start(bare, whole)
        with served(APPLICATION, bare) as floor, served(APPLICATION, whole) as product:
            token = "b" * 32
            clients = [
                Client(port, f"sessionid={key}; csrftoken={token}", token, workers)
                for (port, workers), key in ((floor, of_floor["session"]), (product, seeded["session"]))
            ]
            bench = Bench(*clients, seeded)
            bench.run()
            if grown > assessments:
                growth.run(bench, whole, grown)
        if edition == "real":
            bench.decisions(whole)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--assessments", type=int, default=1000)
    parser.add_argument("--grown", type=int, default=GROWN, help="to how many they grow; 0: not at all")
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    parser.add_argument("--edition", choices=EDITIONS, help="both when left out")
    options = parser.parse_args()
    if options.assessments < FEWEST:
        parser.error(f"--assessments: at least {FEWEST}, of which the second half is submitted")
    for edition in EDITIONS if options.edition is None else (options.edition,):
        if options.only != "postgresql":
            print(f"== SQLite, {edition} edition")
            measure(options.assessments, options.grown, edition, None)
        if options.only != "sqlite":
            with postgres() as url:
                print(f"== PostgreSQL, {edition} edition" if url else "== PostgreSQL is not installed: not measured")
                if url:
                    measure(options.assessments, options.grown, edition, url)


if __name__ == "__main__":
    main()
