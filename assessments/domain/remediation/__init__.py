"""Remediation: actions that a submission opens and that people change, their dates, evidence, risks and closing."""
