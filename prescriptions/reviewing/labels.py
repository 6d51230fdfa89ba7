"""What the reviewer reads: why an order is unclear, and what its fields are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from prescriptions.reading.order import Unclear

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

# What the reviewer reads when the order does not say enough.
UNCLEAR: dict[Unclear, _StrPromise] = {
    Unclear.NO_END: _("No end: ask for how long, or how many in total."),
    Unclear.AS_NEEDED: _("“As needed” is not a number: ask how many, how often, and for how long."),
    Unclear.EVALUATE: _("“Evaluate and treat” is not a number: ask how many, how often, how long."),
    Unclear.AMBIGUOUS: _("This can be read two ways: ask the prescriber which one is meant."),
    Unclear.UNREADABLE: _(
        "We could not work this out. Enter visits and last day as the order says."
    ),
}

# What the fields of a reading are called (`elements.Elements`).
FIELDS: dict[str, _StrPromise] = {
    "reason": _("Reason for medical necessity"),
    "order_text": _("Number, frequency, duration"),
    "visits": _("Visits"),
    "modality": _("Modality"),
    "codes": _("Diagnosis codes"),
    "issued_on": _("Written on"),
    "starts_on": _("Valid from"),
    "through_on": _("Last day"),
    "prescriber_name": _("Prescriber"),
    "prescriber_credential": _("Credential"),
    "prescriber_npi": _("NPI"),
    "prescriber_phone": _("Practice phone"),
    "is_legible": _("Every page can be read"),
    "is_this_person": _("Name and date of birth match"),
    "is_signed": _("Signed and dated"),
    "is_authorized": _("Authorized by the payer"),
    "regions": _("Treatment area"),
    "confirmed": _("Newer codes confirmed"),
}
