"""Pages of organisations, people, AI systems and uses: registered, imported, left, deleted."""
