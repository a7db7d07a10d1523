"""No certificate, public page or page of its standing says what another of them denies: a table of pairs of sentences."""

from __future__ import annotations

import html
import re

import pytest
from django.conf import settings
from django.urls import reverse

from assessments.documents.certificate import certificate_layouts
from assessments.models import CertificateEvent, edition_for
from tests.documents.records import changed, high, inside, promised, record_of, renewed, self_declared, with_conditions
from tests.support.factories import proved

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
PAIRS = {  # two sentences of which at most one is said of a certificate, in all that is said of it together
    "looked or not": ("no reviewer has checked it", r"Reviewed (independently|within the organisation) ?:"),
    "checked or not": (
        "Nobody except the signer has checked the answers",
        "Desk review: (a reviewer|reviewers) who took no part in the work marked every answer",
    ),
    "looked at or nobody": ("No reviewer has checked the answers", "facts and answers opened and judged"),
    "issued or registered": ("Issued by 發證機構", "Registered by"),
    "registered by who looked": ("which has not checked the answers", "independent reviewer 獨立審核員"),
    "open or nothing": ("Nothing was open when it was issued", "Open when issued:"),
    "conditions or none": ("None when issued", r"\d+ conditions? not met yet, (set|promised)"),
    "who promised": ("promised by the person who signed", "set by a reviewer at approval"),
    "promised or approved": ("promised by the person who signed", "Conditions set by a reviewer at approval"),
    "new or replacing": ("Type 類別 New", "Replaces certificate HKG"),
    "renewal or change": ("Type 類別 Renewal", "Type 類別 Change"),
    "in force or set aside": ("Valid today", "Do not rely on"),
    "stands or not": ("The certificate is not suspended, revoked or replaced", "is not valid today"),
    "in force or withdrawn": ("The certificate stays valid until", "Revoked permanently on"),
    "met or open": (
        "All conditions of the certificate have been met",
        r"\d+ conditions? (is|are) still open",
    ),
}
TOGETHER = {  # where the first is said, the second is said as well
    "a condition is counted and listed": (r"Open when issued: \d+ condition", r"1\. \S"),
    "what replaces says so": ("Type 類別 (Renewal|Change)", "Replaces certificate HKG"),
    "self-declared is registered": ("Self-declared ?:", "Registered by"),
    "the words of the organisation are its own": ("In its own words", "The organisation's own words, not checked"),
    "a tier names who asks": (r"(Low|Limited|High) risk ?:", "The Guideline asks for"),
    "a suspension gives its reason": ("Suspended on", "Published reason:"),
}
NEVER = ("Open actions", "open actions", "Issued by Review House.", "Every word of your copy should be found")
CASES = [self_declared, promised, inside, with_conditions, high, renewed, changed]


def words(markup):
    return " ".join(
        html.unescape(re.sub(r"<[^>]+>", " ", re.sub(r"<(style|head)\b.*?</\1>", "", markup, flags=re.S))).split()
    )


def met(cast):
    """A certificate whose one condition has been met since."""
    certificate = with_conditions(cast)
    certificate.submission.decisions.get(kind="approve").conditions.update(
        met_at=certificate.issued_at, met_by=cast.independent
    )
    return certificate


def all_said(client, cast, certificate):
    """All that paper, public page and standing page say of a certificate."""
    edition = edition_for(certificate.submission.edition_checksum)
    paper = certificate_layouts(record_of(certificate), edition, public_url=settings.PUBLIC_URL)[0]
    proved(client, cast.owner)
    pages = [client.get(reverse(name, args=[certificate.number])) for name in ("verify", "certificate_status")]
    assert [page.status_code for page in pages] == [200, 200]
    return " \n ".join([words(paper), *(words(page.content.decode()) for page in pages)])


def suspended(cast):
    return _event(with_conditions(cast), "suspended")


def revoked(cast):
    return _event(inside(cast), "revoked")


def _event(certificate, kind):
    CertificateEvent.objects.create(
        certificate=certificate, kind=kind, public_reason="A complaint is being looked into."
    )
    return certificate


@pytest.mark.long  # daily test_no_contradiction reads the documents of each state
def test_no_sentence_of_a_certificate_contradicts_another(client, cast):
    said = {case.__name__: all_said(client, cast, case(cast)) for case in (*CASES, met, suspended, revoked)}
    for of, text in said.items():
        for name, (one, other) in PAIRS.items():
            assert not (re.search(one, text) and re.search(other, text)), (of, name)
        for name, (one, with_it) in TOGETHER.items():
            assert not re.search(one, text) or re.search(with_it, text), (of, name)
        for sentence in NEVER:
            assert sentence not in text, of
    every = "\n".join(said.values())
    for name, pair in {**PAIRS, **TOGETHER}.items():  # a pair of which one is never said would hold of itself
        for sentence in pair:
            assert re.search(sentence, every), (name, sentence)
