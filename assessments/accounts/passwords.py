"""Passwords that are guessed first: words of this place, names of one's organisations, disguised common words, one letter."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from allauth.core import context
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from assessments.accounts.adapter import invitation_of

FEWEST_SIGNS = 5  # different ones
REST = 8  # so many signs have to be left where the known words are taken out
WORDS_OF_THE_PLACE = (
    "hkguide", "hong", "kong", "hongkong", "guideline", "guide", "generative", "certificate", "assessment", "reviewer",
    "password", "passwort", "welcome", "letmein", "secret", "login", "admin",
)  # fmt: skip
DISGUISES = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s", "7": "t"})
LEGAL_FORMS = {"limited", "company", "services", "holdings", "group", "incorporated", "association", "foundation"}


class EasilyGuessedValidator:
    """Refuse few different signs, and a common password that is only disguised or lengthened."""

    def __init__(self) -> None:
        self.common = CommonPasswordValidator().passwords

    def validate(self, password: str, user: Any = None) -> None:
        plain = password.strip().casefold()
        if len(set(plain)) < FEWEST_SIGNS:
            raise ValidationError(
                _("Use at least %(fewest)s different characters. This password has fewer."),
                code="password_too_monotonous",
                params={"fewest": FEWEST_SIGNS},
            )
        core = plain.strip("0123456789!?.,;:-_#*+ ")
        if {core, core.translate(DISGUISES), plain.translate(DISGUISES)} & self.common:
            words = _("Choose another password. Your password is a very common password with a few small changes.")
            raise ValidationError(words, code="password_too_common")

    def get_help_text(self) -> str:
        return _("Do not use a common password with a few small changes.")


class KnownWordsValidator:
    """Refuse a password that is made of words of this place and names of the person's organisations."""

    def validate(self, password: str, user: Any = None) -> None:
        plain = re.sub(r"[\s_-]+", "", password.casefold())
        words = sorted({*WORDS_OF_THE_PLACE, *_names_around(user)}, key=len, reverse=True)
        for said in (plain, plain.translate(DISGUISES)):
            rest = said
            for word in words:
                rest = rest.replace(word, "")
            if rest != said and len(rest) < REST:
                sentence = _(
                    "Choose another password. This password consists mostly of the name of your organisation, or of"
                    " words such as hkguide, guideline or password."
                )
                raise ValidationError(sentence, code="password_of_known_words")

    def get_help_text(self) -> str:
        return _("Do not use the name of your organisation, or words such as hkguide, guideline or password.")


def _names_around(user: Any) -> Iterable[str]:
    """Return the words of four letters and more in the names of the organisations that a person is in, or is invited to."""
    from assessments.models import Organisation

    named: list[str] = []
    if user is not None and user.pk:
        mine = Organisation.objects.filter(memberships__user=user, memberships__left_at=None)
        named += [name for names in mine.values_list("name_en", "name_zh") for name in names]
    invitation = invitation_of(context.request)
    if invitation is not None:
        named += [invitation.organisation.name_en, invitation.organisation.name_zh]
    for name in named:
        words = [word for word in re.findall(r"\w+", name.casefold()) if word not in LEGAL_FORMS]
        yield from (word for word in words if len(word) >= 4 or not word.isascii())
        if len(words) > 1:
            yield "".join(words)
