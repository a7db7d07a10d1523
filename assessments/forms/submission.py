"""What somebody signs, and on what terms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from assessments.forms.answering import Words
from assessments.forms.base import PlainForm
from assessments.forms.fields import explained
from assessments.models import Route


class StatementForm(PlainForm):
    """A statement, sentence by sentence: each is a box of its own, and all of them are needed.

    `digest` names the answers that the page shows; whoever signs has to have read those that stand when the form arrives.
    """

    seen = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(self, data: Any = None, *, sentences: Sequence[str], digest: str) -> None:
        super().__init__(data)
        self.digest = digest
        self.statements = []
        for number, sentence in enumerate(sentences, 1):
            name = f"statement_{number}"
            self.fields[name] = forms.BooleanField(
                label=sentence,
                error_messages={
                    "required": _("Tick the box beside this statement. You need to tick every box to sign.")
                },
            )
            self.statements.append(self[name])

    def clean_seen(self) -> str:
        seen = self.cleaned_data["seen"]
        if seen != self.digest:
            self.add_error(
                None, _("Facts or answers have changed since you opened this page. Check them again, then sign.")
            )
        return str(seen)


class RouteSelect(forms.RadioSelect):
    """Radio buttons of which those that lead nowhere cannot be chosen, and say why."""

    closed: Mapping[str, str] = {}

    def create_option(self, name: str, value: Any, label: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option = super().create_option(name, value, label, *args, **kwargs)
        reason = self.closed.get(str(value))
        if reason:
            option["attrs"]["disabled"] = True
            option["label"] = explained(label, reason)
        return option


class SubmitForm(StatementForm):
    """The statement, who is to review, and what may be published."""

    route = forms.ChoiceField(
        label=_("Who should review the assessment?"),
        choices=Route,
        widget=RouteSelect,
        error_messages={"required": _("Choose who should review the assessment.")},
    )
    public_statement = Words(
        label=_("Public statement on transparency, opting out and monitoring"),
        help_text=_("Your text is printed on the certificate and on its public page. Your answers are not published."),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    as_it_was = forms.BooleanField(
        label=_("I am sending these items back without changing them or replying"),
        error_messages={
            "required": _(
                "Change these items or reply to the reviewer first. If you want to send them back without doing "
                "either, tick this box."
            )
        },
    )

    def __init__(
        self,
        data: Any = None,
        *,
        sentences: Sequence[str],
        digest: str,
        is_published: bool,
        is_untouched: bool = False,
        closed: Mapping[Route, str] | None = None,
    ) -> None:
        """`closed`: routes that nobody could review, each with why. `is_untouched`: something that was returned was neither
        changed nor replied to, which is to be confirmed."""
        super().__init__(data, sentences=sentences, digest=digest)
        self.closed = {str(route): reason for route, reason in (closed or {}).items()}
        self.fields["route"].widget.closed = self.closed
        left = [route for route in Route if str(route) not in self.closed]
        if len(left) == 1:
            self.fields["route"].initial = left[0]
        if not is_published:
            del self.fields["public_statement"]
        if not is_untouched:
            del self.fields["as_it_was"]

    def clean_route(self) -> str:
        route = str(self.cleaned_data["route"])
        if route in self.closed:
            raise forms.ValidationError(self.closed[route])
        return route


class SelfCertifyForm(StatementForm):
    """The statement of a Low use, with a date for each must that is to be met later."""

    def __init__(
        self,
        data: Any = None,
        *,
        sentences: Sequence[str],
        digest: str,
        later: Sequence[tuple[str, str]],
        longest_days: int,
    ) -> None:
        super().__init__(data, sentences=sentences, digest=digest)
        today = timezone.localdate()
        first, last = today + timedelta(days=1), today + timedelta(days=longest_days)
        self.dates = []
        for question, title in later:
            name = f"due-{question}"
            self.fields[name] = forms.DateField(
                label=title,
                widget=forms.DateInput(
                    attrs={"type": "date", "min": first.isoformat(), "max": last.isoformat()}, format="%Y-%m-%d"
                ),
                error_messages={"required": _("Enter the date by which the practice will be in place.")},
            )
            self.dates.append(self[name])

    @property
    def conditions(self) -> dict[str, date]:
        """The promised dates by question."""
        return {
            name.removeprefix("due-"): value for name, value in self.cleaned_data.items() if name.startswith("due-")
        }


class WithdrawForm(PlainForm):
    reason = Words(
        label=_("Why are you withdrawing the submission?"),
        help_text=_("We keep the reason in the record and notify the reviewer."),
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Say why you are withdrawing the submission.")},
    )
