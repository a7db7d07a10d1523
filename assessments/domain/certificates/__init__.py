"""Certificates: when one is issued, by which rules of the reviewing body, and what ends a suspension."""
