"""The directory of prescribers: writes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction

from clinic.audit import services as audit
from clinic.ids import npi, phone
from clinic.ids.phone import Phone
from prescriptions.models import Prescriber
from prescriptions.prescribers.errors import NpiInvalid, NpiTaken

if TYPE_CHECKING:
    from clinic.models import Client, User
    from prescriptions.elements import Elements
    from prescriptions.models import Prescription

FIELDS = ("name", "credential", "npi", "practice", "phone", "phone_extension", "fax", "email")


@transaction.atomic
def add(*, actor: User, named_by: Client | None = None, **fields: Any) -> Prescriber:
    """A new entry. Clinic staff vouch for it, unless a client named the prescriber.

    Raises:
        NpiInvalid, NpiTaken.
    """
    prescriber = Prescriber(is_checked=named_by is None, named_by=named_by)
    _fill(prescriber, fields)
    audit.record(actor, "prescriber.added", prescriber)
    return prescriber


@transaction.atomic
def change(*, actor: User, prescriber: Prescriber, **fields: Any) -> Prescriber:
    """Correct an entry; the person who saves it vouches for it.

    Raises:
        NpiInvalid, NpiTaken.
    """
    before = audit.snapshot(prescriber, [*FIELDS, "is_checked"])
    prescriber.is_checked = True
    _fill(prescriber, fields)
    audit.changed(actor, "prescriber.changed", prescriber, before)
    return prescriber


@transaction.atomic
def set_active(*, actor: User, prescriber: Prescriber, is_active: bool) -> None:
    """Deactivate an entry or activate it again. Whatever refers to it stays as is."""
    others = Prescriber.objects.filter(pk=prescriber.pk).exclude(is_active=is_active)
    if others.update(is_active=is_active):
        prescriber.is_active = is_active
        done = "prescriber.restored" if is_active else "prescriber.retired"
        audit.turned(actor, done, prescriber, is_active=(not is_active, is_active))


def _fill(prescriber: Prescriber, fields: dict[str, Any]) -> None:
    for name in FIELDS:
        setattr(prescriber, name, fields.get(name) or "")
    prescriber.name = " ".join(prescriber.name.split())
    prescriber.npi = npi.tidy(prescriber.npi)
    prescriber.email = prescriber.email.strip().lower()
    if prescriber.npi and not npi.is_valid(prescriber.npi):
        raise NpiInvalid
    try:
        with transaction.atomic():  # a savepoint: of two at once, the constraint stops one
            prescriber.save()
    except IntegrityError:
        holder = Prescriber.objects.filter(npi=prescriber.npi).exclude(pk=prescriber.pk).first()
        if not prescriber.npi or holder is None:
            raise
        raise NpiTaken(holder) from None


def match_or_add(*, actor: User, prescription: Prescription, elements: Elements) -> Prescriber:
    """The directory entry of the prescriber of an order that is being approved.

    Found by NPI; else the entry we asked for the order gets the number; else a new one.
    """
    found = Prescriber.objects.filter(npi=elements.prescriber_npi).first()
    if found is not None and _is_strangers(found, prescription):
        # Another client entered the name and addresses next to a number anyone can look up.
        return change(actor=actor, prescriber=found, **_as_read(elements))
    if found is not None:
        return found
    asked = prescription.prescriber
    if asked is not None and not asked.npi:
        fields = {name: getattr(asked, name) for name in FIELDS} | {"npi": elements.prescriber_npi}
        fields["credential"] = asked.credential or elements.prescriber_credential
        was_checked = asked.is_checked
        try:
            changed = change(actor=actor, prescriber=asked, **fields)
        except NpiTaken as error:  # a colleague added it at the same moment
            return error.holder
        # The number comes from an order; the address a client entered is still unverified.
        Prescriber.objects.filter(pk=changed.pk).update(is_checked=was_checked)
        return changed
    try:
        return add(actor=actor, **_as_read(elements))
    except NpiTaken as error:
        return error.holder


def _is_strangers(found: Prescriber, prescription: Prescription) -> bool:
    return not found.is_checked and found.named_by_id != prescription.client_id


def _as_read(elements: Elements) -> dict[str, Any]:
    number = phone.read(elements.prescriber_phone) or Phone()  # as the order has it: maybe none
    return {
        "name": elements.prescriber_name,
        "credential": elements.prescriber_credential,
        "npi": elements.prescriber_npi,
        "phone": number.number,
        "phone_extension": number.extension,
    }
