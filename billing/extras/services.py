"""Tips and goods of a visit, what the clinic sells, and its rate of sales tax."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing import selectors, services
from billing.errors import AlreadyRemoved, ProductNameTaken
from billing.models import Product, SalesTax, VisitExtra
from clinic import access
from clinic.audit import services as audit

if TYPE_CHECKING:
    from uuid import UUID

    from clinic.models import Location, User
    from treatment.models import Visit

PLAIN = ("name", "price_cents", "is_taxed", "is_active", "position")


@transaction.atomic
def add_tip(*, actor: User, visit: Visit, cents: int, form_token: UUID) -> VisitExtra:
    """As for `add_goods`."""
    tip = VisitExtra(kind=VisitExtra.Kind.TIP, description=_("Tip"), each_cents=cents)
    return _add(actor, visit, tip, form_token)


@transaction.atomic
def add_goods(
    *,
    actor: User,
    visit: Visit,
    description: str,
    each_cents: int,
    is_taxed: bool,
    form_token: UUID,
    quantity: int = 1,
    product: Product | None = None,
) -> VisitExtra:
    """Put goods on a visit's bill, with sales tax at today's rate. Sent twice, it is once.

    Raises:
        NotFinished, NothingToCharge, NoProcedure: as for `charge_visit`.
    """
    goods = VisitExtra(kind=VisitExtra.Kind.GOODS, product=product, quantity=quantity)
    goods.description, goods.each_cents = description, each_cents
    goods.tax_rate = goods_rate(visit.appointment.location) if is_taxed else 0
    return _add(actor, visit, goods, form_token)


def _add(actor: User, visit: Visit, extra: VisitExtra, form_token: UUID) -> VisitExtra:
    access.require(actor, access.handles_money)
    locked = services.lock(visit)
    if known := VisitExtra.objects.filter(form_token=form_token).first():
        return known
    services.charges_of(locked)
    extra.visit, extra.added_by, extra.form_token = locked, actor, form_token
    extra.save(force_insert=True)
    client = selectors.client_of(locked)
    audit.record(actor, "extra.added", extra, client=client, kind=extra.kind, cents=extra.cents)
    services.recharge(actor=actor, visit=locked)
    return extra


@transaction.atomic
def remove(*, actor: User, extra: VisitExtra) -> None:
    """Take it off the bill; what was paid for it is then to be given back.

    Raises:
        AlreadyRemoved: someone was faster.
    """
    access.require(actor, access.handles_money)
    locked = services.lock(extra.visit)
    now = timezone.now()
    rows = VisitExtra.objects.counting().filter(pk=extra.pk)
    if not rows.update(removed_at=now, removed_by=actor, updated_at=now):
        raise AlreadyRemoved
    client = selectors.client_of(locked)
    audit.record(actor, "extra.removed", extra, client=client, kind=extra.kind, cents=extra.cents)
    services.recharge(actor=actor, visit=locked)


def goods_rate(location: Location) -> int:
    """In thousandths of a percent."""
    found = SalesTax.objects.filter(location=location).values_list("goods_rate", flat=True)
    return found.first() or 0


@transaction.atomic
def set_goods_rate(*, actor: User, location: Location, rate: int) -> None:
    """What was sold already keeps its tax."""
    access.require(actor, access.is_manager)
    row, _made = SalesTax.objects.get_or_create(location=location)
    before = audit.snapshot(row, ["goods_rate"])
    row.goods_rate = rate
    row.save()
    audit.changed(actor, "setup.sales_tax_changed", row, before)


@transaction.atomic
def save(*, actor: User, product: Product, **values: Any) -> None:
    """Add a product, or change it: what was sold already stays as it was.

    Raises:
        ProductNameTaken: another one has that name.
    """
    access.require(actor, access.is_manager)
    adding = product._state.adding
    before = {} if adding else audit.snapshot(product, PLAIN)
    for name, value in values.items():
        setattr(product, name, value)
    try:
        with transaction.atomic():
            product.save()
    except IntegrityError as error:  # the form checked, but someone was quicker
        raise ProductNameTaken from error
    if adding:
        audit.record(actor, "setup.product_added", product)
    else:
        audit.changed(actor, "setup.product_changed", product, before)
