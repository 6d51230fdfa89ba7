"""Which codes a massage clinic may bill under, and how. Pure.

No CPT table ships (docs/billing.md): these are only the numbers that a rule is about. Sources: CMS
Claims Processing Manual ch. 5 §20.2 (timed codes); 97161-97168 are evaluations that only physical
and occupational therapists may bill.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

PHYSICAL = frozenset({"97161", "97162", "97163", "97164"})
OCCUPATIONAL = frozenset({"97165", "97166", "97167", "97168"})
TIMED = frozenset({"97110", "97112", "97124", "97140", "97530", "97535"})
UNTIMED = frozenset({"97010", "97799"})


def refusals(code: str, *, timed: bool) -> dict[str, _StrPromise]:
    """Why a procedure cannot be billed this way, by field; empty when it can."""
    if code in PHYSICAL:
        return {
            "code": _(
                "This code is a physical therapist's evaluation. Massage therapists may not bill"
                " it: enter the code of the treatment."
            )
        }
    if code in OCCUPATIONAL:
        return {
            "code": _(
                "This code is an occupational therapist's evaluation. Massage therapists may not"
                " bill it: enter the code of the treatment."
            )
        }
    if code in UNTIMED and timed:
        return {"timed": _("This code counts once a visit, however long: leave this unticked.")}
    if code in TIMED and not timed:
        return {"timed": _("This code is billed by its minutes: tick this.")}
    return {}
