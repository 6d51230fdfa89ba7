"""Which records may be the same person's. They are shown; a person decides (`likeness.py`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.ids.phone import Phone
from clinic.models import Client
from clinic.people import likeness

if TYPE_CHECKING:
    from datetime import date
    from uuid import UUID

    from django_stubs_ext import StrOrPromise

MOST_FOUND, MOST_COMPARED = 30, 200


def perhaps_the_same(client: Client) -> list[Similar]:
    """Other records that may be this person's: `similar`, without family on the same telephone."""
    name = likeness.Name(client.first_name, client.last_name)
    found = similar(
        name, born=client.birth_date, phone=Phone.of(client.phone).number, but=client.pk
    )
    return [one for one in found if one.is_alike]


@dataclass(frozen=True, slots=True)
class Similar:
    """A record that may be the same person's, and why."""

    client: Client
    is_alike: bool  # in name
    why: StrOrPromise


def similar(
    name: likeness.Name, *, born: date | None, phone: str = "", but: UUID | None = None
) -> list[Similar]:
    """Whom we may know already: born on that day, or with that telephone, or a namesake where a
    date of birth is unknown. `phone` is E.164.
    """
    near = Q(first_name__iexact=name.first, last_name__iexact=name.last)
    if born is not None:
        near = Q(near, birth_date=None) | Q(birth_date=born)
    if phone:
        near |= Q(phone=phone)
    rows = Client.objects.filter(near).select_related("user")
    rows = rows.exclude(pk=but) if but else rows
    found = [_similar(name, born, phone, row) for row in rows[:MOST_COMPARED]]
    return [one for one in found if one is not None][:MOST_FOUND]


def _similar(name: likeness.Name, born: date | None, phone: str, row: Client) -> Similar | None:
    alike = likeness.are_alike(name, likeness.Name(row.first_name, row.last_name))
    if alike and born is not None and row.birth_date == born:
        return Similar(row, alike, _("Same date of birth, similar name"))
    if phone and Phone.of(row.phone).number == phone:
        both = born is not None and row.birth_date is not None
        if alike and not both:
            return Similar(row, alike, _("Same telephone, similar name"))
        return Similar(row, is_alike=False, why=_("Same telephone"))
    if alike and (born is None or row.birth_date is None):
        return Similar(row, alike, _("Same name"))
    return None
