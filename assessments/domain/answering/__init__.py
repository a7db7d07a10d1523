"""Answers: what one may say, figures, and what an organisation answers once for all its uses."""
