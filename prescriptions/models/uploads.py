"""Files on their way to becoming a prescription."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.fields import EncryptedTextField
from clinic.models import BaseModel, Client, Document
from prescriptions.models.orders import Prescription


class Upload(BaseModel):
    """What was sent, as it came. The worker turns it into a prescription, or says why it cannot."""

    class Status(models.TextChoices):
        RECEIVED = "received", _("Waiting to be checked")
        WORKING = "working", _("Being checked")
        READY = "ready", _("Ready")
        REFUSED = "refused", _("Could not be used")

    client = models.ForeignKey(Client, models.PROTECT, related_name="uploads")
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Made by the page: sending again after a lost connection is the same upload, not another.
    token = models.UUIDField()
    source = models.CharField(
        max_length=12, choices=Prescription.Source, default=Prescription.Source.PORTAL
    )
    answers = models.ForeignKey(
        Prescription, models.PROTECT, null=True, blank=True, related_name="better_copies"
    )
    note = EncryptedTextField(default=str, blank=True)
    originals = models.ManyToManyField(Document, related_name="+")
    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVED)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    attempts = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField(null=True, blank=True)
    refusal = models.CharField(max_length=40, blank=True)  # the code of an `UnusableFile`
    prescription = models.ForeignKey(
        Prescription, models.PROTECT, null=True, blank=True, related_name="uploads"
    )

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["created_at"],
                name="upload_unfinished",
                condition=Q(status__in=["received", "working"]),
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["client", "token"], name="upload_sent_once"),
            models.CheckConstraint(condition=Q(progress__lte=100), name="upload_progress_percent"),
            models.CheckConstraint(
                condition=~Q(status="ready") | Q(prescription__isnull=False),
                name="upload_ready_has_a_prescription",
            ),
            models.CheckConstraint(
                condition=~Q(status="refused") | ~Q(refusal=""), name="upload_refusal_has_a_reason"
            ),
        ]

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.READY, self.Status.REFUSED)
