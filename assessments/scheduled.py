"""The sweeper: a list of small steps, each of which may run twice.

It runs every minute beside the workers, and once at the start of the site. A new step is one function and one line of
STEPS; what needs to be looked at once a day only says from which hour on. A step that fails stops no other.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from assessments.accounts import expired_forms, refusals
from assessments.audit import heads
from assessments.documents import queue
from assessments.domain import storage
from assessments.domain.certificates import missed, monitoring, staleness
from assessments.domain.register import deleted_organisations
from assessments.domain.remediation import risks
from assessments.domain.review import case_notes, kept_texts, rounds, second_look
from assessments.models import StepRun
from assessments.notifications import mail, reminders, sealed_mail

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Step:
    """One step. `from_hour` (Hong Kong time): done once a day, from then on; None: in every sweep.

    `atomic`: in one transaction with the note that it was done. Work on files is not, lest it keep writers waiting.
    """

    name: str
    do: Callable[[], int]
    from_hour: int | None = None
    atomic: bool = True


def forget_held_forms() -> int:
    """Forms that were kept for somebody signed out are forgotten after their hour."""
    expired_forms.sweep()
    return 0


def make_documents() -> int:
    """Take up the documents that a dead worker or a lost broker left.

    Without a broker the sweeping process makes them itself, beside its steps.
    """
    back = queue.take_back()
    return queue.wake_workers() if settings.JOBS_BY_CELERY else back


def send_mails() -> int:
    """Send the mails that were left; several to one person that waited for the next hour go as one."""
    sealed = sealed_mail.wake_workers() if settings.JOBS_BY_CELERY else sealed_mail.send_left()
    together = mail.send_together()
    return sealed + together + (mail.wake_workers() if settings.JOBS_BY_CELERY else mail.send_left())


def flag_expired() -> int:
    """Flag the approvals whose evidence has expired."""
    return staleness.flag_expired()


STEPS = (
    Step("forget held forms", forget_held_forms),
    Step("say refused sign-ins", refusals.say),
    Step("make documents", make_documents),
    Step("forget sealed emails", sealed_mail.forget),  # before more are sent: some are too late
    Step("send mails", send_mails),
    Step("miss conditions", missed.miss_conditions),  # at the start of the day after
    Step("watch monitoring", monitoring.watch_monitoring),  # suspends, and lifts it when a fresh record is there
    Step("flag expired evidence", flag_expired),
    Step("return risks", risks.return_risks, from_hour=0),
    Step("remind of conditions", reminders.remind_of_conditions, from_hour=7),
    Step("remind of actions", reminders.remind_of_actions, from_hour=7),
    Step("remind of risks", reminders.remind_of_risks, from_hour=7),
    Step("remind of evidence", reminders.remind_of_evidence, from_hour=7),
    Step("remind of monitoring", reminders.remind_of_monitoring, from_hour=7),
    Step("ask for declarations again", rounds.ask_again, from_hour=6, atomic=False),  # a transaction for each seat
    Step("draw second looks", second_look.draw_due, from_hour=5),
    Step("push the ends of the log", heads.push, from_hour=0),
    Step("forget deleted texts", kept_texts.forget_deleted, from_hour=4),
    Step("forget deleted notes", case_notes.forget_deleted, from_hour=4),
    Step("delete organisations", deleted_organisations.carry_out),
    Step("delete orphaned files", storage.sweep_orphans, from_hour=3, atomic=False),
    Step("say unknown mails", mail.say_unknown, from_hour=6),
    Step("send digests", mail.send_digests),  # keeps its own day for each person
)


def sweep(steps: tuple[Step, ...] = STEPS) -> int:
    """Do every step that is due; returns how many things were taken up."""
    done = 0
    for step in steps:
        try:
            done += step.do() if step.from_hour is None else _once_a_day(step)
        except Exception:  # the next sweep tries again; the other steps are not held up
            log.exception("sweeper: %s", step.name)
    return done


def _once_a_day(step: Step) -> int:
    now = timezone.localtime()
    if step.from_hour is None or now.hour < step.from_hour:
        return 0
    if StepRun.objects.filter(name=step.name, day__gte=now.date()).exists():
        return 0
    with transaction.atomic():  # a step that fails was not done
        StepRun.objects.get_or_create(name=step.name, defaults={"day": date(2000, 1, 1)})
        if not StepRun.objects.filter(name=step.name, day__lt=now.date()).update(day=now.date()):
            return 0
        if step.atomic:
            return step.do()
    return step.do()
