"""What a web process never does: make a document, send a mail, or load what these need."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.installation import Installation

MORE = """
with proof.of_command("the test"):
    make_assessment("draft", "low")
"""
OWNER = """
SELECT assessment.reference, person.email FROM assessments_assessment AS assessment
JOIN assessments_membership AS member ON member.organisation_id = assessment.organisation_id AND member.role = 'owner'
JOIN assessments_user AS person ON person.id = member.user_id
"""

# The application as a web server starts it, asked by a browser that is signed in and has just proved who it is.
SIGN = """
import re, sys
from hkguide.wsgi import application
from django.test import Client
from django.urls import reverse
from assessments.models import Certificate, Document, User
from tests.support.factories import proved
reference, email = {reference!r}, {email!r}
browser = proved(Client(), User.objects.get(email=email))
for name in ("assessment", "check", "results"):
    assert browser.get(reverse(name, args=[reference])).status_code == 200, name
address = reverse("self_certify", args=[reference])
page = browser.get(address).content.decode()
seen = re.search(r'name="seen"\\s+value="([^"]+)"', page).group(1)
boxes = dict.fromkeys(re.findall(r'name="(statement_[0-9]+)"', page), "on")
assert browser.post(address, {{"seen": seen, **boxes}}).status_code == 302
assert browser.post(reverse("ask_document", args=[reference, "board_paper"])).status_code == 302
assert Certificate.objects.filter(submission__assessment__reference=reference).exists()
for document in Document.objects.all():
    assert browser.get(document.get_absolute_url()).status_code in (200, 302, 404)
assert Document.objects.filter(state="pending").count() == Document.objects.count() > 0
print([name for name in ("weasyprint", "pydyf", "fontTools") if name in sys.modules])
"""


@pytest.mark.long  # daily test_start says what a page loads, test_queue who makes documents
def test_signing_makes_no_document_sends_no_mail_and_loads_no_pdf_library(tmp_path: Path) -> None:
    installation = Installation(tmp_path, HKGUIDE_PUBLIC_URL="http://testserver")
    installation.seed(certificates=0, mails=1, more=MORE)
    ((reference, email),) = installation.rows(OWNER)
    assert installation.run("-c", SIGN.format(reference=reference, email=email)).splitlines()[-1] == "[]"
    assert installation.mailed() == 0
    assert not (tmp_path / "mail").exists()
    assert installation.documents()[0] == 0
