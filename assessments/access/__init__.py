"""Who may do what (`roles`), which rows a person may know of (`finders`), and who may not judge (`separation`)."""
