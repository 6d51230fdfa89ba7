from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clinic.documents.fonts import spelled
from clinic.errors import DomainError
from clinic.format import money

if TYPE_CHECKING:
    from collections.abc import Sequence


class Lack(models.TextChoices):
    """What a plan administrator looks for, and does not find. `mending` says where to add it."""

    PATIENT = "patient", _("the patient's name")
    LEGAL_NAME = "legal_name", _("the clinic's legal name")
    ADDRESS = "address", _("the clinic's address")
    THERAPIST = "therapist", _("the therapist's name")
    LICENSE = "license", _("the therapist's license")
    DESCRIPTION = "description", _("a description of the service")
    AMOUNT = "amount", _("an amount")
    PRESCRIPTION = "prescription", _("an approved prescription that covers the visit")
    SCOPE = "scope", _("the minutes on what the prescription does not name")
    PROCEDURE = "procedure", _("a procedure to bill the technique under")
    # Of a superbill.
    EIN = "ein", _("the clinic's EIN")
    THERAPIST_NPI = "therapist_npi", _("the therapist's NPI")
    BIRTH_DATE = "birth_date", _("the patient's date of birth")
    HOME_ADDRESS = "home_address", _("the patient's address")
    DIAGNOSIS = "diagnosis", _("a diagnosis on the prescription")
    VALID_CODE = "valid_code", _("a diagnosis code that is valid on the date of service")
    PRESCRIBER_NPI = "prescriber_npi", _("the prescriber's NPI")


class NotFinished(DomainError):
    message = _("The visit is not finished. Take the payment and issue the receipt afterward.")


class NothingToCharge(DomainError):
    message = _("This visit is free of charge: nothing is due, and there is no receipt.")


class NoProcedure(DomainError):
    """A technique of a prescribed session has no procedure to bill under."""

    def __init__(self, technique: str) -> None:
        super().__init__(
            _(
                "%(technique)s has no procedure to bill under. A manager can add one in the"
                " clinic settings."
            )
            % {"technique": technique}
        )


class Overpaid(DomainError):
    field = "amount"
    message = _("Enter more than zero and no more than the balance due.")


class NotFromAPlan(DomainError):
    message = _("A fee is not treatment, so HSA and FSA cards cannot pay it.")


class NotEligible(DomainError):
    """A health plan's card would pay for something that is not treatment."""

    field = "amount"

    def __init__(self, room_cents: int) -> None:
        super().__init__(
            _(
                "Part of this is not treatment, so an HSA or FSA card can pay up to %(room)s of it."
                " Take the rest another way."
            )
            % {"room": money(room_cents)}
        )


class DuesChanged(DomainError):
    message = _(
        "What this client owes has changed since you opened the page. Check what is owed now, then"
        " take the payment."
    )


class FeeInPart(DomainError):
    field = "amount"
    message = _(
        "A fee is paid whole. Take enough for it, or leave it out and take the rest of the amount."
    )


class AlreadyCorrected(DomainError):
    message = _(
        "Someone has already corrected this payment. Open the visit again to see how it stands now."
    )


class PartlyRefunded(DomainError):
    message = _(
        "Some of this payment was given back, so it stays as it is. You can refund the rest of it."
    )


class SameMethod(DomainError):
    field = "method"
    message = _("That is how it is recorded already. Choose what it was really paid with.")


class SameReference(DomainError):
    field = "reference"
    message = _("That is the number on record already. Enter the right one.")


class NoReference(DomainError):
    field = "reference"
    message = _("Cash has no number. If it was a card or a check, change what it was paid with.")


class RefundTooMuch(DomainError):
    field = "amount"

    def __init__(self, left_cents: int) -> None:
        super().__init__(
            _("Enter more than zero and no more than the %(left)s that is left of this payment.")
            % {"left": money(left_cents)}
        )


class OnlyToTheSameCard(DomainError):
    """Cash back from a health plan is a taxable distribution."""

    field = "method"
    message = _(
        "It was paid with an HSA or FSA card, so it can go back to that card only, or not at all."
        " Tell the client: “Money back any other way would count as a taxable payout from your"
        " plan.”"
    )


class NeverFromThatCard(DomainError):
    field = "method"
    message = _("It was not paid with an HSA or FSA card, so it cannot be refunded to one.")


class SayIfOwed(DomainError):
    field = "owed_again"
    message = _("Choose whether the client still owes the money that you give back.")


class CannotMoveThere(DomainError):
    field = "to"
    message = _(
        "That visit does not owe as much as this payment is. Choose another one, or void this"
        " payment and take it again."
    )


class NoPrescription(DomainError):
    """A therapist cannot diagnose: without an order there is no medical receipt."""

    message = _(
        "No receipt: this was a prescribed session, but no approved prescription covers the visit."
    )


class BeyondOrder(NoPrescription):
    """What was treated beyond the order has no minutes of its own to be told apart."""

    message = _(
        "No receipt yet: more was treated than the prescription names. The therapist enters how"
        " many of the minutes went there, with “Correct” on the session."
    )


class ReceiptIncomplete(DomainError):
    """Something a plan administrator looks for first is missing."""

    words = _("No receipt yet. Still missing: {names}.")

    def __init__(self, missing: Sequence[Lack]) -> None:
        self.missing = list(missing)
        labels = [one.label for one in self.missing]
        names = format_lazy(", ".join(["{}"] * len(labels)), *labels)
        super().__init__(format_lazy(self.words, names=names))


class SuperbillIncomplete(ReceiptIncomplete):
    """`asks`: what to send to the prescriber, if that is who can help."""

    words = _("No superbill yet. Still missing: {names}.")

    def __init__(self, missing: Sequence[Lack], asks: Sequence[str] = ()) -> None:
        super().__init__(missing)
        if asks:
            tell = _("Send this to the prescriber: “{ask}”")
            self.message = format_lazy("{} {}", self.message, format_lazy(tell, ask=" ".join(asks)))


class CannotPrint(DomainError):
    """A patient's name as empty boxes would be refused, and could not be changed any more."""

    def __init__(self, letters: str) -> None:
        super().__init__(
            _(
                "This document cannot be printed: our fonts lack %(letters)s. Write what they"
                " stand in with other letters, a name perhaps as the legal name in the client's"
                " details, and issue it again."
            )
            % {"letters": spelled(letters)}
        )


class NotPrescribed(DomainError):
    message = _(
        "No superbill: this session was not prescribed, so there is no diagnosis to bill under. The"
        " receipt is what the client can submit."
    )


class NoUnits(DomainError):
    message = _(
        "No superbill: fewer than 8 hands-on minutes are not a unit, and an insurer pays units. The"
        " receipt shows what was paid."
    )


class NothingInRange(DomainError):
    field = "ends_on"
    message = _("No session took place in these days. Choose others.")


class NoReceipts(DomainError):
    field = "ends_on"
    message = _("No visit in these days can have a receipt, so there is nothing to put together.")


class AlreadyVoid(DomainError):
    message = _("It is already void.")


class AlreadyCounted(DomainError):
    message = _(
        "Someone has already counted this drawer for this day. Their count is shown now. If yours"
        " is right, save it again: it is kept beside theirs."
    )


class SayWhyItDiffers(DomainError):
    field = "reason"

    def __init__(self, difference_cents: int) -> None:
        amount = money(abs(difference_cents))
        words = (
            _("The cash is %(amount)s short. Say what happened, or count again.")
            if difference_cents < 0
            else _("There is %(amount)s too much cash. Say what happened, or count again.")
        )
        super().__init__(words % {"amount": amount})


class DrawerNameTaken(DomainError):
    field = "name"
    message = _("There is a drawer of that name already, or a retired one. Choose another name.")


class LastDrawer(DomainError):
    message = _("Cash needs a drawer. Add another one first, then retire this one.")


class CountFirst(DomainError):
    message = _(
        "Cash was taken or given back since this drawer was counted. Close its day, then retire it."
    )


class DayNotOver(DomainError):
    message = _("That day has not begun yet. Close it when it is over.")


class NotOurs(DomainError):
    """A code that a massage clinic may not bill, or not this way: `procedures.rules` says why."""

    field = "code"


class CodeTaken(DomainError):
    message = _("There is a procedure with that code already.")


class CouponCodeTaken(DomainError):
    field = "code"
    message = _("There is a coupon with that code already. Choose another code.")


class AlreadyRemoved(DomainError):
    message = _("Someone has already removed it.")


class ProductNameTaken(DomainError):
    field = "name"
    message = _("There is an article of that name already. Choose another name.")
