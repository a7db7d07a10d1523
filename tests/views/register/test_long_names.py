"""Names as long as they may be, in one word, at 320 and at 1280 px: nothing sticks out of the page."""

from __future__ import annotations

import pytest
from django.urls import reverse
from playwright.sync_api import Page
from pytest_django.live_server_helper import LiveServer

from tests.support.browser import WIDE, session_of, sign_in, too_wide
from tests.support.factories import make_assessment, make_cast

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

WIDER = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


@pytest.mark.long  # daily test_pages looks at each layout with names of usual length
def test_overlong_names_break_no_page(published: None, page: Page, live_server: LiveServer) -> None:
    cast = make_cast()
    assessment = make_assessment("draft", "limited", cast=cast)
    use, system, organisation = assessment.use, assessment.use.system, cast.organisation
    system.name, system.version, system.suppliers = "Appointment" * 14, "version" * 8, "supplier" * 40
    system.description = "description" * 100
    system.save()
    use.title, use.purpose, use.setting = "Bookinguse" * 12, "purpose" * 50, "setting" * 50
    use.people_affected, use.scope_en = "patients" * 45, "scope" * 70
    use.save()
    organisation.name_en, organisation.name_zh = "Harbourlight" * 16, "港燈" * 90
    organisation.save()
    sign_in(page, live_server.url, session_of(cast.owner))
    pages = [
        reverse("dashboard"),
        reverse("systems"),
        reverse("system_new"),
        organisation.get_absolute_url(),
        system.get_absolute_url(),
        reverse("system_edit", args=[system.reference]),
        reverse("system_retire", args=[system.reference]),
        reverse("use_new", args=[system.reference]),
        use.get_absolute_url(),
        reverse("use_edit", args=[use.reference]),
        reverse("facts", args=[use.reference, "reach"]),
        reverse("facts", args=[use.reference, "system"]),
        reverse("model_card", args=[use.reference]),
        assessment.get_absolute_url(),
        reverse("section", args=[assessment.reference, "governance"]),
        reverse("check", args=[assessment.reference]),
        reverse("results", args=[assessment.reference]),
    ]
    faults = []
    for address in pages:
        page.goto(live_server.url + address)
        if words := too_wide(page):
            faults.append(f"{address} at 320 px: {words}")
        page.set_viewport_size(WIDE)
        if (more := page.evaluate(WIDER)) > 0:
            faults.append(f"{address} at {WIDE['width']} px: {more} px too wide")
    assert faults == []
