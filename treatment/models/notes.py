"""The note of a visit, and what is added to it. FHIR Composition."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from clinic.models import BaseModel
from clinic.vault.fields import EncryptedJSONField, EncryptedTextField
from treatment.models.visits import Visit


class TreatmentNote(BaseModel):
    """What was found, done, taught and planned at a visit.

    A draft until it is signed; from then on triggers keep it, and the figures of its visit change
    with a correction only. What is said later is an addendum.
    """

    visit = models.OneToOneField(Visit, models.PROTECT, related_name="note")
    # By the names of `notes.content`.
    said = EncryptedJSONField(default=dict, blank=True)
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_name = models.CharField(max_length=160, blank=True)  # as it was when they signed
    signed_at = models.DateTimeField(null=True, blank=True)
    # Times and minutes of the visit as they were signed: `sessions.figures`.
    figures = models.JSONField(default=dict, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)

    addenda: models.Manager[NoteAddendum]

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(signed_at=None, signed_by=None, signed_name="", sha256="")
                | (
                    Q(signed_at__isnull=False, signed_by__isnull=False)
                    & ~Q(signed_name="")
                    & ~Q(sha256="")
                ),
                name="note_signature_is_whole",
            ),
        ]

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None


class NoteAddendum(BaseModel):
    """What somebody adds to a signed note, under their own name. A trigger keeps it as it is."""

    note = models.ForeignKey(TreatmentNote, models.PROTECT, related_name="addenda")
    number = models.PositiveSmallIntegerField()  # of this note, from 1
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    name = models.CharField(max_length=160)  # as it was then
    at = models.DateTimeField()
    text = EncryptedTextField()
    sha256 = models.CharField(max_length=64)
    # A form sent twice is one addendum.
    form_token = models.UUIDField(unique=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["note", "number"], name="note_addendum_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="note_addendum_from_one"),
            models.CheckConstraint(condition=~Q(text=b""), name="note_addendum_says_something"),
        ]
