"""Organisations and people as such: who leaves, what a person or an organisation takes along, and what is deleted."""
