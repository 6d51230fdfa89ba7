from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from clinic.errors import DomainError


class NothingScored(DomainError):
    message = _("Write at least one activity and give it a score.")


class TooMany(DomainError):
    message = _("Five activities at most. Stop asking about one to make room for another.")


class SameTwice(DomainError):
    message = _("This activity is on the list already.")


class ListChanged(DomainError):
    message = _(
        "The list of activities has changed since you opened this page. Check the scores and save"
        " again."
    )
