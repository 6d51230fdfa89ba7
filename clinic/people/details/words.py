"""The details of a record in words. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_stubs_ext import StrOrPromise

LABELS: dict[str, StrOrPromise] = {
    "first_name": _("name"),
    "last_name": _("name"),
    "legal_name": _("legal name"),
    "pronouns": _("pronouns"),
    "birth_date": _("date of birth"),
    "email": _("e-mail address"),
    "phone": _("telephone number"),
    "phone_extension": _("telephone number"),
    "contact_by": _("choice of how we reach you"),
    "address": _("address"),
    "payer": _("payer"),
    "member_number": _("member number"),
    "account_holder": _("account holder"),
    "preferred_therapist": _("preferred therapist"),
    "note": _("note to staff"),
}
# Not told by mail: nobody is harmed who does not notice, and the note is not for them.
UNTOLD = frozenset(["pronouns", "preferred_therapist", "note"])


def told(changed: Iterable[str]) -> list[str]:
    """What to tell the client has changed: each detail once, without its values."""
    return list(dict.fromkeys(str(LABELS[name]) for name in changed if name not in UNTOLD))


def named(changed: Iterable[str]) -> str:
    """All that changed, in one line: "address, telephone number"."""
    return ", ".join(dict.fromkeys(str(LABELS[name]) for name in changed))
