"""What the clinic keeps: messages it sends and documents it stores."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.base import BaseModel
from clinic.models.people import Client


class Message(BaseModel):
    """The outbox: a message is a row before it is an e-mail (FHIR Communication)."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting to go out")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Could not be sent")
        CANCELLED = "cancelled", _("Withdrawn")

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("Text message")

    # What it is about, so that a cancellation can withdraw what has not gone out yet.
    kind = models.CharField(max_length=40)
    about = models.UUIDField(null=True, blank=True)
    # One message for one occasion: "reminder:<appointment>:<sequence>".
    key = models.CharField(max_length=160, unique=True)
    client = models.ForeignKey(Client, models.PROTECT, null=True, blank=True)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    recipient = models.CharField(max_length=254)
    subject = models.CharField(max_length=200)
    body = models.TextField()
    calendar = models.TextField(blank=True)  # an iCalendar object, attached as text/calendar
    is_secret = models.BooleanField(default=False)  # sign-in codes: wiped in the end
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    not_before = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["not_before"], name="message_waiting", condition=Q(status="queued")
            ),
            models.Index(fields=["about"], name="message_about"),
            models.Index(fields=["-created_at"], name="message_newest"),
        ]


class Document(BaseModel):
    """A stored file, encrypted at rest and named by the SHA-256 of what it holds.

    FHIR DocumentReference. The bytes are reached only through `clinic.documents`.
    """

    class Kind(models.TextChoices):
        PRESCRIPTION_ORIGINAL = "prescription_original", _("Prescription as uploaded")
        PRESCRIPTION = "prescription", _("Prescription")
        PRESCRIPTION_REQUEST = "prescription_request", _("Request to a prescriber")
        RECEIPT = "receipt", _("Receipt")
        CLEARANCE = "clearance", _("Medical clearance")
        EXPORT = "export", _("Export")

    kind = models.CharField(max_length=24, choices=Kind)
    client = models.ForeignKey(Client, models.PROTECT, null=True, blank=True)
    name = models.CharField(max_length=120)  # offered at download; made by us, not by the sender
    content_type = models.CharField(max_length=80)
    size = models.PositiveIntegerField()
    pages = models.PositiveSmallIntegerField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, db_index=True)
    key_id = models.CharField(max_length=20)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-created_at"]
