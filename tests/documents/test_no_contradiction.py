"""Every document and page of a decided case, read back: no sentence of one contradicts a sentence of another.

`CASES` makes the cases, `PAIRS` says what must not stand together and `MUST` what has to be said; both are data. A pair
whose side is found in no case at all would guard nothing, so each side has to occur somewhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from copy import deepcopy
from dataclasses import dataclass, field
from html import unescape
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import translation
from pypdf import PdfReader

from assessments.documents import jobs, requests
from assessments.domain.answering import start
from assessments.domain.certificates import standing
from assessments.domain.review import approval, decisions, seat_taking
from assessments.domain.review import tier as review_tier
from assessments.domain.submission import submit
from assessments.guideline.terms import Tier
from assessments.models import Assessment, Document, DocumentKind, State
from assessments.models.going_on import PROHIBITED, REFUSED, REVOKED
from tests.documents.reading import draw
from tests.support.acting import certificate_of, make_conditioned, sent
from tests.support.daily import mostly_long
from tests.support.factories import Cast, anew, fill, in_days, make_assessment, mark_all, prove
from tests.support.world import GAPS

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone, pytest.mark.slow_first(32)]
LIVE = ("page", "results", "standing")
"""What is read today; a document speaks of its own day."""
READ = ("decision_letter", "status_notice")
BY_WORDS = ("certificate", "plan", "board_paper", "results")
"""Documents that take seconds to set: their words are read before they are."""


def conditional(cast: Cast) -> Assessment:
    return make_conditioned(cast)


def suspended(cast: Cast) -> Assessment:
    assessment = make_conditioned(cast)
    standing.suspend(certificate_of(assessment), by=cast.independent, reason="complaint", words="Seen.")
    return assessment


def reinstated(cast: Cast) -> Assessment:
    assessment = suspended(cast)
    standing.reinstate(certificate_of(assessment), by=cast.independent, reason="unfounded", words="Seen.")
    return assessment


def revoked(cast: Cast) -> Assessment:
    assessment = make_conditioned(cast)
    standing.revoke(certificate_of(assessment), by=cast.independent, reason="untrue", words="Seen.")
    return assessment


def renewal(cast: Cast, *, refused: bool = False) -> Assessment:
    """The next assessment of a certified use, decided; the certificate before it is replaced, or runs on."""
    before = make_assessment(State.CERTIFIED, "limited", cast=cast)
    after = anew(start.start_assessment(before.use, by=cast.owner))
    fill(after, by=cast.owner)
    prove(after, by=cast.owner)
    submission = submit.submit(after, by=cast.owner, route="independent")
    seat_taking.take(submission, by=cast.independent)
    if refused:
        decisions.refuse(submission, by=cast.independent, statement="The evidence does not bear the answers out.")
        return after
    mark_all(submission, by=cast.independent)
    approval.approve(submission, by=cast.independent, statement="Read and found in order.")
    return after


def replaced(cast: Cast) -> Assessment:
    after = renewal(cast)
    return Assessment.objects.get(pk=after.follows_id)


def raised(cast: Cast, tier: Tier) -> Assessment:
    assessment = make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAPS)
    review_tier.raise_tier(sent(assessment), by=cast.independent, tier=tier, reason="It sorts people.")
    return assessment


def begun_again(cast: Cast) -> Assessment:
    assessment = make_assessment(State.REFUSED, "limited", cast=cast)
    start.start_assessment(assessment.use, by=cast.owner)
    return assessment


CASES: dict[str, Callable[[Cast], Assessment]] = {
    "certified": lambda cast: make_assessment(State.CERTIFIED, "high", cast=cast),
    "self-declared": lambda cast: make_assessment(State.CERTIFIED, "low", cast=cast),
    "conditional": conditional,
    "approved": lambda cast: make_assessment(
        State.APPROVED, "limited", cast=cast, answers={"accountable-owner": GAPS["use-register"]}
    ),
    "refused": lambda cast: make_assessment(State.REFUSED, "limited", cast=cast, answers=GAPS),
    "refused inside": lambda cast: make_assessment(State.REFUSED, "limited", cast=cast, route="inside"),
    "refused, begun again": begun_again,
    "refused renewal": lambda cast: renewal(cast, refused=True),
    "prohibited": lambda cast: make_assessment(State.REFUSED, "unacceptable", cast=cast),
    "raised to the top": lambda cast: raised(cast, Tier.UNACCEPTABLE),
    "returned": lambda cast: make_assessment(State.RETURNED, "limited", cast=cast, answers=GAPS),
    "returned for its tier": lambda cast: raised(cast, Tier.HIGH),
    "renewed": renewal,
    "replaced": replaced,
    "suspended": suspended,
    "reinstated": reinstated,
    "revoked": revoked,
}


DAILY = {"certified", "conditional", "refused", "returned", "prohibited"}
"""One case of each kind of end. The long run reads the others too, which differ from these in some sentences."""


def of_each_day(name: str, *row: str) -> Any:
    """Return the parameters of a test about this case: daily or long."""
    return pytest.param(name, *row, marks=[] if name in DAILY else [pytest.mark.long])


@dataclass(frozen=True)
class Pair:
    """Two sentences (as patterns) that must not stand together.

    `where`: in the texts of a case at all, among its living pages, or in one and the same text.
    """

    one: str
    other: str
    where: str = "case"


def say(words: Any) -> str:
    """A text of the product, as a pattern."""
    return re.escape(str(words))


NUMBER = r"HKG-\w{4}-\w{4}-\w"
PAIRS = [
    # a decision and another one
    Pair("The submission is refused", "The submission is approved"),
    Pair("The submission is refused", rf"Certificate {NUMBER} was issued on"),
    Pair("is refused. This decision is final", "the submission is returned"),
    Pair("No certificate is issued for this submission", rf"Certificate {NUMBER} is valid from"),
    Pair("no certificate is issued yet", rf"Certificate {NUMBER} (is valid from|was issued on)"),
    Pair("nobody can issue a certificate for this use", "The certificate (has been|is) issued"),
    Pair("Returned for changes on", "Approved on", "text"),
    Pair("Refused on .{4,30} by", "Approved on", "text"),
    # how it goes on
    Pair(say(REFUSED.en), say(PROHIBITED.en)),
    Pair(say(PROHIBITED.en), "Start a new assessment"),
    Pair(say(PROHIBITED.en), "You can copy your answers"),
    Pair(say(REVOKED.en), say(REFUSED.en)),
    Pair("Start a new assessment", "See the newer assessment of this use", "live"),
    Pair("Correct the cause of the suspension", say(REVOKED.en), "text"),
    Pair(
        "You do not need to do anything now",
        "Otherwise, the certificate is suspended",
        "text",
    ),
    Pair("None. 沒有。", "Meet each condition", "text"),
    # the certificate beside letter, results and board paper
    Pair("Nothing was open when it was issued", "Otherwise, the certificate is suspended"),
    Pair("None when issued", "Meet each condition"),
    Pair(r"Open when issued: \d+ condition", "None. 沒有。"),
    Pair(r"Open when issued: \d+ condition", "No gaps"),
    Pair("No gaps", "decisions? for the board"),
    Pair("No gaps", "All actions in order"),
    Pair("reviewer within the organisation 機構內部審核員", "Issued by 發證機構"),
    Pair(rf"Certificate {NUMBER} was revoked", rf"Certificate {NUMBER} was reinstated", "text"),
    Pair("Refused on .{4,30} by", rf"Certificate {NUMBER} was issued on", "text"),
    # how to appeal
    Pair("can appeal against this decision", "There is no appeal against", "text"),
    Pair("can appeal against this decision", "there is no decision to appeal against"),
    Pair("There is nothing to appeal against", "can appeal against this change of status", "text"),
    # how the certificate stands today
    Pair("The certificate has been issued", "The certificate (was revoked|is suspended|has expired)", "live"),
    Pair("Valid until", "The certificate (was revoked|is suspended|has expired)", "live"),
    Pair("certificate issued", "The certificate (was revoked|is suspended|has expired)", "live"),
    Pair("Draft,", r"Signed on .{4,30}\. Status: (refused|certificate issued)", "live"),
    Pair("You can rely on the certificate again", "Do not rely on the certificate for now", "text"),
    # who decided
    Pair("reviewer within the organisation 機構內部審核員", r"決定人 Review House"),
    # the plan
    Pair("so this plan has no actions", "All actions in order", "text"),
    Pair(rf"Certificate {NUMBER} was issued on", r"[1-9]\d* ?blocks? the certificate", "text"),
    Pair(rf"Certificate {NUMBER} was issued on", ", blocks", "text"),
    Pair("must, condition", "so this plan has no actions", "text"),
]
MUST = [
    # what a case has to say, where, and in which words
    ("refused", "plan", r"signed by .{4,60}\. Refused on .{4,30} by Ines Independent: no certificate is issued"),
    ("refused inside", "plan", "Refused on .{4,30} by Rita Reviewer"),
    ("refused inside", "decision_letter", "Rita Reviewer, reviewer within the organisation"),
    ("refused inside", "decision_letter", "Harbourlight Clinics Limited 港燈診所有限公司 Confidential"),
    (
        "returned",
        "plan",
        "Returned for changes on .{4,30} by Ines Independent. The decision letter lists the points",
    ),
    ("returned", "page", "Round 1 returned These documents show the answers signed on"),
    ("returned for its tier", "plan", "Returned for changes on"),
    ("conditional", "plan", rf"Approved on .{{4,30}} by Ines Independent\. Certificate {NUMBER} was issued on"),
    ("refused", "page", say(REFUSED.en)),
    ("refused", "decision_letter", say(REFUSED.en)),
    ("prohibited", "page", say(PROHIBITED.en)),
    ("prohibited", "decision_letter", say(PROHIBITED.en)),
    ("raised to the top", "page", say(PROHIBITED.en)),
    ("revoked", "page", say(REVOKED.en)),
    ("revoked", "status_notice", say(REVOKED.en)),
    (
        "refused renewal",
        "decision_letter",
        "If the use has a certificate from an earlier assessment, that certificate keeps its status",
    ),
    ("suspended", "page", "The certificate is suspended"),
    ("suspended", "results", "The certificate is suspended"),
    ("suspended", "status_notice", "Correct the cause of the suspension"),
    ("replaced", "page", "A newer assessment|Superseded"),
    ("refused", "results_document", "Refused on .{4,30} by Ines Independent: no certificate is issued"),
    ("refused", "board_paper", "Refused on .{4,30} by Ines Independent"),
    ("revoked", "board_paper", rf"Certificate {NUMBER} was revoked on"),
    ("revoked", "results_document", rf"Certificate {NUMBER} was revoked on"),
    ("suspended", "results_document", rf"Certificate {NUMBER} was suspended on"),
    ("renewed", "certificate", "Type 類別 (New|Renewal|Change)"),
    ("certified", "certificate", "Nothing was open when it was issued"),
    ("conditional", "certificate", "Open when issued: 1 condition"),
    ("returned", "decision_letter", "Changes are needed; the submission is returned"),
    ("returned", "decision_letter", "can appeal against this decision once"),
]


@dataclass
class Texts:
    """The texts of a case by name, and the pages of its documents."""

    of: dict[str, str] = field(default_factory=dict)
    sheets: dict[str, list[Any]] = field(default_factory=dict)


def printed(document: Document) -> str:
    """The words of its PDF."""
    with translation.override("en"):
        pdf = jobs._draw(document)
    return " ".join(" ".join(page.extract_text() for page in PdfReader(BytesIO(pdf)).pages).split())


def html_of(document: Document) -> str:
    """Its roomy layout: a plan takes seconds to set, and what is in it reaches the PDF, as the longest one shows."""
    kept: list[str] = []

    def keep(*layouts: Any, **kwargs: Any) -> bytes:
        kept.extend(
            one() if callable(one) else one for one in layouts[:1]
        )  # a plan's are written when their turn comes
        return b""

    with pytest.MonkeyPatch.context() as patch, translation.override("en"):
        patch.setattr(jobs.engine, "render", keep)
        patch.setattr(jobs.engine, "count_pages", lambda _html: 1)  # how tightly it is set is not read here
        jobs._draw(document)
    return kept[0]


def words_in(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def visible(client: Client, url: str) -> str:
    page = client.get(url)
    assert page.status_code == 200
    return words_in(page.content.decode().partition("<main")[2].partition("</main>")[0])


def all_documents(assessment: Assessment) -> dict[str, Document]:
    """The newest document of each kind, with those that are made when they are asked for; also of what is open again."""
    for kind in set(requests.kinds_for(assessment)) & {DocumentKind.BOARD_PAPER, DocumentKind.RESULTS}:
        requests.ask(assessment, kind, wake=lambda document: None)
    mine = Document.objects.filter(submission__assessment=assessment) | Document.objects.filter(
        certificate__submission__assessment=assessment
    )
    drafts = Document.objects.filter(assessment=assessment)
    return {document.kind: document for document in (mine | drafts).order_by("pk")}


def read_back(assessment: Assessment, client: Client) -> Texts:
    found = Texts()
    newest = all_documents(assessment)
    for kind in READ:
        if kind in newest:
            found.of[kind] = printed(newest[kind])
    for kind in BY_WORDS:
        if kind in newest:
            found.of[f"{kind}_document" if kind == "results" else kind] = words_in(html_of(newest[kind]))
    found.of["page"] = visible(client, assessment.get_absolute_url())
    found.of["results"] = visible(client, reverse("results", args=[assessment.reference]))
    certificate = getattr(sent(assessment), "certificate", None)
    if certificate is not None:
        found.of["standing"] = visible(client, reverse("certificate_status", args=[certificate.number]))
    return found


class Read(dict[str, Texts]):
    """The texts of each case, read when a test first asks for them; the rows of the case are gone after that test."""

    def __init__(self, cast: Cast) -> None:
        super().__init__()
        self.cast = cast

    def __missing__(self, name: str) -> Texts:
        cast = deepcopy(self.cast)
        client = Client()
        client.force_login(cast.owner)
        self[name] = read_back(CASES[name](cast), client)
        return self[name]


def once_for_all(cast: Cast) -> Read:
    return Read(cast)


@pytest.fixture
def read(made: tuple[Cast, Read], db: None) -> Read:
    return made[1]


def together(texts: dict[str, str], where: str) -> Iterator[str]:
    """The stretches of text inside which a pair must not stand."""
    if where == "text":
        yield from texts.values()
    else:
        yield " ".join(text for name, text in texts.items() if where == "case" or name in LIVE)


@pytest.mark.parametrize("name", [of_each_day(name) for name in CASES])
def test_no_document_or_page_of_a_case_contradicts_another(read, name):
    found = [
        (pair.one, pair.other)
        for pair in PAIRS
        for text in together(read[name].of, pair.where)
        if re.search(pair.one, text) and re.search(pair.other, text)
    ]
    assert found == []


@pytest.mark.long  # it needs every case; daily each case of DAILY is looked through for all pairs
@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair.one[:30]} / {pair.other[:30]}")
def test_each_side_of_a_pair_stands_in_some_case(read, pair):
    every = " ".join(text for name in CASES for text in read[name].of.values())
    assert re.search(pair.one, every), pair.one
    assert re.search(pair.other, every), pair.other


@pytest.mark.parametrize(("name", "where", "words"), [of_each_day(*row) for row in MUST])
def test_a_case_says_what_became_of_it(read, name, where, words):
    assert re.search(words, read[name].of[where]), read[name].of[where][:1500]


def test_a_condition_has_one_date_wherever_it_stands(read):
    due = in_days(60)
    texts = read["conditional"].of
    assert f"{due.day} {due:%B} {due.year}" in texts["decision_letter"].replace("\u00a0", " ")
    assert f"{due.day} {due:%B} {due.year}" in texts["standing"]
    assert f"{due.day} {due:%b} {due.year}" in texts["plan"].replace("\u00a0", " ")


@pytest.mark.long
@pytest.mark.parametrize(
    "name",
    mostly_long(["certified", "returned", "conditional", "refused", "revoked", "renewed", "suspended"], ["returned"]),
)
def test_no_page_of_any_document_holds_one_row(cast, monkeypatch, name):
    documents = all_documents(CASES[name](cast))
    assert len(documents) > 3
    for kind, document in documents.items():
        with translation.override("en"):
            _pdf, sheets = draw(monkeypatch, jobs._draw, document)
        for number, sheet in enumerate(sheets, 1):
            assert len(sheet.lines) > 8, (kind, number, sheet.text)
            assert sheet.filled > 1 / 4, (kind, number, sheet.text)
