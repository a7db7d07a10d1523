"""What the rules refuse, as exceptions fit to be shown: str(error) is a sentence for the person who tried."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _


class WorkflowError(Exception):
    """A move that the rules refuse. `reasons` are further sentences, one a line."""

    def __init__(self, message: str, reasons: list[str] | None = None) -> None:
        super().__init__(message)
        self.reasons = reasons or []


class WrongState(WorkflowError):
    """The assessment does not stand where the move begins."""

    def __init__(self, assessment: Any, wanted: str) -> None:
        self.assessment, self.wanted = assessment, wanted
        super().__init__(
            _("This step is not possible now, because the status of the assessment is “%(state)s”.")
            % {"state": assessment.get_state_display()}
        )


class Locked(WorkflowError):
    """Something that may not be changed while it is under review; what was typed is handed back by the page."""


class NotReady(WorkflowError):
    """The submission, approval or certificate lacks something; `reasons` says what, one line each."""


class SeparationOfDuties(WorkflowError):
    """The person belongs to the delivery team, or lacks the independence that the tier asks for."""


class Conflict(WorkflowError):
    """Somebody else saved in between; nothing was overwritten. `current` is what stands now."""

    def __init__(self, message: str, current: Any) -> None:
        super().__init__(message)
        self.current = current


class WouldHide(WorkflowError):
    """Saving would hide answers, which somebody has to agree to first; `answers` says which."""

    def __init__(self, message: str, answers: list[Any]) -> None:
        super().__init__(message)
        self.answers = answers


class InvalidAnswer(WorkflowError):
    """An answer that lacks something; `field` names the control."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NoRoom(InvalidAnswer):
    """A file for which the server has no room: the page answers 507."""


class NotPermitted(PermissionDenied):
    """A colleague who may know the object, but not do this to it: 403."""
