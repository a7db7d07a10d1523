"""What is named by its reference in a query or a form: somebody else's object changes nothing, and is never told of."""

from __future__ import annotations

import csv
import io
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.forms.models import model_to_dict
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from assessments.domain import portfolio
from assessments.domain.answering import comments
from assessments.domain.register import imports
from assessments.domain.remediation import actions, own_actions
from assessments.domain.review import messages
from assessments.models import AISystem, Organisation, RemediationAction, State, User
from tests.support.factories import (
    Cast,
    in_days,
    make_assessment,
    make_evidence,
    make_organisation,
    make_system,
    owner_of,
    save,
)

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]
SECRET = "Oystercatcher"
QUESTION = "use-register"
MARKUP = "\"'><img src=x onerror=alert(1)><script>alert(2)</script>{{7*7}}"


def once_for_all(cast: Cast) -> Any:
    """Somebody else's certified assessment, with a piece, and a draft of the cast's own."""
    neighbour = make_organisation(f"{SECRET} Limited")
    theirs = make_assessment(State.CERTIFIED, "low", organisation=neighbour)
    AISystem.objects.filter(pk=theirs.use.system_id).update(name=f"{SECRET} system")
    type(theirs.use).objects.filter(pk=theirs.use_id).update(title=f"{SECRET} use")
    make_evidence(neighbour, title=f"{SECRET} file")
    return neighbour, theirs, make_assessment(State.DRAFT, "limited", cast=cast)


def signed_in(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- foreign references in queries (filters, exports, comparison, reuse, search) ---------------------------------------------


@pytest.mark.few_a_day(4)
@pytest.mark.parametrize(
    ("name", "query"),
    [
        ("assessments", {"organisation": "{organisation}"}),
        ("assessments", {"q": SECRET}),
        ("actions", {"organisation": "{organisation}", "use": "{use}"}),
        ("actions_export", {"organisation": "{organisation}", "use": "{use}"}),
        ("organisation_actions", {"organisation": "{organisation}"}),
        ("systems_export", {"organisation": "{organisation}"}),
        ("evidence", {"q": SECRET}),
        ("reviews", {"organisation": "{organisation}"}),
        ("reuse", {"from": "{assessment}"}),
        ("search", {"q": SECRET}),
        ("compare", {"with": "{assessment}", "from": "1", "to": "2"}),
    ],
)
def test_a_foreign_reference_in_a_query_shows_nothing_of_it(
    name: str, query: dict[str, str], cast: Cast, made: Any
) -> None:
    neighbour, theirs, own = made[1]
    references = {
        "organisation": neighbour.reference,
        "use": theirs.use.reference,
        "assessment": theirs.reference,
    }
    args = [own.reference] if name in ("reuse", "search", "compare") else []
    for person in (cast.owner, cast.viewer, cast.assigned, cast.outsider, cast.reviewer, cast.independent):
        page = signed_in(person).get(
            reverse(name, args=args), {key: value.format(**references) for key, value in query.items()}
        )
        assert page.status_code in (200, 302, 403, 404)
        said = page.content.decode().replace(f'value="{SECRET}"', "").replace(f"“{SECRET}”", "")
        assert f"{SECRET} " not in said, (person.name, name)


@pytest.mark.parametrize(
    ("name", "key", "of"),
    [("assessments", "q", ""), ("systems_export", "organisation", "organisation"), ("evidence", "q", "")],
)
def test_its_own_people_see_it_there(name: str, key: str, of: str, made: Any) -> None:
    """Without this the test above could pass on queries that find nothing for anybody."""
    neighbour, _theirs, _own = made[1]
    owner = owner_of(neighbour)
    page = signed_in(owner).get(reverse(name), {key: neighbour.reference if of else SECRET})
    assert f"{SECRET} " in page.content.decode()


# --- mass assignment -------------------------------------------------------------------------------------------------------


def test_no_form_takes_a_field_that_it_does_not_show(cast: Cast, made: Any, settings: Any) -> None:
    settings.OPEN_FOUNDING = True
    neighbour, _theirs, own = made[1]
    client = signed_in(cast.owner)
    sly = {
        "is_staff": "on", "is_superuser": "on", "is_reviewing_body": "on", "email": "sly@evil.example",
        "organisation": str(neighbour.pk), "organisation_id": str(neighbour.pk), "reference": "aaaaaaaaaaaa",
        "assigned_tier": "low", "state": "certified", "role": "owner", "user": str(cast.outsider.pk),
        "raised_tier": "", "by": str(cast.outsider.pk), "pk": "1", "id": "1",
    }  # fmt: skip
    before = model_to_dict(User.objects.get(pk=cast.owner.pk))
    home = cast.organisation
    client.post(reverse("settings"), sly | {"shortcuts": "on"})
    changed = sly | {"name_en": home.name_en, "place": "Kowloon", "contact": "", "registration_no": "", "name_zh": ""}
    client.post(reverse("organisation_edit", args=[home.reference]), changed)
    client.post(reverse("found"), changed | {"name_en": "Sly Limited"})
    system = own.use.system
    fields = {"name": system.name, "parts": "user", "description": "Changed.", "version": "", "suppliers": ""}
    client.post(reverse("system_edit", args=[system.reference]), sly | fields)
    after = model_to_dict(User.objects.get(pk=cast.owner.pk))
    assert {key for key in before if before[key] != after[key]} <= {"shortcuts"}
    assert Organisation.objects.get(pk=home.pk).place == "Kowloon"
    assert not Organisation.objects.filter(pk=home.pk, is_reviewing_body=True).exists()
    assert not Organisation.objects.get(name_en="Sly Limited").is_reviewing_body
    stands = AISystem.objects.get(pk=system.pk)
    assert (stands.organisation_id, stands.reference) == (home.pk, system.reference)
    own.refresh_from_db()
    assert own.state == State.DRAFT


# --- words of other people on pages and in files ----------------------------------------------------------------------------


class Tags(HTMLParser):
    """Collects what a browser would run."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _value in attrs}
        given = dict(attrs)
        if tag == "script" and not (given.get("src") or "").startswith("/static/"):
            self.found.append(self.get_starttag_text() or tag)
        if tag == "img" and given.get("src") == "x":
            self.found.append(self.get_starttag_text() or tag)
        if any(name.startswith("on") for name in names):
            self.found.append(self.get_starttag_text() or tag)


@pytest.fixture
def marked_up(cast: Cast) -> dict[str, Any]:
    """A case whose every text is markup, typed by its organisation, its colleagues and its reviewer."""
    AISystem.objects.update(name=MARKUP)
    answers = {QUESTION: {"choice": "partly", "text": MARKUP}}
    case = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=answers)
    draft = make_assessment(State.DRAFT, "limited", cast=cast)
    Organisation.objects.filter(pk=cast.organisation.pk).update(name_en=MARKUP, place=MARKUP, contact=MARKUP)
    User.objects.filter(pk=cast.owner.pk).update(name=MARKUP[:100])
    for one in (case, draft):
        type(one.use).objects.filter(pk=one.use_id).update(title=MARKUP, purpose=MARKUP, setting=MARKUP)
        AISystem.objects.filter(pk=one.use.system_id).update(name=MARKUP, description=MARKUP)
    owner = User.objects.get(pk=cast.owner.pk)
    save(draft, QUESTION, {"choice": "partly", "text": MARKUP}, by=owner)
    comments.comment(draft, QUESTION, f"@Connie {MARKUP}", by=owner)
    make_evidence(cast.organisation, by=owner, title=MARKUP, proves=MARKUP)
    messages.say(case.current_submission, MARKUP, by=cast.independent)
    action = RemediationAction.objects.filter(use=case.use)[0]
    actions.comment(action, MARKUP, by=owner)
    own_actions.add(case.use, own_actions.NewAction(title=MARKUP[:150], why=MARKUP, due=in_days(30)), by=owner)
    portfolio.keep_filter(owner, MARKUP[:60], "tier=limited")
    return {"case": case, "draft": draft, "action": action, "sent": case.current_submission}


@pytest.mark.long
def test_markup_of_other_people_is_shown_as_words_on_every_page(cast: Cast, marked_up: dict[str, Any]) -> None:
    case, draft, action, sent = (marked_up[name] for name in ("case", "draft", "action", "sent"))
    home = cast.organisation.reference
    pages = {
        cast.owner: [
            reverse("dashboard"), reverse("inbox"), reverse("assessments"), reverse("actions"), reverse("systems"),
            reverse("evidence"), reverse("certificates"), reverse("organisation_actions"),
            reverse("organisation", args=[home]), reverse("people", args=[home]),
            reverse("organisation_log", args=[home]), reverse("assessment", args=[draft.reference]),
            reverse("section", args=[draft.reference, "governance"]),
            reverse("comments", args=[draft.reference, QUESTION]), reverse("history", args=[draft.reference, QUESTION]),
            reverse("answer_evidence", args=[draft.reference, QUESTION]), reverse("ask", args=[draft.reference, QUESTION]),
            reverse("search", args=[draft.reference]) + "?q=" + "%3Cimg+src%3Dx+onerror%3Dalert%281%29%3E",
            reverse("results", args=[draft.reference]), reverse("check", args=[draft.reference]),
            reverse("system", args=[draft.use.system.reference]), reverse("use", args=[draft.use.reference]),
            reverse("use_edit", args=[draft.use.reference]), reverse("remediation_plan", args=[case.use.reference]),
            reverse("action", args=[case.use.reference, action.number]), reverse("case", args=[case.reference]),
        ],
        cast.contributor: [reverse("dashboard"), reverse("inbox")],
        cast.independent: [
            reverse("reviews"), reverse("review", args=[sent.reference]), reverse("review_log", args=[sent.reference]),
            reverse("review_section", args=[sent.reference, "governance"]),
            reverse("review_messages", args=[sent.reference]),
            reverse("action", args=[case.use.reference, action.number]),
        ],
    }  # fmt: skip
    shown = 0
    for person, urls in pages.items():
        client = signed_in(person)
        for url in urls:
            response = client.get(url)
            assert response.status_code == 200, url
            content = response.content.decode()
            tags = Tags()
            tags.feed(content)
            assert tags.found == [], url
            assert "49" not in re.findall(r"alert\(2\)&lt;/script&gt;(\S{2})", content), (
                url
            )  # no template was made of it
            shown += "onerror=alert(1)" in content
    assert shown >= 25


@pytest.mark.few_a_day(2)
@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("actions_export", "csv"),
        ("actions_export", "xlsx"),
        ("systems_export", "csv"),
        ("systems_export", "xlsx"),
        ("import_faulty", "csv"),
        ("import_faulty", "xlsx"),
    ],
)
def test_no_cell_of_a_file_begins_as_a_formula(name: str, kind: str, cast: Cast) -> None:
    """The log's file has a test of its own (tests/views/audit/test_log.py)."""
    formulas = ("=cmd|' /C calc'!A0", "+1+1", "-1+1", "@SUM(1)", "\t=1", "\r=1")
    case = make_assessment(State.IN_REVIEW, "limited", cast=cast)
    for n, words in enumerate(formulas):
        make_system(cast.organisation, name=f"{words}{n}")
    type(case.use).objects.filter(pk=case.use_id).update(title=formulas[0])
    AISystem.objects.filter(pk=case.use.system_id).update(name=formulas[1])
    own_actions.add(case.use, own_actions.NewAction(title=formulas[2], why=formulas[3], due=in_days(30)), by=cast.owner)
    header = (
        "System name,Version,Our parts in the system,Name of the use,Purpose,Setting,People affected,Scope in English\n"
    )
    rows = "".join(f'"{words}",,nobody,,"{words}",,,\n' for words in formulas)
    faulty = imports.keep_import(cast.organisation, (header + rows).encode(), by=cast.owner, file_name="a.csv")
    args = [faulty.reference] if name == "import_faulty" else []
    response = signed_in(cast.owner).get(reverse(name, args=args), {"as": kind})
    data = b"".join(response) if response.streaming else response.content
    if kind == "xlsx":
        sheet = load_workbook(io.BytesIO(data)).active
        assert sheet is not None
        cells = [cell for row in sheet.iter_rows() for cell in row if cell.value]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        texts = [str(cell.value) for cell in cells]
    else:
        texts = [cell for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))) for cell in row if cell]
    assert [text for text in texts if text[0] in "=@\t\r" or re.match(r"[+-](?!\d+$)", text)] == []
    assert any(text.lstrip("'").startswith(("=cmd", "+1", "-1", "@SUM")) for text in texts)
