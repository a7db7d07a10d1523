"""Organisations, people, AI systems and uses: registered, imported, left, exported and deleted."""
