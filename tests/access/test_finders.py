"""A finder of one row finds what the finder of all rows finds, and takes what is asked for as a value."""

import pytest
from django.db.transaction import TransactionManagementError

from assessments.access import finders, roles
from assessments.models import Membership
from tests.support.factories import make_assessment, make_cast

pytestmark = pytest.mark.django_db


def test_one_assessment_is_found_by_whoever_finds_it_among_all():
    mine, other = make_assessment("draft"), make_assessment("draft")
    for membership in Membership.objects.select_related("user"):
        for assessment in (mine, other):
            seen = finders.assessments_for(membership.user).filter(pk=assessment.pk).exists()
            assert (finders.find_assessment(membership.user, assessment.reference) is not None) == seen


def test_a_reference_is_never_read_as_sql():
    cast = make_cast()
    draft = make_assessment("draft", cast=cast)
    assert finders.find_assessment(cast.owner, draft.reference) == draft
    assert finders.find_assessment(cast.owner, "' OR 1=1 --") is None


def test_memberships_cost_one_query_with_their_organisations(django_assert_num_queries):
    cast = make_cast()
    with django_assert_num_queries(1):
        names = [row.organisation.name_en for row in roles.memberships_on_page(cast.owner)]
    assert names == [cast.organisation.name_en]


def test_an_assessment_is_locked_inside_a_transaction_only(published):
    cast = make_cast()
    draft = make_assessment("draft", cast=cast)
    with pytest.raises(TransactionManagementError):
        roles.lock_with_member(cast.owner, draft)
