from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError


class NothingToConfirm(DomainError):
    message = _("This session is not recorded yet, so there is nothing to confirm.")


class TooLongAgo(DomainError):
    message = _("This visit was too long ago to be confirmed here. Please ask at the front desk.")


class ShownOtherwise(DomainError):
    message = _("The record of this visit was corrected a moment ago. Please read it again.")


class SignatureMissing(DomainError):
    field = "name"
    message = _("Type your full name, or sign with a finger.")
