"""The report model: a snapshot turned into what a reader needs, as frozen dataclasses with every word in place."""
