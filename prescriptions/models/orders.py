"""A physician's order and the visits it authorizes. FHIR ServiceRequest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import BaseModel, Client, Document, Duty
from clinic.vault.fields import EncryptedJSONField, EncryptedTextField
from prescriptions.models.codes import DiagnosisCode

if TYPE_CHECKING:
    from datetime import date


class PrescriptionQuerySet(models.QuerySet["Prescription"]):
    def to_review(self) -> Self:
        """Oldest first, so no one waits longer than necessary."""
        return self.filter(status="submitted").order_by("created_at", "pk")

    def soonest_first(self) -> Self:
        """By the next visit that is waiting for it; those blocking no visit come last, by age."""
        return self.order_by(F("needed_on").asc(nulls_last=True), "created_at", "pk")

    def light(self) -> Self:
        """Without encrypted fields: lists do not show them, and decrypting is slow."""
        return self.defer("words", "first_reading")

    def valid_on(self, day: date) -> Self:
        """Approved, with this day inside its dates (see `authorization.covers`)."""
        return self.filter(status="approved", starts_on__lte=day, through_on__gte=day)

    def with_visits_left(self) -> Self:
        return self.filter(authorized__gt=F("used") + F("reserved"))


class Prescription(Duty):
    """An order from its arrival to its last visit. Its duty is to have its words read."""

    class Status(models.TextChoices):
        """Decisions only. Expired and exhausted are derived: `authorization.state`."""

        SUBMITTED = "submitted", _("To review")
        NEEDS_INFORMATION = "needs_information", _("Information needed")
        APPROVED = "approved", _("Approved")
        REJECTED = "rejected", _("Rejected")
        SUPERSEDED = "superseded", _("Replaced by a newer one")

    class Source(models.TextChoices):
        """How it reached us."""

        PORTAL = "portal", _("Sent by the client")
        DESK = "desk", _("Received at the desk")
        PRESCRIBER = "prescriber", _("Signed online by the prescriber")

    class TextSource(models.TextChoices):
        """Where the text that proposals are read from came from."""

        UNREAD = "", _("Not read")
        PDF = "pdf", _("Text of the PDF")
        OCR = "ocr", _("Read from the picture")
        NONE = "none", _("No text found")

    class Modality(models.TextChoices):
        MASSAGE = "massage", _("Massage therapy")
        MANUAL = "manual", _("Manual therapy")

    client = models.ForeignKey(Client, models.PROTECT, related_name="prescriptions")
    # The cleaned copy that people see. The original is kept too, and never served.
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    originals = models.ManyToManyField(Document, related_name="+")
    source = models.CharField(max_length=12, choices=Source, default=Source.PORTAL)
    # Words and their positions, for proposals; see `words.py`. Health data, so encrypted.
    text_source = models.CharField(
        max_length=4, choices=TextSource, default=TextSource.UNREAD, blank=True
    )
    words = EncryptedJSONField(null=True, blank=True)
    status = models.CharField(max_length=20, choices=Status, default=Status.SUBMITTED)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+"
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    superseded_by = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="superseded"
    )
    # The next visit that is waiting for it, written by booking (`queue.needed_on`).
    needed_on = models.DateField(null=True, blank=True)
    # When a second person must agree: what the first one read, and who that was.
    first_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    first_reading = EncryptedJSONField(null=True, blank=True)
    client_note = EncryptedTextField(_("note from the client"), default=str, blank=True)
    # The four elements, as the reviewer read them. Blank until then.
    reason = EncryptedTextField(_("reason for medical necessity"), default=str, blank=True)
    order_text = EncryptedTextField(_("number, frequency, duration"), default=str, blank=True)
    modality = models.CharField(_("modality"), max_length=10, choices=Modality, blank=True)
    # The fourth, diagnosis codes, is PrescribedDiagnosis.
    issued_on = models.DateField(_("written on"), null=True, blank=True)
    starts_on = models.DateField(_("valid from"), null=True, blank=True)
    through_on = models.DateField(_("valid through"), null=True, blank=True)
    visits_per_week = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    # As written on the order; the directory entry may change later.
    prescriber = models.ForeignKey(
        "prescriptions.Prescriber",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="prescriptions",
    )
    prescriber_name = models.CharField(_("prescriber"), max_length=120, blank=True)
    prescriber_credential = models.CharField(_("credential"), max_length=10, blank=True)
    prescriber_npi = models.CharField(_("NPI"), max_length=10, blank=True)
    prescriber_phone = models.CharField(_("practice phone"), max_length=30, blank=True)
    # The ledger's totals. One row lock and one CHECK: visits cannot be overdrawn.
    authorized = models.PositiveSmallIntegerField(_("visits authorized"), default=0)
    used = models.PositiveSmallIntegerField(default=0)
    reserved = models.PositiveSmallIntegerField(default=0)
    approved_at = models.DateTimeField(null=True, blank=True)
    # When a claim is billed: the reviewer saw that the payer authorized the visits.
    is_authorized = models.BooleanField(_("authorized by the payer"), default=False)

    diagnoses: models.Manager[PrescribedDiagnosis]
    decisions: models.Manager[ReviewDecision]
    reservations: models.Manager[VisitReservation]
    regions: models.Manager[PrescribedRegion]

    objects = PrescriptionQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "pk"]
        indexes = [
            models.Index(fields=["status", "created_at"], name="prescription_queue"),
            models.Index(
                fields=["needed_on", "created_at"],
                name="prescription_by_visit",
                condition=Q(status="submitted"),
            ),
            models.Index(fields=["client", "status"], name="prescription_by_client"),
            models.Index(
                fields=["through_on"], name="prescription_in_use", condition=Q(status="approved")
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(first_reviewer__isnull=True, first_reading__isnull=True)
                | Q(first_reviewer__isnull=False, first_reading__isnull=False),
                name="prescription_first_reading_has_a_reader",
            ),
            models.CheckConstraint(
                condition=Q(authorized__gte=F("used") + F("reserved")),
                name="prescription_visits_not_overdrawn",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["approved", "superseded"])
                | (
                    ~Q(reason=b"")
                    & ~Q(order_text=b"")
                    & ~Q(modality="")
                    & ~Q(prescriber_name="")
                    & ~Q(prescriber_credential="")
                    & Q(prescriber_npi__regex=r"^[12][0-9]{9}$")
                    & Q(authorized__gte=1)
                    & Q(issued_on__isnull=False)
                    & Q(starts_on__isnull=False)
                    & Q(through_on__gte=F("starts_on"))
                    & Q(approved_at__isnull=False)
                ),
                name="prescription_approved_is_complete",
            ),
        ]

    @property
    def bookable(self) -> int:
        return self.authorized - self.used - self.reserved


class PrescribedDiagnosis(BaseModel):
    prescription = models.ForeignKey(Prescription, models.CASCADE, related_name="diagnoses")
    code = models.ForeignKey(DiagnosisCode, models.PROTECT, related_name="+")
    position = models.PositiveSmallIntegerField()  # 0 -> pointer A

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["prescription", "code"], name="diagnosis_once_per_prescription"
            ),
            models.UniqueConstraint(
                fields=["prescription", "position"], name="diagnosis_position_once"
            ),
            models.CheckConstraint(condition=Q(position__lt=12), name="diagnosis_at_most_twelve"),
        ]


class PrescribedRegion(BaseModel):
    """A treatment area named in the order: a place on the body map (`clinic.body`)."""

    prescription = models.ForeignKey(Prescription, models.CASCADE, related_name="regions")
    place = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["prescription", "place"], name="region_once_per_prescription"
            ),
        ]


class ReviewDecision(BaseModel):
    class Decision(models.TextChoices):
        CHECKED = "checked", _("Checked, a second person must agree")
        APPROVED = "approved", _("Approved")
        NEEDS_INFORMATION = "needs_information", _("Information requested")
        REJECTED = "rejected", _("Rejected")

    class Reason(models.TextChoices):
        ILLEGIBLE = "illegible", _("The document cannot be read")
        WRONG_PERSON = "wrong_person", _("Name or date of birth does not match")
        NO_REASON = "no_reason", _("The reason for medical necessity is missing")
        NO_FREQUENCY = "no_frequency", _("Number, frequency, or duration is missing or unclear")
        NO_MODALITY = "no_modality", _("Massage or manual therapy is not named")
        NO_DIAGNOSIS = "no_diagnosis", _("A complete diagnosis code is missing")
        NOT_SIGNED = "not_signed", _("Signature or date is missing")
        PRESCRIBER = "prescriber", _("The prescriber's name, credential, or NPI is missing")
        EXPIRED = "expired", _("The prescription is out of date")
        OTHER = "other", _("Something else")

    prescription = models.ForeignKey(Prescription, models.PROTECT, related_name="decisions")
    # The document the reviewer saw: a better copy may replace it later.
    document = models.ForeignKey(Document, models.PROTECT, related_name="+")
    decision = models.CharField(max_length=20, choices=Decision)
    reason = models.CharField(max_length=20, choices=Reason, blank=True)
    note = EncryptedTextField(default=str, blank=True)
    reviewer = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(decision__in=["approved", "checked"]) | ~Q(reason=""),
                name="refusal_has_a_reason",
            ),
        ]


class VisitReservation(BaseModel):
    """One ledger entry: a visit reserved, then used or released."""

    class Status(models.TextChoices):
        RESERVED = "reserved", _("Booked")
        USED = "used", _("Used")
        RELEASED = "released", _("Given back")

    prescription = models.ForeignKey(Prescription, models.PROTECT, related_name="reservations")
    visit_on = models.DateField()  # clinic-local date of the visit
    status = models.CharField(max_length=10, choices=Status, default=Status.RESERVED)

    class Meta:
        ordering = ["visit_on", "created_at"]
        indexes = [models.Index(fields=["prescription", "status"], name="reservation_ledger")]
