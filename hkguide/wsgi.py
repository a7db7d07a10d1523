"""WSGI entry point. A start with debug off and no fit secret stops here, before the first request."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hkguide.settings")
application = get_wsgi_application()

from assessments.checks import unfit_secret, without_proxy  # noqa: E402  (settings have to be loaded first)

if unfit_secret():
    sys.exit(f"hkguide: {unfit_secret()}")
if without_proxy():
    sys.stderr.write(f"hkguide: {without_proxy()}\n")
