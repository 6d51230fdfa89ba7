"""How the record's actions read to people."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


@dataclass(frozen=True, slots=True)
class Group:
    """Actions that are searched together."""

    label: StrOrPromise
    endings: tuple[str, ...] = ()
    beginnings: tuple[str, ...] = ()


GROUPS = {
    "views": Group(_("Records opened"), endings=(".viewed", ".downloaded", ".searched")),
    "sign-ins": Group(_("Sign-ins and failed tries"), beginnings=("signin.",)),
    "exports": Group(_("Downloads"), endings=(".downloaded", ".exported")),
    "staff": Group(_("Staff and what they may do"), beginnings=("staff.",)),
    "visits": Group(_("Visits"), beginnings=("appointment.", "visit.", "waitlist.")),
    "prescriptions": Group(_("Prescriptions"), beginnings=("prescription.", "document.")),
    "intake": Group(_("Health questionnaires"), beginnings=("intake.", "questionnaire")),
    "money": Group(_("Money"), beginnings=("payment.", "receipt.", "fee.")),
    "setup": Group(_("Hours, rooms, prices, rules"), beginnings=("diary.", "calendar_feed.")),
}

WORDS: dict[str, StrOrPromise] = {
    "appointment.booked": _("Booked a visit"),
    "appointment.cancelled": _("Cancelled a visit"),
    "appointment.claimed": _("Took on a visit booked in their name"),
    "appointment.covered": _("Tied a visit to a prescription"),
    "appointment.moved": _("Moved a visit"),
    "appointment.self_pay": _("Changed a visit to self-pay"),
    "appointment.viewed": _("Opened a visit"),
    "audit.searched": _("Searched this record"),
    "client.registered": _("Made the client's record"),
    "client.viewed": _("Opened the client's record"),
    "document.downloaded": _("Downloaded a document"),
    "document.stored": _("Stored a document"),
    "fee.paid": _("Took a fee"),
    "fee.waived": _("Waived a fee"),
    "guardian.confirmed": _("Said that they look after the client"),
    "guardian.refused": _("Said that they do not look after the client"),
    "intake.decided": _("Decided about the questionnaire's alerts"),
    "intake.emergency_shown": _("Was shown the emergency advice"),
    "intake.signed": _("Signed the health questionnaire"),
    "intake.started": _("Began the health questionnaire"),
    "message.retried": _("Sent a message again"),
    "payment.taken": _("Took a payment"),
    "prescription.approved": _("Approved a prescription"),
    "prescription.information_asked": _("Asked for information about a prescription"),
    "prescription.rejected": _("Rejected a prescription"),
    "prescription.reopened": _("Put a prescription back into review"),
    "prescription.sent_again": _("Took in a better copy of a prescription"),
    "prescription.submitted": _("Took in a prescription"),
    "prescription.superseded": _("Replaced a prescription by a newer one"),
    "prescription.taken_over": _("Took over the review of a prescription"),
    "prescription.viewed": _("Opened a prescription"),
    "questionnaireresponse.viewed": _("Opened the health questionnaire"),
    "receipt.downloaded": _("Downloaded a receipt"),
    "receipt.issued": _("Issued a receipt"),
    "receipt.viewed": _("Opened a receipt"),
    "receipt.voided": _("Voided a receipt"),
    "signin.ended": _("Signed out"),
    "signin.failed": _("Could not sign in"),
    "signin.password_changed": _("Changed the password"),
    "signin.succeeded": _("Signed in"),
    "staff.activated": _("Let a colleague in again"),
    "staff.changed": _("Changed what a colleague may do"),
    "staff.deactivated": _("Closed a colleague's login"),
    "staff.invitation_sent_again": _("Sent an invitation to work here again"),
    "staff.invitation_withdrawn": _("Withdrew an invitation to work here"),
    "staff.invited": _("Invited a colleague"),
    "staff.joined": _("Accepted the invitation to work here"),
    "visit.checked_in": _("Checked the client in"),
    "visit.finished": _("Recorded a session"),
    "visit.moved": _("Moved a visit within its prescription"),
    "visit.released": _("Gave a visit back to its prescription"),
    "visit.reserved": _("Set a visit of the prescription aside"),
    "visit.started": _("Began a session"),
    "visit.unused": _("Took a used visit back"),
    "visit.used": _("Counted a visit of the prescription"),
    "visit.viewed": _("Opened a session"),
    "waitlist.joined": _("Joined the waitlist"),
    "waitlist.offered": _("Offered a free time"),
    "waitlist.taken": _("Took an offered time"),
}


def words(action: str) -> StrOrPromise:
    """In words; an action without any reads as it is called."""
    return WORDS.get(action) or action.replace(".", ": ").replace("_", " ")
