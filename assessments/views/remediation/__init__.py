"""Pages of remediation: the register of all actions, and the changes that people make to the plan."""
