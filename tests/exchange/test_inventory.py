"""Inventories in and out, and what a model card suggests."""

from __future__ import annotations

import csv
import io
import random
import zipfile
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from assessments.core.errors import NotPermitted, WorkflowError
from assessments.core.spreadsheets import MAX_UNPACKED_BYTES
from assessments.domain.register import imports, suggestions
from assessments.domain.register import systems as register_systems
from assessments.exchange import inventory, model_card, tables
from assessments.models import (
    AISystem,
    AuditEntry,
    DeclaredFact,
    DeclaredUse,
    Edition,
    FactRevision,
    FactSuggestion,
    ImportDraft,
    Organisation,
)
from tests.support.factories import (
    Cast,
    declare_all,
    make_assessment,
    make_organisation,
    make_system,
    make_use,
    owner_of,
)

pytestmark = pytest.mark.sqlite_alone

HEADINGS = [str(column.heading) for column in inventory.COLUMNS]
GOOD = {
    "System name": "Appointment assistant",
    "Version": "2.1",
    "What it does": "Reads requests.",
    "Suppliers": "Model house",
    "Our parts in the system": "Service Provider; Service User",
    "Where the model runs": "Rented cloud",
    "Where users and affected people are": "Hong Kong; Mainland",
    "Name of the use": "Sorting",
    "Purpose": "Sorts requests",
    "Setting": "On the website",
    "People affected": "Patients",
    "Scope in English": "Sorting of requests at six clinics.",
    "Scope in Chinese": "六間診所的預約分類。",
    "What is left out": "Telephone bookings.",
}


def as_csv(*rows: dict[str, str], headings: list[str] | None = None) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, headings or HEADINGS)
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


def as_xlsx(*rows: list[Any]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def checked(data: bytes, organisation: Organisation) -> list[inventory.InventoryRow]:
    edition = Edition.objects.current().compiled()
    return inventory.check(inventory.read(data), inventory.Register.of(organisation, edition), edition)


def faults(data: bytes, organisation: Organisation) -> list[tuple[int, str, str]]:
    return [(row.line, fault.column, fault.reason) for row in checked(data, organisation) for fault in row.faults]


def export(organisation: Organisation) -> list[dict[str, str]]:
    """What the register of an organisation says, row by row, but for its references."""
    edition = Edition.objects.current().compiled()
    systems = AISystem.objects.filter(organisation=organisation).order_by("name", "pk")
    keys = [column.key for column in inventory.COLUMNS]
    return [{key: row.get(key, "") for key in keys} for row in inventory.export_rows(systems, edition)]


# --- cells ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''", "'", "＝1", "plain", "it's", ""])
def test_what_a_spreadsheet_would_run_is_escaped_and_comes_back_as_it_was(text):
    out = tables.escaped(text)
    assert out[:1] not in tables.FORMULA_SIGNS or out == ""
    assert tables.unescaped(out) == text


def test_an_apostrophe_before_a_word_stays():
    assert tables.unescaped("'tis") == "'tis"
    assert tables.escaped("'tis") == "''tis"


# --- reading files ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_csv_is_read_in_each_unicode_form(encoding):
    data = as_csv(GOOD).decode().encode(encoding)
    assert inventory.read(data).rows[0][1]["scope_zh"] == "六間診所的預約分類。"


def test_a_table_with_semicolons_is_read_as_one():
    data = ";".join(HEADINGS) + "\n" + ";".join(f'"{GOOD[heading]}"' for heading in HEADINGS)
    assert inventory.read(data.encode()).rows[0][1]["parts"] == "Service Provider; Service User"


def test_big5_is_refused_with_words_that_say_how_to_save():
    with pytest.raises(tables.Unreadable, match=r"seems to be in Big5.*CSV UTF-8 \(Comma delimited\)"):
        inventory.read(as_csv(GOOD).decode().encode("big5"))


def test_xlsx_is_read_with_its_numbers_and_empty_rows():
    row = [GOOD[heading] for heading in HEADINGS]
    row[1] = 2.0
    table = inventory.read(as_xlsx(HEADINGS, [], row))
    assert [line for line, _cells in table.rows] == [3]
    assert table.rows[0][1]["version"] == "2"


def zipped(size: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b"0" * size)
    return stream.getvalue()


def test_a_file_with_the_former_headings_is_still_read() -> None:
    former = {
        "Our parts in the system": "Our parts",
        "Where users and affected people are": "Where the people are",
    }
    row = {former.get(heading, heading): text for heading, text in GOOD.items()}
    assert inventory.read(as_csv(row, headings=list(row))) == inventory.read(as_csv(GOOD))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "Choose another file. This file is empty."),
        (b"\xd0\xcf\x11\xe0rest", "old Excel format"),
        (b"PK\x03\x04 no workbook", "could not be read"),
        (b"x" * (tables.MAX_BYTES + 1), "larger than 5 MB"),
        (b"System name,Colour\nA,red", "Add the missing columns: Our parts in the system"),
        (as_csv(), "no rows below the column headings"),
        (as_csv(GOOD, headings=[*HEADINGS, "Version"]), "Remove the repeated columns: Version"),
        (as_csv(*[GOOD] * (inventory.MAX_ROWS + 1)), "more than 2000 rows"),
    ],
    ids=["empty", "xls", "no zip", "too large", "no columns", "no rows", "twice", "too many"],
)
def test_a_file_that_is_no_inventory_is_told_why(data, words):
    with pytest.raises(tables.Unreadable, match=words):
        inventory.read(data)


def test_a_workbook_that_unpacks_to_far_too_much_is_not_unpacked():
    data = zipped(MAX_UNPACKED_BYTES + 1)
    assert len(data) < 100_000
    with pytest.raises(tables.Unreadable, match="It becomes far too large when it is opened"):
        inventory.read(data)


def test_columns_that_are_not_taken_are_named():
    table = inventory.read(as_csv({**GOOD, "Colour": "red", "Tier": "High"}, headings=[*HEADINGS, "Colour", "Tier"]))
    assert table.ignored == ("Colour",)  # the tier is one of ours: told on the way out, not believed on the way in


# --- checking rows ----------------------------------------------------------------------------------------------------


def test_a_good_row_becomes_plain_values(cast: Cast) -> None:
    (row,) = checked(as_csv(GOOD), cast.organisation)
    assert row.faults == ()
    assert row.facts == {"hosting": ["public_cloud"], "markets": ["hong_kong", "mainland"]}
    assert (row.system["is_developer"], row.system["is_provider"], row.system["is_user"]) == (False, True, True)
    assert row.use is not None
    assert row.use["title"] == "Sorting"


@pytest.mark.parametrize(
    ("changed", "column", "reason"),
    [
        ({"System name": ""}, "System name", "Fill in this cell. It is required."),
        (
            {"Our parts in the system": ""},
            "Our parts in the system",
            "Enter the parts that you play for the system",
        ),
        ({"Our parts in the system": "Retailer"}, "Our parts in the system", "“Retailer” is not one of them."),
        ({"Purpose": ""}, "Purpose", "Fill in this cell. It is required."),
        ({"Scope in English": "x" * 402}, "Scope in English", "Shorten this text by 2 characters."),
        (
            {"Where the model runs": "The moon"},
            "Where the model runs",
            "Or write “Do not know”. “The moon” is not one of them.",
        ),
        (
            {"Where users and affected people are": "Hong Kong; do not know"},
            "Where users and affected people are",
            "cannot be combined",
        ),
    ],
)
def test_a_faulty_row_is_named_with_column_and_reason(cast: Cast, changed, column, reason) -> None:
    (found,) = faults(as_csv(GOOD, {**GOOD, "System name": "Other", **changed}), cast.organisation)
    assert (found[0], found[1]) == (3, column)
    assert reason in found[2]


def test_one_system_takes_several_rows_and_its_columns_once(cast: Cast) -> None:
    second = {key: GOOD[key] if key in ("System name", "Version") else "" for key in HEADINGS}
    uses = HEADINGS[HEADINGS.index("Name of the use") :]
    second |= {key: GOOD[key] for key in uses} | {"Name of the use": "Reminding"}
    rows = checked(as_csv(GOOD, second, {**second, "Name of the use": "x", "Suppliers": "Another"}), cast.organisation)
    assert [bool(row.faults) for row in rows] == [False, False, True]
    assert rows[0].group == rows[1].group
    assert rows[2].faults[0] == inventory.Fault(
        "Suppliers", "Write the same value as in row 2, which has the same system."
    )


def test_duplicates_are_named_in_the_file_and_in_the_register(cast: Cast) -> None:
    system = make_system(cast.organisation, parts=("user",), name="Chat helper", version="1")
    register_systems.declare_use(
        system,
        by=cast.owner,
        title="Drafting",
        purpose="p",
        setting="s",
        people_affected="a",
        scope_en="Drafting of letters.",
    )
    there = {
        **GOOD,
        "System name": "chat  helper",
        "Version": "1",
        "Our parts in the system": "",
        "Where the model runs": "",
    }
    there |= {"Where users and affected people are": "", "What it does": "", "Suppliers": ""}
    found = faults(
        as_csv(
            GOOD,
            {**GOOD, "Name of the use": "SORTING"},
            {**there, "Name of the use": "drafting", "Our parts in the system": "user"},
            {**there, "Name of the use": "Translating", "Our parts in the system": ""},
        ),
        cast.organisation,
    )
    assert (3, "Name of the use", "Remove this row, because it repeats row 2.") in found
    assert (4, "Name of the use", "Remove this row. This use is already in the register.") in found


@pytest.mark.long
def test_a_row_adds_a_use_to_a_registered_system_and_changes_nothing_of_it(cast: Cast) -> None:
    make_system(cast.organisation, parts=("user",), name="Chat helper", version="1")
    row = {**dict.fromkeys(HEADINGS, ""), **{key: GOOD[key] for key in HEADINGS[7:]}, "System name": "Chat helper"}
    row |= {"Version": "1", "Our parts in the system": "Service User"}
    assert faults(as_csv(row), cast.organisation) == []
    said = "Leave this cell empty, or change the value in the register. The register has a different value for this system."
    assert faults(as_csv({**row, "Our parts in the system": "Service Provider"}), cast.organisation) == [
        (2, "Our parts in the system", said)
    ]
    draft = imports.keep_import(cast.organisation, as_csv(row), by=cast.owner, file_name="a.csv")
    assert imports.take_import(draft, by=cast.owner) == imports.ImportResult(0, 1, 0)
    assert AISystem.objects.get().uses.get().title == "Sorting"


def test_a_neighbours_register_is_no_duplicate(cast: Cast) -> None:
    other = make_organisation("Elsewhere Limited")
    draft = imports.keep_import(other, as_csv(GOOD), by=owner_of(other), file_name="a.csv")
    imports.take_import(draft, by=owner_of(other))
    assert faults(as_csv(GOOD), cast.organisation) == []


# --- taking the good rows ---------------------------------------------------------------------------------------------


def test_nothing_is_registered_before_the_second_press_and_nothing_twice(cast: Cast) -> None:
    draft = imports.keep_import(cast.organisation, as_csv(GOOD), by=cast.owner, file_name="a.csv")
    assert not AISystem.objects.exists()
    assert imports.take_import(draft, by=cast.owner) == imports.ImportResult(1, 1, 0)
    with pytest.raises(WorkflowError, match="already been imported"):
        imports.take_import(draft, by=cast.owner)
    use = DeclaredUse.objects.get()
    assert (use.system.name, use.assigned_tier, use.organisation) == ("Appointment assistant", "", cast.organisation)
    assert {fact.key: fact.value for fact in DeclaredFact.objects.all()} == {
        "hosting": ["public_cloud"],
        "markets": ["hong_kong", "mainland"],
    }
    assert FactRevision.objects.filter(by=cast.owner).count() == 2
    assert AuditEntry.objects.filter(kind="inventory_imported").count() == 1


def test_an_imported_use_goes_on_like_any_other(cast: Cast) -> None:
    draft = imports.keep_import(cast.organisation, as_csv(GOOD), by=cast.owner, file_name="a.csv")
    imports.take_import(draft, by=cast.owner)
    use = DeclaredUse.objects.get()
    declare_all(use, by=cast.owner, facts={})
    assert use.assigned_tier == "low"


def test_what_was_registered_meanwhile_is_left_out(cast: Cast) -> None:
    drafts = [
        ImportDraft.objects.create(
            organisation=cast.organisation,
            by=cast.owner,
            file_name="a.csv",
            rows=inventory.as_json(checked(as_csv(GOOD), cast.organisation), ()),
        )
        for _n in range(2)
    ]
    assert imports.take_import(drafts[0], by=cast.owner).uses == 1
    assert imports.take_import(drafts[1], by=cast.owner) == imports.ImportResult(0, 0, 1)


@pytest.mark.parametrize("who", ["contributor", "viewer", "reviewer", "outsider"])
def test_only_an_owner_imports(cast: Cast, who: str) -> None:
    with pytest.raises(NotPermitted):
        imports.keep_import(cast.organisation, as_csv(GOOD), by=getattr(cast, who), file_name="a.csv")
    draft = imports.keep_import(cast.organisation, as_csv(GOOD), by=cast.owner, file_name="a.csv")
    with pytest.raises(NotPermitted):
        imports.take_import(draft, by=getattr(cast, who))
    assert not AISystem.objects.exists()


def test_taking_costs_the_same_for_one_row_and_for_a_hundred(cast: Cast) -> None:
    costs = []
    for n in (1, 100):
        rows = [{**GOOD, "System name": f"System {n}.{m}"} for m in range(n)]
        draft = imports.keep_import(cast.organisation, as_csv(*rows), by=cast.owner, file_name="a.csv")
        with CaptureQueriesContext(connection) as queries:
            imports.take_import(draft, by=cast.owner)
        costs.append(len(queries))
    assert costs[0] == costs[1] <= 30


# --- there and back ---------------------------------------------------------------------------------------------------

WORDS = [
    "=SUM(A1)",
    "+852 2123 4567",
    "-",
    "@all",
    "'quoted'",
    "''",
    "醫療助手",
    "a, b; c",
    'say "yes"',
    "𠮷野家",
    "tab\there",
]


def fill_register(organisation: Organisation, how_many: int) -> None:
    """Systems with none, one or several uses, in words that spreadsheets trip over; some alike in name and version."""
    rng = random.Random(7)  # the same every run
    systems = [
        AISystem(
            organisation=organisation,
            name=f"{rng.choice(WORDS)} {n - n % 50}",
            version=rng.choice(["", "2.0", "=2", "2026-11-24"]),
            description=f"{rng.choice(WORDS)}\nsecond line",
            suppliers=rng.choice(["", *WORDS]),
            is_developer=n % 2 == 0,
            is_provider=n % 3 == 0,
            is_user=n % 2 == 1,
        )
        for n in range(how_many)
    ]
    AISystem.objects.bulk_create(systems)
    owner = owner_of(organisation)
    DeclaredUse.objects.bulk_create(
        DeclaredUse(
            system=system,
            organisation=organisation,
            title=rng.choice(WORDS) + str(m % 2),
            purpose=f"{rng.choice(WORDS)}\nand more",
            setting=rng.choice(WORDS),
            people_affected=rng.choice(WORDS),
            scope_en=rng.choice(WORDS),
            scope_zh=rng.choice(["", "香港"]),
            exclusions=rng.choice(["", *WORDS]),
        )
        for system in systems
        for m in range(rng.randrange(4))
    )
    DeclaredFact.objects.bulk_create(
        DeclaredFact(system=system, use=None, key=key, value=value, revision=1, by=owner)
        for n, system in enumerate(systems)
        for key, value in (("hosting", ["vendor_service", "device"]), ("markets", "unknown"))
        if n % 3 == 0
    )


def there_and_back(how_many: int, kind: str) -> None:
    here, there = make_organisation(), make_organisation()
    fill_register(here, how_many)
    edition = Edition.objects.current().compiled()
    systems = AISystem.objects.filter(organisation=here).order_by("name", "pk")
    data = inventory.write(inventory.export_rows(systems, edition), inventory.EXPORTED, kind)
    assert faults(data, there) == []
    owner = owner_of(there)
    draft = imports.keep_import(there, data, by=owner, file_name=f"all.{kind}")
    taken = imports.take_import(draft, by=owner)
    assert taken.systems == how_many
    assert sorted(map(str, export(there))) == sorted(map(str, export(here)))
    assert AISystem.objects.filter(organisation=there, uses=None).count() == (
        AISystem.objects.filter(organisation=here, uses=None).count()
    )


@pytest.mark.few_a_day(1)
@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_inventory_goes_there_and_back_without_loss(kind):
    there_and_back(40, kind)


@pytest.mark.long
@pytest.mark.django_db
@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_inventory_of_five_hundred_systems_goes_there_and_back_without_loss(kind):
    there_and_back(500, kind)


@pytest.mark.django_db
def test_no_cell_of_a_workbook_is_a_formula():
    organisation = make_organisation()
    fill_register(organisation, 40)
    systems = AISystem.objects.filter(organisation=organisation)
    edition = Edition.objects.current().compiled()
    data = inventory.write(inventory.export_rows(systems, edition), inventory.EXPORTED, "xlsx")
    cells = [cell for row in load_workbook(io.BytesIO(data)).active.iter_rows() for cell in row if cell.value]
    assert any(str(cell.value).startswith("'=") for cell in cells)
    assert {cell.data_type for cell in cells} == {"s"}


def test_the_export_tells_tier_state_progress_and_next_date(cast: Cast, client: Client) -> None:
    assessment = make_assessment("certified", "low", cast=cast)
    make_use("limited", make_organisation("Elsewhere Limited"))
    client.force_login(cast.viewer)
    response = client.get(reverse("systems_export"))
    (row,) = csv.DictReader(io.StringIO(response.content.decode("utf-8-sig")))
    ends = assessment.use.certificates.get().expires_on.isoformat()
    assert (row["Tier"], row["Status"], row["Next date"]) == ("Low", "Certificate issued", ends)
    assert row["Reference of the use"] == assessment.use.reference
    assert row["Progress"] == f"{assessment.answered}/{assessment.applicable}"
    assert "attachment" in response["Content-Disposition"]


# --- the pages --------------------------------------------------------------------------------------------------------


def upload(client: Client, data: bytes, name: str = "inventory.csv") -> Any:
    return client.post(reverse("import"), {"file": SimpleUploadedFile(name, data)}, follow=True)


@pytest.mark.long
def test_the_good_rows_are_taken_and_the_faulty_ones_go_back_with_what_to_mend(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    bad = {**GOOD, "System name": "=HYPERLINK(0)", "Our parts in the system": "Retailer"}
    page = upload(client, as_csv(GOOD, bad))
    text = page.content.decode()
    assert "“Retailer” is not one of them." in text
    assert "Register this row" in text
    assert not AISystem.objects.exists()
    draft = ImportDraft.objects.get()
    file = client.get(reverse("import_faulty", args=[draft.reference])).content
    assert b"'=HYPERLINK(0)" in file
    (row,) = csv.DictReader(io.StringIO(file.decode("utf-8-sig")))
    assert row["What to correct"].startswith(
        "Our parts in the system: Write one or more of these parts, separated by semicolons: Technology Developer, "
    )
    done = client.post(reverse("import_report", args=[draft.reference]), follow=True)
    assert "Registered: 1 system and 1 use." in done.content.decode()
    again = client.post(reverse("import_report", args=[draft.reference]), follow=True)
    assert "already been imported" in again.content.decode()
    assert AISystem.objects.count() == 1
    mended = file.decode("utf-8-sig").replace("Retailer", "user")
    assert "The one row in the file is correct" in upload(client, mended.encode()).content.decode()


def test_a_file_that_cannot_be_read_is_told_at_the_field(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    response = upload(client, as_csv(GOOD).decode().encode("big5"))
    assert "seems to be in Big5" in response.context["form"].errors["file"][0]
    assert "Choose the file" in client.post(reverse("import")).context["form"].errors["file"][0]
    assert not ImportDraft.objects.exists()


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_template_is_read_again_and_its_row_is_good(client: Client, cast: Cast, kind: str) -> None:
    client.force_login(cast.owner)
    data = client.get(reverse("inventory_template") + f"?as={kind}").content
    assert faults(data, cast.organisation) == []


# --- model cards ------------------------------------------------------------------------------------------------------

CARD = """---
license: apache-2.0
base_model: example/base-7b
pipeline_tag: text-generation
tags:
- code
- finance
- rag
language:
- en
- no
---
# Example 7B

## Intended Use
Drafting answers to questions about bank accounts.

More words.

## Out-of-Scope Use
Credit decisions.
"""


def read(text: str) -> dict[str, model_card.Suggestion]:
    found = model_card.read(text.encode(), Edition.objects.current().compiled())
    return {one.key: one for one in found}


@pytest.mark.django_db
def test_a_card_suggests_facts_each_with_its_line():
    found = read(CARD)
    assert {key: one.value for key, one in found.items() if not key.startswith("note.")} == {
        "open_source_model": True,
        "model_source": ["fine_tuned"],
        "modalities": ["code", "text"],
        "service_areas": ["programming_assistance"],
        "sector": "finance",
        "retrieval_augmented": True,
    }
    assert found["open_source_model"].quote == "license: apache-2.0"
    assert found["sector"].quote == "tags: - finance"
    assert found["note.intended_use"].value == "Drafting answers to questions about bank accounts."
    assert found["note.languages"].value == "en, no"
    assert "Credit decisions." in found["note.out_of_scope"].quote


@pytest.mark.django_db
def test_a_licence_that_is_not_open_suggests_nothing_about_it():
    assert "open_source_model" not in read("---\nlicense: other\npipeline_tag: text-to-image\n---\n")


@pytest.mark.few_a_day(4)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("---\na: &x [1]\nb: [*x, *x]\n---\n", "aliases"),
        ("---\na: " + "[" * 40 + "]" * 40 + "\n---\n", "It has too many levels or too many entries."),
        ("---\na: [" + "1," * 6000 + "]\n---\n", "too many entries"),
        ("---\nlicense: !!python/object/apply:os.system [id]\n---\n", "not valid YAML"),
        ("---\nlicense: [mit\n---\n", "not valid YAML"),
        ("---\nlicense: mit\n", "Add a second line of"),
        ("---\na: " + "9" * 5000 + "\n---\n", "not valid YAML"),
        ("---\na: '" + "x" * 70_000 + "'\n---\n", "too long"),
        ("# A recipe for soup\n\nWater.\n", "no information about the facts"),
        ("", "has no text"),
        ("x" * (model_card.MAX_BYTES + 1), "larger than 1 MB"),
    ],
    ids=["aliases", "deep", "many", "object", "broken", "endless", "number", "long", "soup", "empty", "large"],
)
def test_a_card_that_is_none_or_means_harm_is_refused(text, words):
    with pytest.raises(model_card.Unreadable, match=words):
        read(text)


def test_a_card_that_is_no_text_is_refused(db: None) -> None:
    with pytest.raises(model_card.Unreadable, match="not a UTF-8 text file"):
        model_card.read(b"\xff\xfe\x00\x01PNG", Edition.objects.current().compiled())


def read_card(client: Client, use: DeclaredUse, text: str = CARD) -> Any:
    return client.post(
        reverse("model_card", args=[use.reference]),
        {"read": "1", "file": SimpleUploadedFile("README.md", text.encode())},
        follow=True,
    )


@pytest.mark.long
def test_a_suggestion_counts_only_once_it_is_confirmed(client: Client, cast: Cast) -> None:
    use = make_use(organisation=cast.organisation, declared=False)
    client.force_login(cast.contributor)
    page = read_card(client, use).content.decode()
    assert "license: apache-2.0" in page
    assert not use.fact_rows().exists()
    sector = FactSuggestion.objects.get(use=use, key="sector")
    client.post(reverse("model_card", args=[use.reference]), {"confirm": sector.pk})
    assert [(fact.key, fact.value, fact.by) for fact in use.fact_rows()] == [("sector", "finance", cast.contributor)]
    client.post(reverse("model_card", args=[use.reference]), {"confirm": "all"})
    assert use.fact_rows().count() == 6
    assert not FactSuggestion.objects.filter(use=use, settled_at=None).exclude(key__startswith="note.").exists()


def test_what_is_declared_stays_until_somebody_replaces_it(client: Client, cast: Cast) -> None:
    use = make_use("low", cast.organisation)  # declares third_party, sector none
    client.force_login(cast.owner)
    page = read_card(client, use).content.decode()
    assert "Replace “None of these sectors” with “Finance”" in page
    here = reverse("model_card", args=[use.reference])
    client.post(here, {"confirm": "all"})
    assert use.fact_rows().get(key="sector").value == "none"
    sector = FactSuggestion.objects.get(use=use, key="sector")
    refused = client.post(here, {"confirm": sector.pk})
    assert "Nothing was confirmed" in refused.content.decode()
    client.post(here, {"dismiss": sector.pk})
    source = FactSuggestion.objects.get(use=use, key="model_source")
    client.post(here, {"replace": source.pk})
    assert use.fact_rows().get(key="sector").value == "none"
    assert use.fact_rows().get(key="model_source").value == ["fine_tuned"]


@pytest.mark.long
def test_a_new_card_takes_the_place_of_the_former_one(client: Client, cast: Cast) -> None:
    use = make_use(organisation=cast.organisation, declared=False)
    client.force_login(cast.owner)
    read_card(client, use)
    read_card(client, use, "---\nlicense: mit\n---\n")
    open_ones = FactSuggestion.objects.filter(use=use, settled_at=None)
    assert [(one.key, one.quote) for one in open_ones.order_by("key")] == [
        ("note.licence", "license: mit"),
        ("open_source_model", "license: mit"),
    ]


@pytest.mark.long
def test_nothing_is_confirmed_while_the_facts_are_locked(client: Client, cast: Cast) -> None:
    use = make_assessment("submitted", "limited", cast=cast).use
    client.force_login(cast.owner)
    read_card(client, use)
    source = FactSuggestion.objects.get(use=use, key="model_source")
    page = client.post(reverse("model_card", args=[use.reference]), {"replace": source.pk}).content.decode()
    assert "locked" in page
    assert use.fact_rows().get(key="model_source").value == ["third_party"]


def test_a_neighbours_suggestion_cannot_be_confirmed(client: Client, cast: Cast) -> None:
    use = make_use(organisation=cast.organisation, declared=False)
    theirs = make_use(declared=False)
    found = model_card.read(CARD.encode(), Edition.objects.current().compiled())
    suggestions.suggest(theirs, found, by=owner_of(theirs.organisation), source="README.md")
    client.force_login(cast.owner)
    here = reverse("model_card", args=[use.reference])
    one = FactSuggestion.objects.filter(use=theirs)[0]
    assert "Nothing was confirmed" in client.post(here, {"confirm": one.pk}).content.decode()
    client.post(here, {"dismiss": one.pk})
    assert not FactSuggestion.objects.filter(use=theirs).exclude(settled_at=None).exists()


def test_a_card_cannot_write_into_the_page(client: Client, cast: Cast) -> None:
    use = make_use(organisation=cast.organisation, declared=False)
    client.force_login(cast.owner)
    page = read_card(
        client, use, "---\nlicense: mit\n---\n## Intended use\n<script>alert(1)</script>\n"
    ).content.decode()
    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)" in page
