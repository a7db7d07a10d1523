"""Evidence as the domain sees it: how much of it an organisation may keep."""
