"""Pages of a use's facts, its tier and its holds."""
