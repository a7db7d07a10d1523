"""Measure how a web worker grows while people sign: `python -m tests.bench.memory`. It prints figures beside the goal.

One worker serves the real edition. Each signature is what a browser does: the page of the signature, then its form with all
boxes ticked. The cases are the largest that the edition asks for (tests.bench.real). A document is made by another process,
which does not run here, so what is measured is the worker alone.
"""

from __future__ import annotations

import argparse
import http.client
import tempfile
import time
from html.parser import HTMLParser
from pathlib import Path

from tests.bench.requesting import Client
from tests.bench.sites import APPLICATION, MIGRATE, python, served, surroundings

SIGNATURES, WARM_AFTER, GOAL = 200, 20, 10
SEED = """
import json, sys
from tests.bench.memory import seed
print(json.dumps(seed(int(sys.argv[1]))))
"""
COUNT = """
import json
from assessments.models import Submission
print(json.dumps({"signed": Submission.objects.count()}))
"""


def seed(how_many: int) -> dict[str, object]:
    """Make so many cases that can be signed at once; returns their references and a session that has just shown its proof."""
    from django.core.management import call_command

    from assessments.guideline.reading import default_directory, read_edition
    from tests.bench.real import most_asked
    from tests.bench.seeding import signed_in
    from tests.support.factories import make_assessment, make_cast, prove

    call_command("load_guideline", verbosity=0)
    cast = make_cast()
    found, declared = most_asked(read_edition(default_directory()).edition)
    facts = {key: list(value) if isinstance(value, tuple) else value for key, value in found.items()}
    references = []
    for _number in range(how_many):
        case = make_assessment(
            "draft",
            str(declared.tier),
            organisation=cast.organisation,
            parts=("developer", "provider", "user"),
            facts=facts,
        )
        prove(case, by=cast.owner)
        references.append(case.reference)
    shown = [{"method": "password", "at": time.time(), "reauthenticated": True}]
    who = {"account_authentication_methods_user": str(cast.owner.pk), "account_authentication_methods": shown}
    session = signed_in(cast.owner, **who)
    return {"references": references, "session": session}


class Fields(HTMLParser):
    """The fields of the form that signs, as a browser would send them with all boxes ticked."""

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = dict(attrs)
        name = said.get("name") or ""
        if tag == "textarea":
            self.values[name] = "We say on every page that a machine answers."
        elif tag == "input" and (name.startswith("statement_") or name in ("seen", "as_it_was")):
            self.values[name] = said.get("value") or "on"


def sign(client: Client, reference: str) -> float:
    """Sign one case as a browser does; returns the milliseconds of the request that signs."""
    fields = Fields()
    path = f"/assessments/{reference}/sign/"
    fields.feed(read(client, path))
    started = time.perf_counter()
    reply = client.send("POST", path, {**fields.values, "route": "independent"})
    spent = (time.perf_counter() - started) * 1000
    if reply.status != http.client.FOUND:
        raise SystemExit(f"{path} answered {reply.status} to a signature")
    return spent


def read(client: Client, path: str) -> str:
    connection = http.client.HTTPConnection("127.0.0.1", client.port, timeout=60)
    connection.request("GET", path, headers={"Cookie": client.cookies})
    return connection.getresponse().read().decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--signatures", type=int, default=SIGNATURES)
    how_many = parser.parse_args().signatures
    with tempfile.TemporaryDirectory(prefix="hkguide-memory-") as name:
        whole = surroundings(Path(name) / "product", "tests.bench.product", None)
        python(MIGRATE.format("'migrate', verbosity=0"), whole)
        seeded = python(SEED, whole, str(how_many))
        with served(APPLICATION, whole, workers=1) as (port, workers):
            client = Client(port, f"sessionid={seeded['session']}; csrftoken={'b' * 32}", "b" * 32, workers)
            started_at, warm, times = client.memory(), 0.0, []
            for number, reference in enumerate(seeded["references"], 1):
                times.append(sign(client, reference))
                if number == WARM_AFTER:
                    warm = client.memory()
                if number % WARM_AFTER == 0:
                    print(f"        after {number:3} signatures  {client.memory():6.1f} MB")
            larger = client.memory() - warm
        if (signed := python(COUNT, whole)["signed"]) != how_many:
            raise SystemExit(f"{signed} of {how_many} cases are signed")
    print(
        f"a worker started with {started_at:.1f} MB and held {warm:.1f} MB after {WARM_AFTER} signatures; it is {larger:.1f} MB "
        f"larger after {how_many} (goal {GOAL}): {'met' if larger <= GOAL else 'NOT MET'}"
    )
    print(f"a signature took {sorted(times)[len(times) // 2]:.0f} ms (median), at most {max(times):.0f} ms")


if __name__ == "__main__":
    main()
