"""Pages of a review: the own set of a seat, accepting together, taking over and back, and evidence shown and listed."""
