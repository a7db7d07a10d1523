"""What the log says of accounts, in words for people: each kind of entry with its label and its sentence."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy

ACCOUNTS: dict[str, tuple[Any, Any]] = {
    "account_made": (gettext_lazy("Account made"), gettext_lazy("%(who)s made an account")),
    "signed_in": (gettext_lazy("Signed in"), gettext_lazy("%(who)s signed in")),
    "signed_out": (gettext_lazy("Signed out"), gettext_lazy("%(who)s signed out")),
    "sign_in_refused": (
        gettext_lazy("Sign-in refused"),
        gettext_lazy("A sign-in as %(name)s was refused, number of times: %(count)s"),
    ),
    "address_confirmed": (
        gettext_lazy("Mail address confirmed"),
        gettext_lazy("The mail address %(address)s of %(who)s was confirmed"),
    ),
    "address_confirmed_by_command": (
        gettext_lazy("Mail address confirmed by a command"),
        gettext_lazy("%(who)s confirmed the mail address %(address)s of %(name)s"),
    ),
    "address_changed": (
        gettext_lazy("Mail address changed"),
        gettext_lazy("%(who)s changed the mail address of the account"),
    ),
    "name_changed": (gettext_lazy("Name changed"), gettext_lazy("%(who)s changed the name of the account")),
    "password_changed": (gettext_lazy("Password changed"), gettext_lazy("%(who)s changed the password")),
    "password_reset": (
        gettext_lazy("Password set anew"),
        gettext_lazy("The password of %(name)s was set anew, by the link that was mailed"),
    ),
    "factor_added": (
        gettext_lazy("Second factor added"),
        gettext_lazy("%(who)s added a second factor to the account"),
    ),
    "factor_removed": (
        gettext_lazy("Second factor removed"),
        gettext_lazy("%(who)s removed a second factor from the account"),
    ),
    "recovery_codes_made": (
        gettext_lazy("Recovery codes made"),
        gettext_lazy("%(who)s made new recovery codes"),
    ),
    "recovery_code_used": (
        gettext_lazy("Recovery code used"),
        gettext_lazy("%(who)s used a recovery code"),
    ),
    "second_factor_asked": (
        gettext_lazy("Second factor asked of every member"),
        gettext_lazy("%(who)s asked every member of %(thing)s for a second factor"),
    ),
    "second_factor_not_asked": (
        gettext_lazy("Second factor not asked of every member"),
        gettext_lazy("%(who)s stopped asking every member of %(thing)s for a second factor"),
    ),
    "factors_reset": (
        gettext_lazy("Second factor reset"),
        gettext_lazy("%(who)s reset the second factor of %(name)s"),
    ),
    "factors_reset_by_command": (
        gettext_lazy("Second factor reset by a command"),
        gettext_lazy("%(who)s reset the second factor of %(name)s by a command"),
    ),
    "sessions_ended": (
        gettext_lazy("Sessions ended"),
        gettext_lazy("%(who)s ended sessions of the account, number: %(count)s"),
    ),
    "sessions_ended_by_staff": (
        gettext_lazy("All sessions ended by staff"),
        gettext_lazy("%(who)s ended all sessions of %(name)s, number: %(count)s"),
    ),
    "sessions_ended_by_command": (
        gettext_lazy("All sessions ended by a command"),
        gettext_lazy("%(who)s ended all sessions of %(name)s by a command, number: %(count)s"),
    ),
    "data_exported": (gettext_lazy("Own data downloaded"), gettext_lazy("%(who)s downloaded all data of the account")),
    "account_deleted": (gettext_lazy("Account deleted"), gettext_lazy("An account was deleted by its person")),
    "staff_page": (
        gettext_lazy("Page of the administration"),
        gettext_lazy("%(who)s opened %(page)s of the administration"),
    ),
}

REGISTER: dict[str, tuple[Any, Any]] = {
    "organisation_exported": (
        gettext_lazy("All data downloaded"),
        gettext_lazy("%(who)s downloaded all data of the organisation, with %(files)s files of evidence"),
    ),
    "deletion_asked": (
        gettext_lazy("Deletion asked for"),
        gettext_lazy("%(who)s asked for the deletion of the organisation on %(on)s"),
    ),
    "deletion_cancelled": (
        gettext_lazy("Deletion cancelled"),
        gettext_lazy("%(who)s cancelled the deletion of the organisation"),
    ),
    "organisation_deleted": (
        gettext_lazy("Content deleted"),
        gettext_lazy("The content of the organisation was deleted; certificates and hashes stay"),
    ),
    "work_handed_over": (
        gettext_lazy("Work handed over"),
        gettext_lazy("%(who)s handed over what %(member)s still had, number of things: %(count)s"),
    ),
}
"""What happens to an organisation and its people as a whole."""

THE_LOG = (
    gettext_lazy("The log itself"),
    {
        "details_erased": (
            gettext_lazy("Details erased"),
            gettext_lazy("%(who)s erased what the log told of a person"),
        ),
        "rows_taken_in": (
            gettext_lazy("Earlier rows named"),
            gettext_lazy("The submissions, decisions, certificates and roles from before were named in the log"),
        ),
        "log_key_made": (
            gettext_lazy("Key of the log made"),
            gettext_lazy("The key that signs the ends of the log was made"),
        ),
        "log_key_changed": (
            gettext_lazy("Key of the log changed"),
            gettext_lazy("The ends of the log are signed with a new key"),
        ),
    },
)
