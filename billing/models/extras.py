"""What is on a visit's bill and is not treatment: tips, and goods with their sales tax."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models import BaseModel, Location
from treatment.models import Visit

# Rates are in thousandths of a percent: New York City's 8.875 % is 8875.
HIGHEST_RATE = 30_000


class Product(BaseModel):
    """Something that the clinic sells."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    price_cents = models.PositiveIntegerField()
    is_taxed = models.BooleanField(_("sales tax applies"), default=True)
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(condition=Q(price_cents__gt=0), name="product_costs_something"),
        ]


class SalesTax(BaseModel):
    """At which rate a location's goods are taxed; no row: not at all."""

    location = models.OneToOneField(Location, models.PROTECT, related_name="sales_tax")
    goods_rate = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(goods_rate__lte=HIGHEST_RATE), name="sales_tax_rate_sane"
            ),
        ]


class VisitExtras(models.QuerySet["VisitExtra"]):
    def counting(self) -> VisitExtras:
        return self.filter(removed_at=None)


class VisitExtra(BaseModel):
    """A tip, or goods, of a visit. It never changes; what was wrong is removed, and stays."""

    class Kind(models.TextChoices):
        TIP = "tip", _("Tip")
        GOODS = "goods", _("Goods")

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="extras")
    kind = models.CharField(max_length=5, choices=Kind)
    product = models.ForeignKey(Product, models.PROTECT, null=True, blank=True)
    description = models.CharField(max_length=120)
    quantity = models.PositiveSmallIntegerField(default=1)
    each_cents = models.PositiveIntegerField()
    tax_rate = models.PositiveIntegerField(default=0)  # as it was that day; 0: not taxed
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    form_token = models.UUIDField(unique=True)  # a form sent twice takes effect once
    removed_at = models.DateTimeField(null=True, blank=True)
    removed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = VisitExtras.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(each_cents__gt=0, quantity__gt=0, tax_rate__lte=HIGHEST_RATE),
                name="extra_costs_something",
            ),
            models.CheckConstraint(
                condition=~Q(kind="tip") | Q(quantity=1, tax_rate=0, product__isnull=True),
                name="extra_tip_is_not_taxed",
            ),
            models.CheckConstraint(
                condition=Q(removed_at__isnull=True, removed_by__isnull=True)
                | Q(removed_at__isnull=False, removed_by__isnull=False),
                name="extra_removal_says_who",
            ),
        ]

    @property
    def cents(self) -> int:
        return self.each_cents * self.quantity

    @property
    def words(self) -> str:
        """As it stands on the bill: "2 x Arnica gel", with the sign of multiplication."""
        times = f"{self.quantity} \N{MULTIPLICATION SIGN} " if self.quantity > 1 else ""
        return f"{times}{self.description}"
