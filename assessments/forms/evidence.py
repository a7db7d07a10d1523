"""Putting an evidence item into the library, replacing it, changing what is said of it, and finding it again."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django import forms
from django.core.validators import URLValidator
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.forms.base import layout_helper, offer
from assessments.forms.fields import Day, OneLine, Words
from assessments.models import Confidentiality, Evidence, Organisation

WHOLE = "whole"
"""Name of the last field of a form with a file: where it did not arrive, the upload was cut off on its way."""
INTERRUPTED = _("Choose the file again. The upload was interrupted, and nothing was stored.")
DETAILS = ("title", "proves", "period_from", "period_to", "confidentiality", "held_by", "expires_on")


class Periods(forms.Form):
    """The time that an evidence item speaks for, and until when it is good."""

    period_from = Day(label=_("Start of the period covered"), required=False)
    period_to = Day(label=_("End of the period covered"), required=False)
    expires_on = Day(
        label=_("Expires on"),
        required=False,
        help_text=_(
            "The evidence is valid until the end of this day. Its owner is reminded 30 days earlier. "
            "After this day, answers that use the evidence show a warning."
        ),
    )

    may_be_expired = False

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        begins, ends, expires = (cleaned.get(name) for name in ("period_from", "period_to", "expires_on"))
        if begins and ends and ends < begins:
            self.add_error("period_to", _("Choose a later end date. The period ends before it begins."))
        if expires and not self.may_be_expired and expires < timezone.localdate():
            self.add_error("expires_on", _("Choose today or a later day. Evidence cannot expire on a day in the past."))
        return cleaned


class Link(forms.URLField):
    default_validators = [URLValidator(schemes=["http", "https"])]


class FileOrLink(forms.Form):
    """A file or a link. What a file is worth, `evidence` says: here only whether it arrived whole."""

    # Empty files and long names are judged with everything else, in one place with one sentence each.
    file = forms.FileField(label=_("File"), required=False, allow_empty_file=True)
    link = Link(
        label=_("Or enter a link to the evidence"),
        required=False,
        max_length=1000,
        assume_scheme="https",
        help_text=_("The web address of a page or document that readers of the evidence can open."),
        error_messages={"invalid": _("Enter an address that begins with https:// or http://.")},
    )

    def __init__(self, *args: Any, endings: Iterable[str] = (), limit: int = 0, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = list(endings)
        field = self.fields["file"]
        field.widget.attrs["accept"] = ",".join(f".{kind}" for kind in kinds)
        words = _("Choose a file or enter a link, not both. File types: %(kinds)s. At most %(limit)s MB.")
        field.help_text = words % {"limit": limit // 1024**2, "kinds": ", ".join(kinds)}
        for name, other in (("file", "link"), ("link", "file")):
            self.fields[name].goes_with = other  # type: ignore[attr-defined]  # one of the two, so not called optional

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if WHOLE not in self.data:
            self.add_error("file", INTERRUPTED)
        nothing = not any(cleaned.get(name) or name in self.errors for name in ("file", "link"))
        on_request = "confidentiality" in self.errors or cleaned.get("confidentiality") == Confidentiality.ON_REQUEST
        if nothing and not on_request:
            self.add_error("file", _("Choose a file or enter a link."))
        return cleaned


class About(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    class Meta:
        model = Evidence
        fields = ("title", "proves", "confidentiality", "held_by")
        field_classes: ClassVar = dict.fromkeys(("title", "held_by"), OneLine)
        labels = {
            "title": _("Title"),
            "proves": _("What does the evidence prove?"),
            "confidentiality": _("Who may read the evidence?"),
            "held_by": _("Contact person"),
        }
        help_texts = {
            "title": _("A short title, such as “Access log of the chat assistant”."),
            "proves": _("Describe in one or two sentences what the evidence shows."),
            "held_by": _(
                "Only for evidence that is shown on request. Enter the name of a person or department, and how to"
                " contact them."
            ),
        }
        error_messages: ClassVar = {
            "title": {"required": _("Enter a title.")},
            "confidentiality": {"required": _("Choose who may read the evidence.")},
        }
        widgets = {"confidentiality": forms.RadioSelect}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["proves"] = Words(
            label=self.fields["proves"].label,
            help_text=self.fields["proves"].help_text,
            max_length=1000,
            error_messages={"required": _("Say what the evidence proves.")},
        )


class NewEvidenceForm(FileOrLink, Periods, About):
    """A new evidence item; the organisation is asked only of somebody who writes for several."""

    organisation = forms.ChoiceField(label=_("Organisation"), error_messages={"required": _("Choose an organisation.")})

    def __init__(self, *args: Any, organisations: Sequence[Organisation] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(organisations) > 1:
            offer(self, "organisation", [(o.reference, o.name_en) for o in organisations])
        else:
            del self.fields["organisation"]
        first = ["organisation"] if "organisation" in self.fields else []
        self.helper = layout_helper(*first, "title", "proves", "file", "link")
        self.details_helper = layout_helper("confidentiality", "held_by", "period_from", "period_to", "expires_on")

    def details(self) -> dict[str, Any]:
        """Return what the library keeps beside the file or link."""
        return {name: self.cleaned_data[name] for name in DETAILS}


class ReplaceForm(FileOrLink, Periods):
    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = layout_helper("file", "link", "period_from", "period_to", "expires_on")

    def details(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in ("period_from", "period_to", "expires_on")}


class OwnerField(forms.ModelChoiceField):
    def label_from_instance(self, obj: Any) -> str:
        return str(obj)


class ChangeEvidenceForm(Periods, About):
    """What is said of an evidence item. One that has a file or link is never shown on request only, and the other way round."""

    owner = OwnerField(
        label=_("Owner"),
        queryset=None,
        empty_label=None,
        help_text=_("This person keeps the evidence up to date, and is reminded before it expires."),
    )
    may_be_expired = True

    def __init__(self, *args: Any, owners: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].queryset = owners  # type: ignore[attr-defined]
        self.fields["owner"].initial = self.instance.owner_id
        for name in ("period_from", "period_to", "expires_on"):
            self.fields[name].initial = getattr(self.instance, name)
        if self.instance.version:
            del self.fields["held_by"]
            choices = [(str(c), c.label) for c in Confidentiality if c != Confidentiality.ON_REQUEST]
            offer(self, "confidentiality", choices)
        else:
            del self.fields["confidentiality"]
        self.helper = layout_helper(*(name for name in (*DETAILS, "owner") if name in self.fields))

    def changes(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*DETAILS, "owner") if name in self.fields}


class LibraryForm(forms.Form):
    """Which evidence items the library shows."""

    q = OneLine(label=pgettext_lazy("verb", "Search"), required=False, max_length=100)
    show = forms.ChoiceField(
        label=pgettext_lazy("label of a list of filters", "Filter"),
        required=False,
        choices=[
            ("", _("All except withdrawn")),
            ("expired", _("Expired")),
            ("soon", _("Expires within 30 days")),
            ("unused", _("Not used by any answer")),
            ("mine", _("Owned by me")),
            ("withdrawn", _("Withdrawn")),
        ],
    )
