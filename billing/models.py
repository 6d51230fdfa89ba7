"""Money. Integer cents everywhere; a receipt, once issued, never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from booking.models import Appointment
from clinic.fields import EncryptedTextField
from clinic.models import BaseModel, Client, Document, Technique
from prescriptions.models import VisitReservation
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
    techniques = models.ManyToManyField(Technique, blank=True, related_name="procedures")
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "code"]


class Charge(BaseModel):
    """FHIR ChargeItem: one procedure of one visit. list - discount = net, by constraint."""

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="charges")
    procedure = models.ForeignKey(Procedure, models.PROTECT, null=True, blank=True)
    description = models.CharField(max_length=160)
    minutes = models.PositiveSmallIntegerField(default=0)
    units = models.PositiveSmallIntegerField(default=0)
    list_cents = models.PositiveIntegerField()
    discount_cents = models.PositiveIntegerField(default=0)
    net_cents = models.PositiveIntegerField()
    is_eligible = models.BooleanField(default=True)  # False: reserved time, tip, fee
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(
                condition=Q(list_cents=F("discount_cents") + F("net_cents")),
                name="charge_list_less_discount_is_net",
            ),
            models.UniqueConstraint(fields=["visit", "position"], name="charge_position_once"),
        ]


class Payment(BaseModel):
    class Method(models.TextChoices):
        HSA = "hsa", _("HSA card")
        FSA = "fsa", _("FSA card")
        CARD = "card", _("Card")
        CASH = "cash", _("Cash")
        CHECK = "check", _("Check")

    PLAN_CARDS = (Method.HSA, Method.FSA)  # they pay for treatment, never for a fee

    client = models.ForeignKey(Client, models.PROTECT, related_name="payments")
    # For a visit; or for the fee of an appointment that was cancelled late, or missed.
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="payments", null=True, blank=True)
    appointment = models.ForeignKey(
        Appointment, models.PROTECT, related_name="fee_payments", null=True, blank=True
    )
    method = models.CharField(max_length=8, choices=Method)
    amount_cents = models.PositiveIntegerField()
    reference = models.CharField(_("last four digits or check number"), max_length=20, blank=True)
    paid_at = models.DateTimeField()
    received_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # One effect for a form sent twice.
    form_token = models.UUIDField(unique=True)

    class Meta:
        ordering = ["paid_at"]
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
                condition=Q(appointment__isnull=False),
                name="payment_one_per_fee",
            ),
        ]

    @property
    def of_appointment(self) -> UUID | None:
        """The appointment that the money was for, one way or the other."""
        return self.visit.appointment_id if self.visit is not None else self.appointment_id


class ReceiptCounter(models.Model):
    """The last number given out in a year; its row lock keeps the series unbroken."""

    year = models.PositiveSmallIntegerField(primary_key=True)
    last = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"Receipts of {self.year}"


class Receipt(BaseModel):
    """FHIR Invoice. Holds its own copy of all it says; corrections void it and issue another."""

    class Status(models.TextChoices):  # FHIR R4 codes
        ISSUED = "issued", _("Valid")
        CANCELLED = "cancelled", _("Void")

    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    client = models.ForeignKey(Client, models.PROTECT, related_name="receipts")
    visit = models.ForeignKey(Visit, models.PROTECT, related_name="receipts")
    # The used visit of the prescription behind it: a medical receipt cannot exist without one.
    needs_prescription = models.BooleanField()
    reservation = models.ForeignKey(VisitReservation, models.PROTECT, null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ISSUED)
    issued_at = models.DateTimeField()
    service_on = models.DateField()
    snapshot = models.JSONField()  # letterhead, patient, provider, prescriber: as printed
    template_version = models.CharField(max_length=20)
    list_cents = models.PositiveIntegerField()
    discount_cents = models.PositiveIntegerField()
    net_cents = models.PositiveIntegerField()
    paid_cents = models.PositiveIntegerField()
    balance_cents = models.PositiveIntegerField()
    verify_code = models.CharField(max_length=24, unique=True)
    document = models.OneToOneField(Document, models.PROTECT, null=True, blank=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = EncryptedTextField(default=str, blank=True)

    lines: models.Manager[ReceiptLine]

    class Meta:
        ordering = ["-year", "-serial"]
        constraints = [
            models.UniqueConstraint(fields=["year", "serial"], name="receipt_number_once"),
            models.UniqueConstraint(
                fields=["visit"], condition=Q(status="issued"), name="receipt_one_valid_per_visit"
            ),
            models.CheckConstraint(
                condition=Q(needs_prescription=False) | Q(reservation__isnull=False),
                name="receipt_medical_has_prescription",
            ),
            models.CheckConstraint(
                condition=Q(list_cents=F("discount_cents") + F("net_cents"))
                & Q(net_cents=F("paid_cents") + F("balance_cents")),
                name="receipt_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(status="issued") | Q(voided_at__isnull=False),
                name="receipt_void_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["client", "-service_on"], name="receipt_by_client")]

    @property
    def number(self) -> str:
        return f"{self.year}-{self.serial:05d}"

    @property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines.all())

    @property
    def supported_cents(self) -> int:
        """What is treatment, and a plan may reimburse: no tip, no fee, no reserved time."""
        return sum(line.net_cents for line in self.lines.all() if line.is_eligible)


class ReceiptLine(BaseModel):
    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="lines")
    service_on = models.DateField()
    description = models.CharField(max_length=160)
    minutes = models.PositiveSmallIntegerField()
    units = models.PositiveSmallIntegerField()
    list_cents = models.PositiveIntegerField()
    discount_cents = models.PositiveIntegerField()
    net_cents = models.PositiveIntegerField()
    is_eligible = models.BooleanField()
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["receipt", "position"], name="line_position_once"),
            models.CheckConstraint(
                condition=Q(list_cents=F("discount_cents") + F("net_cents")),
                name="line_list_less_discount_is_net",
            ),
        ]
