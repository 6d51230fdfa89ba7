"""The diary seen from other calendars, and other calendars seen from the diary (RFC 5545)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.fields import EncryptedTextField
from clinic.models import BaseModel, Client, Therapist


class CalendarFeed(BaseModel):
    """An address that shows one person's visits to whoever knows it, until it is revoked."""

    therapist = models.ForeignKey(
        Therapist, models.CASCADE, related_name="feeds", null=True, blank=True
    )
    client = models.ForeignKey(Client, models.CASCADE, related_name="feeds", null=True, blank=True)
    token_hash = models.CharField(max_length=64, unique=True)  # SHA-256, hex
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(therapist__isnull=True) ^ Q(client__isnull=True),
                name="feed_of_a_therapist_or_a_client",
            ),
            models.UniqueConstraint(
                fields=["therapist"],
                condition=Q(revoked_at__isnull=True),
                name="feed_one_per_therapist",
            ),
            models.UniqueConstraint(
                fields=["client"], condition=Q(revoked_at__isnull=True), name="feed_one_per_client"
            ),
        ]


class ExternalCalendar(BaseModel):
    """A calendar elsewhere whose busy times a therapist cannot be booked at."""

    therapist = models.OneToOneField(Therapist, models.CASCADE, related_name="external_calendar")
    url = EncryptedTextField(_("address of the calendar"))  # whoever knows it can read it
    etag = models.CharField(max_length=200, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)  # last success
    tried_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=200, blank=True)  # why the last try failed


class ExternalBusy(BaseModel):
    """One span in which the other calendar says busy."""

    calendar = models.ForeignKey(ExternalCalendar, models.CASCADE, related_name="busy")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="external_busy_end_after_start"
            ),
        ]
        indexes = [models.Index(fields=["calendar", "ends_at"], name="external_busy_by_end")]
