"""The demo: its files fit the edition, one run loads its four states, a second run changes nothing."""

from __future__ import annotations

import io
import shutil
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.urls import reverse

from assessments.domain import portfolio
from assessments.domain.certificates import blockers
from assessments.domain.register import organisations
from assessments.domain.review import approval, quality, second_look_comparing
from assessments.domain.review import targets as review_targets
from assessments.guideline.edition import Edition
from assessments.management.commands.load_demo import DEMO_DIR, read_demo
from assessments.models import (
    Answer,
    Assessment,
    Certificate,
    Condition,
    DeclaredUse,
    Evidence,
    MarkKind,
    Organisation,
    Role,
    SecondLook,
    State,
    Submission,
    User,
)
from assessments.models import Edition as EditionRow
from assessments.models.snapshots import asked_facts
from tests.support.kept_world import made_once

pytestmark = [pytest.mark.sqlite_alone, pytest.mark.slow_first(14)]

PASSWORD = "a password for looking around"
BUREAU, CLINICS, MARKER, READING = "DEMO-0003", "DEMO-0001", "DEMO-0002", "DEMO-0004"


def load(**options: object) -> str:
    printed = io.StringIO()
    call_command("load_demo", stdout=printed, **options)
    return printed.getvalue()


def load_demo() -> str:
    """Load the demo as it is; with `made_once` it takes four seconds in one test of a run and a fraction in the others."""
    return load(password=PASSWORD)


def assessment_of(registration_no: str) -> Assessment:
    """The assessment of the use that the file of an organisation describes first."""
    rows = Assessment.objects.for_dashboard().filter(organisation__registration_no=registration_no)
    return rows.exclude(submissions__second_look__isnull=False).get()


def row_counts() -> dict[str, int]:
    return {model._meta.label: model._base_manager.count() for model in apps.get_models()}


@pytest.mark.long
@pytest.mark.django_db
def test_load_demo_prints_how_to_add_a_second_factor_and_which_login_is_exempt(settings):
    settings.SECOND_FACTOR, settings.SECOND_FACTOR_EXEMPT = True, ["helen.kwan@demo.example"]
    printed = load(password=PASSWORD)
    assert "People who review or sign need a second factor." in printed
    assert printed.count("To save time, ") == 1
    assert "To save time, helen.kwan@demo.example can sign without a second factor" in printed
    settings.SECOND_FACTOR_EXEMPT = []
    assert "impatient" not in load(password=PASSWORD)


@pytest.mark.django_db
def test_load_demo_makes_four_states_and_a_second_run_changes_nothing():
    printed = made_once(load_demo)

    draft = assessment_of(MARKER)
    assert (draft.state, draft.use.assigned_tier) == (State.DRAFT, "limited")
    assert 55 <= 100 * draft.answered // draft.applicable <= 65
    choices = set(draft.answers.values_list("choice", flat=True))
    assert {"unknown", "planned", "not_applicable"} <= choices
    assert draft.assignments.count() == 3

    in_review = assessment_of(CLINICS)
    assert (in_review.state, in_review.use.assigned_tier) == (State.IN_REVIEW, "high")
    submission = Submission.objects.get(assessment=in_review)
    assert Submission.objects.get(organisation__registration_no=READING).assessment.state == State.SUBMITTED
    reviewer = submission.seats.get().reviewer
    membership = reviewer.memberships.get()
    assert (membership.role, membership.organisation) == (Role.REVIEWER, in_review.organisation)
    targets = review_targets.review_targets(submission.content())
    assert 30 <= 100 * submission.marks.count() // len(targets) <= 37
    assert submission.marks.filter(mark=MarkKind.CHANGE_NEEDED).count() == 2
    assert submission.marks.filter(mark=MarkKind.ACCEPTED_WITH_ACTION).exists()

    certified = assessment_of(BUREAU)
    assert (certified.state, certified.use.assigned_tier) == (State.CERTIFIED, "low")
    certificate = Certificate.objects.get(use=certified.use)
    assert (certificate.status(), certificate.assurance) == ("valid", "self_declared")
    assert Condition.objects.filter(decision__submission__certificate=certificate).count() == 3

    # Answered by the respondents, signed by the leads.
    answered_by = set(Answer.objects.values_list("by__email", flat=True))
    contributors = {"jason.cheung", "arjun.rai", "samuel.ko", "oscar.lo"}
    assert answered_by == {f"{name}@demo.example" for name in contributors}
    signed = dict(Submission.objects.values_list("organisation__registration_no", "by__email"))
    leads = {CLINICS: "vivian.lau", BUREAU: "fiona.yip", READING: "grace.tam"}
    assert signed == {number: f"{name}@demo.example" for number, name in leads.items()}

    body = Organisation.objects.reviewing_body()
    assert body is not None
    assert body.memberships.filter(role=Role.REVIEWER).count() == 2
    people = User.objects.filter(email__endswith="@demo.example")
    assert all(f"{person.email} " in printed for person in people)
    assert printed.count(PASSWORD) == people.count() == 12
    assert people.get(email="fiona.yip@demo.example").check_password(PASSWORD)

    counts, hashes = row_counts(), dict(User.objects.values_list("email", "password"))
    again = load(password="another one")
    assert (row_counts(), dict(User.objects.values_list("email", "password"))) == (counts, hashes)
    assert again.count("is registered already") == 5
    assert again.count("(unchanged)") == people.count() + 1
    assert "another one" not in again
    assert "make demo-passwords" in again

    renewed = load(password="a later password", reset_passwords=True)
    assert renewed.count("a later password") == people.count()
    assert all(person.check_password("a later password") for person in people.all())

    # Nothing that was written is left out: every fact is asked for, none is missing, and no answer is hidden.
    for assessment in Assessment.objects.for_dashboard():
        edition, declared = assessment.compiled(), assessment.declared()
        facts = set(assessment.use.fact_rows().values_list("key", flat=True))
        assert facts == set(asked_facts(edition, declared))
        shown = {question.key for question in declared.questions(edition)}
        assert assessment.answer_values().keys() <= shown
    assert portfolio.wrong_columns(DeclaredUse.objects.all()) == {}


@pytest.mark.django_db
def test_one_case_is_decided_by_the_body_and_looked_at_twice_by_the_moves_of_the_domain():
    made_once(load_demo)
    look = SecondLook.objects.get()
    submission = look.submission
    assert (submission.assessment.state, submission.route, submission.assigned_tier) == (
        State.CERTIFIED,
        "independent",
        "low",
    )
    margaret, dominic = submission.seats.get().reviewer, look.reviewer
    assert (margaret.email, dominic.email) == ("margaret.siu@demo.example", "dominic.wan@demo.example")
    pairs = second_look_comparing.compare(look, by=dominic)
    apart = {pair.target: pair.kind for pair in pairs if pair.kind != "same"}
    assert apart == {"q:use-register": "stricter", "q:laws-list": "stricter"}
    assert look.talk.count() == 1
    figures = quality.own_figures(margaret, "90")
    assert (figures.approved, figures.own_set.n) == (1, figures.own_set.of)
    assert figures.looks.of == len(pairs)
    assert figures.time_words


@pytest.mark.long
@pytest.mark.django_db
def test_demo_data_has_a_complete_high_case_with_its_evidence():
    """It is the one to review from the queue to the certificate: nothing is missing, and much has to be looked at."""
    made_once(load_demo)
    submission = Submission.objects.get(organisation__registration_no=READING)
    content = submission.content()
    assert (content["tier"]["assigned"], submission.route) == ("high", "independent")
    assert blockers.blockers(submission, content) == []
    assert approval.missing_at_the_gates(submission, content) == []
    assert all(answer["evidence"] or answer["text"] for answer in content["answers"].values())
    pieces = Evidence.objects.filter(organisation=submission.organisation)
    assert pieces.count() == 18
    for piece in pieces:
        newest = piece.versions.get()
        assert default_storage.size(newest.storage_key) == newest.size > 150
        assert newest.media_type in ("text/plain", "text/csv")
    # No piece serves twice in the conformity file.
    parts = [piece["reference"] for part in content["conformity"] for piece in part["evidence"]]
    assert len(parts) == len(set(parts)) == 6
    # The largest case of the demo is another one: what its pages weigh on the wire.
    weights = weights_of(assessment_of(CLINICS))
    assert len(weights) > 30
    assert {url: size for url, size in weights.items() if size > LARGEST_PAGE} == {}


LARGEST_PAGE = 20_000  # bytes, compressed


def weights_of(assessment: Assessment) -> dict[str, int]:
    """Return the compressed size of the task list, the sections, the results and a review's pages of a case."""
    member = assessment.organisation.memberships.get(role=Role.OWNER).user
    submission = assessment.current_submission
    pages = {reverse("assessment", args=[assessment.reference]), reverse("results", args=[assessment.reference])}
    case = {reverse("review", args=[submission.reference])}
    for section in assessment.compiled().sections:
        pages.add(reverse("section", args=[assessment.reference, section.key]))
        case.add(reverse("review_section", args=[submission.reference, section.key]))
    found = {}
    for user, urls in ((member, pages), (submission.seats.get().reviewer, case)):
        client = Client(headers={"Accept-Encoding": "gzip"})
        client.force_login(user)
        for url in sorted(urls):
            response = client.get(url)
            if response.status_code == 200:  # a section that asks nothing of this use leads back
                assert response["Content-Encoding"] == "gzip"
                found[url] = len(response.content)
    return found


@pytest.mark.django_db
def test_a_piece_of_evidence_without_its_file_is_named(tmp_path: Path):
    shutil.copytree(DEMO_DIR, tmp_path, dirs_exist_ok=True)
    (tmp_path / "files" / "lantern-risks.csv").unlink()
    with pytest.raises(CommandError, match=r"risks\.file: there is no file “lantern-risks\.csv”"):
        load(folder=tmp_path, password=PASSWORD)
    assert not Organisation.objects.exists()


@pytest.mark.django_db
def test_every_answer_and_line_is_shown_and_says_something_of_its_own(edition: Edition):
    notes: list[str] = []
    for file in read_demo(DEMO_DIR, edition):
        if file.is_reviewing_body:
            continue
        declared = file.declared(edition)
        shown = {question.key: question for question in declared.questions(edition)}
        for key, answer in file.answers.items():
            lines = {item.key for item in declared.items(edition, shown[key])}
            assert lines >= {*answer.items, *answer.not_applicable}, key
            assert 8 <= len(answer.text.split()) <= 40, key
            notes.append(answer.text)
    assert len(set(notes)) == len(notes)


@pytest.mark.django_db
def test_what_is_answered_for_two_uses_is_true_of_both_and_their_scopes_are_apart(edition: Edition):
    """The second use of a file gets the answers of the first: none may speak of what the first alone makes."""
    [file] = [file for file in read_demo(DEMO_DIR, edition) if file.reviewed]
    one_use_only = ("leaflet", "60 minutes", "papers for the Council", "drafting as the only purpose")
    said = {key: words for key, answer in file.answers.items() for words in one_use_only if words in answer.text}
    assert said == {}
    first, second = file.use, file.reviewed.use
    assert "ummar" not in first["purpose"] + first["scope_en"]
    assert "Summaries of consultation papers" in first["exclusions"]
    assert ("撮" in first["scope_zh"], "撮" in second["scope_zh"]) == (False, True)
    assert "All other office papers" in second["exclusions"]
    assert "published" in second["purpose"]
    assert file.facts["publishes_output"] is True
    assert "Read in full" not in file.reviewed.statement  # no evidence was attached, most answers are accepted together


@pytest.mark.django_db
def test_the_complete_high_case_agrees_with_its_own_evidence(edition: Edition):
    [file] = [file for file in read_demo(DEMO_DIR, edition) if file.organisation["registration_no"] == READING]
    assert file.facts["minors_or_vulnerable_users"] is True  # patients
    assert file.facts["vulnerable_kind"] == ["patients"]
    assert file.declared(edition).tier == "high"
    for words in ("先行閱片", "修正"):  # the X-ray first, then the draft, as in English
        assert words in file.use["scope_zh"]

    folder = DEMO_DIR / "files"
    weeks = (folder / file.evidence["monitoring"].file).read_text().splitlines()[1:]
    last, first = reversed(file.evidence["monitoring"].days_ago)
    assert first - last + 1 == 7 * len(weeks) == 28
    risks = (folder / file.evidence["risks"].file).read_text().splitlines()[1:]
    assert len(risks) == 9
    assert file.answers["risk-assessment"].text.startswith("Nine risks")

    audit = (folder / file.evidence["audit"].file).read_text()
    before, after = audit.split("Second visit, 19 October")
    assert ("conformity file" in before, "conformity file" in after) == (False, True)
    assert "19 October" in file.answers["tier-high-conformity"].text


@pytest.mark.django_db
def test_the_organisations_are_named_in_both_languages_and_one_with_characters_of_hkscs(edition: Edition):
    named = [file.organisation["name_zh"] for file in read_demo(DEMO_DIR, edition)]
    assert all(named)
    scopes = [file.use["scope_zh"] for file in read_demo(DEMO_DIR, edition) if file.use]
    beyond_big5 = [scope for scope in scopes if scope.encode("big5", "ignore").decode("big5") != scope]
    assert len(beyond_big5) == 1
    assert beyond_big5[0].encode("big5hkscs").decode("big5hkscs") == beyond_big5[0]


@pytest.mark.django_db
def test_load_demo_beside_another_reviewing_body_leaves_its_own_out(tmp_path: Path):
    founder = User.objects.create_user("ines@example.org", name="Ines Independent")
    body = organisations.register_organisation(
        by=founder, reviewing_body=True, name_en="Review House", place="Hong Kong"
    )
    shutil.copy(DEMO_DIR / "review-house.yaml", tmp_path)
    printed = load(folder=tmp_path, password=PASSWORD)
    assert Organisation.objects.reviewing_body() == body
    assert "Hong Kong AI Review House was not loaded" in printed
    assert "margaret.siu@demo.example" not in printed


@pytest.mark.few_a_day(4)
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("was", "now", "fault"),
    [
        ("  use-register:\n", "  use-registers:\n", "answers.use-registers: this question does not apply to the use"),
        (
            "[sensitive-audit]",
            "[sensitive-adit]",
            "answers.audit-trail: the line “sensitive-adit” does not apply to the use",
        ),
        ("  sector: none", "  sektor: none", "sektor: no fact has this key"),
        (
            "  sector: none",
            "  sector: nine",
            "sector: Choose from the answers listed. “nine” is not an answer to this question.",
        ),
        (
            "  laws-list: 60",
            "  laws-list: 600",
            "due-laws-list: Choose a date from tomorrow to 90 days from today.",
        ),
        ("    choice: in_place", "    choise: in_place", "answers.use-register.choise: unknown key"),
        ("  name_zh:", "  name_tc:", "organisation.name_tc: unknown key"),
        (
            "state: certified",
            "state: returned",
            "state: “returned” is not one of: certified, draft, in_review, submitted",
        ),
        (
            "    choice: ticked",
            "    choice: in_place",
            "answers.prohibited-uses.choice: Choose one of the answers listed.",
        ),
        (
            "answered_by: samuel.ko",
            "answered_by: noor.begum",
            "answers.use-register: Your role does not allow you to do this.",
        ),
        ('  version: "3.2"\n', "", "system: the key “version” is missing"),
        ("state: certified\n", "state: certified\nstate: draft\n", "state: this key is used twice"),
    ],
)
def test_a_bad_key_names_its_file_and_itself_and_leaves_nothing_behind(tmp_path: Path, was, now, fault):
    file = shutil.copy(DEMO_DIR / "waterfront-bureau.yaml", tmp_path)
    text = Path(file).read_text(encoding="utf-8")
    assert was in text
    Path(file).write_text(text.replace(was, now, 1), encoding="utf-8")
    counts = row_counts()
    with pytest.raises(CommandError) as caught:
        load(folder=tmp_path, password=PASSWORD)
    assert str(caught.value).startswith("waterfront-bureau.yaml:")
    assert f": {fault}" in str(caught.value)
    assert row_counts() == counts


@pytest.mark.long
@pytest.mark.django_db
def test_a_newer_release_than_the_one_that_stands_is_loaded_first(tmp_path: Path, settings):
    """A database that was set up with an older release gets the newest, beside it, before the demo begins."""
    copy = shutil.copytree(settings.EDITION_DIR, tmp_path / "edition")
    head = copy / "edition.yaml"
    head.write_text(head.read_text().replace("release: 7\n", "release: 8\n"))
    settings.EDITION_DIR = copy
    (tmp_path / "demo").mkdir()
    shutil.copy(DEMO_DIR / "review-house.yaml", tmp_path / "demo")
    said = load(password=PASSWORD, folder=tmp_path / "demo")
    assert "hk-genai-1.1 release 8 loaded" in said
    assert sorted(EditionRow.objects.values_list("release", flat=True)) == [7, 8]
    assert "loaded" not in load(password=PASSWORD, folder=tmp_path / "demo")
