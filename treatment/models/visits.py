"""The visit as it took place. FHIR Encounter."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from booking.models import Appointment
from clinic.models import BaseModel, Technique, Therapist
from clinic.vault.fields import EncryptedTextField

# From start to stop, as a range.
SESSION_TIME = Func(
    F("started_at"), F("stopped_at"), function="TSTZRANGE", output_field=DateTimeRangeField()
)


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

    # What was treated: places of the body map (`clinic.body`), as `PrescribedRegion` has them.
    regions = models.JSONField(default=list, blank=True)
    # Why the times are unlikely and still true.
    times_reason = EncryptedTextField(default=str, blank=True)
    # Recorded after its day: who, when, why, and what the visit lacked.
    late_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    late_at = models.DateTimeField(null=True, blank=True)
    late_reason = EncryptedTextField(default=str, blank=True)
    late_missing = EncryptedTextField(default=str, blank=True)
    # Whether the times were held against the therapist's other sessions. Those of earlier versions
    # were not, and may overlap until they are corrected.
    times_checked = models.BooleanField(default=False, editable=False)

    minutes: models.Manager[VisitMinutes]
    corrections: models.Manager[VisitCorrection]

    class Meta:
        ordering = ["-arrived_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(status="finished") | Q(stopped_at__gt=F("started_at")),
                name="visit_finished_has_times",
            ),
            models.CheckConstraint(
                condition=Q(late_at__isnull=True, late_by__isnull=True)
                | (Q(late_at__isnull=False, late_by__isnull=False) & ~Q(late_reason=b"")),
                name="visit_late_entry_says_who_and_why",
            ),
            ExclusionConstraint(
                name="visit_therapist_in_one_session",
                expressions=[
                    ("therapist", RangeOperators.EQUAL),
                    (SESSION_TIME, RangeOperators.OVERLAPS),
                ],
                condition=Q(status="finished", times_checked=True),
            ),
        ]

    @property
    def is_late_entry(self) -> bool:
        return self.late_at is not None

    @property
    def is_open(self) -> bool:
        """Arrived or in the room; an undone check-in leaves its visit, which is not."""
        waiting = {Appointment.Status.ARRIVED, Appointment.Status.CHECKED_IN}
        return self.appointment.status in waiting


class VisitMinutes(BaseModel):
    """Whole hands-on minutes of one technique; undressing, notes, and setup do not count."""

    visit = models.ForeignKey(Visit, models.CASCADE, related_name="minutes")
    technique = models.ForeignKey(Technique, models.PROTECT, related_name="+")
    minutes = models.PositiveSmallIntegerField()
    # Of these, on regions that the order does not name: "not prescribed" on the bill.
    outside = models.PositiveSmallIntegerField(default=0, db_default=0)
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
            models.CheckConstraint(
                condition=Q(outside__lte=F("minutes")), name="visit_minutes_outside_are_some"
            ),
        ]

    @property
    def ordered(self) -> int:
        return self.minutes - self.outside


class VisitCorrection(BaseModel):
    """One change of a finished visit, beside what it changed. A trigger keeps it as it is.

    `before` and `after` are what `sessions.figures` returns, {} while nothing is recorded. The
    `after` of one entry is the `before` of the next, and the last `after` is what the visit says.
    """

    class Kind(models.TextChoices):
        CORRECTED = "corrected", _("Corrected")
        TAKEN_BACK = "taken_back", _("Taken back")
        RECORDED = "recorded", _("Recorded again")

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="corrections")
    number = models.PositiveSmallIntegerField()  # of this visit, from 1
    kind = models.CharField(max_length=10, choices=Kind, default=Kind.CORRECTED)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField()
    reason = EncryptedTextField(default=str, blank=True)
    before = models.JSONField(default=dict)
    after = models.JSONField(default=dict)
    # A form sent twice takes effect once.
    form_token = models.UUIDField(unique=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "number"], name="visit_correction_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="visit_correction_from_one"),
            models.CheckConstraint(
                condition=Q(kind="recorded") | ~Q(reason=b""), name="visit_correction_says_why"
            ),
        ]
