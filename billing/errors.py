from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_stubs_ext import StrOrPromise


class NotFinished(DomainError):
    code = "not_finished"
    message = _("The visit is not finished. Money is taken and receipts are issued after it.")


class NothingToCharge(DomainError):
    code = "nothing_to_charge"
    message = _("This visit is free of charge: there is nothing to pay and no receipt.")


class NoProcedure(DomainError):
    """A technique of a prescribed session is billed under nothing."""

    code = "no_procedure"

    def __init__(self, technique: str) -> None:
        super().__init__(
            _(
                "%(technique)s has no procedure to bill it under. A manager can enter one in the"
                " clinic settings."
            )
            % {"technique": technique}
        )


class Overpaid(DomainError):
    code = "overpaid"
    message = _("Enter more than zero, and no more than is still to pay.")


class NotFromAPlan(DomainError):
    code = "not_from_a_plan"
    message = _("A fee is no treatment: HSA and FSA cards cannot pay it.")


class NoPrescription(DomainError):
    """A therapist cannot diagnose: without the order there is no medical receipt."""

    code = "no_prescription"
    message = _(
        "No receipt: this was a prescribed session, but no approved prescription covers the visit."
    )


class ReceiptIncomplete(DomainError):
    """What an administrator looks for first is not there."""

    code = "receipt_incomplete"

    def __init__(self, missing: Sequence[StrOrPromise]) -> None:
        self.missing = list(missing)
        names = format_lazy(", ".join(["{}"] * len(self.missing)), *self.missing)
        super().__init__(format_lazy("{} {}.", _("No receipt yet. Still missing:"), names))


class AlreadyVoid(DomainError):
    code = "already_void"
    message = _("This receipt is void already.")
