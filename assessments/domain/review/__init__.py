"""Reviews: who holds which seat, and what follows from it."""
