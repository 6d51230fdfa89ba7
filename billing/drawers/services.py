"""A manager's changes to the drawers. None is ever removed: its money and counts stay on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from billing.errors import CountFirst, DrawerNameTaken, LastDrawer
from billing.models import Drawer, Payment, Refund
from clinic import access
from clinic.audit import services as audit

if TYPE_CHECKING:
    from clinic.models import Location, User


@transaction.atomic
def add(*, actor: User, location: Location, name: str) -> Drawer:
    """One more drawer at a location; the first is made, too, if cash was never taken there.

    Raises:
        DrawerNameTaken: there is one of that name, or was.
    """
    access.require(actor, access.is_manager)
    Drawer.objects.of(location)
    place = location.drawers.order_by("-position").values_list("position", flat=True).first() or 0
    made = Drawer(location=location, name=name, position=place + 1)
    _save(made)
    audit.record(actor, "drawer.added", made, name=name)
    return made


@transaction.atomic
def rename(*, actor: User, drawer: Drawer, name: str) -> None:
    """As for `add`."""
    access.require(actor, access.is_manager)
    before = audit.snapshot(drawer, ["name"])
    drawer.name = name
    _save(drawer)
    audit.changed(actor, "drawer.renamed", drawer, before)


@transaction.atomic
def retire(*, actor: User, drawer: Drawer) -> None:
    """No more cash goes into it; what is in it was counted.

    Raises:
        LastDrawer: cash has to go somewhere.
        CountFirst: cash was taken or given back since the last count.
    """
    access.require(actor, access.is_manager)
    in_use = Drawer.objects.in_use(drawer.location).select_for_update(no_key=True)
    others = [one for one in in_use.order_by("pk") if one.pk != drawer.pk]
    drawer.refresh_from_db()
    if drawer.retired_at is not None:
        return
    if not others:
        raise LastDrawer
    if _moved_since_count(drawer):
        raise CountFirst
    _turn(actor, drawer, retired=True)


@transaction.atomic
def use_again(*, actor: User, drawer: Drawer) -> None:
    access.require(actor, access.is_manager)
    Drawer.objects.select_for_update(no_key=True).get(pk=drawer.pk)
    drawer.refresh_from_db()
    if drawer.retired_at is not None:
        _turn(actor, drawer, retired=False)


def _turn(actor: User, drawer: Drawer, *, retired: bool) -> None:
    before = drawer.retired_at
    drawer.retired_at = timezone.now() if retired else None
    drawer.save(update_fields=["retired_at", "updated_at"])
    action = "drawer.retired" if retired else "drawer.used_again"
    audit.turned(actor, action, drawer, retired_at=(before, drawer.retired_at))


def _moved_since_count(drawer: Drawer) -> bool:
    counted = drawer.counts.aggregate(at=Max("counted_at"))["at"]
    paid = Payment.everything.filter(drawer=drawer).aggregate(at=Max("created_at"))["at"]
    refunded = Refund.objects.filter(drawer=drawer).aggregate(at=Max("created_at"))["at"]
    moved = max((at for at in (paid, refunded) if at is not None), default=None)
    return moved is not None and (counted is None or counted < moved)


def _save(drawer: Drawer) -> None:
    try:
        with transaction.atomic():
            drawer.save()
    except IntegrityError as error:
        raise DrawerNameTaken from error
