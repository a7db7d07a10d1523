"""The product's own settings, with each response saying what it cost."""

from hkguide.settings import *  # noqa: F403
from hkguide.settings import MIDDLEWARE

MIDDLEWARE = ["tests.bench.counting.count_queries", *MIDDLEWARE]
