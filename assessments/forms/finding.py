"""Finding one's way: what is searched, whether a section is complete, which versions are compared, one's own settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import PlainForm, layout_helper, offer
from assessments.forms.fields import OneLine
from assessments.models import User


class SearchForm(PlainForm):
    """What somebody looks for. One Chinese sign is a word, one Latin letter is none."""

    q = OneLine(
        label=_("Words to look for"),
        help_text=_("In questions, the lines of checklists, numbers of clauses, and answers. All words have to occur."),
        max_length=100,
        widget=forms.TextInput(attrs={"type": "search"}),
        error_messages={"required": _("Enter what you look for.")},
    )

    def clean_q(self) -> str:
        text: str = self.cleaned_data["q"].strip()
        if len(text) < 2 and text.isascii():
            raise forms.ValidationError(_("Enter at least two letters or digits."))
        return text


class CompleteForm(PlainForm):
    complete = forms.ChoiceField(
        label=_("Is this section complete?"),
        choices=[("yes", _("Yes, it is complete")), ("no", _("No, I go on answering"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose whether the section is complete.")},
    )


class CompareForm(PlainForm):
    """Which two versions of an assessment stand beside each other, and whether all answers do."""

    a = forms.ChoiceField(label=_("Earlier version"))
    b = forms.ChoiceField(label=_("Later version"))
    show = forms.ChoiceField(
        label=_("Answers"), choices=[("changed", _("Only what changed")), ("all", _("All answers"))]
    )

    def __init__(self, data: Any, *, versions: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for name in ("a", "b"):
            offer(self, name, versions)


class SettingsForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """What somebody sets for themselves alone."""

    class Meta:
        model = User
        fields = ["name", "shortcuts", "mail_when"]
        labels = {
            "name": _("Your name"),
            "shortcuts": _("Use keyboard shortcuts on the pages of an assessment and of a review"),
            "mail_when": _("When do you want mails?"),
        }
        help_texts = {
            "name": _("As it stands in the record. What you signed before keeps the name of that day."),
            "shortcuts": _("Keyboard shortcuts are off until you switch them on here."),
            "mail_when": _("Your inbox shows every message, whatever you choose."),
        }
        widgets = {"mail_when": forms.RadioSelect}
        field_classes: ClassVar = {"name": OneLine}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.helper = layout_helper("shortcuts")
        self.name_helper = layout_helper("name")
        self.fields["name"].required = "name" in self.data or not self.is_bound
        self.fields["mail_when"].required = False  # a page that does not ask for it changes nothing
        self.mail_helper = layout_helper("mail_when")

    def clean_name(self) -> str:
        name: str = " ".join(self.cleaned_data["name"].split())
        return name or self.instance.name

    def clean_mail_when(self) -> str:
        return self.cleaned_data["mail_when"] or self.instance.mail_when
