"""Pages of people and organisations: their data, who leaves, what is deleted."""
