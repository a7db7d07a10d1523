"""How much of an upload is kept while it arrives, and what becomes of one for which the disk has no room."""

from __future__ import annotations

import contextlib
import io
import logging
from typing import IO, Any, cast

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.core.files.uploadhandler import FileUploadHandler, TemporaryFileUploadHandler

from assessments.core import stored_files

log = logging.getLogger(__name__)


class BoundedUpload(FileUploadHandler):
    """Let a file through up to the limit and drop the rest as it arrives, so that nobody fills the disk.

    It stands before Django's own handlers. What gets through is one chunk longer than the limit, so that the file is
    refused by its size.
    """

    arrived = 0

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        super().new_file(*args, **kwargs)
        self.arrived = 0

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        dropped = self.arrived > settings.EVIDENCE_MAX_BYTES
        self.arrived += len(raw_data)
        return None if dropped else raw_data

    def file_complete(self, file_size: int) -> None:
        return None


class NoRoomForUpload(io.RawIOBase):
    """Stands for the content of a file that was not kept: a person who reads it is told that there was no room for it."""

    def read(self, size: int = -1) -> bytes:
        raise stored_files.no_room()

    def seek(self, offset: int, whence: int = 0) -> int:
        raise stored_files.no_room()


class TemporaryUpload(TemporaryFileUploadHandler):
    """Keep a large upload in a temporary file. If the disk is full, keep all other fields of the form and say so at the file.

    The request is read to its end; without this, reading it would fail before any page could show what was typed.
    """

    lost = False

    def new_file(self, *args: Any, **kwargs: Any) -> None:
        self.lost = False
        try:
            super().new_file(*args, **kwargs)
        except OSError as error:
            # With a full disk Python may also find no folder for temporary files.
            self._lose(error, or_missing=True)

    def receive_data_chunk(self, raw_data: bytes, start: int) -> bytes | None:
        if not self.lost:
            try:
                super().receive_data_chunk(raw_data, start)
            except OSError as error:
                self._lose(error)
        return None

    def file_complete(self, file_size: int) -> UploadedFile | None:
        if not self.lost:
            try:
                return super().file_complete(file_size)
            except OSError as error:
                self._lose(error)
        return UploadedFile(
            cast(IO[bytes], NoRoomForUpload()), self.file_name, self.content_type, file_size, self.charset
        )

    def _lose(self, error: OSError, *, or_missing: bool = False) -> None:
        if error.errno not in stored_files.FULL and not (or_missing and isinstance(error, FileNotFoundError)):
            raise error
        log.error("not enough disk space to receive an upload: %s", error)
        self.lost = True
        if not or_missing:
            with contextlib.suppress(OSError):  # what is not written yet cannot be written now either
                self.file.close()
