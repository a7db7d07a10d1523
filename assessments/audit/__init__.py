"""The log: its kinds of entries, writing, reading, erasing and verifying them."""
