"""The pages on which reviewers use words again: the words for one mark, and the texts that they keep."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from assessments.domain.review import kept_texts, marks, seat_taking
from assessments.models import OwnText, SharedText, State
from tests.support.factories import make_assessment, make_organisation, make_user
from tests.support.page_text import markup_of, text_of

pytestmark = [pytest.mark.django_db, pytest.mark.sqlite_alone]

KEY, SECTION = "use-register", "governance"
TARGET = f"q:{KEY}"
GAP = {KEY: {"choice": "partly"}}
WANTED = {"mark": "change_needed", "reason": "not_shown", "words": "Two clinics lack.", "would_satisfy": "All clinics."}
MOST_QUERIES = 15


@pytest.fixture
def case(cast: Any) -> Any:
    return make_assessment(State.IN_REVIEW, "limited", cast=cast, answers=GAP).current_submission


@pytest.fixture
def ines(client: Any, cast: Any) -> Any:
    client.force_login(cast.independent)
    return client


def page_of(case: Any, take: str = "") -> str:
    url = reverse("mark_words", args=[case.reference, f"q-{KEY}"])
    return f"{url}?take={take}" if take else url


def form_of(response: Any) -> dict[str, str]:
    """What the form of the page would send as it stands."""
    form = response.context["form"]
    return {field.html_name: value for field in form if (value := field.value()) not in (None, False)}


@pytest.mark.long
def test_a_text_is_used_with_one_press_and_counts_as_an_opened_mark(ines, cast, case):
    text = kept_texts.keep(WANTED | {"title": "Entries"}, by=cast.independent)
    key = kept_texts.key_of(text)
    section = markup_of(ines.get(reverse("review_section", args=[case.reference, SECTION])))
    assert f'href="{page_of(case)}"' in section
    listed = ines.get(page_of(case))
    assert f'href="?take={key}#take"' in markup_of(listed)
    assert "Two clinics lack." in text_of(listed)
    shown = ines.get(page_of(case, key))
    response = ines.post(page_of(case, key), form_of(shown))
    assert response["Location"] == f"{reverse('review_section', args=[case.reference, SECTION])}#q-{KEY}"
    mark = case.marks.get(target=TARGET)
    assert (mark.mark, mark.reason, mark.words, mark.would_satisfy) == tuple(WANTED.values())
    assert mark.shown_at is not None


@pytest.mark.long
def test_a_private_note_that_is_there_stays_and_a_stale_page_overwrites_nothing(ines, cast, case):
    text = kept_texts.keep(WANTED | {"title": "Entries"}, by=cast.independent)
    page = page_of(case, kept_texts.key_of(text))
    marks.save_mark(case, TARGET, marks.GivenMark(mark="accepted", private_note="Ask Ivan."), by=cast.independent)
    shown = form_of(ines.get(page))
    marks.save_mark(
        case, TARGET, marks.GivenMark(mark="accepted", words="Newer.", private_note="Ask Ivan."), by=cast.independent
    )
    refused = ines.post(page, shown)
    assert "Nothing was overwritten" in text_of(refused)
    assert case.marks.get(target=TARGET).words == "Newer."
    ines.post(page, form_of(ines.get(page)))
    assert (case.marks.get().words, case.marks.get().private_note) == ("Two clinics lack.", "Ask Ivan.")


@pytest.mark.long
def test_words_of_another_organisation_say_whose_they_are_and_wait_for_the_tick(ines, cast, case):
    other = make_organisation("Peakline Logistics Limited", make_user("Petra Peak"))
    foreign = make_assessment(State.SUBMITTED, "limited", organisation=other, answers=GAP).current_submission
    seat_taking.take(foreign, by=cast.independent)
    mark = marks.save_mark(foreign, TARGET, marks.GivenMark(**WANTED), by=cast.independent)
    listed = text_of(ines.get(page_of(case)))
    assert "Peakline Logistics Limited" in listed
    assert "From another organisation’s case" in listed
    page = page_of(case, f"mark-{mark.pk}")
    sent = form_of(ines.get(page))
    refused = ines.post(page, sent | {"words": "Typed anew."})
    assert "Read the text. Then tick" in text_of(refused)
    assert "Typed anew." in text_of(refused)  # nothing is lost
    assert not case.marks.exists()
    ines.post(page, sent | {"has_read": "on"})
    assert case.marks.get().words == "Two clinics lack."


@pytest.mark.long
def test_the_page_of_words_asks_a_fixed_number_of_queries(ines, cast, case, django_assert_max_num_queries):
    for number in range(12):
        kept_texts.keep(WANTED | {"title": f"Text {number}"}, by=cast.independent)
        kept_texts.keep(WANTED | {"title": f"Text {number}"}, by=cast.independent, organisation=cast.body)
    ines.get(page_of(case))
    with django_assert_max_num_queries(MOST_QUERIES):
        listed = ines.get(page_of(case))
    assert "24 texts to choose from:" in text_of(listed)
    with django_assert_max_num_queries(MOST_QUERIES):
        ines.get(page_of(case, "own-1"))
    with django_assert_max_num_queries(MOST_QUERIES):
        ines.get(reverse("review_texts"))


def test_the_page_of_words_says_of_what_it_offers_only_what_holds(ines, cast, case):
    kept_texts.keep(WANTED | {"title": "Entries"}, by=cast.independent)
    text = text_of(ines.get(page_of(case)))
    assert "Only words with a reason that fits the answer" not in text
    assert "comes from cases of this organisation alone" not in text
    assert "The text under “Same as last time” was written for this organisation." in text
    assert "can come from a case of another organisation. The page then shows the name of that organisation." in text


def test_texts_are_added_changed_deleted_and_brought_back_on_their_page(ines, cast):
    page = reverse("review_texts")
    sent = {**WANTED, "title": "Entries", "belongs": cast.body.reference}
    ines.post(page, sent)
    text = SharedText.objects.get()
    key = kept_texts.key_of(text)
    change = reverse("review_text", args=[key])
    stale = form_of(ines.get(change))
    ines.post(change, stale | {"words": "Three clinics lack."})
    refused = ines.post(change, stale | {"words": "Four."})
    assert "Nothing was overwritten" in text_of(refused)
    assert SharedText.objects.get().words == "Three clinics lack."
    ines.post(page, {"delete": key})
    assert ines.get(change).status_code == 404
    listed = ines.get(page)
    assert "No saved texts yet" in text_of(listed)
    assert f'name="back" value="{key}"' in markup_of(listed)
    ines.post(page, {"back": key})
    assert "1 saved text" in text_of(ines.get(page))


def test_a_faulty_text_is_said_at_its_field_and_nothing_is_lost(ines):
    refused = ines.post(
        reverse("review_texts"), {"title": "T", "belongs": "own", "mark": "change_needed", "words": "W"}
    )
    assert "Choose why a change is needed." in text_of(refused)
    assert ">\nW</textarea>" in markup_of(refused)
    assert not OwnText.objects.exists()


@pytest.mark.long
def test_a_mark_is_kept_as_a_text_without_the_name_of_its_case(ines, cast, case):
    named = WANTED | {"words": "Harbourlight Clinics must show it."}
    marks.save_mark(case, TARGET, marks.GivenMark(**named), by=cast.independent)
    assert f"from={case.reference}" in ines.get(page_of(case)).content.decode()
    page = f"{reverse('review_texts')}?from={case.reference}&mark=q-{KEY}"
    shown = form_of(ines.get(page))
    assert shown["words"] == named["words"]
    assert "Remove the name" in text_of(ines.post(page, shown))
    ines.post(page, shown | {"words": "Show it."})
    assert OwnText.objects.get().words == "Show it."


@pytest.mark.parametrize("who", ["second_independent", "reviewer", "owner"])
def test_nobody_makes_a_text_from_a_case_without_a_seat(client, cast, case, who):
    marks.save_mark(case, TARGET, marks.GivenMark(**WANTED), by=cast.independent)
    client.force_login(getattr(cast, who))
    page = f"{reverse('review_texts')}?from={case.reference}&mark=q-{KEY}"
    assert client.get(page).status_code in (403, 404)


@pytest.mark.long
def test_notes_on_texts_from_other_cases_are_shown_only_where_a_text_is_offered(ines, cast, case):
    empty = text_of(ines.get(page_of(case)))
    assert "No saved texts for “Register of generative AI uses” yet" in empty
    assert "From your cases" not in empty
    kept_texts.keep(WANTED | {"title": "Entries"}, by=cast.independent)
    assert "From your cases" in text_of(ines.get(page_of(case)))


def test_the_settings_say_which_key_gives_which_mark_to_reviewers_only(client, cast):
    said = "1 Accepted, 2 Accepted with action (not for facts), 3 Change needed, 4 Not marked"
    for user, shown in ((cast.independent, True), (cast.owner, False)):
        client.force_login(user)
        assert (said in text_of(client.get(reverse("settings")))) is shown
