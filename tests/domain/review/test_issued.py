"""The register of certificates that the reviewing body issued: who sees it, what it finds, and the same as a file."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from assessments.access import finders
from assessments.core import spreadsheets
from assessments.models import Certificate, CertificateEvent, Route, State
from assessments.models.issued import counts_of, issued_by_the_body
from tests.support.factories import make_assessment, make_organisation

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

REGISTER, EXPORT = reverse("issued"), reverse("issued_export")


def certificate_of(cast, tier="limited", **fields):
    return Certificate.objects.get(use=make_assessment(State.CERTIFIED, tier, cast=cast, **fields).use_id)


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.fixture
def ines(client, cast):
    client.force_login(cast.independent)
    return client


@pytest.mark.long
def test_it_holds_what_rests_on_a_review_of_the_body_and_nothing_else(cast):
    limited, high = certificate_of(cast), certificate_of(cast, "high")
    certificate_of(cast, route=Route.INSIDE)
    certificate_of(cast, "low")
    assert list(finders.certificates_issued_for(cast.independent)) == [high, limited]
    for other in (cast.reviewer, cast.owner, cast.viewer, cast.outsider, cast.staff):
        assert not finders.certificates_issued_for(other).exists()


def test_a_reviewer_who_left_sees_it_no_more(cast):
    certificate_of(cast)
    cast.independent.memberships.update(left_at=timezone.now())
    assert not finders.certificates_issued_for(cast.independent).exists()


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize("days", [0, 300, 340, 400])
def test_its_status_is_that_of_each_certificate_on_each_day(days, cast):
    certificates = [certificate_of(cast) for _n in range(3)]
    CertificateEvent.objects.create(certificate=certificates[0], kind="suspended", by=cast.independent)
    CertificateEvent.objects.create(certificate=certificates[1], kind="revoked", by=cast.independent)
    day = timezone.localdate() + timedelta(days=days)
    rows = {one.pk: one.stands for one in issued_by_the_body(day)}
    assert rows == {one.pk: one.status(day) for one in Certificate.objects.all()}
    assert sum(counts_of(issued_by_the_body(day)).values()) == 3


@pytest.mark.long
def test_it_is_searched_and_narrowed(ines, cast):
    limited, high = certificate_of(cast), certificate_of(cast, "high")
    other = make_organisation("Elsewhere Limited")
    theirs = Certificate.objects.get(use=make_assessment(State.CERTIFIED, "limited", organisation=other).use_id)

    def found(**query):
        return [one.pk for one in ines.get(REGISTER, query).context["rows"]]

    assert found() == [theirs.pk, high.pk, limited.pk]
    assert found(q="elsewhere") == [theirs.pk]
    assert found(q=high.number) == [high.pk]
    assert found(q=limited.use.title.split()[0], tier="high") == [high.pk]
    assert found(status="valid") == [theirs.pk, high.pk, limited.pk]
    assert found(status="revoked") == []
    assert found(status="no-such-status") == found()
    page = text_of(ines.get(REGISTER, {"q": "no use like this"}))
    assert "No certificates match the filters" in page


@pytest.mark.long
def test_it_is_read_page_by_page(ines, cast, monkeypatch):
    certificates = [certificate_of(cast).pk for _n in range(3)]
    monkeypatch.setattr("assessments.views.certificates.issued.ROWS", 2)
    first = ines.get(REGISTER)
    then = ines.get(f"{REGISTER}{first.context['more']}")
    seen = [one.pk for page in (first, then) for one in page.context["rows"]]
    assert seen == certificates[::-1]
    assert (first.context["count"], then.context["count"], then.context["more"]) == (3, 3, "")
    assert [one.pk for one in ines.get(REGISTER, {"after": "x"}).context["rows"]] == certificates[::-1][:2]


@pytest.mark.few_a_day(1)
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_file_has_the_rows_of_the_page(kind, ines, cast, tmp_path):
    limited = certificate_of(cast)
    certificate_of(cast, "high")
    limited.use.title = "=HYPERLINK(1)"
    limited.use.save()
    response = ines.get(EXPORT, {"as": kind, "tier": "limited"})
    assert response["Content-Disposition"].endswith(f'.{kind}"')
    file = tmp_path / "table"
    file.write_bytes(response.content)
    with file.open("rb") as content:
        lines = [cells for _number, cells in spreadsheets.read(content)]
    rows = [dict(zip(lines[0], line, strict=False)) for line in lines[1:]]
    assert [row["Certificate number"] for row in rows] == [limited.number]
    assert rows[0]["Status"] == "Valid"
    assert rows[0]["Use"] == "'=HYPERLINK(1)"


@pytest.mark.long
def test_the_queries_do_not_grow(ines, cast, django_assert_num_queries, django_assert_max_num_queries):
    certificate_of(cast)
    ines.get(REGISTER)
    with django_assert_max_num_queries(15) as few:
        ines.get(REGISTER)
    for _n in range(3):
        certificate_of(cast)
    with django_assert_num_queries(len(few)):
        ines.get(REGISTER)


def test_the_queue_leads_to_it_for_the_body_alone(client, cast):
    for user, shown in ((cast.independent, True), (cast.reviewer, False)):
        client.force_login(user)
        assert (REGISTER in client.get(reverse("reviews")).content.decode()) is shown
    assert client.get(REGISTER).status_code == 403


def test_an_empty_register_says_how_something_gets_there(ines):
    assert "No certificates issued yet" in text_of(ines.get(REGISTER))
