"""Answers: start an assessment, save answers, work on them together, carry them over; the conformity file."""
