"""Pages of a review: the own set of a seat, accepting together, taking over marks, taking an approval back."""
