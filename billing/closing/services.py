"""Closing a day: a drawer's cash is counted, and held against what should be in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from billing.closing import cash
from billing.errors import AlreadyCounted, DayNotOver, SayWhyItDiffers
from billing.models import Drawer, DrawerCount
from clinic.audit import services as audit

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date
    from uuid import UUID

    from clinic.models import User


def counts(drawer: Drawer, day: date) -> list[DrawerCount]:
    """All counts of a day, the one that stands first."""
    rows = DrawerCount.objects.filter(drawer=drawer, day=day).select_related("counted_by")
    return list(rows.order_by("-counted_at", "-created_at"))


@transaction.atomic
def close(
    *,
    actor: User,
    drawer: Drawer,
    day: date,
    opening_cents: int,
    counted_cents: int,
    form_token: UUID,
    replaces: UUID | None = None,
    pieces: Mapping[int, int] | None = None,
    reason: str = "",
) -> DrawerCount:
    """Keep a count of the drawer's cash. The same form sent twice is one count.

    `replaces`: the count that the page showed, if there was one; it stays on record.

    Raises:
        AlreadyCounted: someone else has counted since.
        SayWhyItDiffers: it is not what should be there, and nobody said why.
        DayNotOver: the day is still to come.
    """
    locked = Drawer.objects.select_for_update(no_key=True).get(pk=drawer.pk)
    if known := DrawerCount.objects.filter(form_token=form_token).first():
        return known
    if day > timezone.localdate(timezone=drawer.location.zone):
        raise DayNotOver
    before = next(iter(counts(locked, day)), None)
    if (before.pk if before is not None else None) != replaces:
        raise AlreadyCounted
    made = _count(locked, day, opening_cents, counted_cents)
    if made.difference_cents and not reason:
        raise SayWhyItDiffers(made.difference_cents)
    made.pieces = {str(cents): count for cents, count in (pieces or {}).items() if count}
    made.reason, made.counted_by = reason[:200], actor
    made.form_token, made.replaces = form_token, before
    made.save(force_insert=True)
    _remember_float(locked, opening_cents)
    action = "drawer.recounted" if before is not None else "drawer.counted"
    audit.record(actor, action, made, day=day, difference_cents=made.difference_cents)
    return made


def _count(drawer: Drawer, day: date, opening_cents: int, counted_cents: int) -> DrawerCount:
    """What was counted beside what should be there, not kept yet."""
    moved = cash.movement(drawer, day)
    expected = moved.expected(opening_cents)
    return DrawerCount(
        drawer=drawer,
        day=day,
        opening_cents=opening_cents,
        cash_in_cents=moved.in_cents,
        cash_out_cents=moved.out_cents,
        expected_cents=expected,
        counted_cents=counted_cents,
        difference_cents=counted_cents - expected,
        totals={one.method: one.cents for one in cash.other_totals(drawer, day)},
        counted_at=timezone.now(),
    )


def _remember_float(drawer: Drawer, cents: int) -> None:
    """Tomorrow's form begins with it."""
    drawer.float_cents = cents
    drawer.save(update_fields=["float_cents", "updated_at"])
