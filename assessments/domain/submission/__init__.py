"""Signing an assessment and sending it to review, or certifying it on the owner's word: what stands in the way of it."""
