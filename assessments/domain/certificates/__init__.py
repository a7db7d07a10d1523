"""Certificates: when one is issued, by which rules of the issuing body, and what ends a suspension."""
