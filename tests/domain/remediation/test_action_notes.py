"""What the product writes into the history of an action: kept as a code, and shown in the language of the reader."""

from __future__ import annotations

import json

import pytest
from django.utils import translation

from assessments.domain.register.export_words import in_words
from assessments.domain.remediation import dates as remediation_dates
from assessments.domain.remediation import own_actions, risks
from assessments.domain.remediation.split_merge import Part, split, undo
from assessments.models import ActionEvent
from assessments.models.action_notes import WORDS, ActionNote, coded, words_of
from tests.support.acting import SHOULD, action_on, make_conditioned
from tests.support.catalogue import speak
from tests.support.factories import Cast, in_days

CHINESE = "zh-hant"
SPLIT = ("Split from action %(n)s.", "由行動 %(n)s 分拆而成。")
PARAMETERS = {"n": 7, "name": "Olivia"}


def test_each_note_has_words_of_its_own():
    assert WORDS.keys() == set(ActionNote)
    assert len({words_of(coded(note, **PARAMETERS)) for note in ActionNote}) == len(ActionNote)
    assert words_of(coded(ActionNote.SPLIT_FROM, n=7)) == "Split from action 7."
    assert words_of(coded(ActionNote.TAKEN_BACK, name="Ann “A” Lee")) == "Ann “A” Lee withdrew the action."


@pytest.mark.parametrize(
    "kept",
    [
        "",
        "Split from action 7.",
        "{}",
        '{"note":',
        '{"note":"weather","parameters":{}}',
        '{"note":"split_from","parameters":{}}',
        '{"note":"split_from"}',
        '{"note":"split_from","parameters":7}',
        '{"note":["split_from"],"parameters":{}}',
    ],
)
def test_what_people_wrote_and_older_rows_stay_as_they_are(kept):
    assert words_of(kept) == kept


@pytest.mark.long
@pytest.mark.django_db
def test_the_page_of_an_action_shows_a_note_in_the_language_of_the_reader(client, cast: Cast, settings, tmp_path):
    speak(settings, tmp_path, dict([SPLIT]))
    action = action_on(make_conditioned(cast), SHOULD)
    with translation.override(CHINESE):  # the language of the person who acts decides nothing
        _first, second = split(action, [Part("Write the rules"), Part("Have them approved")], by=cast.owner)
    event = second.events.get(kind="split")
    assert json.loads(event.words) == {"note": "split_from", "parameters": {"n": action.number}}
    client.force_login(cast.owner)
    for language, words in zip(("en", CHINESE), SPLIT, strict=True):
        shown = client.get(second.get_absolute_url(), headers={"accept-language": language}).content.decode()
        assert words % {"n": action.number} in shown
        assert "split_from" not in shown
        with translation.override(language):
            assert in_words("ActionEvent", {"words": event.words})["words"] == words % {"n": action.number}


@pytest.mark.long
@pytest.mark.django_db
def test_notes_of_each_change_read_as_sentences(cast: Cast):
    assessment = make_conditioned(cast)
    action = action_on(assessment, SHOULD)
    _first, second = split(action, [Part("Write the rules"), Part("Have them approved")], by=cast.owner)
    action.refresh_from_db()
    undo(action, by=cast.owner)
    dates = {"due": in_days(10), "full_due": in_days(60)}
    remediation_dates.plan(action, by=cast.owner, owner=cast.contributor, effort="L", **dates)
    own_actions.finish_first_step(action, by=cast.contributor)
    own_actions.undo_first_step(action, by=cast.contributor)
    risks.accept_risk(action, by=cast.owner, reason="Small.", until=in_days(100), review=in_days(50))
    risks.end_risk(action, by=cast.owner)
    said = {
        words_of(words)
        for words in ActionEvent.objects.filter(action__use=assessment.use).values_list("words", flat=True)
    }
    assert said >= {
        f"Split from action {action.number}.",
        f"The split was undone. Action {action.number} is one action again.",
        "The split was undone.",
        "The first step is not done yet.",
        "The acceptance of the risk was ended early.",
        "Small.",
    }
    assert second.events.filter(kind="undone").exists()
