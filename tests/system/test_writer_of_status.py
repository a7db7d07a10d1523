"""One function writes what happens to a certificate: its events and its end stand in one file of the product."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import pytest

from tests.support.paths import APP

WRITER = "domain/certificates/status.py"
OF_SEATS = {"SeatRequest", "SeatRequestQuerySet"}  # a request for a seat has an `ended_at` too
WRITES = {
    "abulk_create", "acreate", "aget_or_create", "aupdate", "aupdate_or_create", "bulk_create", "bulk_update", "create",
    "get_or_create", "update", "update_or_create",
}  # fmt: skip


def names_in(node: ast.AST) -> set[str]:
    """Return the names and attributes of an expression, so of `a.b(c).d` all four."""
    nodes = list(ast.walk(node))
    return {one.id for one in nodes if isinstance(one, ast.Name)} | {
        one.attr for one in nodes if isinstance(one, ast.Attribute)
    }


def outside_of_seats(node: ast.AST) -> Iterator[ast.AST]:
    """Yield every node but those of the classes of requests for seats."""
    for child in ast.iter_child_nodes(node):
        if not (isinstance(child, ast.ClassDef) and child.name in OF_SEATS):
            yield child
            yield from outside_of_seats(child)


def writes_event(node: ast.AST) -> bool:
    """Tell whether a node makes or changes rows of events: by the model or by a certificate's `events`."""
    match node:
        case ast.Call(func=ast.Name(id="CertificateEvent") | ast.Attribute(attr="CertificateEvent")):
            return True
        case ast.Call(func=ast.Attribute(value=rows, attr=name)) if name in WRITES:
            return "CertificateEvent" in names_in(rows) or names_in(rows) >= {"certificate", "events"}
    return False


def writes_end(node: ast.AST) -> bool:
    """Tell whether a node sets `ended_at`: by assignment, as an argument of a write, or by its name."""
    match node:
        case ast.Attribute(attr="ended_at", ctx=ast.Store()):
            return True
        case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value="ended_at"), _]):
            return True
        case ast.Call(func=ast.Attribute(value=rows, attr=name), args=args, keywords=keywords) if name in WRITES:
            fields = {one.arg for one in keywords} | {
                one.value for part in [*args, *keywords] for one in ast.walk(part) if isinstance(one, ast.Constant)
            }
            return "ended_at" in fields and not names_in(rows) & OF_SEATS
        case ast.Call(func=ast.Name(id="Certificate") | ast.Attribute(attr="Certificate"), keywords=keywords):
            return any(one.arg == "ended_at" for one in keywords)
    return False


def written(source: str) -> list[str]:
    """Return the places of a module that write an event or the end of a certificate."""
    nodes = list(outside_of_seats(ast.parse(source)))
    return [f"{node.lineno}: {ast.unparse(node)}" for node in nodes if writes_event(node) or writes_end(node)]


@pytest.mark.long
def test_events_and_end_of_a_certificate_are_written_in_one_file() -> None:
    sources = [path for path in APP.rglob("*.py") if "migrations" not in path.parts]
    assert len(sources) > 300
    found = {str(path.relative_to(APP)): written(path.read_text("utf-8")) for path in sources}
    assert [path for path, places in found.items() if places] == [WRITER]
    assert len(found[WRITER]) == 2  # one event, one end


@pytest.mark.parametrize(
    "line",
    [
        "certificate.ended_at = now",
        "previous.ended_at, previous.listed = now, False",
        "previous.ended_at: datetime = now",
        'setattr(certificate, "ended_at", now)',
        "Certificate.objects.filter(use=use).update(ended_at=now)",
        'Certificate.objects.filter(use=use).update(**{"ended_at": now})',
        'Certificate.objects.bulk_update(rows, ["ended_at"])',
        "Certificate(use=use, ended_at=now).save()",
        'CertificateEvent(certificate=certificate, kind="issued").save()',
        'models.CertificateEvent(certificate=certificate, kind="issued").save()',
        'CertificateEvent.objects.create(certificate=certificate, kind="issued")',
        "CertificateEvent.objects.bulk_create(rows)",
        'CertificateEvent.objects.filter(certificate=certificate).update(kind="issued")',
        'certificate.events.create(kind="issued")',
        'submission.certificate.events.get_or_create(kind="issued")',
    ],
)
def test_a_write_in_whatever_form_is_found(line: str) -> None:
    assert written(f"def change(certificate):\n    {line}\n") != []


@pytest.mark.parametrize(
    "line",
    [
        "events = CertificateEvent.objects.filter(certificate=certificate)",
        "running = Certificate.objects.filter(use=use, ended_at=None)",
        "return certificate.ended_at is None and certificate.events.last()",
        "SeatRequest.objects.filter(seat=seat).update(ended_at=now)",
        'action.events.create(kind="closed")',
    ],
)
def test_what_only_reads_or_is_about_a_seat_is_not_found(line: str) -> None:
    assert written(f"def change(certificate):\n    {line}\n") == []


@pytest.mark.long
def test_the_class_of_a_request_for_a_seat_ends_itself() -> None:
    assert written("class SeatRequest:\n    def end(self):\n        self.ended_at = now\n") == []
    assert written("class Certificate:\n    def end(self):\n        self.ended_at = now\n") != []
