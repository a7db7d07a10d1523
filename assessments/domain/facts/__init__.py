"""Facts of a declared use: declare them, run the tier rules, look after the holds that follow."""
