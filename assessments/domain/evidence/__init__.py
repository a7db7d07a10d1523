"""Evidence: the library, its files, and how much of it an organisation may keep."""
