"""Pages that a person opens first: what needs them, the inbox, the portfolio."""
