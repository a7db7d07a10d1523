"""Reviews: who holds the seats of a case from round to round, and what its reviewers are told."""
