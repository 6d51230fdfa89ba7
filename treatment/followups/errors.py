from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError


class LinkOver(DomainError):
    message = _("This link no longer works. If you would like to tell us something, please call.")


class NotAnAnswer(DomainError):
    message = _("Please choose one of the answers.")
