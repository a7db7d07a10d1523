"""Finding one's way: the task list, flags, search, checking one section, keys; as members' browsers meet them."""

from __future__ import annotations

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from assessments.core.errors import NotPermitted
from assessments.domain.answering import answers, assignments
from assessments.domain.facts import declare
from assessments.models import Assessment, Assignment, Certificate, Flag, Membership, Message, State, User
from assessments.views.assessment.search import clipped, duration, marked
from tests.support.factories import Cast, anew, fill, make_assessment, save
from tests.support.page_text import markup_of
from tests.support.sections import asked, cost, text_of, url

PRACTICE, SECTION, OTHER = "use-register", "governance", "people"
pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]


def once_for_all(cast: Cast) -> Assessment:
    return make_assessment(cast=cast, filled=False)


@pytest.fixture
def draft(made: tuple[Cast, Assessment], db: None) -> Assessment:
    return anew(made[1])


# --- the task list ---------------------------------------------------------------------------------------------------------


def test_a_section_says_what_is_flagged_not_known_and_how_long_the_rest_takes(client: Client, cast: Cast) -> None:
    draft = make_assessment(cast=cast, answers={PRACTICE: {"choice": "unknown"}, "ai-framework": None})
    answers.flag_question(draft, PRACTICE, by=cast.owner, on=True)
    client.force_login(cast.owner)
    page = text_of(client.get(draft.get_absolute_url()))
    assert "<span>1 not known yet</span><span>1 flagged</span><span>about 2 minutes left</span>" in page
    assert "about 2 minutes left (our estimate)" in page


@pytest.mark.parametrize(
    ("minutes", "words"),
    [(1, "1 minute"), (12, "12 minutes"), (59, "59 minutes"), (60, "1 hour"), (61, "1 hour 5 minutes"),
     (118, "2 hours"), (131, "2 hours 15 minutes")],
)  # fmt: skip
def test_a_time_of_an_hour_or_more_is_not_said_to_the_minute(minutes: int, words: str) -> None:
    assert duration(minutes) == words


def test_nobody_sees_another_s_flags(client: Client, cast: Cast, draft: Assessment) -> None:
    answers.flag_question(draft, PRACTICE, by=cast.owner, on=True)
    client.force_login(cast.contributor)
    assert "1 flagged" not in text_of(client.get(draft.get_absolute_url()))
    assert "You have not flagged any questions" in text_of(client.get(url("flagged", draft)))


@pytest.mark.long
def test_the_list_can_be_narrowed_to_what_is_flagged_open_or_not_known(client: Client, cast: Cast) -> None:
    draft = make_assessment(cast=cast, answers={PRACTICE: None, asked(make_assessment(cast=cast), OTHER)[0]: None})
    answers.flag_question(draft, PRACTICE, by=cast.owner, on=True)
    client.force_login(cast.owner)
    governance, people, security = (url("section", draft, key) for key in (SECTION, OTHER, "security"))
    for show, listed in (("", 3), ("open", 2), ("flagged", 1), ("no-such-filter", 3)):
        page = markup_of(client.get(draft.get_absolute_url(), {"show": show})).partition('aria-label="About')[0]
        assert sum(f'<a href="{section}">' in page for section in (governance, people, security)) == listed, show


def test_a_filter_that_would_show_nothing_is_not_offered_and_shows_all(client: Client, cast: Cast) -> None:
    draft = make_assessment(cast=cast)
    client.force_login(cast.owner)
    page = text_of(client.get(draft.get_absolute_url(), {"show": "flagged"}))
    assert "?show=flagged" not in page
    assert f'<a href="{url("section", draft, SECTION)}">' in page


def test_sections_that_are_not_asked_say_for_whom_they_are(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)  # the organisation only uses this system
    page = text_of(client.get(draft.get_absolute_url()))
    _before, _title, after = page.partition("<strong>Model design and testing</strong>")
    closed = after.partition("</li>")[0]
    assert "Applies only to: Technology Developer, Service Provider." in closed
    assert "Some questions here" not in closed  # nothing else is in the way
    assert "<span>Does not apply to you</span>" in closed
    assert "Before you start" not in page  # a person's questions: nothing that an organisation declares opens them


@pytest.mark.long
def test_a_section_closed_for_several_reasons_is_not_said_to_be_for_one_tier_or_part_alone(
    client: Client, cast: Cast
) -> None:
    """Where facts decide too, a tier or a part opens some of its questions and not the section."""
    client.force_login(cast.owner)
    told: list[str] = []
    for tier, part in (("limited", "developer"), ("low", "developer"), ("low", "provider"), ("low", "user")):
        draft = make_assessment(State.DRAFT, tier, cast=cast, parts=(part,))
        closed = text_of(client.get(draft.get_absolute_url())).partition("sections do not apply")[2]
        told += [one.partition("</li>")[0] for one in closed.split("<strong>")[1:]]
    for words in ("Some questions here apply only at this tier", "Some questions here apply only to"):
        assert any(words in one for one in told), words
    for one in told:
        reasons = sum(words in one for words in ("Does not apply because of", "at tier", "at this tier", "only to"))
        assert ("Applies only" in one) <= (reasons == 1), one


@pytest.mark.long
def test_a_declared_prohibited_use_says_so_and_lists_nothing_to_do(client: Client, cast: Cast) -> None:
    closed = make_assessment(State.REFUSED, "unacceptable", cast=cast)
    client.force_login(cast.owner)
    page = text_of(client.get(closed.get_absolute_url()))
    assert "<h1>Declared as a prohibited use and closed</h1>" in page
    assert "there are no questions to answer" in page
    assert "Decision letter" in page
    for absent in ("Not started", "Missing:", "missing</a>", "Not ready to sign", "Governance and responsibility"):
        assert absent not in page, absent


@pytest.mark.long
def test_a_use_refused_by_a_reviewer_is_not_called_prohibited(client: Client, cast: Cast) -> None:
    refused = make_assessment(State.REFUSED, "limited", cast=cast)
    client.force_login(cast.owner)
    page = text_of(client.get(refused.get_absolute_url()))
    assert "<h1>Refused</h1>" in page
    assert "rohibited" not in page.partition('aria-label="About this assessment"')[0]


def test_a_certified_assessment_shows_its_certificate_and_says_so_once(client: Client, cast: Cast) -> None:
    certified = make_assessment(State.CERTIFIED, cast=cast)
    certificate = Certificate.objects.get(use=certified.use)
    client.force_login(cast.owner)
    page = text_of(client.get(certified.get_absolute_url()))
    assert page.count("The certificate has been issued") == 1
    assert f'<dd class="hk-number">{certificate.number}</dd>' in page
    assert reverse("verify", args=[certificate.number]) in page
    assert "<span>Valid</span>" in page


def test_who_is_asked_one_question_of_a_section_sees_it_counted_alone(client: Client, cast: Cast) -> None:
    draft = make_assessment(cast=cast, answers={PRACTICE: None})
    member = Membership.objects.get(user=cast.assigned)
    Assignment.objects.create(assessment=draft, section=SECTION, question=PRACTICE, member=member)
    client.force_login(cast.assigned)
    page = text_of(client.get(draft.get_absolute_url()))
    assert "0 of 1 question answered" in page
    assert "about 2 minutes left" in page


# --- next ------------------------------------------------------------------------------------------------------------------


def test_next_goes_on_behind_a_question_and_from_the_top_at_the_end(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    keys = [question.key for question in draft.declared().questions(draft.compiled())]
    fill(draft, by=cast.owner, answers={keys[1]: None, keys[-2]: None})
    client.force_login(cast.owner)
    for after, expected in (("", keys[1]), (keys[1], keys[-2]), (keys[-1], keys[1]), ("no-such-question", keys[1])):
        response = client.get(url("next", draft), {"after": after})
        assert response["Location"].endswith(f"#q-{expected}")


def test_next_flagged_leads_to_one_s_own_flag_and_else_to_the_list(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    client.force_login(cast.owner)
    assert client.get(url("next", draft, query="?flagged"))["Location"] == url("flagged", draft)
    answers.flag_question(draft, "ai-framework", by=cast.owner, on=True)
    response = client.get(url("next", draft, query="?flagged"))
    assert response["Location"] == f"{url('section', draft, SECTION)}#q-ai-framework"


# --- flags -----------------------------------------------------------------------------------------------------------------


def test_a_flag_is_set_and_taken_away_and_leads_back_to_its_question(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    client.force_login(cast.viewer)  # a flag is one's own sign: no role is needed for it
    for how, flags in (("on", 1), ("on", 1), ("off", 0), ("off", 0)):
        response = client.post(url("flag", draft, PRACTICE), {"flag": how})
        assert response["Location"] == f"{url('section', draft, SECTION)}#q-{PRACTICE}"
        assert Flag.objects.filter(user=cast.viewer, question=PRACTICE).count() == flags


def test_what_was_typed_on_the_page_is_saved_with_the_flag(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    typed = {"base": 0, "operation": str(uuid.uuid4()), "choice": "partly", "text": "Typed before the flag."}
    form = {f"{PRACTICE}--{name}": value for name, value in typed.items()} | {"flag": "on"}
    response = client.post(url("flag", draft, "ai-framework"), form)
    assert response["Location"].endswith("#q-ai-framework")
    assert draft.answers.get(question__key=PRACTICE).text == "Typed before the flag."
    assert Flag.objects.get().question == "ai-framework"


def test_what_could_not_be_saved_stays_on_the_page_when_a_flag_is_set(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    client.force_login(cast.owner)
    typed = {"base": 0, "operation": str(uuid.uuid4()), "text": "Written without a choice."}
    form = {f"{PRACTICE}--{name}": value for name, value in typed.items()} | {"flag": "on"}
    page = text_of(client.post(url("flag", draft, "ai-framework"), form))
    assert "Written without a choice." in page
    assert "Choose an answer" in page


def test_with_script_only_the_button_comes_back(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    response = client.post(url("flag", draft, PRACTICE), {"flag": "on"}, headers={"HX-Request": "true"})
    page = text_of(response)
    assert page.startswith("<button")
    assert 'value="off"' in page
    assert f'formaction="{url("flag", draft, PRACTICE)}"' in page


@pytest.mark.parametrize(("who", "status"), [("assigned", 404), ("outsider", 404), ("reviewer", 404), ("staff", 404)])
def test_who_does_not_see_a_question_flags_nothing(
    client: Client, cast: Cast, draft: Assessment, who: str, status: int
) -> None:
    client.force_login(getattr(cast, who))
    assert client.post(url("flag", draft, PRACTICE), {"flag": "on"}).status_code == status
    assert not Flag.objects.exists()


def test_a_flag_of_a_stranger_is_refused_whoever_calls(cast: Cast, draft: Assessment) -> None:
    with pytest.raises(NotPermitted):
        answers.flag_question(draft, PRACTICE, by=cast.outsider, on=True)


def test_flagged_questions_are_listed_and_can_be_let_go_there(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "unknown"}, by=cast.owner)
    for key in (PRACTICE, "ai-framework"):
        answers.flag_question(draft, key, by=cast.owner, on=True)
    client.force_login(cast.owner)
    page = text_of(client.get(url("flagged", draft)))
    assert "You have flagged 2 questions" in page
    assert "Do not know yet" in page
    response = client.post(url("flag", draft, PRACTICE), {"flag": "off", "back": "flagged"}, follow=True)
    assert "You have flagged one question" in text_of(response)


def test_the_flag_of_a_question_that_is_not_asked_any_more_is_kept_and_not_listed(client: Client, cast: Cast) -> None:
    draft = make_assessment(cast=cast, facts={"personal_data": "ordinary", "cross_border_transfer": True}, filled=False)
    before = asked(draft, "personal-data")
    declare.declare_facts(draft.use, {"cross_border_transfer": False}, by=cast.owner)
    (hidden,) = set(before) - set(asked(Assessment.objects.for_dashboard().get(pk=draft.pk), "personal-data"))
    answers.flag_question(draft, hidden, by=cast.owner, on=True)
    client.force_login(cast.owner)
    assert "You have not flagged any questions" in text_of(client.get(url("flagged", draft)))
    assert client.post(url("flag", draft, hidden), {"flag": "on"}).status_code == 404
    assert Flag.objects.filter(question=hidden).exists()


# --- search ----------------------------------------------------------------------------------------------------------------


def found(client: Client, draft: Assessment, words: str) -> str:
    return text_of(client.get(url("search", draft), {"q": words}))


def test_words_are_found_in_titles_lines_clauses_and_answers(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "partly", "text": "Kept in the Kowloon office."}, by=cast.owner)
    edition, declared = draft.compiled(), draft.declared()
    client.force_login(cast.owner)
    place = f'href="{url("section", draft, SECTION)}#q-{PRACTICE}"'
    question = edition.questions[PRACTICE]
    clause = edition.clauses[edition.requirements[question.requirements[0]].clause].number
    assert place in found(client, draft, "kowloon OFFICE")
    assert "Kept in the <mark>Kowloon</mark> <mark>office</mark>." in found(client, draft, "kowloon OFFICE")
    assert place in found(client, draft, question.title)
    assert place in found(client, draft, clause)
    checklist = next(q for q in declared.questions(edition) if q.is_checklist and declared.items(edition, q))
    line = declared.items(edition, checklist)[0].text
    assert f"#q-{checklist.key}" in found(client, draft, line)


def test_a_hit_shows_section_and_state(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "not_applicable", "reason": "Only the Kowloon office."}, by=cast.owner)
    client.force_login(cast.owner)
    page = found(client, draft, "kowloon")
    assert "One question contains “kowloon”" in page
    assert "<h2>Governance and responsibility</h2>" in page
    assert "Not applicable" in page


def test_all_words_have_to_occur(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "partly", "text": "Kept in the Kowloon office."}, by=cast.owner)
    client.force_login(cast.owner)
    page = found(client, draft, "Kowloon warehouse")
    assert "No question contains “Kowloon warehouse”" in page
    assert "Try fewer words" in page


@pytest.mark.parametrize(
    ("words", "error"), [("", "Enter at least one word to search for."), ("a", "at least two letters")]
)
def test_too_few_letters_are_an_error_at_the_field(
    client: Client, cast: Cast, draft: Assessment, words: str, error: str
) -> None:
    client.force_login(cast.owner)
    page = found(client, draft, words)
    assert error in page
    assert "data-error-summary" in page


def test_one_chinese_sign_is_a_word(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "partly", "text": "資料存於九龍。"}, by=cast.owner)
    client.force_login(cast.owner)
    assert "資料存於九<mark>龍</mark>。" in found(client, draft, "龍")


def test_what_is_searched_for_is_shown_as_text(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "partly", "text": "a <b>bold</b> claim (.*)"}, by=cast.owner)
    client.force_login(cast.owner)
    page = found(client, draft, "<b>bold</b> (.*)")
    assert "<mark>&lt;b&gt;bold&lt;/b&gt;</mark> claim <mark>(.*)</mark>" in page
    assert "<b>bold" not in page


def test_who_sees_only_what_is_assigned_finds_nothing_else(client: Client, cast: Cast, draft: Assessment) -> None:
    member = Membership.objects.get(user=cast.assigned)
    assignments.assign_section(draft, SECTION, member, by=cast.owner)
    save(draft, asked(draft, OTHER)[0], {"choice": "unknown", "text": "Kowloon secrets"}, by=cast.owner)
    client.force_login(cast.owner)
    assert "Kowloon</mark> secrets" in found(client, draft, "Kowloon")
    client.force_login(cast.assigned)
    assert "secrets" not in found(client, draft, "Kowloon")


def test_a_long_answer_is_cut_around_what_was_found() -> None:
    text = f"{'before ' * 100}needle {'after ' * 100}"
    shown = clipped(text, ["needle"])
    assert shown.startswith("… before")
    assert shown.endswith(" …")
    assert len(shown) < 400
    assert marked("A needle, needles", ["needle"]) == [("A ", False), ("needle", True), (", ", False), ("needle", True), ("s", False)]  # fmt: skip


# --- check one section -----------------------------------------------------------------------------------------------------


def test_saving_a_section_leads_to_its_check(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    response = client.post(url("section", draft, SECTION), {})
    assert response["Location"] == url("section_check", draft, SECTION)


def test_what_is_open_stands_first_then_the_unknown_then_the_flagged(client: Client, cast: Cast) -> None:
    draft = make_assessment(cast=cast)
    keys = asked(draft, SECTION)
    draft = make_assessment(cast=cast, answers={keys[3]: None, keys[2]: {"choice": "unknown"}})
    answers.flag_question(draft, keys[1], by=cast.owner, on=True)
    client.force_login(cast.owner)
    page = text_of(client.get(url("section_check", draft, SECTION)))
    order = sorted(keys, key=lambda key: page.index(f'<section class="hk-row" id="q-{key}"'))
    assert order == [keys[3], keys[2], keys[1], keys[0], *keys[4:]]
    assert "One question has no answer yet" in page
    assert "Kept in the register." in page


def test_complete_with_missing_answers_lists_them_instead(client: Client, cast: Cast, draft: Assessment) -> None:
    save(draft, PRACTICE, {"choice": "in_place"}, by=cast.owner)
    client.force_login(cast.owner)
    page = text_of(client.post(url("section_check", draft, SECTION), {"complete": "yes"}))
    assert "Answer the remaining questions first" in page
    for number, key in enumerate(asked(draft, SECTION)[1:], 2):
        assert f'<a href="#q-{key}">Question {number} has no answer' in page
    assert f'<a href="#q-{PRACTICE}">' not in page


def test_a_complete_section_closes_one_s_own_request_and_tells_who_asked(client: Client, cast: Cast) -> None:
    draft = make_assessment(cast=cast)
    mine, other = (Membership.objects.get(user=user) for user in (cast.contributor, cast.assigned))
    for member in (mine, other):
        Assignment.objects.create(assessment=draft, section=SECTION, member=member, by=cast.owner)
    client.force_login(cast.contributor)
    response = client.post(url("section_check", draft, SECTION), {"complete": "yes"}, follow=True)
    sections = list(dict.fromkeys(q.section for q in draft.declared().questions(draft.compiled())))
    following = sections[sections.index(SECTION) + 1]
    assert response.redirect_chain == [(url("section", draft, following), 302)]
    assert "is complete. The request to answer this section is now marked as done." in text_of(response)
    assert Assignment.objects.get(member=mine).done_at is not None
    assert Assignment.objects.get(member=other).done_at is None
    assert Message.objects.filter(recipient=cast.owner, subject__contains="Connie Contributor").count() == 1


def test_not_complete_leads_back_to_the_questions(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    response = client.post(url("section_check", draft, SECTION), {"complete": "no"})
    assert response["Location"] == url("section", draft, SECTION)


def test_a_viewer_and_a_closed_assessment_have_nothing_to_confirm(client: Client, cast: Cast) -> None:
    draft, sent = make_assessment(cast=cast), make_assessment(State.SUBMITTED, "limited", cast=cast)
    client.force_login(cast.viewer)
    assert "Is this section complete?" not in text_of(client.get(url("section_check", draft, SECTION)))
    assert client.post(url("section_check", draft, SECTION), {"complete": "yes"}).status_code == 403
    client.force_login(cast.contributor)
    assert "Is this section complete?" not in text_of(client.get(url("section_check", sent, SECTION)))
    member = Membership.objects.get(user=cast.contributor)
    Assignment.objects.create(assessment=sent, section=SECTION, member=member)
    response = client.post(url("section_check", sent, SECTION), {"complete": "yes"}, follow=True)
    assert "locked until a reviewer has made a decision" in text_of(response)
    assert Assignment.objects.get().done_at is None


def test_questions_that_do_not_apply_are_counted_at_the_foot(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    edition = draft.compiled()
    section = next(s for s in edition.sections if s.key == SECTION)
    hidden = len(section.questions) - len(asked(draft, SECTION))
    page = text_of(client.get(url("section", draft, SECTION)))
    words = "question does not apply" if hidden == 1 else "questions do not apply"
    assert f"{hidden} {words} to this use." in page
    assert draft.use.get_absolute_url() in page


def test_a_section_that_does_not_apply_says_so_and_on_what_it_depends(
    client: Client, cast: Cast, draft: Assessment
) -> None:
    client.force_login(cast.owner)
    page = text_of(client.get(draft.get_absolute_url()))
    assert "Does not apply to you" in page
    assert "Does not apply because of" in page
    part = page[page.index("Sections not needed") :]
    closed = part[: part.index("Finish")]
    n = closed.count("Does not apply to you")
    assert f"<summary>{n} section" in closed
    assert "<details open" not in closed
    assert "Not ready to sign" not in part[: part.index("Finish")]


def test_a_section_that_is_not_asked_names_the_answers_that_keep_it_closed(client: Client, cast: Cast) -> None:
    """An answer "do not know" keeps a section closed that "yes" would open; the sector comes before other facts."""
    draft = make_assessment("draft", "low", cast=cast, facts={"retrieval_augmented": "unknown"})
    client.force_login(cast.owner)
    page = text_of(client.get(draft.get_absolute_url()))
    closed = page[page.index("Sections not needed") :]
    of = {one.partition("</strong>")[0]: one.partition("</li>")[0] for one in closed.split("<strong>")[1:]}
    edition = draft.compiled()
    titles = {section.key: section.title for section in edition.sections}
    assert "Looks up documents to answer questions</a> (Do not know)" in of[titles["training-data"]]
    finance = of[titles["sector-finance"]].partition("Does not apply because of")[2]
    sector = edition.facts["sector"]
    assert finance.partition("</a>")[0].endswith(sector.label)


def test_the_task_list_names_the_check_by_what_its_link_does(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    finish = text_of(client.get(draft.get_absolute_url())).partition("<h2>Finish</h2>")[2]
    assert f'<a href="{url("check", draft)}">See what is still missing</a>' in finish
    assert "An owner can sign when every section is complete. Next: “" in finish
    assert "Not ready to sign" in finish
    whole = make_assessment(cast=cast)
    finish = text_of(client.get(whole.get_absolute_url())).partition("<h2>Finish</h2>")[2]
    assert f'<a href="{url("check", whole)}">Check and sign</a>' in finish
    assert "See what is still missing" not in finish


def test_the_last_section_leads_back_to_the_task_list(client: Client, cast: Cast) -> None:
    draft = make_assessment(cast=cast)
    last = draft.declared().questions(draft.compiled())[-1].section
    client.force_login(cast.owner)
    response = client.post(url("section_check", draft, last), {"complete": "yes"})
    assert response["Location"] == draft.get_absolute_url()


# --- keys ------------------------------------------------------------------------------------------------------------------


def test_keys_are_off_until_somebody_switches_them_on(client: Client, cast: Cast, draft: Assessment) -> None:
    client.force_login(cast.owner)
    pages = [draft.get_absolute_url(), url("section", draft, SECTION), url("section_check", draft, SECTION)]
    for page in pages:
        assert "data-shortcuts" not in text_of(client.get(page))
    assert f'href="{reverse("settings")}"' in text_of(client.get(pages[0]))
    client.post(reverse("settings"), {"shortcuts": "on"})
    for page in pages:
        assert "data-shortcuts" in text_of(client.get(page))
    client.post(reverse("settings"), {})
    assert User.objects.get(pk=cast.owner.pk).shortcuts is False


def test_settings_are_one_s_own(client: Client, cast: Cast) -> None:
    client.force_login(cast.owner)
    client.post(reverse("settings"), {"shortcuts": "on", "is_staff": "on", "email": "x@example.org"})
    assert list(User.objects.filter(shortcuts=True)) == [cast.owner]
    assert (User.objects.get(pk=cast.owner.pk).is_staff, User.objects.filter(email="x@example.org").exists()) == (False, False)  # fmt: skip


# --- what it costs ---------------------------------------------------------------------------------------------------------


@pytest.mark.long
def test_pages_cost_the_same_empty_and_full(client: Client, cast: Cast) -> None:
    empty = make_assessment(tier="high", cast=cast, parts=("developer", "provider", "user"), filled=False)
    full = make_assessment(tier="high", cast=cast, parts=("developer", "provider", "user"))
    for question in full.declared().questions(full.compiled()):
        answers.flag_question(full, question.key, by=cast.owner, on=True)
    answers.flag_question(empty, PRACTICE, by=cast.owner, on=True)
    client.force_login(cast.owner)
    for name, more, query, most in (
        ("assessment", (), "", 10),
        ("section", (SECTION,), "", 8),
        ("section_check", (SECTION,), "", 9),
        ("flagged", (), "", 9),
        ("search", (), "?q=the", 8),
    ):
        few, many = (cost(client, url(name, one, *more, query=query)) for one in (empty, full))
        # Where all is answered, nobody is offered answers that stand elsewhere, and no query asks for them.
        assert many == few - (name == "assessment"), name
        assert many <= most, name
