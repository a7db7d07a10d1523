#!/usr/bin/env python
"""Django's command line for hkguide."""

import os
import sys


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hkguide.settings")
    from django.core.management import execute_from_command_line

    from assessments.core.request_context import Origin, coming_from

    with coming_from(Origin(system=sys.argv[1] if len(sys.argv) > 1 else "")):
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
