"""What opens to everybody who is signed in, whatever their account still lacks: what is public, and what keeps a session."""

OPEN_TO_ALL = ("/session/", "/health/", "/static/", "/verify/", "/guideline/", "/method/", "/about/")
