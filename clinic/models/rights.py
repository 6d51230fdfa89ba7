"""What clients may request about their own record: 45 CFR 164.524, 164.526 and 164.528."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.base import BaseModel, Duty
from clinic.models.people import Client
from clinic.models.records import Document
from clinic.vault.fields import EncryptedJSONField, EncryptedTextField


class Export(Duty):
    """Everything kept about a client in one file, once the worker has created it."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        WORKING = "working", _("Being created")
        READY = "ready", _("Ready")
        FAILED = "failed", _("Failed")
        REMOVED = "removed", _("Removed")

    client = models.ForeignKey(Client, models.PROTECT, related_name="exports")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    document = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="export_unfinished",
                condition=Q(status__in=["waiting", "working"]),
            ),
            models.Index(
                fields=["expires_at"], name="export_to_remove", condition=Q(status="ready")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(status__in=["waiting", "working"]),
                name="export_one_at_a_time",
            ),
            models.CheckConstraint(condition=Q(progress__lte=100), name="export_progress_percent"),
            models.CheckConstraint(
                condition=Q(status="ready", document__isnull=False, expires_at__isnull=False)
                | (~Q(status="ready") & Q(document__isnull=True)),
                name="export_ready_has_a_file_and_an_end",
            ),
        ]

    @property
    def is_finished(self) -> bool:
        return self.status not in (self.Status.WAITING, self.Status.WORKING)


class CorrectionRequest(BaseModel):
    """A client says that something in the record is wrong; the desk answers in writing.

    "Corrected" names the event of the audit log by which it was, so it cannot be said of nothing.
    "Left as it is" names the ground that 45 CFR 164.526(a)(2) knows; the client may disagree.
    """

    class About(models.TextChoices):
        CONTACT = "contact", _("My name or how to reach me")
        HEALTH = "health", _("My health questionnaire")
        PRESCRIPTION = "prescription", _("A prescription")
        VISIT = "visit", _("A visit")
        RECEIPT = "receipt", _("A receipt or payment")
        OTHER = "other", _("Something else")

    class Status(models.TextChoices):
        OPEN = "open", _("Waiting for an answer")
        CORRECTED = "corrected", _("Corrected")
        KEPT = "kept", _("Left as it is")

    class Ground(models.TextChoices):
        ACCURATE = "accurate", _("It is accurate and complete")
        NOT_OURS = "not_ours", _("We did not write it")
        NOT_KEPT = "not_kept", _("It is not part of the record we keep")
        CLOSED = "closed", _("The law does not open it to inspection")
        UNSAID = "unsaid", _("Not recorded")  # answered before we asked

    EARLIER = 0  # in `evidence`: answered before we asked

    client = models.ForeignKey(Client, models.PROTECT, related_name="correction_requests")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    about = models.CharField(_("what it is about"), max_length=12, choices=About)
    text = EncryptedTextField()
    # What details of the person should say: {"first_name": "Anna"}.
    asked_for = EncryptedJSONField(null=True, blank=True)
    status = models.CharField(max_length=9, choices=Status, default=Status.OPEN)
    answer = EncryptedTextField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    answered_at = models.DateTimeField(null=True, blank=True)
    evidence = models.BigIntegerField(null=True, blank=True)  # id of an `AuditEvent`
    ground = models.CharField(_("why it stays"), max_length=8, choices=Ground, blank=True)
    disagreement = EncryptedTextField(null=True, blank=True)  # the client's own statement
    disagreed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["created_at"], name="correction_open", condition=Q(status="open")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(status="open")
                | Q(answer__isnull=False, answered_by__isnull=False, answered_at__isnull=False),
                name="correction_is_answered_in_words",
            ),
            models.CheckConstraint(
                condition=~Q(status="corrected") | Q(evidence__isnull=False),
                name="correction_made_names_what_was_changed",
            ),
            models.CheckConstraint(
                condition=~Q(status="kept") | ~Q(ground=""),
                name="correction_denied_names_its_ground",
            ),
            models.CheckConstraint(
                condition=Q(disagreement__isnull=True)
                | Q(status="kept", disagreed_at__isnull=False),
                name="correction_disagreed_with_a_denial",
            ),
        ]


class Disclosure(BaseModel):
    """Health data disclosed to someone outside; rows are added, never changed.

    Not for treatment, payment or operations, nor what the client asked for or authorized:
    45 CFR 164.528(a)(1) leaves those out. Letters to prescribers are here nevertheless.
    """

    client = models.ForeignKey(Client, models.PROTECT, related_name="disclosures")
    disclosed_on = models.DateField(_("date"))  # clinic-local
    recipient = models.CharField(_("to whom, with an address if known"), max_length=200)
    what = EncryptedTextField()
    why = EncryptedTextField()
    recorded_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-disclosed_on", "-created_at"]
