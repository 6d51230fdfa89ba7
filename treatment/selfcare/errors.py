from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError


class NotInUse(DomainError):
    message = _("This wording is not in use any more. Open the list to see the one that is.")


class InUseAlready(DomainError):
    message = _("A newer wording of it is in use already.")
