"""Our diary in other calendars, and other calendars in our diary (RFC 5545)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import BaseModel, Client, Duty, Therapist
from clinic.vault.fields import EncryptedTextField


class CalendarFeed(BaseModel):
    """An address that shows one person's visits to anyone who knows it, until it is revoked."""

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


class ExternalCalendar(Duty):
    """An outside calendar; its busy times cannot be booked for this therapist."""

    therapist = models.OneToOneField(Therapist, models.CASCADE, related_name="external_calendar")
    url = EncryptedTextField(_("address of the calendar"))  # anyone who knows it can read it
    etag = models.CharField(max_length=200, blank=True)
    fetched_at = models.DateTimeField(null=True, blank=True)  # last success
    error = models.CharField(max_length=200, blank=True)  # why the last try failed


class ExternalBusy(BaseModel):
    """One span when the other calendar says busy."""

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
