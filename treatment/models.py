"""The visit as it was given. FHIR Encounter."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from booking.models import Appointment
from clinic.models import BaseModel, Technique, Therapist


class Visit(BaseModel):
    class Status(models.TextChoices):  # FHIR R4 codes
        ARRIVED = "arrived", _("Arrived")
        IN_PROGRESS = "in-progress", _("In the room")
        FINISHED = "finished", _("Finished")

    appointment = models.OneToOneField(Appointment, models.PROTECT, related_name="visit")
    therapist = models.ForeignKey(Therapist, models.PROTECT, related_name="visits")
    status = models.CharField(max_length=12, choices=Status, default=Status.ARRIVED)
    arrived_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    finished_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    minutes: models.Manager[VisitMinutes]

    class Meta:
        ordering = ["-arrived_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="finished") | Q(stopped_at__gt=F("started_at")),
                name="visit_finished_has_times",
            ),
        ]


class VisitMinutes(BaseModel):
    """Whole hands-on minutes of one technique; undressing, notes and set-up do not count."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="minutes")
    technique = models.ForeignKey(Technique, models.PROTECT, related_name="+")
    minutes = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "technique"], name="visit_minutes_once_per_technique"
            ),
            models.CheckConstraint(
                condition=Q(minutes__gte=1, minutes__lte=240), name="visit_minutes_sane"
            ),
        ]
