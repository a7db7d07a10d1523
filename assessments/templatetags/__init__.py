"""Template tags and filters. None of them runs a query."""
