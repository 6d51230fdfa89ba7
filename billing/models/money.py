"""What was charged, paid, and given back. Integer cents everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from booking.models import Appointment
from clinic.models import BaseModel, Client, Location, Technique
from clinic.vault.fields import EncryptedTextField
from treatment.models import Visit

if TYPE_CHECKING:
    from uuid import UUID


class Procedure(BaseModel):
    """A code the clinic bills under. No CPT table ships: clinics enter their own rows."""

    code = models.CharField(
        max_length=5, unique=True, validators=[RegexValidator(r"^\d{5}$", _("Five digits."))]
    )
    label = models.CharField(_("the clinic's own label"), max_length=120)
    timed = models.BooleanField(_("billed in 15-minute units"), default=True)
    # Up to four, as the clinic's payers ask: never added by us.
    modifiers = models.CharField(
        _("modifiers"),
        max_length=12,
        blank=True,
        validators=[RegexValidator(r"^[A-Z0-9]{2}( [A-Z0-9]{2}){0,3}$", _("Such as GP or GP 59."))],
    )
    techniques = models.ManyToManyField(Technique, blank=True, related_name="procedures")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]


class CurrentCharges(models.Manager["Charge"]):
    def get_queryset(self) -> models.QuerySet[Charge]:
        return super().get_queryset().filter(retired_at=None)


class Charge(BaseModel):
    """FHIR ChargeItem: one procedure of one visit. list - discount = net, by constraint.

    It never changes. When the visit is corrected it is retired, and others take its place.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="charges")
    procedure = models.ForeignKey(Procedure, models.PROTECT, null=True, blank=True)
    description = models.CharField(max_length=160)
    minutes = models.PositiveSmallIntegerField(default=0)
    units = models.PositiveSmallIntegerField(default=0)
    list_cents = models.PositiveIntegerField()
    discount_cents = models.PositiveIntegerField(default=0)
    net_cents = models.PositiveIntegerField()
    is_eligible = models.BooleanField(default=True)  # False: reserved time, tip, goods, tax
    is_extra = models.BooleanField(default=False)  # beside the session's price: tip, goods, tax
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)

    # What counts today; `everything` has the retired ones too.
    objects = CurrentCharges()
    everything: models.Manager[Charge] = models.Manager()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(list_cents=F("discount_cents") + F("net_cents")),
                name="charge_list_less_discount_is_net",
            ),
            models.CheckConstraint(
                condition=Q(is_extra=False) | Q(is_eligible=False),
                name="charge_extra_is_not_treatment",
            ),
            models.UniqueConstraint(
                fields=["visit", "position"],
                condition=Q(retired_at__isnull=True),
                name="charge_position_once",
            ),
        ]


class Drawers(models.Manager["Drawer"]):
    def in_use(self, location: Location) -> models.QuerySet[Drawer]:
        return self.filter(location=location, retired_at=None)

    def of(self, location: Location) -> Drawer:
        """The location's first drawer in use; made when it has none."""
        first = self.in_use(location).first()
        return first or self.get_or_create(location=location, name="Front desk")[0]

    def for_method(
        self, method: str, location: Location, chosen: Drawer | None = None
    ) -> Drawer | None:
        """Where this money goes: cash into the drawer that was chosen, or the first; the rest
        into none.
        """
        return (chosen or self.of(location)) if method == Method.CASH else None


class Drawer(BaseModel):
    """Where cash is kept. The first is made when the first cash is taken."""

    location = models.ForeignKey(Location, models.PROTECT, related_name="drawers")
    name = models.CharField(_("name"), max_length=60, default="Front desk")
    float_cents = models.PositiveIntegerField(_("cash that is in it in the morning"), default=0)
    position = models.PositiveSmallIntegerField(default=0)
    retired_at = models.DateTimeField(null=True, blank=True)  # no more cash goes into it

    objects = Drawers()

    class Meta:
        ordering = ["position", "created_at"]
        constraints = [
            models.UniqueConstraint(fields=["location", "name"], name="drawer_named_once"),
        ]


class Method(models.TextChoices):
    HSA = "hsa", _("HSA card")
    FSA = "fsa", _("FSA card")
    CARD = "card", _("Card")
    CASH = "cash", _("Cash")
    CHECK = "check", _("Check")


# They pay for treatment, never for a fee, and get back what they paid or nobody does.
PLAN_CARDS = (Method.HSA, Method.FSA)


class ValidPayments(models.Manager["Payment"]):
    def get_queryset(self) -> models.QuerySet[Payment]:
        return super().get_queryset().filter(voided_at=None)


class Payment(BaseModel):
    """Money that came in. It never changes: what was wrong about it is voided, and what is right
    is another payment that replaces it. What was given back are its refunds.
    """

    Method = Method
    PLAN_CARDS = PLAN_CARDS

    client = models.ForeignKey(Client, models.PROTECT, related_name="payments")
    # For a visit, or for the fee of an appointment cancelled late or missed.
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="payments", null=True, blank=True)
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="fee_payments", null=True, blank=True
    )
    method = models.CharField(max_length=8, choices=Method)
    amount_cents = models.PositiveIntegerField()
    # The sum of its refunds, which the database keeps.
    refunded_cents = models.PositiveIntegerField(default=0)
    reference = models.CharField(_("last four digits or check number"), max_length=20, blank=True)
    paid_at = models.DateTimeField()
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drawer = models.ForeignKey(
        Drawer, models.PROTECT, related_name="payments", null=True, blank=True
    )
    # What was paid in one go, over several visits and fees.
    batch = models.UUIDField(null=True, blank=True, editable=False, db_index=True)
    # A form sent twice takes effect once.
    form_token = models.UUIDField(unique=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    voided_at = models.DateTimeField(null=True, blank=True)
    voided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    void_reason = EncryptedTextField(default=str, blank=True)
    void_token = models.UUIDField(null=True, blank=True, unique=True)

    # What counts; `everything` has the void ones too.
    objects = ValidPayments()
    everything: models.Manager[Payment] = models.Manager()

    refunds: models.Manager[Refund]

    class Meta:
        ordering = ["paid_at", "created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="payment_is_positive"),
            models.CheckConstraint(
                condition=Q(visit__isnull=True) ^ Q(appointment__isnull=True),
                name="payment_for_a_visit_or_a_fee",
            ),
            models.CheckConstraint(
                condition=Q(appointment__isnull=True) | ~Q(method__in=["hsa", "fsa"]),
                name="payment_of_a_fee_from_no_plan",
            ),
            models.UniqueConstraint(
                fields=["appointment"],
                condition=Q(appointment__isnull=False, voided_at__isnull=True),
                name="payment_one_per_fee",
            ),
            models.CheckConstraint(
                condition=Q(refunded_cents__lte=F("amount_cents")),
                name="payment_refunded_no_more_than_paid",
            ),
            models.CheckConstraint(
                condition=Q(voided_at__isnull=True) | Q(refunded_cents=0),
                name="payment_void_has_no_refund",
            ),
            models.CheckConstraint(
                condition=Q(
                    voided_at__isnull=True,
                    voided_by__isnull=True,
                    void_reason=b"",
                    void_token__isnull=True,
                )
                | (
                    Q(voided_at__isnull=False, voided_by__isnull=False, void_token__isnull=False)
                    & ~Q(void_reason=b"")
                ),
                name="payment_void_says_who_and_why",
            ),
            models.CheckConstraint(
                condition=Q(drawer__isnull=True) | Q(method="cash"),
                name="payment_in_a_drawer_is_cash",
            ),
        ]

    @property
    def of_appointment(self) -> UUID | None:
        """The appointment the payment was for, directly or through its visit."""
        return self.visit.appointment_id if self.visit is not None else self.appointment_id

    @property
    def kept_cents(self) -> int:
        """What is left of it after its refunds."""
        return self.amount_cents - self.refunded_cents

    @property
    def is_from_a_plan(self) -> bool:
        return self.method in PLAN_CARDS


class Refund(BaseModel):
    """Money that was given back. Never more than was paid; to a plan's card only by that card."""

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    amount_cents = models.PositiveIntegerField()
    # By how much the visit became cheaper for it; the rest is owed again, or was paid too much.
    forgiven_cents = models.PositiveIntegerField(default=0)
    method = models.CharField(max_length=8, choices=Method)
    reference = models.CharField(_("last four digits or check number"), max_length=20, blank=True)
    reason = EncryptedTextField()
    refunded_at = models.DateTimeField()
    refunded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    drawer = models.ForeignKey(
        Drawer, models.PROTECT, related_name="refunds", null=True, blank=True
    )
    form_token = models.UUIDField(unique=True)

    class Meta:
        ordering = ["refunded_at", "created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount_cents__gt=0), name="refund_is_positive"),
            models.CheckConstraint(
                condition=Q(forgiven_cents__lte=F("amount_cents")), name="refund_forgives_a_part"
            ),
            models.CheckConstraint(condition=~Q(reason=b""), name="refund_says_why"),
            models.CheckConstraint(
                condition=Q(drawer__isnull=True) | Q(method="cash"),
                name="refund_from_a_drawer_is_cash",
            ),
        ]


class DrawerCount(BaseModel):
    """The cash of a drawer at the end of a day. A count never changes; a new one replaces it."""

    drawer = models.ForeignKey(Drawer, models.PROTECT, related_name="counts")
    day = models.DateField()
    opening_cents = models.PositiveIntegerField()
    cash_in_cents = models.PositiveIntegerField()
    cash_out_cents = models.PositiveIntegerField()
    expected_cents = models.IntegerField()
    counted_cents = models.PositiveIntegerField()
    difference_cents = models.IntegerField()
    pieces = models.JSONField(default=dict, blank=True)  # how many of each bill and coin
    totals = models.JSONField(default=dict, blank=True)  # the other methods, in cents, as listed
    reason = EncryptedTextField(default=str, blank=True)
    counted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    counted_at = models.DateTimeField()
    form_token = models.UUIDField(unique=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )

    class Meta:
        ordering = ["-day", "-counted_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["drawer", "day"],
                condition=Q(replaces__isnull=True),
                name="count_first_of_a_day_once",
            ),
            models.CheckConstraint(
                condition=Q(
                    expected_cents=F("opening_cents") + F("cash_in_cents") - F("cash_out_cents")
                )
                & Q(difference_cents=F("counted_cents") - F("expected_cents")),
                name="count_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(difference_cents=0) | ~Q(reason=b""),
                name="count_difference_has_a_reason",
            ),
        ]
