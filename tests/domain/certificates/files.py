"""Certificates with their files, and what other programs make of these."""

from __future__ import annotations

from io import BytesIO

from pypdf import PdfReader, PdfWriter

from assessments.documents import jobs
from assessments.domain.certificates import file_check, standing
from assessments.models import Certificate, Document, State
from tests.support.factories import make_assessment


def issued(cast, kind="certificate"):
    """A certificate with its file as a job made it, and the bytes of the file."""
    assessment = make_assessment(State.CERTIFIED, "limited", cast=cast)
    certificate = Certificate.objects.get(submission__assessment=assessment)
    if kind == "status_notice":
        standing.suspend(certificate, by=cast.independent, reason="complaint", words="Seen.")
    found = Document.objects.filter(kind=kind)
    document = (found.filter(certificate=certificate) | found.filter(submission__assessment=assessment)).latest("pk")
    jobs.make(document.pk)
    document.refresh_from_db()
    return certificate, document.file.read()


def saved_again(pdf):
    """The same PDF as another program saves it, with a comment."""
    writer = PdfWriter(clone_from=PdfReader(BytesIO(pdf)))
    writer.add_metadata({"/Subject": "Stamped"})
    out = BytesIO()
    writer.write(out)
    return out.getvalue()


def check_of(body):
    return next(c for c in file_check.read_number.__globals__["CROCKFORD"] if file_check.read_number(body + c))
