"""The Celery application; without a broker every task runs in the process, after the commit."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "hkguide.settings")
app = Celery("hkguide")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["assessments"])
