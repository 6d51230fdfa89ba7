"""The client's own word on what was done."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from clinic.models import BaseModel
from clinic.vault.fields import EncryptedTextField
from treatment.models.visits import Visit


class Acknowledgment(BaseModel):
    """ "This is what we did today", said by the client. A trigger keeps it as it is.

    It stands for what it showed. After a correction the client may be asked again: the newest
    counts. Said either by a login that may act for the client, or on the device of a therapist.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="acknowledgments")
    number = models.PositiveSmallIntegerField()  # of this visit, from 1
    shown = models.JSONField()  # `sessions.figures`
    sha256 = models.CharField(max_length=64)  # of `shown`
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    device_of = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    name = models.CharField(max_length=160, blank=True)  # typed as a signature
    drawing = EncryptedTextField(default=str, blank=True)  # by finger: the strokes, as JSON
    at = models.DateTimeField()
    # A form sent twice is one acknowledgment.
    form_token = models.UUIDField(unique=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "number"], name="acknowledgment_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="acknowledgment_from_one"),
            models.CheckConstraint(
                condition=Q(by__isnull=True, device_of__isnull=False)
                | Q(by__isnull=False, device_of__isnull=True),
                name="acknowledgment_says_where",
            ),
        ]
