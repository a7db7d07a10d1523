"""Facts of a declared use: what is kept of a page before it is saved, and what is said of them."""
