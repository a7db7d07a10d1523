"""The main job in a real browser, from an empty installation: through pages and mails only, with no factories.

`manage.py set_up` makes the reviewing body with its first reviewer and an organisation with its owner. Everything after
it is read from a page or a mail, chosen and pressed, as the people in it do. HKGUIDE_SHOTS=FOLDER keeps pictures.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from collections.abc import Callable, Iterator, Mapping
from datetime import timedelta
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
from django.core.mail import EmailMessage
from django.core.management import call_command
from django.utils import timezone
from playwright.sync_api import Browser, Locator, Page, expect
from pypdf import PdfReader
from pytest_django.live_server_helper import LiveServer

from tests.support.browser import NARROW, WIDE, Watch, new_page

pytestmark = [pytest.mark.browser, pytest.mark.asks_proof, pytest.mark.slow_first(4)]

ORGANISATION = "Harbourlight Clinics Limited"
IN_CHINESE = "港燈診所有限公司"
BODY = "Review House"
PASSWORD = "seven ferries before breakfast"
PATIENCE = 60_000  # milliseconds: signing waits for the documents, which tests make in their own process
SHOTS = os.environ.get("HKGUIDE_SHOTS", "")

MILD = {  # facts that are no yes or no; every other is answered with no
    "decision_autonomy": "human_approves",
    "human_reviewer_qualified": "qualified",
    "worst_credible_effect": "none",
    "reversibility": "easily",
    "users_scale": "under_100",
    "output_used_for": "drafting",
    "modalities": "text",
    "service_areas": "writing_assistance",
    "high_risk_content": "none",
    "personal_data": "none",
    "sector": "none",
    "model_source": "third_party",
    "deployment_stage": "live",
    "markets": "hong_kong",
    "hosting": "public_cloud",
    "education_uses": "none",
    "customers_can_opt_out": "yes",
    "vulnerable_kind": "",  # asked only after another answer
}


class Person:
    """Somebody at a browser of their own, who finds links, buttons and fields by the words on the page.

    Only long rows of like controls are found by their values: looking for words there takes most of the time.
    """

    def __init__(self, page: Page, name: str, email: str, password: str = PASSWORD) -> None:
        self.page, self.name, self.email, self.password = page, name, email, password
        self.main = page.get_by_role("main")
        page.set_default_timeout(PATIENCE)
        self.watch = Watch(page)
        self.shots = itertools.count(1)
        self.confirmed = False

    @property
    def heading(self) -> str:
        return " ".join(self.page.get_by_role("heading", level=1).inner_text().split())

    def open(self, address: str) -> None:
        self.page.goto(address)

    def go(self, place: str) -> None:
        """Go to one of the places in the header."""
        self._leave(self.page.get_by_role("banner").get_by_role("link", name=place, exact=True))

    def go_to_organisation(self) -> None:
        """By the menu under one's own name."""
        self.go("Home")
        banner = self.page.get_by_role("banner")
        banner.locator("summary").filter(has_text=self.name).click()
        self._leave(banner.get_by_role("link", name=ORGANISATION))

    def follow(self, words: str | re.Pattern[str]) -> None:
        self._leave(self.main.get_by_role("link", name=words).first)

    def press(self, words: str | re.Pattern[str]) -> None:
        self._leave(self.main.get_by_role("button", name=words))

    def go_on(self) -> None:
        """Press the one filled button."""
        self._leave(self.main.locator(".btn-primary"))

    def _leave(self, control: Locator) -> None:
        with self.page.expect_navigation():
            control.click()

    def fill(self, label: str, text: str) -> None:
        self.main.get_by_label(label).fill(text)

    def choose(self, label: str) -> None:
        self.main.get_by_label(label).check()

    def sees(self, words: str) -> None:
        expect(self.main).to_contain_text(words, timeout=PATIENCE)

    def sign_in(self) -> None:
        self.open("/")
        self.fill("Email", self.email)
        self.fill("Password", self.password)
        self.press("Sign in")

    def choose_password(self, password: str = PASSWORD) -> None:
        """The first page after the first sign-in: another password than the one that was printed."""
        assert self.heading == "Change your password"
        self.shot("initial-password")
        for name, value in (("oldpassword", self.password), ("password1", password), ("password2", password)):
            self.main.locator(f"[name={name}]").fill(value)
        self.press("Change password")
        self.password = password

    def sign(self, button: str) -> None:
        """Press a button that signs. The password is asked for, and not again for a quarter of an hour."""
        self.press(button)
        assert (self.heading == "Confirm that it is you") == (not self.confirmed)
        if not self.confirmed:
            self.shot("password-again")
            self.fill("Password", self.password)
            self.press("Confirm and continue")
            self.confirmed = True

    def download(self, words: str | re.Pattern[str]) -> str:
        """Keep a document by its link; the text of the PDF, on one line."""
        with self.page.expect_download() as found:
            self.main.get_by_role("link", name=words).click()
        assert found.value.suggested_filename.endswith(".pdf")
        return read(Path(found.value.path()).read_bytes())

    def shot(self, name: str) -> None:
        """Keep a picture of the page at both widths, where the run asks for it."""
        if not SHOTS:
            return
        for size in (NARROW, WIDE):
            self.page.set_viewport_size(size)
            path = Path(SHOTS) / f"{self.name.split()[0].lower()}-{next(self.shots):02}-{name}-{size['width']}.png"
            self.page.screenshot(path=path, full_page=True)


def read(pdf: bytes) -> str:
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


class Site:
    """An installation that was just set up, the people who come to it, and the mails that they get."""

    def __init__(self, new_page: Callable[[], Page], mails: list[EmailMessage]) -> None:
        self.new_page, self.mails = new_page, mails
        self.people: list[Person] = []
        said = StringIO()
        call_command(
            "set_up",
            *("--body", BODY, "--reviewer", "ines.independent@body.example"),
            *("--organisation", ORGANISATION, "--owner", "lily.lead@clinics.example"),
            stdout=said,
        )
        self.passwords = dict(re.findall(r"sign in as (\S+) with the password (\S+)", said.getvalue()))

    def arrive(self, name: str, email: str = "") -> Person:
        """Somebody opens a browser; whoever `set_up` gave a password signs in with it and chooses another one."""
        person = Person(self.new_page(), name, email, self.passwords.get(email, PASSWORD))
        self.people.append(person)
        if email in self.passwords:
            person.sign_in()
            person.choose_password()
            self.passwords[email] = PASSWORD
        return person

    def lead(self) -> Person:
        return self.arrive("Lily Lead", "lily.lead@clinics.example")

    def independent_reviewer(self) -> Person:
        return self.arrive("Ines Independent", "ines.independent@body.example")

    def invited(self, by: Person, name: str, role: str) -> Person:
        """Somebody is invited by mail, makes an account and joins."""
        email = name.lower().replace(" ", ".") + "@clinics.example"
        by.go_to_organisation()
        by.follow("Manage and invite people")
        by.fill("Email addresses", email)
        by.main.get_by_role("radio", name=re.compile(rf"^{role}(?!,)")).check()
        by.shot("people")
        by.press("Send invitations")
        person = self.arrive(name, email)
        person.open(self.link_for(email))
        person.shot("invitation")
        person.follow("Create an account and join")
        person.fill("Your name", name)
        assert person.main.get_by_label("Email").input_value() == email
        person.fill("Password", PASSWORD)
        person.shot("account")
        person.press("Create the account")
        person.fill("Code", self.code_for(email))
        person.shot("code")
        person.press("Confirm the address")
        person.press(f"Join {ORGANISATION}")
        person.sees(f"You have joined {ORGANISATION}.")
        person.shot("joined")
        return person

    def link_for(self, person: str, about: str = "") -> str:
        """The link in the newest mail to this address."""
        mail = next(mail for mail in reversed(self.mails) if mail.to == [person] and about in mail.subject)
        return str(re.findall(r"https?://\S+", str(mail.body))[-1])

    def code_for(self, person: str) -> str:
        """The code in the newest mail to this address."""
        mail = next(mail for mail in reversed(self.mails) if mail.to == [person])
        return re.findall(r"^[A-Z0-9-]{6,}$", str(mail.body), re.MULTILINE)[-1]

    def open_mail(self, person: Person, about: str) -> None:
        person.open(self.link_for(person.email, about))


@pytest.fixture
def script() -> bool:
    """Whether the browsers run scripts. The High journey goes both ways; without, a journey takes half the time."""
    return False


@pytest.fixture
def site(
    edition_stays: None,
    transactional_db: None,
    chromium: Browser,
    settings: Any,
    mailoutbox: list[EmailMessage],
    script: bool,
) -> Iterator[Site]:
    """A fresh installation on a server of its own; at the end no browser may have complained."""
    server = LiveServer("localhost")
    settings.PUBLIC_URL = server.url
    options = {"java_script_enabled": script, "base_url": server.url}
    with contextlib.ExitStack() as opened:
        opened.callback(server.stop)
        site = Site(lambda: opened.enter_context(new_page(chromium, **options)), mailoutbox)
        yield site
        assert [fault for person in site.people for fault in person.watch.said] == []


# --- what people do ------------------------------------------------------------------------------------------------------


def register(lead: Person, system: str, use: str) -> None:
    """The lead gives the organisation its Chinese name, registers a system and declares a use of it."""
    lead.go_to_organisation()
    lead.shot("organisation")
    lead.follow("Change the legal details")
    lead.fill("Legal name in Chinese", IN_CHINESE)
    lead.go_on()
    lead.go("AI systems")
    lead.shot("systems-empty")
    lead.follow("Register an AI system")
    lead.fill("Name", system)
    lead.fill("What it does", "It reads a request and proposes how soon somebody should be seen.")
    lead.choose("Service User")
    lead.shot("system-form")
    lead.press("Register this system")
    lead.follow("Declare a use")
    lead.fill("Name of the use", use)
    lead.fill("What is the system used for?", "Sorting what comes in by urgency; a nurse decides.")
    lead.fill("Where and how is the system used?", "At the reception desks, on the clinics' own screens.")
    lead.fill("Who is affected by this use?", "Patients of six clinics, about forty thousand a year.")
    lead.fill("Scope in English", f"{use} at six clinics in Hong Kong, each confirmed by a nurse.")
    lead.shot("use-form")
    lead.press("Save and continue to the facts")


def find_use(person: Person, system: str, step: str) -> None:
    """Go to a system and take the next step of its use."""
    person.go("AI systems")
    person.follow(system)
    person.shot("system")
    person.follow(step)


DECLARE_IT = """
  (facts, answers) => {
    for (const fact of facts) {
      const key = fact.id.replace("fact-", "");
      if (answers[key] === "") continue;  // asked only after another answer
      fact.querySelector(`input[name="${key}"][value="${answers[key] ?? "no"}"]`).click();
    }
  }
"""


def declare_page(person: Person, answers: Mapping[str, str], by_hand: bool = True) -> None:
    """Answer one page of facts, and go on; by hand as in `answer_page`."""
    if not by_hand:
        person.main.locator("section[id^=fact-]").evaluate_all(DECLARE_IT, {**MILD, **answers})
    for row in person.main.locator("section[id^=fact-]").all() if by_hand else ():
        key = str(row.get_attribute("id")).removeprefix("fact-")
        if value := {**MILD, **answers}.get(key, "no"):
            row.locator(f"input[name={key}][value={value}]").check()
    person.shot("facts")
    person.go_on()


def declare(person: Person, answers: Mapping[str, str]) -> None:
    """Answer the facts, page after page, up to the tier or to the early stop."""
    by_hand = True
    while "/facts/" in person.page.url:
        declare_page(person, answers, by_hand)
        by_hand = False


def start_the_questions(person: Person) -> None:
    """From the tier to the task list: every fact that opens a question was asked before."""
    person.shot("tier")
    person.press("Start the questions")


ANSWER_IT = """
  (questions, partly) => {
    for (const row of questions) {
      const lines = row.querySelectorAll("input[name$='--items']");
      const choice = row.id === `q-${partly}` ? "partly" : "in_place";
      for (const control of lines.length ? lines : row.querySelectorAll(`input[value="${choice}"]`)) control.click();
      const note = row.querySelector("textarea[name$='--text']");
      if (!lines.length) note.value = "Kept by the quality office.";
    }
  }
"""


def answer_page(person: Person, partly: str, by_hand: bool) -> None:
    """Answer the questions of a section: everything is in place but `partly`; practices get a note.

    By hand each control is looked for, scrolled to and pressed as a person does. That takes a second for a few questions:
    one section of a journey is answered so, and in the others each control is clicked where it stands.
    """
    if not by_hand:
        person.main.locator("[data-answer]").evaluate_all(ANSWER_IT, partly)
        return
    for row in person.main.locator("[data-answer]").all():
        if row.locator("[data-checklist]").count():
            for line in row.locator("input[name$=--items]").all():
                line.check()
        else:
            here = row.get_attribute("id") == f"q-{partly}"
            row.locator(f"input[value={'partly' if here else 'in_place'}]").check()
            row.locator("textarea[name$=--text]").fill("Kept by the quality office.")
    person.shot("section")


def answer_everything(person: Person, partly: str, script: bool) -> None:
    """Answer section after section. With script the first one saves itself and no button is pressed."""
    person.shot("task-list")
    saves_itself, by_hand = script, True
    while person.heading != "All questions are answered":
        person.go_on()
        answer_page(person, partly, by_hand)
        by_hand = False
        if saves_itself:
            total = person.main.locator("[data-answer]").count()
            expect(person.page.locator("#section-progress")).to_contain_text(f"{total} of {total}", timeout=PATIENCE)
            expect(person.main.locator(".hk-answer-foot", has_text="Saved")).to_have_count(total, timeout=PATIENCE)
            saves_itself = False
        else:
            person.press("Save and check this section")
            person.sees("Every question in this section has an answer")
        person.follow("Back to the task list")
    person.shot("task-list")


def give_what_a_high_use_needs(person: Person) -> None:
    """From the task list on: evidence of notice and opt-out, then the conformity file, part by part."""
    home = person.page.url.split("?")[0]
    person.open(f"{home}answers/tier-limited-transparency/evidence/")
    person.fill("Title", "Record of the desk")
    person.fill(
        "What does the evidence prove?", "What patients are told, what they choose, and what the monitor showed."
    )
    person.fill("Or enter a link to the evidence", "https://example.org/desk")
    person.fill("End of the period covered", timezone.localdate().isoformat())
    person.main.get_by_role("button", name="Add and attach").click()
    person.sees("1 evidence item attached")
    person.open(f"{home}answers/tier-limited-opt-out/evidence/")
    person.main.get_by_role("button", name=re.compile("^Attach.*Record of the desk")).click()
    person.sees("1 evidence item attached")
    person.open(home)
    person.follow("Conformity file")
    person.shot("conformity-file")
    while person.heading != "The conformity file is complete":
        person.go_on()
        for piece in person.main.get_by_role("checkbox", name="Record of the desk").all():
            piece.check()
        for why in person.main.locator("input[name^='why-']").all():
            why.fill("The same record covers this.")
        for cell in person.main.locator("input[type=text][name$='-0']").all():
            cell.fill("Dr Chan, at the console")
        person.shot("conformity-part")
        person.press("Save this part")
    person.shot("conformity-file")


def judge_the_file(person: Person) -> None:
    """From the page of the case on: each part of the conformity file supports it."""
    person.follow("Judge the parts of the conformity file")
    person.shot("judge-parts")
    for verdict in person.main.get_by_role("radio", name="Supports", exact=True).all():
        verdict.check()
    person.press("Save the judgements")
    person.sees("You have judged every part of the conformity file.")


def sign_and_submit(lead: Person) -> None:
    """From the check page on: every sentence of the statement, the reviewer within the organisation, the signature."""
    assert lead.heading == "All questions are answered. Check the answers, then sign"
    lead.shot("check")
    lead.follow("Continue to signing")
    tick_the_statement(lead)
    lead.choose("a reviewer within the organisation")
    lead.shot("sign")
    lead.sign("Sign and send to the reviewer")
    lead.sees("Submitted. The reference is")
    lead.shot("submitted")


def tick_the_statement(lead: Person) -> None:
    sentences = lead.main.locator("input[name^=statement_]").all()
    assert len(sentences) == 3
    for sentence in sentences:
        sentence.check()


def take(reviewer: Person) -> None:
    reviewer.shot("case")
    reviewer.go_on()
    reviewer.choose("No, I have no conflict of interest")
    reviewer.shot("take")
    reviewer.press("Declare interests and take the case")
    reviewer.sees("The case is now assigned to you.")


def look_at(reviewer: Person, piece: Locator) -> None:
    """Open a piece of evidence in a tab of its own and judge it: an approval wants both for the reviewer's own set."""
    address = piece.get_by_role("link", name=re.compile("Download|Open the link")).get_attribute("href")
    assert address is not None
    opened = reviewer.page.request.get(urljoin(reviewer.page.url, address), max_redirects=0)
    assert opened.status in {200, 302}  # a file, or the way to an address of somebody else's
    piece.locator("input[value=supports]").check()


def mark_everything(reviewer: Person, change: str = "", would_satisfy: str = "") -> None:
    """Accept every fact and answer, page after page, but ask for a change of one."""
    reviewer.follow(re.compile("Start marking|Continue marking"))
    while reviewer.page.url.rstrip("/").rpartition("/")[0].rpartition("/")[2] != "reviews":
        for mark in reviewer.main.locator("section[id^=f-], section[id^=q-]").all():
            if mark.get_attribute("id") == f"q-{change}":
                mark.get_by_role("radio", name="Change needed").check()
                mark.get_by_label("Why a change is needed").select_option("Evidence is missing")
                mark.get_by_label("What you would accept").fill(would_satisfy)
            else:
                mark.locator("input[value=accepted]").check()
            for piece in mark.locator(".hk-piece").all():
                look_at(reviewer, piece)
        reviewer.shot("marking")
        reviewer.press("Save these marks and continue")
    reviewer.shot("all-marked")


def verify(site: Site, number: str) -> Person:
    """Somebody without an account types the number of a certificate."""
    stranger = site.arrive("Nobody")
    stranger.open("/")
    stranger.shot("start")
    stranger.go("Check a certificate")
    stranger.fill("Certificate number", number.lower().replace("-", " "))
    stranger.press("Check this certificate")
    assert stranger.heading == number
    stranger.sees("Valid")
    stranger.sees(ORGANISATION)
    stranger.sees(IN_CHINESE)
    stranger.shot("verify")
    return stranger


# --- the journeys --------------------------------------------------------------------------------------------------------


@pytest.mark.long  # a minute each way; the Low and the prohibited journey below walk the same pages every day
@pytest.mark.parametrize("script", [pytest.param(True, id="with script"), pytest.param(False, id="without script")])
def test_a_high_use_is_answered_returned_sent_again_approved_twice_and_certified(site: Site, script: bool) -> None:
    use = "Urgency sorting"
    lead = site.lead()
    lead.shot("home")
    respondent = site.invited(lead, "Rosa Respondent", "Contributor")
    reviewer = site.invited(lead, "Rita Reviewer", "Reviewer")
    register(lead, "Frontdesk", use)

    find_use(respondent, "Frontdesk", "Declare the facts")
    declare(respondent, {"healthcare_diagnosis": "yes"})
    assert respondent.heading == f"{use}: High risk, and why"
    respondent.sees("The system takes part in assessing or treating a person's health.")
    start_the_questions(respondent)
    answer_everything(respondent, partly="use-register", script=script)
    give_what_a_high_use_needs(respondent)

    find_use(lead, "Frontdesk", "Check and sign")
    sign_and_submit(lead)

    site.open_mail(reviewer, f"To review: {use}")
    take(reviewer)
    mark_everything(reviewer, change="laws-list", would_satisfy="Name who keeps the list.")
    reviewer.follow("Return for changes")
    reviewer.fill("Message to the owner", "One thing only.")
    reviewer.shot("return")
    reviewer.sign("Return the submission for these changes")

    respondent.go("Home")
    find_use(respondent, "Frontdesk", "Make the requested changes")
    assert respondent.heading == "0 of 1 change dealt with"
    respondent.sees("Name who keeps the list.")
    respondent.shot("returned")
    respondent.fill(
        "How do you do this, and what is the evidence?", "The company secretary keeps it; read last in March."
    )
    respondent.press("Save these changes")
    assert respondent.heading == "1 of 1 change dealt with"
    respondent.shot("returned")

    site.open_mail(lead, f"Changes needed: {use}")
    lead.follow("Check and sign again")
    sign_and_submit(lead)

    site.open_mail(reviewer, f"Submitted again: {use}")  # the seat went over by itself
    mark_everything(reviewer)
    judge_the_file(reviewer)
    reviewer.follow("Go to the approval")
    reviewer.main.get_by_label("register").fill((timezone.localdate() + timedelta(days=60)).isoformat())
    reviewer.fill("Your statement", "I read every answer and saw the list.")
    reviewer.shot("approve")
    reviewer.sign("Give the first approval")

    independent = site.independent_reviewer()
    independent.shot("home")
    independent.go("Reviews")
    independent.shot("queue")
    site.open_mail(independent, f"Second review needed: {use}")
    take(independent)
    mark_everything(independent)
    judge_the_file(independent)
    independent.follow("Go to the approval")
    independent.fill("Your statement", "I agree.")
    independent.shot("approve")
    independent.sign("Approve")
    independent.sees("Your approval is recorded.")
    independent.shot("approved")

    site.open_mail(lead, f"Submission approved: {use}")
    assert lead.heading == "The certificate has been issued"
    lead.shot("certified")
    plan = lead.download("Remediation plan")
    certificate = lead.download("Certificate")
    lead.go("Certificates")
    lead.shot("certificates")
    number = lead.main.get_by_role("link", name=re.compile("^HKG-")).inner_text()
    assert [ORGANISATION in pdf for pdf in (plan, certificate)] == [True, True]
    assert [IN_CHINESE in pdf for pdf in (plan, certificate)] == [True, True]
    assert [bool(re.search("High risk", pdf)) for pdf in (plan, certificate)] == [True, True]
    assert number in certificate
    stranger = verify(site, number)
    stranger.sees("1 condition is still open")
    lead.go("Home")
    lead.shot("home-at-the-end")


def test_a_low_use_is_answered_and_certified_on_its_owners_word(site: Site) -> None:
    lead = site.lead()
    respondent = site.invited(lead, "Rosa Respondent", "Contributor")
    register(lead, "Draftdesk", "Drafting of leaflets")

    find_use(respondent, "Draftdesk", "Declare the facts")
    declare(respondent, {})
    assert respondent.heading == "Drafting of leaflets: Low risk, and why"
    start_the_questions(respondent)
    answer_everything(respondent, partly="use-register", script=False)

    find_use(lead, "Draftdesk", "Check and sign")
    lead.follow("Continue to self-certification")
    lead.main.get_by_label("register").fill((timezone.localdate() + timedelta(days=60)).isoformat())
    tick_the_statement(lead)
    lead.shot("self-certify")
    lead.sign("Sign and issue the certificate")
    number = re.findall("HKG-[0-9A-Z-]+", lead.main.inner_text())[0]
    certificate = lead.download("Certificate")
    assert (number in certificate, ORGANISATION in certificate, "Low risk" in certificate) == (True, True, True)
    assert "self-declared" in certificate.lower()
    assert ORGANISATION in lead.download("Remediation plan")
    verify(site, number).sees("Self-declared")


@pytest.mark.long  # daily the Low journey walks the same way to the tier, and tests/documents reads the letter
def test_a_prohibited_use_stops_early_and_ends_with_its_decision_letter(site: Site) -> None:
    lead = site.lead()
    register(lead, "Pushdesk", "Hidden nudging")
    declare(lead, {"subliminal_manipulation": "yes"})
    assert lead.heading == "The Guideline treats this use as prohibited"
    lead.shot("stopped")
    lead.press("Continue to the declaration")
    tick_the_statement(lead)
    lead.shot("declare")
    lead.sign("Sign to confirm the facts")
    lead.sees("The decision letter is being created")
    lead.shot("refused")
    letter = lead.download("Decision letter")
    assert (ORGANISATION in letter, "Hidden nudging" in letter, "prohibited" in letter) == (True, True, True)
    assert lead.main.get_by_role("link", name="Certificate").count() == 0
