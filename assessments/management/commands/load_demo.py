"""manage.py load_demo: four invented organisations, each with one use at another point of its way, to look around in.

The files of fixtures/demo say who is there and what was answered, those of its folder `files` are the evidence; all is
done by the functions that the pages use.
"""

from __future__ import annotations

import secrets
import uuid
from argparse import ArgumentParser
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import MISSING, asdict, dataclass, field, fields
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from assessments.access.roles import membership_in
from assessments.core import proof
from assessments.core.errors import InvalidAnswer, NotPermitted, WorkflowError
from assessments.domain.answering import answers as answering_answers
from assessments.domain.answering import assignments, conformity_file, start
from assessments.domain.evidence import library
from assessments.domain.facts import declare
from assessments.domain.register import members, organisations, systems
from assessments.domain.review import marks as review_marks
from assessments.domain.review import opened, seat_taking
from assessments.domain.submission import self_certify, submit
from assessments.guideline.edition import Edition as CompiledEdition
from assessments.guideline.files import Document, read_document
from assessments.guideline.files import Path as YamlPath
from assessments.guideline.reach import complete
from assessments.guideline.terms import Choice, Stakeholder
from assessments.management import demo_review
from assessments.management.commands.confirm_address import confirm_by_command
from assessments.management.demo_review import SHOWN, DemoReviewed
from assessments.models import Assessment, Edition, MarkKind, Organisation, Role, Route, State, User
from assessments.scoring.inputs import Declared
from assessments.scoring.tiers import assign_tier

DEMO_DIR = settings.BASE_DIR / "fixtures" / "demo"
PARTS = {"developer": Stakeholder.DEVELOPER, "provider": Stakeholder.PROVIDER, "user": Stakeholder.ORGANISATION}
STATES = (State.DRAFT, State.SUBMITTED, State.IN_REVIEW, State.CERTIFIED)
KEYS = {  # of the parts of a file that are handed on as they are; all are needed
    "organisation": ("name_en", "name_zh", "registration_no", "place", "contact"),
    "system": ("name", "version", "description", "suppliers", "parts"),
    "use": ("title", "purpose", "setting", "people_affected", "scope_en", "scope_zh", "exclusions"),
}


@dataclass(frozen=True, slots=True)
class Person:
    mail: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class DemoAnswer:
    choice: str
    text: str = ""
    items: list[str] = field(default_factory=list)  # ticked
    not_applicable: dict[str, str] = field(default_factory=dict)  # item to reason
    in_days: int | None = None  # of `planned`
    reason: str = ""
    figure: dict[str, str] = field(default_factory=dict)  # measured, target

    def value(self, today: date) -> dict[str, Any]:
        """Return the answer as the page sends it."""
        return {
            "choice": self.choice,
            "items": {**dict.fromkeys(self.items, True), **self.not_applicable},
            "text": self.text,
            "planned_for": None if self.in_days is None else today + timedelta(days=self.in_days),
            "reason": self.reason,
            "figure": self.figure,
        }


@dataclass(frozen=True, slots=True)
class DemoMark:
    mark: str
    reason: str = ""
    words: str = ""
    would_satisfy: str = ""
    private_note: str = ""


@dataclass(frozen=True, slots=True)
class DemoReview:
    """What the first reviewer has done so far: `accepted` targets, then those marked with words."""

    by: str
    accepted: list[str] = field(default_factory=list)
    marks: dict[str, Any] = field(default_factory=dict)

    def all_marks(self) -> Iterator[tuple[str, DemoMark]]:
        for target in self.accepted:
            yield target, DemoMark(MarkKind.ACCEPTED)
        for target, written in self.marks.items():
            yield target, DemoMark(**written)


@dataclass(frozen=True, slots=True)
class DemoEvidence:
    """An evidence item: a file of the folder `files`, the answers that name it, and the part of the conformity file."""

    title: str
    proves: str
    file: str
    answers: list[str] = field(default_factory=list)
    part: str = ""
    days_ago: list[int] = field(default_factory=list)  # the first and the last day that it speaks for

    def period(self, today: date) -> dict[str, date]:
        return dict(zip(("period_from", "period_to"), (today - timedelta(days=n) for n in self.days_ago), strict=False))


@dataclass(frozen=True, slots=True)
class DemoFile:
    """One file of the folder: an organisation with its people and, but for the reviewing body, its declared use."""

    document: Document
    organisation: dict[str, str]
    people: list[Person]
    system: dict[str, Any] = field(default_factory=dict)
    use: dict[str, str] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    state: str = ""
    answered_by: str = ""
    answers: dict[str, DemoAnswer] = field(default_factory=dict)
    evidence: dict[str, DemoEvidence] = field(default_factory=dict)
    conformity: dict[str, list[dict[str, str]]] = field(default_factory=dict)  # part of the file to its rows
    assigned: dict[str, int] = field(default_factory=dict)  # section to days from now
    route: str = Route.INSIDE
    review: DemoReview | None = None
    conditions: dict[str, int] = field(default_factory=dict)  # question to days from now
    public_statement: str = ""
    reviewed: DemoReviewed | None = None

    @property
    def is_reviewing_body(self) -> bool:
        return not self.use

    @property
    def lead(self) -> Person:
        return self.people[0]

    def declared(self, edition: CompiledEdition) -> Declared:
        """Return the use as scoring sees it, worked out from the file alone."""
        given = {key: tuple(value) if isinstance(value, list) else value for key, value in self.facts.items()}
        facts = complete(edition.facts, given)
        parts = tuple(PARTS[part] for part in self.system["parts"])
        return Declared(facts=facts, parts=parts, tier=assign_tier(edition, facts).assigned_tier)


class DemoFault(CommandError):
    """Something in a file that cannot be loaded; names the file, the line and the key."""

    def __init__(self, document: Document, path: YamlPath, words: str) -> None:
        super().__init__(str(document.fault(path, words)))


def read_demo(folder: Path, edition: CompiledEdition) -> list[DemoFile]:
    """Read and check every file of the folder, the reviewing body first. Raises DemoFault, with nothing written yet."""
    files = [_read(path) for path in sorted(folder.glob("*.yaml"))]
    if not files:
        raise CommandError(f"{folder}: there are no demo files in this folder")
    for file in files:
        if not file.is_reviewing_body:
            _check(file, edition)
    return sorted(files, key=lambda file: (not file.is_reviewing_body, file.organisation["registration_no"]))


def _read(path: Path) -> DemoFile:
    document = read_document(path.name, path.read_text(encoding="utf-8"))
    if document.faults:
        raise CommandError("\n".join(str(fault) for fault in document.faults))
    written = _fields(document, (), DemoFile, document.value, given={"document"})
    for part, keys in KEYS.items():
        if part in written:
            _keys(document, (part,), written[part], needed=keys, known=keys)
    people = [
        Person(**_fields(document, ("people", number), Person, person))
        for number, person in enumerate(written["people"])
    ]
    answers = {
        key: DemoAnswer(**_fields(document, ("answers", key), DemoAnswer, answer))
        for key, answer in written.get("answers", {}).items()
    }
    evidence = {
        key: DemoEvidence(**_fields(document, ("evidence", key), DemoEvidence, piece))
        for key, piece in written.get("evidence", {}).items()
    }
    for key, piece in evidence.items():
        if not (path.parent / "files" / piece.file).is_file():
            raise DemoFault(document, ("evidence", key, "file"), f"there is no file “{piece.file}”")
    review = None
    if "review" in written:
        review = DemoReview(**_fields(document, ("review",), DemoReview, written["review"]))
        for target, mark in review.marks.items():
            _fields(document, ("review", "marks", target), DemoMark, mark)
    reviewed = None
    if "reviewed" in written:
        reviewed = DemoReviewed(**_fields(document, ("reviewed",), DemoReviewed, written["reviewed"]))
        _keys(document, ("reviewed", "use"), reviewed.use, needed=KEYS["use"], known=KEYS["use"])
    read = {"document": document, "people": people, "answers": answers, "evidence": evidence, "review": review}
    read["reviewed"] = reviewed
    return DemoFile(**{**written, **read})


def _fields(
    document: Document, path: YamlPath, kind: type[Any], written: object, given: Collection[str] = ()
) -> dict[str, Any]:
    """Hold what is written against the fields of `kind`; `given` are those that the file does not write."""
    known = [part for part in fields(kind) if part.name not in given]
    needed = [part.name for part in known if part.default is MISSING and part.default_factory is MISSING]
    return _keys(document, path, written, needed=needed, known=[part.name for part in known])


def _keys(
    document: Document, path: YamlPath, written: object, *, needed: Iterable[str], known: Collection[str]
) -> dict[str, Any]:
    """Return what is written, or raise DemoFault: not keys with values, a key unknown, a needed one left out."""
    if not isinstance(written, dict):
        raise DemoFault(document, path, "each entry here needs a name and a value, for example owner: Chan")
    for name in written:
        if name not in known:
            raise DemoFault(document, (*path, name), f"unknown key; the known keys are: {', '.join(known)}")
    for name in needed:
        if name not in written:
            raise DemoFault(document, path, f"the key “{name}” is missing")
    return written


def _check(file: DemoFile, edition: CompiledEdition) -> None:
    """Find keys that the edition does not have, or does not put to this use: nothing written may stay hidden."""
    document = file.document
    for key in file.facts:
        if key not in edition.facts:
            raise DemoFault(document, ("facts", key), "no fact has this key")
    for number, part in enumerate(file.system["parts"]):
        _one_of(document, ("system", "parts", number), part, PARTS)
    _one_of(document, ("state",), file.state, STATES)
    declared = file.declared(edition)
    asked = {
        question.key: {item.key for item in declared.items(edition, question)}
        for question in declared.questions(edition)
    }
    for key, answer in file.answers.items():
        if key not in asked:
            raise DemoFault(document, ("answers", key), "this question does not apply to the use")
        _one_of(document, ("answers", key, "choice"), answer.choice, list(Choice))
        for item in [*answer.items, *answer.not_applicable]:
            if item not in asked[key]:
                raise DemoFault(document, ("answers", key), f"the line “{item}” does not apply to the use")
    for name, piece in file.evidence.items():
        for key in piece.answers:
            if key not in file.answers:
                raise DemoFault(document, ("evidence", name, "answers"), f"“{key}” has no answer under “answers”")
    for key in file.conditions:
        if key not in asked:
            raise DemoFault(document, ("conditions", key), "this question does not apply to the use")
    for key in file.assigned:
        if key not in edition.section_of:
            raise DemoFault(document, ("assigned", key), "no section has this key")
    targets = {f"f:{key}" for key in file.facts} | {f"q:{key}" for key in asked}
    mails = {person.mail for person in file.people}
    _one_of(document, ("answered_by",), file.answered_by, mails)
    if file.state == State.IN_REVIEW and file.review is None:
        raise DemoFault(document, ("state",), "a use in review needs the key “review”")
    if file.review:
        _one_of(document, ("review", "by"), file.review.by, mails)
        for target, _mark in file.review.all_marks():
            if target not in targets:
                raise DemoFault(document, ("review",), f"no fact or answer has the key “{target}”")


def is_newest_loaded() -> bool:
    """Tell whether the release of the edition's folder is in the database, by its number alone."""
    head: Any = read_document("edition.yaml", (settings.EDITION_DIR / "edition.yaml").read_text(encoding="utf-8")).value
    return Edition.objects.filter(key=head["key"], release=head["release"]).exists()


def _one_of(document: Document, path: YamlPath, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise DemoFault(document, path, f"“{value}” is not one of: {', '.join(sorted(known))}")


class Command(BaseCommand):
    help = "Load four invented organisations with their people and assessments. Existing data does not change."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--password", help="the password for all new logins (default: one random password)")
        parser.add_argument(
            "--reset-passwords", action="store_true", help="set a new password for all logins of the demo"
        )
        parser.add_argument("--folder", type=Path, default=DEMO_DIR, metavar="DIR")

    def handle(self, *args: Any, password: str | None, reset_passwords: bool, folder: Path, **options: Any) -> None:
        if not is_newest_loaded():  # an older release may be: what stands on it stays, the demo begins on the newest
            call_command("load_guideline", stdout=self.stdout)
        self.password = password or secrets.token_urlsafe(9)
        self.new: set[str] = set()
        self.folder = folder
        files = read_demo(folder, Edition.objects.current().compiled())
        try:
            for file in files:
                name = file.organisation["name_en"]
                if Organisation.objects.filter(registration_no=file.organisation["registration_no"]).exists():
                    self.stdout.write(f"{name} is registered already and was not changed.")
                elif file.is_reviewing_body and (body := Organisation.objects.reviewing_body()):
                    self.stdout.write(f"{body} is the reviewing body of this installation, so {name} was not loaded.")
                else:
                    self.load(file)
            if reset_passwords:
                self.reset_passwords(files)
        finally:  # also after a fault: a random password of what stands already would be lost
            self.print_logins(files)

    def load(self, file: DemoFile) -> None:
        """Found one organisation and do what its file tells; all of it or, at a fault, nothing."""
        self.stdout.write(f"{file.organisation['name_en']} …")
        self.at: YamlPath = ()
        try:
            with transaction.atomic(), proof.of_command("load_demo"):
                self.do(file)
        except InvalidAnswer as error:
            raise DemoFault(file.document, (*self.at, error.field), str(error)) from error
        except WorkflowError as error:
            raise DemoFault(file.document, self.at, " ".join([str(error), *error.reasons])) from error
        except NotPermitted as error:
            raise DemoFault(file.document, self.at, str(error)) from error
        except ValidationError as error:
            raise DemoFault(file.document, self.at, " ".join(error.messages)) from error

    def do(self, file: DemoFile) -> None:
        """Do one thing after another; `at` says where in the file the present one is written."""
        self.at = ("people",)
        users = {person.mail: self.user(person) for person in file.people}
        lead = users[file.lead.mail]
        self.at = ("organisation",)
        organisation = organisations.register_organisation(
            by=lead, reviewing_body=file.is_reviewing_body, **file.organisation
        )
        for number, person in enumerate(file.people[1:], start=1):
            self.at = ("people", number)
            invitation, _token = members.invite(organisation, by=lead, email=person.mail, role=Role(person.role))
            members.accept_invitation(invitation, by=users[person.mail])
        if file.is_reviewing_body:
            return
        self.at = ("system",)
        described = {key: value for key, value in file.system.items() if key != "parts"}
        parts = {f"is_{part}": True for part in file.system["parts"]}
        system = systems.register_system(organisation, by=lead, **described, **parts)
        self.at = ("use",)
        use = systems.declare_use(system, by=lead, **file.use)
        self.at = ("facts",)
        use = declare.declare_facts(use, file.facts, by=lead).use
        assessment = start.start_assessment(use, by=lead)
        self.answer(file, assessment, users[file.answered_by])
        self.give_evidence(file, assessment, users[file.answered_by])
        self.stdout.write(f"  {use}: {use.get_assigned_tier_display()}, {len(file.answers)} answers")
        self.bring_to_state(file, assessment, users)
        assessment.refresh_from_db()
        self.stdout.write(f"  {assessment.get_state_display()}")
        if file.reviewed and len(demo_review.reviewers()) > 1:
            self.at = ("reviewed",)
            another = demo_review.declare_another(file.reviewed, system, file.facts, by=lead)
            self.answer(file, another, users[file.answered_by])
            self.at = ("reviewed",)
            demo_review.review_twice(file.reviewed, another, self.conditions(file), by=lead)
            another.refresh_from_db()
            self.stdout.write(f"  {another.use}: {another.get_state_display()}, with a second look")

    def answer(self, file: DemoFile, assessment: Assessment, by: User) -> None:
        for key, answer in file.answers.items():
            self.at = ("answers", key)
            value = answer.value(timezone.localdate())
            answering_answers.save_answer(assessment, key, value, by=by, base=0, operation=uuid.uuid4())

    def conditions(self, file: DemoFile) -> dict[str, date]:
        return {question: timezone.localdate() + timedelta(days=days) for question, days in file.conditions.items()}

    def give_evidence(self, file: DemoFile, assessment: Assessment, by: User) -> None:
        """Put the evidence items into the library, and name them under their answers and in the conformity file."""
        leans: dict[str, list[str]] = {}
        for key, written in file.evidence.items():
            self.at = ("evidence", key)
            content = (self.folder / "files" / written.file).read_bytes()
            upload = SimpleUploadedFile(written.file, content)
            told: dict[str, Any] = {
                "title": written.title,
                "proves": written.proves,
                **written.period(timezone.localdate()),
            }
            piece = library.add(assessment.organisation, by=by, file=upload, **told)
            for question in written.answers:
                library.attach(piece, assessment, question, by=by)
            if written.part:
                leans.setdefault(written.part, []).append(piece.reference)
        for part in conformity_file.parts_asked(assessment) if file.evidence or file.conformity else ():
            self.at = ("conformity", part.key)
            rows, evidence = file.conformity.get(part.key, []), leans.get(part.key, [])
            given = conformity_file.GivenPart(rows=rows, evidence=evidence)
            conformity_file.save_part(assessment, part.key, given, by=by, base=0)

    def bring_to_state(self, file: DemoFile, assessment: Assessment, users: Mapping[str, User]) -> None:
        """Bring the assessment to the state that the file names."""
        lead, today = users[file.lead.mail], timezone.localdate()
        for section, days in file.assigned.items():
            self.at = ("assigned", section)
            member = membership_in(users[file.answered_by], assessment.organisation_id)
            assert member is not None  # joined above
            assignments.assign_section(assessment, section, member, by=lead, due=today + timedelta(days=days))
        if file.state == State.CERTIFIED:
            self.at = ("conditions",)
            due = self.conditions(file)
            self_certify.self_certify(assessment, by=lead, conditions=due, public_statement=file.public_statement)
        elif file.state in (State.SUBMITTED, State.IN_REVIEW):
            self.at = ("state",)
            submission = submit.submit(
                assessment, by=lead, route=Route(file.route), public_statement=file.public_statement
            )
            if file.review is None:
                return
            self.at = ("review", "by")
            reviewer = users[file.review.by]
            seat_taking.take(submission, by=reviewer)
            for target, mark in file.review.all_marks():
                self.at = ("review", "marks", target)
                seen = opened.token(submission, target, reader=reviewer, at=timezone.now() - SHOWN)
                given = review_marks.GivenMark(seen=seen, **asdict(mark))
                review_marks.save_mark(submission, target, given, by=reviewer)

    def user(self, person: Person) -> User:
        """Return the login of a person; one that is there already keeps its name and password."""
        found = User.objects.filter(email__iexact=person.mail).first()
        if found:
            return found
        self.new.add(person.mail)
        user = User.objects.create_user(person.mail, self.password, name=person.name)
        confirm_by_command(user)
        return user

    def reset_passwords(self, files: list[DemoFile]) -> None:
        """Give each login of the demo that was here before the password that is printed; its sessions end with the old one."""
        for user in User.objects.filter(email__in=[person.mail for file in files for person in file.people]):
            user.set_password(self.password)
            user.save(update_fields=["password"])
            self.new.add(user.email)

    def print_logins(self, files: list[DemoFile]) -> None:
        """Print who can sign in, as what, and with which password."""
        rows = [("mail", "name", "role", "organisation", "password")]
        for file in files:
            organisation = Organisation.objects.filter(registration_no=file.organisation["registration_no"]).first()
            for person in file.people if organisation else ():
                user = User.objects.filter(email__iexact=person.mail).first()
                member = user and organisation and membership_in(user, organisation)
                if user and organisation and member:
                    password = self.password if person.mail in self.new else "(unchanged)"
                    rows.append((user.email, user.name, str(member.get_role_display()), str(organisation), password))
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        self.stdout.write("")
        for row in rows:
            self.stdout.write("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
        self.say_second_factor([row[0] for row in rows[1:]])
        if any(row[-1] == "(unchanged)" for row in rows):
            self.stdout.write(
                "\n(unchanged): the login existed before and keeps its password. The password is not shown again."
                "\nTo set new passwords for all logins of the demo, run: make demo-passwords"
            )

    def say_second_factor(self, mails: list[str]) -> None:
        """Print how to add a second factor, and which login does without one."""
        if not settings.SECOND_FACTOR:
            return
        self.stdout.write(
            "\nPeople who review or sign need a second factor. The page asks them to set one up at that point: "
            "a passkey"
            "\n(fingerprint, face or PIN of this computer) or an authenticator app on a phone. Either takes four steps."
        )
        exempt = {address.lower() for address in settings.SECOND_FACTOR_EXEMPT}
        for mail in mails:
            if mail.lower() in exempt:
                self.stdout.write(f"To save time, {mail} can sign without a second factor on this machine only.")
