"""What the reviewers of a case are told."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from assessments.core.durations import median_words
from assessments.models import Organisation, User
from assessments.notifications.kinds import MessageKind
from assessments.notifications.texts.table import Text, text_of


def _with(text: str, words: str) -> str:
    """Add what a person wrote as a paragraph of its own."""
    return f"{text}\n\n{words}" if words.strip() else text


@text_of(MessageKind.CASE_ROUND)
def case_round(
    *,
    use: str,
    organisation: Organisation,
    round: int,
    changed: int,
    declare: Sequence[str] | None,
    first_seat_free: bool,
) -> Text:
    """`changed`: how many answers and facts; `declare`: why to declare one's interests again, None: no need to."""
    words = _(
        "%(organisation)s has submitted its answers again (round %(round)s). You are still a reviewer of this case."
    )
    text = [words % {"organisation": organisation, "round": round}]
    if declare is not None:
        text += [_("Before you continue, declare your interests again, for the following reasons:"), *declare]
    else:
        words = ngettext(
            "%(n)s answer or fact has changed since your last round.",
            "%(n)s answers and facts have changed since your last round.",
            changed,
        )
        text.append(words % {"n": changed})
    if first_seat_free:
        text.append(
            _("The case has no first reviewer. You can mark answers when somebody has become the first reviewer.")
        )
    return Text(_("Submitted again: %(use)s") % {"use": use}, " ".join(text))


@text_of(MessageKind.CASE_RETURNED)
def case_returned(*, name: User, use: str, words: str, approval_lapsed: bool) -> Text:
    said = {"name": name, "use": use}
    text = (
        _("%(name)s has returned the case to the organisation. You will review the case again in the next round.")
        % said
    )
    if approval_lapsed:
        text += " " + _("Your approval of this round is no longer valid.")
    return Text(_("Returned by the other reviewer: %(use)s") % said, _with(text, words))


@text_of(MessageKind.CASE_APPROVED)
def case_approved(*, name: User, use: str, words: str) -> Text:
    said = {"name": name, "use": use}
    text = _("%(name)s has approved the submission. The case still needs a second approval.") % said
    return Text(_("First approval given: %(use)s") % said, _with(text, words))


@text_of(MessageKind.CASE_DECIDED)
def case_decided(*, name: User, use: str, words: str, approved: bool, has_certificate: bool = False) -> Text:
    said = {"name": name, "use": use}
    if not approved:
        text = _("%(name)s has refused the submission, so the case is closed.") % said
        return Text(_("Submission refused: %(use)s") % said, _with(text, words))
    text = _("%(name)s has given the last approval that the submission needs.") % said
    more = (
        _("The certificate has been issued.")
        if has_certificate
        else _("The certificate has not been issued yet, because something still blocks it.")
    )
    return Text(_("Submission approved: %(use)s") % said, _with(f"{text} {more}", words))


@text_of(MessageKind.CASE_CERTIFIED)
def case_certified(*, use: str, number: str) -> Text:
    text = _("Nothing blocks the certificate any more. Certificate %(number)s has been issued.") % {"number": number}
    return Text(_("Certificate issued: %(use)s") % {"use": use}, text)


@text_of(MessageKind.CASE_RECALLED)
def case_recalled(*, use: str) -> Text:
    text = _("The organisation has recalled the submission. You will review the case again in the next round.")
    return Text(_("Submission recalled: %(use)s") % {"use": use}, text)


class Seat(StrEnum):
    """What happened to a seat of a case."""

    CONFLICT = "conflict"
    ASKED = "asked"
    HANDED_OVER = "handed over"
    TAKEN_OVER = "taken over"
    SUCCEEDED = "succeeded"


@text_of(MessageKind.ASSIGNED)
def assigned(
    *,
    seat: Seat,
    name: User,
    use: str,
    organisation: Organisation | None = None,
    note: str = "",
    before: User | None = None,
) -> Text:
    """`name`: who did it; `before`: who held a seat that somebody succeeded to; a request has organisation and note."""
    said = {"name": name, "use": use, "organisation": organisation, "before": before}
    if seat in (Seat.ASKED, Seat.HANDED_OVER):
        asked = seat == Seat.ASKED
        subject = (
            _("%(name)s has asked you to review: %(use)s") if asked else _("%(name)s reassigned a case to you: %(use)s")
        )
        text = _(
            "The case is “%(use)s” of %(organisation)s. Before you read the answers, declare any conflict of interest."
        )
        return Text(subject % said, text % said + (f"\n\n{note}" if note else ""))
    subject, text = {
        Seat.CONFLICT: (
            _("%(name)s cannot review “%(use)s”"),
            _("%(name)s has declared a conflict of interest. Another reviewer has to take the case."),
        ),
        Seat.TAKEN_OVER: (
            _("%(name)s has taken over the case: %(use)s"),
            _("Existing marks are kept. Each mark shows the name of the person who set it."),
        ),
        Seat.SUCCEEDED: (
            _("%(name)s is now a reviewer: %(use)s"),
            _("%(before)s has left the case. From now on, %(name)s judges the actions of the case."),
        ),
    }[seat]
    return Text(subject % said, text % said)


@text_of(MessageKind.TO_DECLARE)
def to_declare(*, use: str, changes: Sequence[str]) -> Text:
    return Text(_("Declare your interests again: %(use)s") % {"use": use}, " ".join(changes))


@text_of(MessageKind.CASE_NOTE)
def case_note(*, name: User, use: str) -> Text:
    said = {"name": name, "use": use}
    text = _("%(name)s has shared a note on the case with you. To read it, open the notes page of the case.")
    return Text(_("Note on a case: %(use)s") % said, text % said)


@text_of(MessageKind.SHORT_LOOK)
def short_look(*, name: User, use: str, seconds: int) -> Text:
    """`seconds`: the median of the times for a mark."""
    text = _("%(name)s has approved the submission.") % {"name": name}
    subject = _("Approved very quickly by the other reviewer: %(use)s") % {"use": use}
    return Text(subject, f"{text} {median_words(seconds)}")


@text_of(MessageKind.APPROVAL_TAKEN_BACK)
def approval_taken_back(*, name: User, use: str, reason: str) -> Text:
    said = {"name": name, "use": use}
    text = _("%(name)s has withdrawn the approval and can now change marks again.") % said
    return Text(_("Approval withdrawn: %(use)s") % said, f"{text}\n\n{reason}")


@text_of(MessageKind.SECOND_LOOK)
def second_look(*, use: str, marked: int = 0, differ: int = 0, name: User | None = None, words: str = "") -> Text:
    """Without words it was given: how many facts and answers were marked, and how many otherwise. Else somebody wrote."""
    if words:
        return Text(_("About the second look at “%(use)s”") % {"use": use}, f"{name}: {words}")
    text = ngettext(
        "In the second look, %(n)s of %(all)s facts and answers was marked differently.",
        "In the second look, %(n)s of %(all)s facts and answers were marked differently.",
        differ,
    )
    more = _("The decision stays the same. Please comment on the result.")
    return Text(_("Second look at your case: %(use)s") % {"use": use}, f"{text % {'all': marked, 'n': differ}} {more}")


@text_of(MessageKind.SECOND_LOOK_REPORTED)
def second_look_reported(*, name: User, use: str, words: str, number: str = "") -> Text:
    """`number`: of the certificate, if there is one."""
    text = f"{name}: {words}"
    if number:
        more = _("Certificate %(number)s keeps its status unless a reviewer suspends it.") % {"number": number}
        text = f"{text}\n\n{more}"
    return Text(_("Serious difference in a second look: %(use)s") % {"use": use}, text)


@text_of(MessageKind.SUPPLEMENT)
def supplement(*, name: User, use: str, title: str, target: str) -> Text:
    """`title`: of the evidence; `target`: what it was added to."""
    text = _(
        "%(name)s added “%(title)s” to “%(target)s”. Please judge this evidence before you approve the submission."
    )
    subject = _("Evidence added: %(use)s") % {"use": use}
    return Text(subject, text % {"name": name, "title": title, "target": target})
