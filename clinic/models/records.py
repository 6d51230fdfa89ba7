"""What the clinic keeps: messages it sends and documents it stores."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models.base import BaseModel, Duty
from clinic.models.people import Client

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class Message(Duty):
    """The outbox: a message is a row before it is an e-mail (FHIR Communication)."""

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting to go out")
        IN_FLIGHT = "in_flight", _("Being sent")
        SENT = "sent", _("Sent")
        UNKNOWN = "unknown", _("May not have been sent")  # its worker died while sending it
        FAILED = "failed", _("Could not be sent")
        CANCELLED = "cancelled", _("Withdrawn")

    class Channel(models.TextChoices):
        EMAIL = "email", _("E-mail")
        SMS = "sms", _("Text message")
        CALL = "call", _("Telephone call")  # a person makes it: `clinic.messaging.services`

    class Outcome(models.TextChoices):
        """What came of the newest try to call."""

        REACHED = "reached", _("Reached them")
        LEFT_WORD = "left_word", _("Left word")
        NO_ANSWER = "no_answer", _("No answer")
        NOT_NEEDED = "not_needed", _("No call needed")

    # What it is about, so that a cancellation can withdraw what has not gone out yet.
    kind = models.CharField(max_length=40)
    about = models.UUIDField(null=True, blank=True)
    # One message for one occasion: "reminder:<appointment>:<sequence>".
    key = models.CharField(max_length=160, unique=True)
    client = models.ForeignKey(Client, models.PROTECT, null=True, blank=True)
    channel = models.CharField(max_length=8, choices=Channel, default=Channel.EMAIL)
    recipient = models.CharField(max_length=254)  # blank for a call: the telephone of the client
    subject = models.CharField(max_length=200)
    body = models.TextField()
    calendar = models.TextField(blank=True)  # an iCalendar object, attached as text/calendar
    is_secret = models.BooleanField(default=False)  # sign-in codes: erased in the end
    status = models.CharField(max_length=12, choices=Status, default=Status.QUEUED)
    expires_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=80, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    # Calls only: by when it is to be made, and who tried it last.
    call_by = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    handled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    handled_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            # No worker takes a call, whatever it is told: none can be in flight, or fail.
            models.CheckConstraint(
                condition=~Q(channel="call")
                | Q(
                    client__isnull=False,
                    call_by__isnull=False,
                    is_secret=False,
                    status__in=["queued", "sent", "cancelled"],
                ),
                name="message_call_is_for_a_person_to_make",
            ),
            models.CheckConstraint(
                condition=~Q(channel="call", status="sent")
                | Q(
                    outcome__in=["reached", "left_word", "not_needed"],
                    handled_by__isnull=False,
                    handled_at__isnull=False,
                    sent_at__isnull=False,
                ),
                name="message_call_done_says_by_whom",
            ),
        ]
        indexes = [
            models.Index(
                fields=["call_by"],
                name="message_calls",
                condition=Q(channel="call", status="queued"),
            ),
            models.Index(
                fields=["-sent_at"],
                name="message_calls_made",
                condition=Q(channel="call", status="sent"),
            ),
            models.Index(
                fields=["work_due_at"],
                name="message_waiting",
                condition=Q(status__in=["queued", "in_flight"]),
            ),
            models.Index(fields=["about"], name="message_about"),
            models.Index(fields=["-created_at"], name="message_newest"),
        ]

    @property
    def state(self) -> StrOrPromise:
        """Its status in words that are true of its channel."""
        if self.channel != self.Channel.CALL or self.status == self.Status.CANCELLED:
            return self.get_status_display()
        return self.get_outcome_display() if self.outcome else _("To be called")


class Document(BaseModel):
    """A stored file, encrypted at rest and named by the SHA-256 of what it holds.

    FHIR DocumentReference. The bytes are reached only through `clinic.documents.store.store`.
    """

    class Kind(models.TextChoices):
        PRESCRIPTION_ORIGINAL = "prescription_original", _("Prescription as uploaded")
        PRESCRIPTION = "prescription", _("Prescription")
        PRESCRIPTION_REQUEST = "prescription_request", _("Request to a prescriber")
        RECEIPT = "receipt", _("Receipt")
        SUPERBILL = "superbill", _("Superbill")
        STATEMENT = "statement", _("Statement")
        PACKET = "packet", _("Packet")
        PAPER_FORM_ORIGINAL = "paper_form_original", _("Paper questionnaire as scanned")
        PAPER_FORM = "paper_form", _("Paper questionnaire")
        CLEARANCE = "clearance", _("Medical clearance")
        EXPORT = "export", _("Export")
        LOGO = "logo", _("Logo")
        DRAFT = "draft", _("Printed, to be signed")
        LETTER = "letter", _("Letter to a physician")
        TREATMENT_NOTE = "treatment_note", _("Treatment note")

    kind = models.CharField(max_length=24, choices=Kind)
    client = models.ForeignKey(Client, models.PROTECT, null=True, blank=True)
    name = models.CharField(max_length=120)  # download name; chosen by us, not by the sender
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
