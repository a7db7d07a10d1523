"""Views, one folder for each audience: find, permit, do, answer."""
