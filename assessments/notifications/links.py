"""Addresses of the pages that messages lead to. The domain makes no other ones: `reverse` is called in this module alone."""

from __future__ import annotations

from django.urls import reverse

from assessments.models import Appeal, Assessment, Assignment, Comment, Evidence, Hold, Submission


def review(submission: Submission) -> str:
    """Return the address of a case as its reviewers see it."""
    return reverse("review", args=[submission.reference])


def declare(submission: Submission) -> str:
    """Return the address of the declaration of interests in a case."""
    return reverse("declare", args=[submission.reference])


def case_notes(submission: Submission) -> str:
    """Return the address of the notes that reviewers keep of a case."""
    return reverse("case_notes", args=[submission.reference])


def review_supplements(submission: Submission) -> str:
    """Return the address of the evidence that was added after the signing."""
    return reverse("review_supplements", args=[submission.reference])


def review_messages(submission: Submission) -> str:
    """Return the address of what reviewers and organisation wrote to each other, for reviewers."""
    return reverse("review_messages", args=[submission.reference])


def second_look(submission: Submission) -> str:
    """Return the address of a second look at a decided case."""
    return reverse("second_look", args=[submission.reference])


def assessment(assessment: Assessment) -> str:
    """Return the address of an assessment."""
    return reverse("assessment", args=[assessment.reference])


def returned(assessment: Assessment) -> str:
    """Return the address of what a reviewer wants changed, or why a use was refused."""
    return reverse("returned", args=[assessment.reference])


def conformity(assessment: Assessment) -> str:
    """Return the address of the conformity file."""
    return reverse("conformity", args=[assessment.reference])


def case(assessment: Assessment) -> str:
    """Return the address of what reviewers and organisation wrote to each other, for the organisation."""
    return reverse("case", args=[assessment.reference])


def contest(assessment: Assessment, appeal: Appeal) -> str:
    """Return the address of one appeal among those of the organisation."""
    return f"{reverse('contest', args=[assessment.reference])}#appeal-{appeal.reference}"


def appeal(appeal: Appeal) -> str:
    """Return the address of an appeal, for who answers it."""
    return reverse("appeal", args=[appeal.reference])


def hold(hold: Hold) -> str:
    """Return the address of an open question about the tier."""
    return reverse("hold", args=[hold.use.reference, hold.pk])


def certificate_status(number: str) -> str:
    """Return the address of the status of a certificate."""
    return reverse("certificate_status", args=[number])


def take(submission: Submission) -> str:
    """Return the address where a seat is taken."""
    return reverse("take", args=[submission.reference])


def asked(assignment: Assignment) -> str:
    """Return the address of what is asked: the section, or the question on its page."""
    section = reverse("section", args=[assignment.assessment.reference, assignment.section])
    return f"{section}#q-{assignment.question}" if assignment.question else section


def comment(comment: Comment) -> str:
    """Return the address of a comment in the thread of its question."""
    page = reverse("comments", args=[comment.assessment.reference, comment.question])
    return f"{page}?at={comment.pk}#comment-{comment.pk}"


def evidence(piece: Evidence) -> str:
    """Return the address of one piece of evidence in the library."""
    return reverse("evidence_piece", args=[piece.reference])


def evidence_library() -> str:
    """Return the address of the evidence library."""
    return reverse("evidence")


def home() -> str:
    """Return the address of the start page of who is signed in."""
    return reverse("dashboard")
