"""The plan in the hands of people: actions added, taken, edited, split, merged, and marked as not relevant.

Actions that a submission opens and closes, their dates, evidence and risks are in `assessments.acting`.
"""
