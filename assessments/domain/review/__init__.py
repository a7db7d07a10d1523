"""A review: what a seat judges by itself, what it opened, and the approval that rests on it."""
