"""The report model: a snapshot turned into what a reader needs, as frozen dataclasses with every word in place.

`build_report` in `build` makes the `Report` of `model`. Each other file holds one noun: its dataclasses, and the functions
that build them from a snapshot and its edition.
"""
