"""WSGI entry point. A start with debug off stops here without a secret, or with an exemption meant for the own machine alone."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hkguide.settings")
application = get_wsgi_application()

from assessments.checks import exempt_in_public, missing_secret  # noqa: E402  (settings have to be loaded first)

for said in (missing_secret(), exempt_in_public()):
    if said:
        sys.exit(f"hkguide: {said}")
