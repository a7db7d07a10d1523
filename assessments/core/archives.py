"""Look into an archive without believing what it promises. Runs in the child process of `sandbox`."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from typing import IO

from assessments.core.sandboxed import Refused

CHUNK = 64 * 1024
# Our judgement: an office file of 25 MB seldom unpacks to more than 100, and has some hundred parts.
MOST_PARTS = 4000
LARGEST_DIRECTORY = 1024 * 1024
MOST_RATIO = 200  # unpacked to packed, of the whole file
DAMAGES = (zipfile.BadZipFile, zlib.error, struct.error, NotImplementedError, RuntimeError, EOFError)


def damaged() -> Refused:
    return Refused("damaged")


def bomb() -> Refused:
    return Refused("bomb")


def check_directory(content: IO[bytes]) -> None:
    """Look at the end of the archive before its list of parts is read into memory."""
    size = content.seek(0, 2)
    length = min(size, 64 * 1024 + 22)
    content.seek(size - length)
    tail = content.read(length)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < 22:
        raise damaged()
    _disk, _start, _here, parts, directory, _offset, comment = struct.unpack("<4x4H2LH", tail[at : at + 22])
    if at + 22 + comment != len(tail) or b"PK\6\7" in tail[max(0, at - 20) : at]:
        raise damaged()  # trailing data, or the large form that no office file of this size needs
    if parts > MOST_PARTS or directory > LARGEST_DIRECTORY:
        raise bomb()


def check_promises(parts: list[zipfile.ZipInfo], size: int, most: int) -> None:
    """Refuse an archive whose list of parts says that it is a bomb, damaged or locked. `most`: bytes once unpacked."""
    if len(parts) > MOST_PARTS:
        raise bomb()
    if sum(part.compress_size for part in parts) > size:
        raise damaged()  # parts that lie on top of each other
    check_sum(sum(part.file_size for part in parts), size, most)
    for part in parts:
        if part.flag_bits & 1 or part.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise Refused("locked")


def check_sum(unpacked: int, size: int, most: int) -> None:
    if unpacked > most or unpacked > max(size, CHUNK) * MOST_RATIO:
        raise bomb()


def check_content(content: IO[bytes], parts: list[zipfile.ZipInfo], most: int) -> None:
    """Unpack every part and count: a header may promise one byte and the part hold gigabytes."""
    size = content.seek(0, 2)
    unpacked = 0
    for part in parts:
        found = 0
        for length in unpack(content, part):
            found += length
            check_sum(unpacked + found, size, most)
        if found != part.file_size:
            raise damaged()
        unpacked += found


def unpack(content: IO[bytes], part: zipfile.ZipInfo) -> Iterator[int]:
    """Yield the lengths of the pieces that a part unpacks to, of at most one chunk each."""
    content.seek(part.header_offset)
    signature, name, extra = struct.unpack("<4s22x2H", content.read(30))
    if signature != b"PK\3\4":
        raise damaged()
    content.seek(name + extra, 1)
    packed = part.compress_size
    unpacker = zlib.decompressobj(-15)
    while packed > 0:
        data = content.read(min(CHUNK, packed))
        if not data:
            raise damaged()
        packed -= len(data)
        if part.compress_type == zipfile.ZIP_STORED:
            yield len(data)
            continue
        while data:
            piece = unpacker.decompress(data, CHUNK)
            data = unpacker.unconsumed_tail
            yield len(piece)
            if unpacker.eof:
                break
    if part.compress_type == zipfile.ZIP_DEFLATED and not unpacker.eof:
        # What still waits inside the unpacker, after the last packed byte.
        while piece := unpacker.decompress(b"", CHUNK):
            yield len(piece)
