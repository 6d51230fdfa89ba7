"""What a client could not do, and how far they can again. FHIR Observation, in their own words."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from clinic.models import BaseModel, Client
from clinic.vault.fields import EncryptedJSONField, EncryptedTextField


class Activity(BaseModel):
    """One activity of the patient-specific functional scale. Its words never change."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="activities")
    text = EncryptedTextField()
    # Not asked about any more; what was measured stays.
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at", "id"]
        verbose_name_plural = "activities"
        constraints = [
            models.CheckConstraint(condition=~Q(text=b""), name="activity_says_something"),
        ]


class FunctionMeasure(BaseModel):
    """All scores of one moment, whole numbers from 0 to 10. The last of a day counts."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="function_measures")
    on = models.DateField()  # at the clinic
    scores = EncryptedJSONField(default=dict)  # activity id -> score
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # A form sent twice is one measure.
    form_token = models.UUIDField(unique=True)

    class Meta:
        ordering = ["on", "created_at"]
        indexes = [models.Index(fields=["client", "on"], name="function_measure_by_day")]
