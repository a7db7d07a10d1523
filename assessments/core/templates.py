"""Load the templates of the product without their indentation, which would be a sixth of every page."""

from __future__ import annotations

import re

from django.template import Origin
from django.template.loaders import filesystem

INDENTATION = re.compile(r"^[ \t]+", re.MULTILINE)


class Loader(filesystem.Loader):
    """Load pages and documents, with each line beginning at its first sign; line numbers stay as they are in the file.

    Texts of emails are loaded as they are: there a space at the start of a line is seen.
    """

    def get_contents(self, origin: Origin) -> str:
        contents = super().get_contents(origin)
        return INDENTATION.sub("", contents) if origin.name.endswith(".html") else contents
