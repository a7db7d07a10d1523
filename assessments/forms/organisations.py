"""Registering and changing an organisation, inviting people, and their roles."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.core.validators import MaxLengthValidator, validate_email
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.forms.base import LaidOut, PlainForm, offer
from assessments.forms.fields import OneLine, Words, explained
from assessments.models import Membership, Organisation, Role, Sees

MOST_INVITED = 20  # at a time
ROLE_SENTENCES: dict[str, Any] = {
    Role.OWNER: _("Registers systems, invites people, assigns sections, signs and submits."),
    Role.CONTRIBUTOR: _("Declares facts, answers questions and reports actions as done."),
    Role.VIEWER: _("Can read everything but cannot change anything. Suitable for auditors and board members."),
    Role.REVIEWER: _("Reviews what colleagues have submitted. Cannot change facts or answers."),
}
ASSIGNED_SENTENCE = _("Sees and answers only the sections that an owner assigns.")
REVIEWING_BODY_SENTENCE = _("Reviews what organisations submit to this reviewing body, and invites other reviewers.")


def role_sentence(role: str, sees: str = Sees.ALL, *, reviewing_body: bool = False) -> str:
    """Say in one sentence what a role may do."""
    if reviewing_body and role == Role.REVIEWER:
        return str(REVIEWING_BODY_SENTENCE)
    return str(ASSIGNED_SENTENCE if sees == Sees.ASSIGNED else ROLE_SENTENCES.get(role, ""))


class OrganisationForm(LaidOut, forms.ModelForm):  # type: ignore[type-arg]  # not subscriptable when it runs
    class Meta:
        model = Organisation
        fields = ("name_en", "name_zh", "registration_no", "place", "contact")
        field_classes: ClassVar = dict.fromkeys(("name_en", "name_zh", "registration_no", "place"), OneLine)
        help_texts = {
            "name_en": _("The full registered name, as printed on certificates."),
            "name_zh": _("The full registered Chinese name, if the organisation has one."),
            "registration_no": _("The business registration number, company number or charity number."),
            "place": _("For example, Hong Kong."),
            "contact": _("An email address for questions about certificates. The address is not printed."),
        }
        error_messages: ClassVar = {
            "name_en": {"required": _("Enter the name of the organisation.")},
            "place": {"required": _("Enter the place where the organisation is registered or has its office.")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name_zh"].widget.attrs["lang"] = "zh-Hant"
        self.fields["place"].widget.attrs["autocomplete"] = "off"
        self.fields["contact"].widget.attrs["autocomplete"] = "email"

    def add_error(self, field: str | None, error: Any) -> None:
        # The constraint is conditional, so Django cannot tell which field it speaks of.
        found = getattr(error, "error_dict", {})
        if NON_FIELD_ERRORS in found:
            found["registration_no"] = [*found.get("registration_no", []), *found.pop(NON_FIELD_ERRORS)]
        super().add_error(field, error)


class AccessForm(PlainForm):
    """What a member of an organisation may do; `assigned` is a contributor who sees only what is assigned."""

    access = forms.ChoiceField(
        label=_("Role and access"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a role.")},
    )

    def offer_roles(self) -> None:
        """Offer every role, with one sentence on each."""
        choices = [(str(role), explained(role.label, ROLE_SENTENCES[role])) for role in Role]
        word = pgettext_lazy("a role", "Contributor, assigned work only")
        choices.insert(2, ("assigned", explained(word, ASSIGNED_SENTENCE)))
        offer(self, "access", choices)

    def role_and_sight(self) -> tuple[Role, Sees]:
        """Return the role that was chosen, and how much of the assessments it sees."""
        chosen = self.cleaned_data["access"]
        if chosen == "assigned":
            return Role.CONTRIBUTOR, Sees.ASSIGNED
        return Role(chosen), Sees.ALL


class InviteForm(AccessForm):
    """Addresses, one a line, and one role for all of them."""

    email = forms.CharField(
        label=_("Email addresses"),
        help_text=_("Enter up to twenty email addresses, one on each line. Each invitation is valid for 14 days."),
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "off", "spellcheck": "false", "autocapitalize": "off"}),
        error_messages={"required": _("Enter at least one email address.")},
    )
    note = Words(
        label=_("Note to the people you invite"),
        max_length=400,
        required=False,
        help_text=_("The note appears in the invitation email and on the invitation page."),
    )

    def __init__(self, *args: Any, reviewing_body: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if reviewing_body:
            offer(self, "access", [(str(Role.REVIEWER), explained(Role.REVIEWER.label, REVIEWING_BODY_SENTENCE))])
            self.fields["access"].initial = str(Role.REVIEWER)
        else:
            self.offer_roles()
        self.order_fields(["email", "access", "note"])

    def clean_email(self) -> list[str]:
        """Return the addresses in their order; what is wrong names its line."""
        found: list[str] = []
        wrong = []
        for number, line in enumerate(self.cleaned_data["email"].splitlines(), start=1):
            address = line.strip().strip(",;")
            if not address:
                continue
            try:
                validate_email(address)
                MaxLengthValidator(254)(address)
            except ValidationError:
                wrong.append(self.at(number, _("“%s” is not an email address.") % address[:80]))
                continue
            if address.lower() not in (one.lower() for one in found):
                found.append(address)
        if len(found) > MOST_INVITED:
            wrong.append(_("Enter at most twenty email addresses at a time. You entered %s.") % len(found))
        if not found and not wrong:
            wrong.append(str(self.fields["email"].error_messages["required"]))
        if wrong:
            raise ValidationError(wrong)
        return found

    def at(self, number: int, words: Any) -> str:
        return _("Line %(number)s: %(words)s") % {"number": number, "words": words}

    def line_of(self, address: str) -> int:
        """Return the line on which an address stands as it was typed."""
        lines = [line.strip().strip(",;").lower() for line in self.data.get("email", "").splitlines()]
        return lines.index(address.lower()) + 1


class RoleForm(AccessForm):
    """The role of somebody who is a member already."""

    def __init__(self, data: Mapping[str, Any] | None = None, *, member: Membership) -> None:
        assigned = member.sees == Sees.ASSIGNED
        super().__init__(data, initial={"access": "assigned" if assigned else str(member.role)})
        self.offer_roles()
