"""Django's backend for SQLite, but for how it waits until it may write."""
