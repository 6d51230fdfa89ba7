from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError
from clinic.templatetags.clinic_format import money

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django_stubs_ext import StrOrPromise


class NotFinished(DomainError):
    code = "not_finished"
    message = _("The visit is not finished. Money is taken and receipts are issued after it.")


class NothingToCharge(DomainError):
    code = "nothing_to_charge"
    message = _("This visit is free of charge: there is nothing to pay and no receipt.")


class NotPositive(DomainError):
    code = "not_positive"
    message = _("Enter an amount above zero.")


class Overpaid(DomainError):
    code = "overpaid"

    def __init__(self, balance_cents: int) -> None:
        super().__init__(
            _("Only %(balance)s is still to pay. Enter that or less.")
            % {"balance": money(balance_cents)}
        )


class AlreadyPaid(DomainError):
    code = "already_paid"
    message = _("This visit is paid in full.")


class NoPrescription(DomainError):
    """A therapist cannot diagnose: without the order there is no medical receipt."""

    code = "no_prescription"
    message = _(
        "No receipt: this was a prescribed session, but no approved prescription covers the visit."
    )


class Incomplete(DomainError):
    """What an administrator looks for is not there."""

    code = "incomplete"

    def __init__(self, missing: Sequence[StrOrPromise]) -> None:
        self.missing = list(missing)
        names = format_lazy(", ".join(["{}"] * len(self.missing)), *self.missing)
        super().__init__(format_lazy("{} {}.", _("No receipt yet. Still missing:"), names))
