"""Who uses an installation: people, organisations and what a person is in each."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Self

from django.conf import settings
from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from assessments.models.base import NOT_CHINESE, Referenced, has_chinese

INVITATION_DAYS = 14


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email), **fields)
        user.set_password(password)
        user.save()
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> User:
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, email: str | None) -> User:
        return self.get(email__iexact=email)


class MailWhen(models.TextChoices):
    AT_ONCE = "at_once", _("At once, one email for each notification")
    DAILY = "daily", _("Once a day, in the morning, in one email")
    ACTING = "acting", _("At once, but only when I have to act")


class User(AbstractBaseUser, PermissionsMixin):
    """A person, known by a mail address. `is_staff` publishes editions and runs the installation, and judges nothing."""

    email = models.EmailField(_("email address"), max_length=254, unique=True)
    name = models.CharField(_("name"), max_length=120)
    language = models.CharField(max_length=8, default="en")
    shortcuts = models.BooleanField(_("keyboard shortcuts"), default=False)
    away_from = models.DateField(_("first day of absence"), null=True, blank=True)  # both dates or neither
    away_until = models.DateField(_("last day of absence"), null=True, blank=True)  # the last day of it
    mail_when = models.CharField(_("email notifications"), max_length=8, choices=MailWhen, default=MailWhen.AT_ONCE)
    digest_on = models.DateField(null=True, editable=False)  # the day of the last daily mail
    is_staff = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    password_is_initial = models.BooleanField(
        default=False, editable=False
    )  # printed by `set_up`: changed before all else
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    # of an account that was deleted: the name under what its person had signed, empty where they had signed nothing
    signed_name = models.CharField(max_length=120, blank=True, editable=False)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                name="one_user_per_mail_address",
                violation_error_message=_("This email address is already in use."),
            )
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def as_signed(self) -> str:
        """The name under a signed submission or a decision, which stays when the account is deleted."""
        return self.signed_name or str(self)

    def has_second_factor(self) -> bool:
        """Tell whether there is one; recovery codes alone are none (one query)."""
        from allauth.mfa.models import Authenticator  # needs the apps to be ready

        rows = Authenticator.objects.filter(user_id=self.pk)
        return bool(rows.exclude(type=Authenticator.Type.RECOVERY_CODES).exists())

    @property
    def is_exempt_from_factor(self) -> bool:
        """Tell whether the person may decide without one: nobody on an installation that others reach."""
        return self.email.lower() in {address.lower() for address in settings.SECOND_FACTOR_EXEMPT}

    def needs_second_factor(self) -> bool:
        """Tell whether the person needs one to review or sign: the installation asks for it, or one of their organisations."""
        if self.is_exempt_from_factor:
            return False
        asking = {"organisation__requires_second_factor": True, "left_at": None}
        return settings.SECOND_FACTOR or self.memberships.filter(**asking).exists()

    def get_session_auth_hash(self) -> str:
        """Return what each session of the person holds: with another password or address it ends."""
        return self._with_address(super().get_session_auth_hash())

    def get_session_auth_fallback_hash(self) -> Iterator[str]:
        return (self._with_address(found) for found in super().get_session_auth_fallback_hash())

    def _with_address(self, found: str) -> str:
        return hashlib.sha256(f"{found}:{self.email.lower()}".encode()).hexdigest()

    def has_confirmed(self, email: str) -> bool:
        """Tell whether this is the address of the account, and its person has shown that they hold it (one query)."""
        if self.email.lower() != email.lower():
            return False
        found: Any = self.emailaddress_set  # type: ignore[attr-defined]  # allauth's
        return bool(found.filter(email=email.lower(), verified=True).exists())

    @property
    def is_away(self) -> bool:
        """Tell whether today, in Hong Kong, lies in the days that a reviewer gave."""
        return bool(self.away_from and self.away_until and self.away_from <= timezone.localdate() <= self.away_until)

    @property
    def initials(self) -> str:
        words = self.name.split() or [self.email]
        return "".join(word[0] for word in (words[0], words[-1])[: len(words)]).upper()


class OrganisationQuerySet(models.QuerySet["Organisation"]):
    def reviewing_body(self) -> Organisation | None:
        return self.filter(is_reviewing_body=True).first()


class Organisation(Referenced):
    """A body with the legal names that its certificates print."""

    name_en = models.CharField(_("legal name in English"), max_length=200)
    name_zh = models.CharField(_("legal name in Chinese"), max_length=200, blank=True)
    registration_no = models.CharField(_("registration number"), max_length=40, blank=True)
    place = models.CharField(_("place of registration or office"), max_length=120)
    contact = models.EmailField(_("contact address"), blank=True)
    is_reviewing_body = models.BooleanField(default=False, editable=False)
    requires_second_factor = models.BooleanField(_("second factor for every member"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    deletion_on = models.DateField(null=True, editable=False)  # from this day on the sweeper deletes its content
    deletion_by = models.ForeignKey(User, models.PROTECT, null=True, editable=False, related_name="+")
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = OrganisationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["registration_no"],
                condition=~models.Q(registration_no=""),
                name="one_organisation_per_registration_no",
                violation_error_message=_(
                    "An organisation with this registration number is already registered. Ask one of its owners to invite you."
                ),
            ),
            models.UniqueConstraint(
                fields=["is_reviewing_body"], condition=models.Q(is_reviewing_body=True), name="one_reviewing_body"
            ),
        ]

    def __str__(self) -> str:
        return self.name_en

    def clean(self) -> None:
        if self.name_zh and not has_chinese(self.name_zh):
            raise ValidationError({"name_zh": NOT_CHINESE})

    def get_absolute_url(self) -> str:
        return reverse("organisation", args=[self.reference])


class Role(models.TextChoices):
    OWNER = "owner", _("Owner")
    CONTRIBUTOR = "contributor", _("Contributor")
    VIEWER = "viewer", _("Viewer")
    REVIEWER = "reviewer", _("Reviewer")


class Sees(models.TextChoices):
    ALL = "all", pgettext_lazy("what a member sees", "everything")
    ASSIGNED = "assigned", _("assigned work only")


class MembershipQuerySet(models.QuerySet["Membership"]):
    def current(self) -> Self:
        return self.filter(left_at=None)


class Membership(models.Model):
    """What a person is in one organisation: one role, so an in-house reviewer edits nothing there."""

    user = models.ForeignKey(User, models.PROTECT, related_name="memberships")
    organisation = models.ForeignKey(Organisation, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=12, choices=Role)
    sees = models.CharField(max_length=8, choices=Sees, default=Sees.ALL)
    joined_at = models.DateTimeField(auto_now_add=True)
    left_at = models.DateTimeField(null=True, blank=True)
    leads = models.BooleanField(default=False)  # of a reviewer from the reviewing body: named by somebody who leads it

    objects = MembershipQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "organisation"], name="one_membership_per_organisation"),
            models.CheckConstraint(
                condition=models.Q(sees=Sees.ALL) | models.Q(role=Role.CONTRIBUTOR), name="only_contributors_see_less"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user} ({self.get_role_display()}, {self.organisation})"


class InvitationManager(models.Manager["Invitation"]):
    def issue(self, **fields: Any) -> tuple[Invitation, str]:
        """Make an invitation and its token; only the token's digest is kept."""
        token = secrets.token_urlsafe(24)
        expires_at = timezone.now() + timedelta(days=INVITATION_DAYS)
        return self.create(token_digest=digest(token), expires_at=expires_at, **fields), token

    def renew(self, invitation: Invitation) -> str:
        """Put a new token and a new term in the place of the old ones; returns the token, or "" if it was used."""
        token = secrets.token_urlsafe(24)
        invitation.token_digest = digest(token)
        invitation.expires_at = timezone.now() + timedelta(days=INVITATION_DAYS)
        fields = {"token_digest": invitation.token_digest, "expires_at": invitation.expires_at}
        return token if self.filter(pk=invitation.pk, accepted_at=None).update(**fields) else ""

    def open_for(self, token: str) -> Invitation | None:
        return (
            self.filter(token_digest=digest(token), accepted_at=None, expires_at__gt=timezone.now())
            .select_related("organisation", "by")
            .first()
        )


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


class Invitation(models.Model):
    """A mail that lets one address join one organisation in one role."""

    organisation = models.ForeignKey(Organisation, models.CASCADE, related_name="invitations")
    email = models.EmailField(_("email address"))
    role = models.CharField(max_length=12, choices=Role, default=Role.CONTRIBUTOR)
    sees = models.CharField(max_length=8, choices=Sees, default=Sees.ALL)
    token_digest = models.CharField(max_length=64, unique=True)
    by = models.ForeignKey(User, models.PROTECT)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True, blank=True)
    # the question that is asked along with it: assessment, question, due, note, by; empty for most
    asked = models.JSONField(default=dict, blank=True)
    note = models.TextField(blank=True)  # what its sender writes to whoever is invited

    objects = InvitationManager()

    def __str__(self) -> str:
        return f"{self.email} → {self.organisation}"


class RefusedSignIn(models.Model):
    """How often a sign-in with an address was refused since the log last said so; known or not, it is written the same way."""

    email = models.EmailField(max_length=254, unique=True)
    count = models.PositiveIntegerField(default=0)
    address = models.CharField(max_length=45, blank=True)  # where the last one came from
    last_at = models.DateTimeField()
    logged_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.email}: {self.count}"
