"""Judging a submission: what a reviewer looks at, and what keeps an approval from being given."""
