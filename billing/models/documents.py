"""What the clinic issues. It keeps its own copy of all it prints; issued, it never changes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import BaseModel, Client, Document, Duty
from clinic.vault.fields import EncryptedJSONField, EncryptedTextField
from prescriptions.models import VisitReservation
from treatment.models import Visit

if TYPE_CHECKING:
    from clinic.models import Location


class Kind(models.TextChoices):
    RECEIPT = "receipt", _("Receipt")  # for an HSA or FSA: one visit, no diagnosis
    SUPERBILL = "superbill", _("Superbill")  # for an insurer: one prescribed visit, with codes
    STATEMENT = "statement", _("Statement")  # each service of some days, and what covered it
    PACKET = "packet", _("Packet")  # a statement, its receipts, and the orders, in one file


# Of one visit; the others are of a client and a range of days.
OF_A_VISIT = (Kind.RECEIPT, Kind.SUPERBILL)
PREFIXES = {Kind.RECEIPT: "", Kind.SUPERBILL: "S-", Kind.STATEMENT: "Y-", Kind.PACKET: "P-"}


class DocumentCounter(models.Model):
    """The last number issued of a kind in a year; its row lock keeps the series unbroken."""

    kind = models.CharField(max_length=10, choices=Kind)
    year = models.PositiveSmallIntegerField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "year"], name="counter_of_kind_and_year_once"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.year}"


class BillingDocument(Duty):
    """FHIR Invoice, and what is made of several. Corrections void it and issue another.

    Its duty is its PDF.
    """

    Kind = Kind

    class Status(models.TextChoices):  # FHIR R4 codes
        ISSUED = "issued", _("Valid")
        CANCELLED = "cancelled", _("Void")

    kind = models.CharField(max_length=10, choices=Kind, default=Kind.RECEIPT)
    year = models.PositiveSmallIntegerField()
    serial = models.PositiveIntegerField()
    client = models.ForeignKey(Client, models.PROTECT, related_name="billing_documents")
    # What it is about: a visit, or the days from `begins_on` to `service_on`.
    visit = models.ForeignKey(
        Visit, models.PROTECT, related_name="documents", null=True, blank=True
    )
    begins_on = models.DateField(null=True, blank=True)
    service_on = models.DateField()
    # The prescription visit it used: what is medical cannot be issued without one.
    needs_prescription = models.BooleanField()
    reservation = models.ForeignKey(VisitReservation, models.PROTECT, null=True, blank=True)
    status = models.CharField(max_length=10, choices=Status, default=Status.ISSUED)
    issued_at = models.DateTimeField()
    snapshot = models.JSONField()  # letterhead, patient, provider, prescriber: as printed
    # What is printed too, but stands encrypted where it comes from: a member number.
    private = EncryptedJSONField(null=True, blank=True)
    template_version = models.CharField(max_length=20)
    list_cents = models.PositiveIntegerField()
    discount_cents = models.PositiveIntegerField()
    net_cents = models.PositiveIntegerField()
    paid_cents = models.PositiveIntegerField()
    balance_cents = models.PositiveIntegerField()
    # Paid beyond the total, and not given back yet.
    credit_cents = models.PositiveIntegerField(default=0)
    verify_code = models.CharField(max_length=24, unique=True)
    file = models.OneToOneField(Document, models.PROTECT, null=True, blank=True)
    replaces = models.OneToOneField(
        "self", models.PROTECT, null=True, blank=True, related_name="replaced_by"
    )
    voided_at = models.DateTimeField(null=True, blank=True)
    void_reason = EncryptedTextField(default=str, blank=True)

    lines: models.Manager[DocumentLine]

    class Meta:
        ordering = ["-year", "-serial"]
        constraints = [
            models.UniqueConstraint(fields=["kind", "year", "serial"], name="document_number_once"),
            models.UniqueConstraint(
                fields=["visit", "kind"],
                condition=Q(status="issued"),
                name="document_one_valid_per_visit",
            ),
            models.UniqueConstraint(
                fields=["client", "kind", "begins_on", "service_on"],
                condition=Q(status="issued", begins_on__isnull=False),
                name="document_one_valid_per_range",
            ),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["receipt", "superbill"], visit__isnull=False, begins_on__isnull=True
                )
                | Q(
                    kind__in=["statement", "packet"],
                    visit__isnull=True,
                    begins_on__lte=F("service_on"),
                ),
                name="document_of_a_visit_or_a_range",
            ),
            models.CheckConstraint(
                condition=(Q(needs_prescription=False) & ~Q(kind="superbill"))
                | Q(reservation__isnull=False),
                name="document_medical_has_prescription",
            ),
            models.CheckConstraint(
                condition=Q(list_cents=F("discount_cents") + F("net_cents"))
                & Q(net_cents=F("paid_cents") + F("balance_cents") - F("credit_cents"))
                & (Q(balance_cents=0) | Q(credit_cents=0) | Q(visit__isnull=True)),
                name="document_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(status="issued") | Q(voided_at__isnull=False),
                name="document_void_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["client", "-service_on"], name="document_by_client")]

    @property
    def number(self) -> str:
        return f"{PREFIXES[Kind(self.kind)]}{self.year}-{self.serial:05d}"

    @property
    def title(self) -> str:
        return _("%(kind)s %(number)s") % {"kind": self.get_kind_display(), "number": self.number}

    @property
    def is_valid(self) -> bool:
        return self.status == self.Status.ISSUED

    @property
    def location(self) -> Location | None:
        return self.visit.appointment.location if self.visit else None

    @property
    def minutes(self) -> int:
        return sum(line.minutes for line in self.lines.all())

    @property
    def units(self) -> int:
        return sum(line.units for line in self.lines.all())

    @property
    def supported_cents(self) -> int:
        """The treatment part, which a plan may reimburse: no tip, fee, or reserved time."""
        return sum(line.net_cents for line in self.lines.all() if line.is_eligible)


class DocumentLine(BaseModel):
    document = models.ForeignKey(BillingDocument, models.PROTECT, related_name="lines")
    service_on = models.DateField()
    description = models.CharField(max_length=160)
    # A procedure's code, its modifiers, and the letters of the diagnoses it points to: of a
    # superbill, none on anything else.
    code = models.CharField(max_length=5, blank=True)
    modifiers = models.CharField(max_length=12, blank=True)
    pointers = models.CharField(max_length=8, blank=True)
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
            models.UniqueConstraint(fields=["document", "position"], name="line_position_once"),
            models.CheckConstraint(
                condition=Q(list_cents=F("discount_cents") + F("net_cents")),
                name="line_list_less_discount_is_net",
            ),
        ]
