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
    "views": Group(
        _("Records opened"),
        endings=(".viewed", ".listed", ".downloaded", ".searched", ".patient_shown"),
    ),
    "sign-ins": Group(_("Sign-ins and failed tries"), beginnings=("signin.",)),
    "exports": Group(_("Downloads"), endings=(".downloaded", ".exported")),
    "staff": Group(_("Staff and what they may do"), beginnings=("staff.",)),
    "visits": Group(
        _("Visits"), beginnings=("appointment", "booking.", "visit.", "treatment.", "waitlist.")
    ),
    "prescriptions": Group(
        _("Prescriptions"),
        beginnings=(
            *("prescription", "document.", "upload.", "doctor_request.", "doctorrequest"),
            *("share_consent.", "prescriber.", "review_policy."),
        ),
    ),
    "intake": Group(_("Health questionnaires"), beginnings=("intake.", "questionnaire")),
    "money": Group(_("Money"), beginnings=("payment.", "receipt", "fee.")),
    "setup": Group(
        _("Hours, rooms, prices, rules"), beginnings=("diary.", "calendar_feed.", "setup.")
    ),
}

WORDS: dict[str, StrOrPromise] = {
    "appointment.booked": _("Booked a visit"),
    "appointment.cancelled": _("Cancelled a visit"),
    "appointment.claimed": _("Took on a visit booked in their name"),
    "appointment.covered": _("Tied a visit to a prescription"),
    "appointment.moved": _("Moved a visit"),
    "appointment.self_pay": _("Changed a visit to self-pay"),
    "appointment.viewed": _("Opened a visit"),
    "appointments.viewed": _("Opened the list of visits"),
    "booking.viewed": _("Opened the pages to book for the client"),
    "audit.searched": _("Searched this record"),
    "client.email_changed": _("The contact address followed the login's"),
    "client.merged": _("Joined another record of the same person with this one"),
    "client.merged_away": _("Joined this record with another of the same person"),
    "client.parted": _("Parted two records that had been joined"),
    "clientmerge.viewed": _("Opened what was joined with this record"),
    "client.registered": _("Made the client's record"),
    "client.viewed": _("Opened the client's record"),
    "consent.withdrawn": _("Withdrew a consent"),
    "correction.answered": _("Answered a request for a correction"),
    "correction.asked": _("Asked for a correction"),
    "correctionrequest.viewed": _("Opened a request for a correction"),
    "disclosure.recorded": _("Wrote down what was given to others"),
    "disclosure.viewed": _("Opened the list of what was given to others"),
    "document.downloaded": _("Downloaded a document"),
    "document.removed": _("Removed a document"),
    "document.stored": _("Stored a document"),
    "export.asked": _("Asked for everything about the client"),
    "export.downloaded": _("Downloaded everything about the client"),
    "fee.paid": _("Took a fee"),
    "fee.waived": _("Waived a fee"),
    "guardian.added": _("Named somebody who acts for the client"),
    "guardian.removed": _("Took the record away from somebody who acted for the client"),
    "guardian.confirmed": _("Said that they look after the client"),
    "guardian.refused": _("Said that they do not look after the client"),
    "intake.decided": _("Decided about the questionnaire's alerts"),
    "intake.listed": _("Saw the client among the questionnaires that wait for a therapist"),
    "intake.viewed": _("Opened how the health questionnaire stands"),
    "intake.emergency_shown": _("Was shown the emergency advice"),
    "intake.signed": _("Signed the health questionnaire"),
    "intake.started": _("Began the health questionnaire"),
    "message.removed": _("Removed an old message"),
    "message.retried": _("Sent a message again"),
    "payment.taken": _("Took a payment"),
    "payment.viewed": _("Opened what is to pay for a visit"),
    "doctor_request.declined": _("A prescriber declined to write an order"),
    "doctor_request.drawn": _("Drew the form for a prescriber"),
    "doctor_request.link_opened": _("A prescriber's link was opened"),
    "doctor_request.link_sent": _("Sent a link to a prescriber"),
    "doctor_request.made": _("Asked a prescriber for an order"),
    "doctor_request.patient_shown": _("A prescriber's link showed the client's name"),
    "doctor_request.signed": _("A prescriber signed an order"),
    "doctor_request.withdrawn": _("Took a request to a prescriber back"),
    "doctor_request.wrong_birth_date": _("A wrong date of birth was given behind a link"),
    "prescriber.added": _("Added a prescriber"),
    "prescriber.changed": _("Changed a prescriber's entry"),
    "prescriber.restored": _("Took a prescriber back into the directory"),
    "prescriber.retired": _("Retired a prescriber"),
    "prescription.approved": _("Approved a prescription"),
    "prescription.checked": _("Read a prescription; a second person must agree"),
    "prescription.information_asked": _("Asked for information about a prescription"),
    "prescription.rejected": _("Rejected a prescription"),
    "prescription.renewal_prompted": _("Told the client that a prescription runs out"),
    "prescription.reopened": _("Put a prescription back into review"),
    "prescription.sent_again": _("Took in a better copy of a prescription"),
    "prescription.submitted": _("Took in a prescription"),
    "prescription.superseded": _("Replaced a prescription by a newer one"),
    "prescription.taken_over": _("Took over the review of a prescription"),
    "prescription.viewed": _("Opened a prescription"),
    "prescriptions.listed": _("Saw the client in the list of prescriptions to review"),
    "prescriptions.viewed": _("Opened the list of prescriptions"),
    "doctorrequest.viewed": _("Opened a request to a prescriber"),
    "doctorrequests.viewed": _("Opened who was asked for a prescription"),
    "questionnaireresponse.viewed": _("Opened the health questionnaire"),
    "record.exported": _("Everything about the client was put together"),
    "receipt.downloaded": _("Downloaded a receipt"),
    "receipt.issued": _("Issued a receipt"),
    "receipt.viewed": _("Opened a receipt"),
    "receipts.viewed": _("Opened the list of receipts"),
    "receipt.voided": _("Voided a receipt"),
    "setup.added": _("Added to the clinic's settings"),
    "setup.changed": _("Changed the clinic's settings"),
    "setup.removed": _("Removed from the clinic's settings"),
    "review_policy.changed": _("Changed how prescriptions are reviewed"),
    "share_consent.given": _("Agreed to share with a prescriber"),
    "share_consent.lapsed": _("A consent to share that had run out made room for a new one"),
    "share_consent.withdrawn": _("Took back the consent to share"),
    "signin.address_asked": _("Asked to sign in with another address"),
    "signin.address_changed": _("Changed the address to sign in with"),
    "signin.address_code_failed": _("Typed a wrong code for a new address"),
    "signin.confirm_failed": _("Failed to confirm who they are"),
    "signin.confirmed": _("Confirmed who they are"),
    "signin.ended": _("Signed out"),
    "signin.failed": _("Could not sign in"),
    "signin.new_device": _("Signed in with a new device"),
    "signin.password_changed": _("Changed the password"),
    "signin.second_step": _("Took the second step of signing in"),
    "signin.second_step_added": _("Set up a second step or passkey"),
    "signin.second_step_failed": _("Failed the second step of signing in"),
    "signin.second_step_removed": _("Removed a second step or passkey"),
    "signin.second_step_reset": _("Took a lost second step off the login"),
    "signin.sessions_ended": _("Signed out elsewhere"),
    "signin.succeeded": _("Signed in"),
    "staff.activated": _("Let a colleague in again"),
    "staff.changed": _("Changed what a colleague may do"),
    "staff.deactivated": _("Closed a colleague's login"),
    "staff.invitation_sent_again": _("Sent an invitation to work here again"),
    "staff.invitation_withdrawn": _("Withdrew an invitation to work here"),
    "staff.invited": _("Invited a colleague"),
    "staff.joined": _("Accepted the invitation to work here"),
    "treatment.viewed": _("Opened how far a visit has come"),
    "upload.viewed": _("Opened how far the check of a file has come"),
    "upload.received": _("Sent files of a prescription"),
    "upload.refused": _("Files could not be used"),
    "upload.removed": _("Removed an upload that became nothing"),
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
    "waitlist.viewed": _("Opened what the client waits for"),
    "waitlist.taken": _("Took an offered time"),
}


def words(action: str) -> StrOrPromise:
    """In words; an action without any reads as it is called."""
    return WORDS.get(action) or action.replace(".", ": ").replace("_", " ")
