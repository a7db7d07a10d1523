"""Registering an AI system and declaring a use of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from crispy_forms.layout import HTML
from django import forms
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from assessments.forms.base import LaidOut, layout_helper, offer
from assessments.forms.fields import OneLine, explained
from assessments.forms.scope import derive_scope, lowered, one_sentence
from assessments.guideline.coverage import questions_put
from assessments.guideline.edition import Edition
from assessments.guideline.terms import Stakeholder
from assessments.guideline.wording import NEUTRAL_PEOPLE, guess_people_word
from assessments.models import AISystem, DeclaredUse, Organisation


@dataclass(frozen=True, slots=True)
class Part:
    """What an organisation may be to a system: what decides it, and examples for and against."""

    name: Any
    sentence: Any
    applies: Any
    does_not: Any
    stakeholder: Stakeholder


PARTS = {
    "is_developer": Part(
        _("Technology Developer"),
        _(
            "Your own staff train, fine-tune or maintain a model, or somebody builds a model for you. This part "
            "does not apply if you only choose, configure or prompt a finished product."
        ),
        _(
            "a start-up fine-tunes an open model on marked exam papers; a city pays a supplier to build its "
            "traffic model."
        ),
        _(
            "a clinic connects a supplier's assistant to its calendar; an office adds its handbook to a purchased"
            " chatbot."
        ),
        Stakeholder.DEVELOPER,
    ),
    "is_provider": Part(
        _("Service Provider"),
        _(
            "You offer the system to customers, the public or other organisations. It does not matter who built "
            "the model."
        ),
        _("an airline offers a purchased chatbot to its passengers; schools subscribe to your marking service."),
        _(
            "clerks draft emails about orders with a purchased tool; an agency publishes pictures made with a "
            "purchased tool."
        ),
        Stakeholder.PROVIDER,
    ),
    "is_user": Part(
        _("Service User"),
        _("Your own staff work with the system, or you publish or pass on its output."),
        _("a government bureau drafts minutes with a purchased product; a studio sketches with an image model."),
        _("a chatbot that only passengers use; a product that you only sell."),
        Stakeholder.ORGANISATION,
    ),
}


def part_choices(edition: Edition | None) -> list[tuple[str, SafeString]]:
    """Return the parts with their explanations, and what each brings in questions where an edition is there to count them."""
    found = []
    for key, part in PARTS.items():
        lines = [
            part.sentence,
            _("For example: %(examples)s") % {"examples": part.applies},
            _("Not an example: %(examples)s") % {"examples": part.does_not},
        ]
        if edition is not None:
            least, most = questions_put(edition, part.stakeholder)
            words = _(
                "This part has %(least)s to %(most)s questions, depending on the facts that you declare about the use."
            )
            lines.append(words % {"least": least, "most": most})
        found.append((key, explained(part.name, *lines)))
    return found


class SystemForm(LaidOut, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    """A system with its parts; the organisation is asked only of somebody who owns several."""

    organisation = forms.ChoiceField(label=_("Organisation"), error_messages={"required": _("Choose an organisation.")})
    parts = forms.MultipleChoiceField(
        label=_("What is your organisation's part in this system?"),
        help_text=_(
            "Tick all that apply. Most organisations that buy a product tick one part. The parts that you tick "
            "decide which questions we ask. If two parts share a question, you answer it only once."
        ),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("Choose at least one part that your organisation plays for the system.")},
    )

    class Meta:
        model = AISystem
        fields = ("name", "version", "description", "suppliers")
        field_classes: ClassVar = dict.fromkeys(("name", "version", "suppliers"), OneLine)
        widgets = {"description": forms.Textarea(attrs={"rows": 4})}
        help_texts = {
            "name": _("The name that your staff use for the system."),
            "version": _("For example, 2026.3."),
            "description": _(
                "Write one or two sentences: what the system does, for whom and where. We copy these sentences "
                "to the first use that you declare, so you do not have to write them again."
            ),
            "suppliers": _("Enter who supplies the model, the hosting and other components, if you know."),
        }
        error_messages: ClassVar = {"name": {"required": _("Enter the name of the system.")}}

    def __init__(
        self,
        *args: Any,
        organisations: Sequence[Organisation] = (),
        edition: Edition | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        if len(organisations) > 1:
            offer(self, "organisation", [(o.reference, o.name_en) for o in organisations])
        else:
            del self.fields["organisation"]
        offer(self, "parts", part_choices(edition))
        if self.instance.pk:
            self.fields["parts"].initial = [key for key in PARTS if getattr(self.instance, key)]
        first = ["organisation"] if "organisation" in self.fields else []
        self.helper = layout_helper(*first, "name", "version", "description", "suppliers", "parts")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        chosen = cleaned.get("parts", [])
        cleaned.update({key: key in chosen for key in PARTS})
        return cleaned

    def system_fields(self) -> dict[str, Any]:
        """Return the fields that `register_system` and `update_system` store."""
        names = ("name", "version", "description", "suppliers", *PARTS)
        return {name: self.cleaned_data[name] for name in names}


def derive_use(system: AISystem) -> dict[str, str]:
    """Return what the first use of a system starts from: what was written about the system, once."""
    told = one_sentence(system.description)
    return {"title": system.name[:120], "purpose": told} if told else {}


_CALLED = '{% include "assessments/register/people_called.html" with called=called only %}'
_WORD = re.compile(r"[^\W\d_]+(?:[ '’-][^\W\d_]+)*")


def _as_word(typed: str) -> str:
    return lowered(one_sentence(typed).rstrip("."))


def people_called(word: str, described: str) -> str:
    """Say what the plan will call the people affected: the word that was typed, else the one group that is described."""
    word = _as_word(word)
    return word if _WORD.fullmatch(word) else guess_people_word(described) or NEUTRAL_PEOPLE


class UseForm(forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    class Meta:
        model = DeclaredUse
        fields = ("title", "purpose", "setting", "people_affected", "people_word", "scope_en", "scope_zh", "exclusions")
        field_classes: ClassVar = dict.fromkeys(("title", "people_word"), OneLine)
        labels = {
            "title": _("Name of the use"),
            "purpose": _("What is the system used for?"),
            "setting": _("Where and how is the system used?"),
            "people_affected": _("Who is affected by this use?"),
            "people_word": _("What word do you use for the people affected?"),
            "scope_en": _("Scope in English, as printed on the certificate"),
            "scope_zh": _("Scope in Chinese, as printed on the certificate"),
            "exclusions": _("What the certificate does not cover"),
        }
        help_texts = {
            "title": _("A short name, for example “Booking and sorting by urgency”."),
            "purpose": _("Describe the task, and what happens to the output."),
            "setting": _("Describe the place, the channel, and who checks the output before anybody acts on it."),
            "people_affected": _(
                "Name the people who work with the system, use its service or are affected by its decisions. "
                "Give a rough number."
            ),
            "people_word": _(
                "One or two words, for example applicants, patients or pupils. If you leave this field empty, "
                "we use the word shown below."
            ),
            "scope_en": _(
                "At most 400 characters. Describe the use, not its quality. If you leave this field empty, we "
                "use your sentences above, and leave some out if they are too long. The result is shown below. "
                "You can change the scope at any time."
            ),
            "scope_zh": _(
                "At most 400 characters, in Traditional Chinese. If the Chinese and the English text differ, "
                "the English text applies."
            ),
            "exclusions": _("Name the uses that the certificate does not cover, in one line."),
        }
        error_messages: ClassVar = {
            "title": {"required": _("Enter the name of the use.")},
            "purpose": {"required": _("Say what the system is used for.")},
            "setting": {"required": _("Say where and how the system is used.")},
            "people_affected": {"required": _("Say who is affected by this use.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["scope_en"].required = False
        for name, field in self.fields.items():
            if name in ("title", "people_word"):
                continue
            field.widget = forms.Textarea(attrs={"rows": 3 if name.startswith("scope") else 2})
            # No maxlength: a browser would cut what is pasted without a word. The count says what is too long.
            field.widget.is_required = field.required
        self.fields["scope_zh"].widget.attrs["lang"] = "zh-Hant"
        self.helper = layout_helper("title", "purpose", "setting", "people_affected", "people_word", HTML(_CALLED))
        self.scope_helper = layout_helper("scope_en", "scope_zh", "exclusions")

    def clean_people_word(self) -> str:
        """Return a word in the plan's sentences: small letters, no full stop."""
        word = _as_word(self.cleaned_data["people_word"])
        if word and not _WORD.fullmatch(word):
            raise forms.ValidationError(_("Enter one or two words, such as “applicants”. Use letters only."))
        return word

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("scope_en", "scope_zh", "exclusions"):
            if name in cleaned:
                cleaned[name] = one_sentence(cleaned[name])
        if not cleaned.get("people_word") and "people_word" in cleaned:
            cleaned["people_word"] = guess_people_word(cleaned.get("people_affected", ""))
        told = [cleaned.get(name, "") for name in ("purpose", "setting", "people_affected")]
        if all(told) and not cleaned.get("scope_en") and "scope_en" not in self.errors:
            cleaned["scope_en"] = derive_scope(*told).text
        return cleaned
