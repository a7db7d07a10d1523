"""Ask a virus scanner over clamd's INSTREAM: the file is sent in pieces, one line comes back."""

from __future__ import annotations

import socket
import struct
from typing import BinaryIO

from django.conf import settings

CHUNK = 64 * 1024
SECONDS = 60
LONGEST_REPLY = 4096


class ScannerAway(Exception):
    """The scanner gave no answer that says whether the file is clean."""


def is_set_up() -> bool:
    return settings.CLAMD is not None


def find_virus(file: BinaryIO) -> str:
    """Return the name of what was found, or "" for a clean file; raises ScannerAway for anything else.

    Memory: one chunk. Reads the file from its start.
    """
    try:
        reply = _ask(file)
    except OSError as error:
        raise ScannerAway(str(error)) from error
    _stream, _colon, said = reply.partition(": ")
    if said == "OK":
        return ""
    if said.endswith(" FOUND"):
        return said.removesuffix(" FOUND")
    raise ScannerAway(reply)


def _ask(file: BinaryIO) -> str:
    address: tuple[str, int] = settings.CLAMD  # type: ignore[assignment]  # asked only where `is_set_up`
    file.seek(0)
    with socket.create_connection(address, timeout=SECONDS) as line:
        line.sendall(b"zINSTREAM\0")
        while chunk := file.read(CHUNK):
            line.sendall(struct.pack("!L", len(chunk)) + chunk)
        line.sendall(struct.pack("!L", 0))
        reply = b""
        while not reply.endswith(b"\0") and len(reply) < LONGEST_REPLY:
            part = line.recv(1024)
            if not part:
                break
            reply += part
    return reply.rstrip(b"\0\n").decode("utf-8", "replace")
