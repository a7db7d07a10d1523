"""A review: who holds its seats, what each judges and opens by itself, what an approval needs, and who is told."""
