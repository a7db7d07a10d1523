"""Releases of the edition as they were published, for tests of what stays on them."""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from functools import cache
from unittest import mock

from django.utils import timezone

from assessments.guideline.reading import Source, compile_edition
from assessments.models import Edition
from tests.support.paths import DATA


@cache
def published(release: int) -> Source:
    """Read a release byte for byte as it was published."""
    content = lzma.decompress((DATA / f"hk-genai-1.1-release-{release}.json.xz").read_bytes()).decode()
    edition = compile_edition(content)
    texts = json.dumps(json.loads(content)["texts"], sort_keys=True)
    return Source(edition.key, edition.release, content, edition.checksum, {"en": texts}, edition)


def store(release: int) -> Edition:
    """Put an earlier release into the database, published before the one that stands there."""
    earlier = timezone.now() - timedelta(days=365)
    with mock.patch("django.utils.timezone.now", return_value=earlier):
        row, _new = Edition.objects.publish(published(release))
    return row


@contextmanager
def while_current(row: Edition) -> Iterator[None]:
    """Let what is started inside open on this release."""
    with mock.patch.object(type(Edition.objects.all()), "current", return_value=row):
        yield
