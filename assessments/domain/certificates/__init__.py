"""Certificates: what is issued, and what ends a suspension."""
