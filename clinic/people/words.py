"""A client's details as staff read them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from clinic.format import us_date
from clinic.ids.phone import Phone

if TYPE_CHECKING:
    from clinic.models import Client

LABELS = {
    "user_id": _("Signs in with"),
    "first_name": _("First name"),
    "last_name": _("Last name"),
    "birth_date": _("Date of birth"),
    "email": _("E-mail"),
    "phone": _("Telephone"),
    "contact_by": _("How to reach them"),
    "address": _("Address"),
    "legal_name": _("Legal name"),
    "pronouns": _("Pronouns"),
    "payer_id": _("Payer"),
    "member_number": _("Member number"),
    "account_holder": _("Account holder"),
    "preferred_therapist_id": _("Preferred therapist"),
    "note": _("Note to staff"),
}


def shown(client: Client, name: str) -> str:
    """One detail; blank if there is none. `name` is the column's."""
    match name:
        case "user_id":
            return client.user.email if client.user is not None else ""
        case "payer_id":
            return client.payer.name if client.payer is not None else ""
        case "preferred_therapist_id":
            return str(client.preferred_therapist or "")
        case "contact_by":
            return str(client.get_contact_by_display())
        case "birth_date":
            return us_date(client.birth_date)
        case "phone":
            return str(Phone.of(client.phone, client.phone_extension))
    return str(getattr(client, name))
