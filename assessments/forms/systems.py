"""Registering an AI system and declaring a use of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from crispy_forms.helper import FormHelper
from crispy_forms.layout import Layout
from django import forms
from django.utils.translation import gettext_lazy as _

from assessments.forms.fields import explained
from assessments.models import AISystem, DeclaredUse, Organisation

SCOPE_LENGTH = 400
PARTS = {
    "is_developer": (
        _("Technology Developer"),
        _(
            "You train, tune or maintain the model yourself. Whoever commissions that work, or determines what the"
            " technology is used for, counts as well."
        ),
    ),
    "is_provider": (
        _("Service Provider"),
        _("You put a service built on such a model before customers, the public or other organisations."),
    ),
    "is_user": (
        _("Service User"),
        _("Your own people work with it, or you publish or pass on what it makes."),
    ),
}


class SystemForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A system with its parts; the organisation is asked only of somebody who owns several."""

    organisation = forms.ChoiceField(label=_("Organisation"))
    parts = forms.MultipleChoiceField(
        label=_("What is your organisation to this system?"),
        help_text=_("Tick every part that it has. The parts decide which duties and questions are put to you."),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one part that your organisation has in the system.")},
    )

    class Meta:
        model = AISystem
        fields = ("name", "version", "description", "suppliers")
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "name": _("The name that your own people know it by."),
            "version": _("As the supplier or your own team counts it."),
            "description": _("Two or three sentences: what goes in, what comes out, who works with it."),
            "suppliers": _("Who supplies the model, its hosting and other parts, as far as you know."),
        }

    def __init__(self, *args: Any, organisations: Sequence[Organisation] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if len(organisations) > 1:
            self.fields["organisation"].choices = [(o.reference, o.name_en) for o in organisations]  # type: ignore[attr-defined]
        else:
            del self.fields["organisation"]
        self.fields["parts"].choices = [(key, explained(*words)) for key, words in PARTS.items()]  # type: ignore[attr-defined]
        if self.instance.pk:
            self.fields["parts"].initial = [key for key in PARTS if getattr(self.instance, key)]
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        first = ["organisation"] if "organisation" in self.fields else []
        self.helper.layout = Layout(*first, "name", "version", "description", "suppliers", "parts")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = cleaned.get("parts", [])
        cleaned.update({key: key in chosen for key in PARTS})
        return cleaned

    def system_fields(self) -> dict[str, Any]:
        """What `declaring` stores."""
        names = ("name", "version", "description", "suppliers", *PARTS)
        return {name: self.cleaned_data[name] for name in names}


def one_sentence(text: str) -> str:
    """Put a text on one line, as the certificate prints it."""
    return " ".join(text.split())


class UseForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    class Meta:
        model = DeclaredUse
        fields = ("title", "purpose", "setting", "people_affected", "scope_en", "scope_zh", "exclusions")
        labels = {
            "title": _("Name of the use"),
            "purpose": _("What is it used for?"),
            "setting": _("Where and how is it used?"),
            "people_affected": _("Whom does it affect?"),
            "scope_en": _("Scope in one English sentence, as the certificate prints it"),
            "scope_zh": _("The same in Chinese"),
            "exclusions": _("What is left out"),
        }
        help_texts = {
            "title": _("Short, so that it is known in a list: booking and urgency sorting."),
            "purpose": _("The task, and what happens with the output."),
            "setting": _("The place, the channel, and who stands between output and effect."),
            "people_affected": _("Those who work with it, are served by it or are decided about, and about how many."),
            "scope_en": _("At most 400 characters. Say which use, for whom, where. Leave out what you do well."),
            "scope_zh": _("In traditional characters, at most 400. English prevails."),
            "exclusions": _("Uses that the certificate does not cover, in one line."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            if name == "title":
                continue
            field.widget = forms.Textarea(attrs={"rows": 3 if name.startswith("scope") else 2})
            # No maxlength: a browser would cut what is pasted without a word. The count says what is too long.
            field.widget.is_required = field.required
        self.fields["scope_zh"].widget.attrs["lang"] = "zh-Hant"
        self.helper = FormHelper()
        self.helper.form_tag = False
        self.helper.disable_csrf = True
        self.helper.layout = Layout("title", "purpose", "setting", "people_affected")
        self.scope_helper = FormHelper()
        self.scope_helper.form_tag = False
        self.scope_helper.disable_csrf = True
        self.scope_helper.layout = Layout("scope_en", "scope_zh", "exclusions")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("scope_en", "scope_zh", "exclusions"):
            if name in cleaned:
                cleaned[name] = one_sentence(cleaned[name])
        return cleaned
