"""WSGI entry point. A start with debug off and no secret stops here, before the first request."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hkguide.settings")
application = get_wsgi_application()

from assessments.checks import missing_secret  # noqa: E402  (settings have to be loaded first)

if missing_secret():
    sys.exit(f"hkguide: {missing_secret()}")
