"""What the pages of a record show, and what their forms carry besides fields."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext_lazy as _

from clinic.format import born
from clinic.ids import phone
from clinic.ids.phone import Phone
from clinic.people import names
from clinic.people.likeness import Name
from clinic.people.similar import similar
from clinic.people.words import shown
from clinic.selectors import clinic_today
from clinic.web import birth_date

if TYPE_CHECKING:
    from django.http import HttpRequest
    from django_stubs_ext import StrOrPromise

    from clinic.models import Client
    from clinic.people.person_forms import SomebodyForm
    from clinic.people.similar import Similar

# A line of the contact box: its detail, its label, what it says while there is none.
ROWS: dict[str, tuple[StrOrPromise, StrOrPromise]] = {
    "phone": (_("Telephone"), _("none")),
    "contact_by": (_("Reach them"), ""),
    "address": (_("Address"), _("none")),
    "birth_date": (_("Born"), _("unknown")),
    "payer": (_("Pays"), _("Themselves")),
    "preferred_therapist": (_("Prefers"), _("anyone")),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One detail, which can be changed where it stands."""

    group: str
    label: StrOrPromise
    value: str
    empty: StrOrPromise
    href: str = ""


def head(client: Client) -> str:
    """58 · born Sep 3, 1968 · she/her · client since March 2024"""
    age = client.age_on(clinic_today())
    since = _("client since %(month)s") % {"month": date_format(client.created_at, "F Y")}
    parts = [str(age) if age is not None else "", born(client.birth_date), client.pronouns, since]
    if client.legal_name:
        parts.append(_("legal name %(name)s") % {"name": client.legal_name})
    return " · ".join(str(part) for part in parts if part)


def rows(client: Client) -> list[Row]:
    return [row(client, group) for group in ROWS]


def row(client: Client, group: str) -> Row:
    label, empty = ROWS[group]
    if group == "phone":
        found = Phone.of(client.phone, client.phone_extension)
        return Row(group, label, str(found), empty, found.uri)
    if group == "contact_by" and client.is_called and client.contact_by == client.ContactBy.EMAIL:
        return Row(group, label, str(_("By telephone: no e-mail address")), empty)
    if group == "payer":
        parts = [shown(client, "payer_id"), client.member_number]
        if client.account_holder:
            parts.append(_("account of %(name)s") % {"name": client.account_holder})
        return Row(group, label, " · ".join(part for part in parts if part), empty)
    name = {"preferred_therapist": "preferred_therapist_id"}.get(group, group)
    return Row(group, label, shown(client, name), empty)


def from_search(words: str) -> dict[str, Any]:
    """What was searched for and not found, as the field it belongs to."""
    words = " ".join(words.split())
    if "@" in words:
        return {"email": words}
    with suppress(birth_date.Unreadable, ValueError):
        return {"birth_date": birth_date.read(words)}
    if (number := phone.read(words)) is not None:
        return {"phone": number}
    return {"name": words}


def typed(words: str, *, apart: bool = False) -> dict[str, str]:
    """The same, for a form that is filled while one still types; `apart`: the name in its parts."""
    found = from_search(words)
    if "name" in found and not any(sign.isalpha() for sign in words):
        return {}  # the beginning of a number
    if apart and "name" in found:
        name = names.split(found["name"])
        return {"first_name": name.first, "last_name": name.last}
    if "birth_date" in found:
        return {"birth_date": found["birth_date"].strftime("%m/%d/%Y")}
    return {name: str(value) for name, value in found.items()}


def similar_to(form: SomebodyForm) -> list[Similar]:
    """Who may be the person that a form describes; nobody while it says too little."""
    data = form.cleaned_data if form.is_bound and form.errors is not None else {}
    if not data.get("first_name") or "birth_date" not in data or "phone" not in data:
        return []
    name = Name(data["first_name"], data["last_name"])
    return similar(name, born=data["birth_date"], phone=data["phone"].number)


def looked_at(request: HttpRequest) -> set[UUID]:
    """The similar records that were on the page when "Add anyway" was pressed."""
    found = set()
    for word in request.POST.get("seen", "").split():
        with suppress(ValueError):
            found.add(UUID(word))
    return found


def next_page(request: HttpRequest, otherwise: str) -> str:
    """Back to where somebody came from, if that is ours."""
    url = request.GET.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(
        url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return url if is_ours else otherwise
