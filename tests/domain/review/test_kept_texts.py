"""Texts for marks: one's own and those of an organisation, deleted and brought back."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from assessments.core.errors import Conflict, InvalidAnswer, NotPermitted
from assessments.domain.review import kept_texts
from assessments.models import AuditEntry, Membership, OwnText, SharedText
from assessments.scheduled import STEPS
from tests.support.factories import make_cast

pytestmark = pytest.mark.sqlite_alone

CHANGE = {"title": "Entries", "mark": "change_needed", "reason": "not_shown", "would_satisfy": "The newest entry."}
ACTION = {"title": "Backups", "mark": "accepted_with_action", "action_title": "Have the supplier confirm deletion."}


@pytest.fixture
def cast(db):
    return make_cast()


def test_an_own_text_is_for_its_writer_and_a_shared_one_for_the_reviewers_of_the_organisation(cast):
    kept_texts.keep(CHANGE, by=cast.independent)
    kept_texts.keep(ACTION, by=cast.independent, organisation=cast.body)
    assert [one.title for one in kept_texts.own_texts(cast.independent)] == ["Entries"]
    assert kept_texts.own_texts(cast.second_independent) == []
    assert [one.title for one in kept_texts.shared_texts(cast.second_independent)] == ["Backups"]
    assert kept_texts.shared_texts(cast.reviewer) == []  # she reviews for another organisation


@pytest.mark.parametrize("who", ["owner", "contributor", "viewer", "outsider", "staff", "reviewer"])
def test_texts_of_an_organisation_are_kept_by_its_reviewers_alone(cast, who):
    with pytest.raises(NotPermitted):
        kept_texts.keep(ACTION, by=getattr(cast, who), organisation=cast.body)
    shared = kept_texts.keep(ACTION, by=cast.independent, organisation=cast.body)
    for move in (
        lambda: kept_texts.change(shared, ACTION, by=getattr(cast, who), base=1),
        lambda: kept_texts.remove(shared, by=getattr(cast, who)),
        lambda: kept_texts.bring_back(shared, by=getattr(cast, who)),
    ):
        with pytest.raises(NotPermitted):
            move()
    assert kept_texts.find(getattr(cast, who), kept_texts.key_of(shared)) is None


def test_an_own_text_needs_a_reviewer_and_belongs_to_its_writer(cast):
    with pytest.raises(NotPermitted):
        kept_texts.keep(CHANGE, by=cast.owner)
    own = kept_texts.keep(CHANGE, by=cast.independent)
    assert kept_texts.find(cast.second_independent, kept_texts.key_of(own)) is None
    with pytest.raises(NotPermitted):
        kept_texts.remove(own, by=cast.second_independent)


def test_a_former_reviewer_reads_and_changes_nothing_more_of_the_organisation(cast):
    shared = kept_texts.keep(ACTION, by=cast.independent, organisation=cast.body)
    Membership.objects.filter(user=cast.independent, organisation=cast.body).update(left_at=timezone.now())
    assert kept_texts.shared_texts(cast.independent) == []
    with pytest.raises(NotPermitted):
        kept_texts.change(shared, ACTION, by=cast.independent, base=1)


@pytest.mark.parametrize(
    ("lacks", "field"),
    [
        (CHANGE | {"title": " "}, "title"),
        (CHANGE | {"mark": "accepted"}, "mark"),
        (CHANGE | {"reason": ""}, "reason"),
        (CHANGE | {"would_satisfy": " "}, "would_satisfy"),
        (ACTION | {"action_title": ""}, "action_title"),
    ],
)
def test_a_text_is_a_whole_mark(cast, lacks, field):
    with pytest.raises(InvalidAnswer) as refused:
        kept_texts.keep(lacks, by=cast.independent)
    assert refused.value.field == field
    assert not OwnText.objects.exists()


def test_a_name_is_taken_once_and_what_belongs_to_the_other_mark_is_left_out(cast):
    kept_texts.keep(CHANGE, by=cast.independent)
    with pytest.raises(InvalidAnswer) as refused:
        kept_texts.keep(CHANGE, by=cast.independent)
    assert refused.value.field == "title"
    kept_texts.keep(CHANGE, by=cast.second_independent)
    action = kept_texts.keep(ACTION | {"reason": "other", "would_satisfy": "More."}, by=cast.independent)
    assert (action.reason, action.would_satisfy) == ("", "")


def test_a_stale_change_overwrites_nothing(cast):
    shared = kept_texts.keep(ACTION, by=cast.independent, organisation=cast.body)
    kept_texts.change(shared, ACTION | {"words": "By March."}, by=cast.second_independent, base=1)
    with pytest.raises(Conflict, match="Ivan Independent"):
        kept_texts.change(shared, ACTION | {"words": "By June."}, by=cast.independent, base=1)
    assert SharedText.objects.get().words == "By March."


def test_a_deleted_text_is_brought_back_and_forgotten_after_its_days(cast):
    text = kept_texts.keep(CHANGE, by=cast.independent)
    kept_texts.remove(text, by=cast.independent)
    assert kept_texts.own_texts(cast.independent) == []
    assert kept_texts.own_texts(cast.independent, deleted=True) == [text]
    assert kept_texts.forget_deleted() == 0
    kept_texts.bring_back(text, by=cast.independent)
    assert kept_texts.own_texts(cast.independent) == [text]
    kept_texts.remove(text, by=cast.independent)
    newer = kept_texts.keep(CHANGE, by=cast.independent)
    with pytest.raises(InvalidAnswer) as refused:
        kept_texts.bring_back(text, by=cast.independent)
    assert refused.value.field == "title"
    OwnText.objects.filter(pk=text.pk).update(deleted_at=timezone.now() - timedelta(days=kept_texts.KEPT_DAYS + 1))
    step = next(step for step in STEPS if step.name == "forget deleted texts")
    assert step.do() == 1
    assert list(OwnText.objects.all()) == [newer]


def test_the_log_says_who_changed_a_shared_text_and_nothing_of_an_own_one(cast):
    kept_texts.keep(CHANGE, by=cast.independent)
    shared = kept_texts.keep(ACTION, by=cast.independent, organisation=cast.body)
    kept_texts.remove(shared, by=cast.second_independent)
    kept_texts.bring_back(shared, by=cast.second_independent)
    entries = AuditEntry.objects.filter(kind__startswith="review_text").order_by("seq")
    assert [(entry.kind, entry.actor, entry.chain) for entry in entries] == [
        ("review_text_kept", cast.independent.pk, cast.body.reference),
        ("review_text_deleted", cast.second_independent.pk, cast.body.reference),
        ("review_text_brought_back", cast.second_independent.pk, cast.body.reference),
    ]
