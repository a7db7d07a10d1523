"""Store files so that a failure leaves nothing behind, and hand them out only as they were stored."""

from __future__ import annotations

import errno
import hashlib
import logging
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.files.storage import Storage
from django.utils.translation import gettext as _

from assessments.core.errors import NoRoom

CHUNK = 256 * 1024
LARGEST_CHECKED = 25 * 1024 * 1024  # bytes of a file that is compared with its SHA-256 each time that it is sent
FULL = (errno.ENOSPC, errno.EDQUOT)

log = logging.getLogger(__name__)


class NotAsStored(Exception):
    """A stored file that is missing, or is not what was stored. `reason`: missing or changed."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def no_room() -> NoRoom:
    return NoRoom(
        "file",
        _(
            "Try again later, or enter a link to the file. The server has no space for this file at the moment."
            " Everything else that you entered is still on this page."
        ),
    )


def save(storage: Storage, name: str, content: Any) -> str:
    """Store a file under a name that nothing has yet, and return the name. What a failure wrote is deleted again.

    Raises NoRoom where the disk is full.
    """
    name = storage.get_available_name(name)
    try:
        return storage.save(name, content)
    except BaseException as error:
        _forget(storage, name)
        if isinstance(error, OSError) and error.errno in FULL:
            log.error("not enough disk space for %s: %s", name, error)
            raise no_room() from error
        raise


def _forget(storage: Storage, name: str) -> None:
    """Delete what a failed save left. If this fails too, the sweeper deletes it a day later."""
    try:
        storage.delete(name)
    except Exception:
        log.exception("the incomplete file %s could not be deleted", name)


def require_room(storage: Storage, size: int) -> None:
    """Raise NoRoom where storing so many bytes would leave less than the reserve of the disk.

    A storage that is no folder of this machine has no disk to ask.
    """
    try:
        folder = Path(storage.path(""))
    except NotImplementedError:
        return
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    if free - size < settings.DISK_RESERVE_BYTES:
        log.error(
            "not enough disk space for %s bytes: %s are free, and %s must stay free",
            size,
            free,
            settings.DISK_RESERVE_BYTES,
        )
        raise no_room()


def chunks(file: IO[bytes]) -> Iterator[bytes]:
    file.seek(0)
    while chunk := file.read(CHUNK):
        yield chunk


def sha256_of(file: IO[bytes]) -> tuple[str, int]:
    """Return the SHA-256 of a file, and its size."""
    digest, size = hashlib.sha256(), 0
    for chunk in chunks(file):
        digest.update(chunk)
        size += len(chunk)
    return digest.hexdigest(), size


def open_as_stored(storage: Storage, name: str, *, sha256: str, size: int) -> IO[bytes]:
    """Open a stored file to send it; raises NotAsStored, and logs an error, where it is missing or was changed.

    A file above LARGEST_CHECKED is compared by its size alone; `verify_files` compares all of it.
    """
    try:
        file: Any = storage.open(name, "rb")
    except OSError as error:
        raise _fault(name, "missing", str(error)) from error
    try:
        if file.size != size:
            raise _fault(name, "changed", f"it has {file.size} bytes, but {size} bytes were stored")
        if size <= LARGEST_CHECKED:
            found, _size = sha256_of(file)
            if found != sha256:
                raise _fault(name, "changed", f"its SHA-256 is {found}, but the stored SHA-256 is {sha256}")
        file.seek(0)
    except BaseException:
        file.close()
        raise
    return file  # type: ignore[no-any-return]


def _fault(name: str, reason: str, words: str) -> NotAsStored:
    log.error("stored file %s is %s: %s", name, reason, words)
    return NotAsStored(reason)


def fault_of(storage: Storage, name: str, *, sha256: str) -> str:
    """Compare all of a stored file with its SHA-256; returns missing, changed, or nothing."""
    try:
        with storage.open(name, "rb") as file:
            return "" if sha256_of(file)[0] == sha256 else "changed"  # type: ignore[arg-type]
    except OSError:
        return "missing"
