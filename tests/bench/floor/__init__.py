"""The floor: a bare Django project that does the least which a page of its kind can do. What hkguide costs is read against it."""
