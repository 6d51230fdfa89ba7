"""Coupons, and who used which for which visit. What is a coupon's business: `billing.coupons`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from booking.models import Appointment
from clinic.models import BaseModel, Client, ServiceOption

if TYPE_CHECKING:
    from datetime import date


class Coupon(BaseModel):
    """What a code takes off one visit. Each client may use it once."""

    code = models.CharField(
        _("code"),
        max_length=20,
        unique=True,
        validators=[RegexValidator(r"^[A-Z0-9]{3,20}$", _("Three to 20 letters and digits."))],
    )
    label = models.CharField(_("what clients read"), max_length=80)
    off_cents = models.PositiveIntegerField()
    # None: every session that costs something.
    options = models.ManyToManyField(ServiceOption, blank=True, related_name="coupons")
    first_visit_only = models.BooleanField(_("only for a client's first visit"), default=True)
    # The days on which it may be used, whenever the visit is.
    valid_from = models.DateField(_("good from"), null=True, blank=True)
    valid_through = models.DateField(_("good through"), null=True, blank=True)
    max_uses = models.PositiveIntegerField(_("how often in all"), null=True, blank=True)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(condition=Q(off_cents__gt=0), name="coupon_takes_something_off"),
            models.CheckConstraint(
                condition=Q(valid_from__isnull=True)
                | Q(valid_through__isnull=True)
                | Q(valid_through__gte=F("valid_from")),
                name="coupon_ends_after_it_begins",
            ),
            models.CheckConstraint(
                condition=Q(max_uses__isnull=True) | Q(max_uses__gt=0), name="coupon_has_a_use"
            ),
        ]

    def has_ended(self, on: date) -> bool:
        return self.valid_through is not None and self.valid_through < on

    def has_begun(self, on: date) -> bool:
        return self.valid_from is None or self.valid_from <= on


class CouponUses(models.QuerySet["CouponUse"]):
    def counting(self) -> CouponUses:
        """Without those that were given back."""
        return self.filter(released_at=None)


class CouponUse(BaseModel):
    """A coupon that takes something off a visit. Given back, it stays as what happened.

    The constraints hold no matter who writes: once for each client, one discount a visit, and
    never more than the limit, since each use has a number of its own that is not above it.
    """

    coupon = models.ForeignKey(Coupon, models.PROTECT, related_name="uses")
    client = models.ForeignKey(Client, models.PROTECT, related_name="coupon_uses")
    appointment = models.ForeignKey(Appointment, models.PROTECT, related_name="coupon_uses")
    off_cents = models.PositiveIntegerField()  # as agreed; the coupon may change later
    number = models.PositiveIntegerField()
    limit = models.PositiveIntegerField(null=True, blank=True)  # as it was at the time
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    released_at = models.DateTimeField(null=True, blank=True)

    objects = CouponUses.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["coupon", "client"],
                condition=Q(released_at__isnull=True),
                name="coupon_once_for_each_client",
            ),
            models.UniqueConstraint(
                fields=["appointment"],
                condition=Q(released_at__isnull=True),
                name="coupon_one_for_a_visit",
            ),
            models.UniqueConstraint(
                fields=["coupon", "number"],
                condition=Q(released_at__isnull=True),
                name="coupon_number_once",
            ),
            models.CheckConstraint(
                condition=Q(number__gte=1) & (Q(limit__isnull=True) | Q(number__lte=F("limit"))),
                name="coupon_within_its_limit",
            ),
            models.CheckConstraint(condition=Q(off_cents__gt=0), name="coupon_use_takes_off"),
        ]
