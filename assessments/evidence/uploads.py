"""How much of an upload is kept while it arrives."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.files.uploadhandler import FileUploadHandler


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
