"""Files that are imported: an inventory, a model card."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm, offer
from assessments.models import Organisation


class ImportForm(PlainForm):
    """An inventory; the organisation is asked only of somebody who owns several."""

    organisation = forms.ChoiceField(label=_("Organisation"), error_messages={"required": _("Choose an organisation.")})
    file = forms.FileField(
        label=_("Inventory"),
        help_text=_(
            "Excel (XLSX) or CSV in UTF-8, at most 2,000 rows and 5 MB. The first row must contain the column names."
        ),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,.xlsx"}),
        allow_empty_file=True,  # the reader says what is wrong with it, in our words
        error_messages={"required": _("Choose the file that contains your inventory.")},
    )

    def __init__(self, *args: Any, organisations: Sequence[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(organisations) > 1:
            offer(self, "organisation", [(o.reference, o.name_en) for o in organisations])
        else:
            del self.fields["organisation"]


class ModelCardForm(PlainForm):
    file = forms.FileField(
        label=_("Model card"),
        help_text=_("The README.md file that the supplier of the model publishes, at most 1 MB."),
        widget=forms.ClearableFileInput(attrs={"accept": ".md,.markdown,.txt"}),
        allow_empty_file=True,  # the reader says what is wrong with it, in our words
        error_messages={"required": _("Choose the model card.")},
    )
