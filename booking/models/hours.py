"""When people work, and how a location takes bookings. Working hours are wall-clock in its zone."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import BaseModel, Location, Therapist
from clinic.vault.fields import EncryptedTextField

# Half-open, like every span in the diary.
SPAN = Func("starts_at", "ends_at", function="TSTZRANGE", output_field=DateTimeRangeField())


class BookingPolicy(BaseModel):
    """How a location takes bookings. Lengths are elapsed minutes."""

    location = models.OneToOneField(Location, models.CASCADE, related_name="policy")
    slot_step = models.PositiveSmallIntegerField(_("minutes between start times"), default=15)
    min_notice = models.PositiveIntegerField(_("minimum notice, minutes"), default=120)
    horizon_days = models.PositiveSmallIntegerField(_("days ahead"), default=90)
    cancel_cutoff = models.PositiveIntegerField(_("free to cancel until, minutes"), default=1440)
    reschedule_cutoff = models.PositiveIntegerField(
        _("clients may move until, minutes"), default=1440
    )
    late_cancel_percent = models.PositiveSmallIntegerField(
        _("late cancellation fee, % of the price"), default=50
    )
    no_show_percent = models.PositiveSmallIntegerField(
        _("missed visit fee, % of the price"), default=100
    )
    daily_cap = models.PositiveSmallIntegerField(
        _("most sessions a day for one therapist"), null=True, blank=True
    )
    adjoining_starts = models.BooleanField(
        _("also offer the first free minute after a booking"), default=False
    )
    packing = models.BooleanField(
        _("prefer times that leave no gap too short to sell"), default=True
    )
    offer_minutes = models.PositiveSmallIntegerField(
        _("minutes a waitlist offer is kept"), default=15
    )
    hold_minutes = models.PositiveSmallIntegerField(_("minutes a time is held"), default=10)
    reminder_lead = models.PositiveIntegerField(_("reminder before a visit, minutes"), default=1440)
    prescription_lead = models.PositiveIntegerField(
        _("prescription due before a visit, minutes"), default=1440
    )

    class Meta:
        verbose_name = _("booking policy")
        verbose_name_plural = _("booking policies")
        constraints = [
            models.CheckConstraint(condition=Q(slot_step__gte=5), name="policy_slot_step_is_sane"),
            models.CheckConstraint(condition=Q(hold_minutes__gte=1), name="policy_holds_last"),
            models.CheckConstraint(condition=Q(offer_minutes__gte=1), name="policy_offers_last"),
            models.CheckConstraint(
                condition=Q(late_cancel_percent__lte=100, no_show_percent__lte=100),
                name="policy_fee_is_at_most_the_price",
            ),
            models.CheckConstraint(
                condition=Q(daily_cap__isnull=True) | Q(daily_cap__gte=1),
                name="policy_cap_lets_somebody_in",
            ),
        ]


class WorkingHours(BaseModel):
    class Weekday(models.IntegerChoices):  # date.weekday()
        MONDAY = 0, _("Monday")
        TUESDAY = 1, _("Tuesday")
        WEDNESDAY = 2, _("Wednesday")
        THURSDAY = 3, _("Thursday")
        FRIDAY = 4, _("Friday")
        SATURDAY = 5, _("Saturday")
        SUNDAY = 6, _("Sunday")

    therapist = models.ForeignKey(Therapist, models.CASCADE, related_name="working_hours")
    location = models.ForeignKey(Location, models.PROTECT, related_name="working_hours")
    weekday = models.PositiveSmallIntegerField(choices=Weekday)
    starts = models.TimeField()
    ends = models.TimeField()
    effective_from = models.DateField(null=True, blank=True)
    effective_until = models.DateField(null=True, blank=True)  # inclusive

    breaks: models.Manager[WorkingBreak]

    class Meta:
        ordering = ["therapist", "weekday", "starts"]
        verbose_name = verbose_name_plural = _("working hours")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")),
                name="working_hours_end_after_start",
                violation_error_message=_("The hours must end after they start."),
            ),
            models.CheckConstraint(
                condition=Q(effective_from__isnull=True)
                | Q(effective_until__isnull=True)
                | Q(effective_until__gte=F("effective_from")),
                name="working_hours_dates_in_order",
                violation_error_message=_("The last date is before the first."),
            ),
        ]


class WorkingBreak(BaseModel):
    """A pause within working hours: no session runs into it, and the start times do not shift."""

    hours = models.ForeignKey(WorkingHours, models.CASCADE, related_name="breaks")
    starts = models.TimeField()
    ends = models.TimeField()

    class Meta:
        ordering = ["starts"]
        constraints = [
            models.CheckConstraint(
                condition=Q(ends__gt=F("starts")),
                name="working_break_end_after_start",
                violation_error_message=_("The break must end after it starts."),
            ),
        ]


class DateHours(BaseModel):
    """One therapist's hours of one date: in place of the weekly pattern, or in addition to it."""

    class Kind(models.TextChoices):
        INSTEAD = "instead", _("Instead of the usual hours")
        EXTRA = "extra", _("Extra hours")

    therapist = models.ForeignKey(Therapist, models.CASCADE, related_name="date_hours")
    location = models.ForeignKey(Location, models.CASCADE, related_name="+")
    day = models.DateField()
    kind = models.CharField(max_length=8, choices=Kind, default=Kind.INSTEAD)
    # Neither: does not work that day (only instead of the usual hours).
    starts = models.TimeField(null=True, blank=True)
    ends = models.TimeField(null=True, blank=True)

    class Meta:
        ordering = ["day", "starts"]
        verbose_name = verbose_name_plural = _("hours of a date")
        constraints = [
            models.CheckConstraint(
                condition=Q(starts__isnull=False, ends__isnull=False, ends__gt=F("starts"))
                | Q(kind="instead", starts__isnull=True, ends__isnull=True),
                name="date_hours_end_after_start",
                violation_error_message=_("The hours must end after they start."),
            ),
        ]
        indexes = [models.Index(fields=["location", "day"], name="date_hours_by_day")]


class ClosedDate(BaseModel):
    """A date when no one works at a location, whatever else is set: a clinic holiday."""

    location = models.ForeignKey(Location, models.CASCADE, related_name="closed_dates")
    day = models.DateField(_("date"))
    name = models.CharField(_("what it is"), max_length=80, blank=True)

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["location", "day"],
                name="closed_date_once",
                violation_error_message=_("The clinic is already closed on that date."),
            ),
        ]


class TimeOff(BaseModel):
    """Busy time that is not an appointment. No therapist: the whole location is closed."""

    therapist = models.ForeignKey(
        Therapist, models.CASCADE, related_name="time_off", null=True, blank=True
    )
    location = models.ForeignKey(Location, models.CASCADE, related_name="+")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = EncryptedTextField(default=str, blank=True)  # may be about a staff member's health

    class Meta:
        ordering = ["starts_at"]
        verbose_name = verbose_name_plural = _("time off")
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")),
                name="time_off_end_after_start",
                violation_error_message=_("Time off must end after it starts."),
            ),
            ExclusionConstraint(
                name="time_off_once_at_a_time",
                expressions=[
                    ("therapist", RangeOperators.EQUAL),
                    (SPAN, RangeOperators.OVERLAPS),
                ],
                condition=Q(therapist__isnull=False),
                violation_error_message=_("There is already time off then."),
            ),
        ]
        indexes = [models.Index(fields=["location", "ends_at"], name="time_off_by_end")]
