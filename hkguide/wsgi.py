"""WSGI entry point. A start with debug off stops here without a fit secret, or with an exemption for the own machine alone."""

import os
import sys

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hkguide.settings")
application = get_wsgi_application()

from assessments.checks import exempt_in_public, unfit_secret, without_proxy  # noqa: E402  (settings have to be loaded first)

for said in (unfit_secret(), exempt_in_public()):
    if said:
        sys.exit(f"hkguide: {said}")
if without_proxy():
    sys.stderr.write(f"hkguide: {without_proxy()}\n")
