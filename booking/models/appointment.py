"""Who comes when. Times are UTC and half-open."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.dates import bounds
from clinic.models import BaseModel, Client, Location, Room, ServiceOption, Therapist
from clinic.vault.fields import EncryptedTextField
from prescriptions.models import VisitReservation

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo


# No appointment blocks time further than this from its start, session and buffers included.
LONGEST = timedelta(hours=8)
SEATS = 2  # a double room is the largest there is
NO_SHOW_AFTER = timedelta(minutes=15)  # past its start; until then a client is only late


class AppointmentStatus(models.TextChoices):
    """FHIR R4 Appointment codes, and `held`: a time held while the form is filled in."""

    HELD = "held", _("Held")
    BOOKED = "booked", _("Booked")
    ARRIVED = "arrived", _("Arrived")
    CHECKED_IN = "checked-in", _("In the room")
    FULFILLED = "fulfilled", _("Done")
    CANCELLED = "cancelled", _("Canceled")
    NO_SHOW = "noshow", _("No-show")


class CancelCause(models.TextChoices):
    """Why a visit was canceled; only the client's own change of mind may cost money."""

    CLIENT = "client", _("The client asked")
    ILLNESS = "illness", _("Illness")
    CLINIC = "clinic", _("The clinic canceled")


# What takes up time. To the constraints a lapsed hold still does, until a booking or the sweep
# clears it; to a reader it does not. The SQL says it word for word as the diary's index does.
FREE = (AppointmentStatus.CANCELLED, AppointmentStatus.NO_SHOW)
TAKES_TIME = ~Q(status__in=FREE)
OPEN = (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN)
HELD_SQL = f"status = '{AppointmentStatus.HELD}'"
TAKES_TIME_SQL = "NOT (status IN ({}))".format(", ".join(f"'{status}'" for status in FREE))
LAPSED_SQL = f"({HELD_SQL} AND held_until <= %(now)s)"
BUSY_SQL = f"{TAKES_TIME_SQL} AND NOT {LAPSED_SQL}"


def busy(now: datetime) -> Q:
    """What is taken: everything but canceled and missed visits and lapsed holds."""
    return TAKES_TIME & ~Q(status=AppointmentStatus.HELD, held_until__lte=now)


# FHIR: allowed status changes. Anything else is refused.
TRANSITIONS: dict[str, frozenset[str]] = {
    AppointmentStatus.HELD: frozenset({AppointmentStatus.BOOKED}),
    AppointmentStatus.BOOKED: frozenset(
        {
            AppointmentStatus.ARRIVED,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.NO_SHOW,
        }
    ),
    AppointmentStatus.ARRIVED: frozenset(
        {AppointmentStatus.BOOKED, AppointmentStatus.CHECKED_IN, AppointmentStatus.CANCELLED}
    ),
    AppointmentStatus.CHECKED_IN: frozenset(
        {AppointmentStatus.ARRIVED, AppointmentStatus.FULFILLED}
    ),
    AppointmentStatus.FULFILLED: frozenset({AppointmentStatus.CHECKED_IN}),
    AppointmentStatus.CANCELLED: frozenset(),
    AppointmentStatus.NO_SHOW: frozenset({AppointmentStatus.BOOKED}),
}


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    def taking_time(self, now: datetime) -> AppointmentQuerySet:
        return self.filter(busy(now))

    def touching(self, start: datetime, end: datetime) -> AppointmentQuerySet:
        """Those that may block time in the range; bounded, so the index can be used."""
        first, last = start.astimezone(UTC) - LONGEST, end.astimezone(UTC) + LONGEST
        return self.filter(starts_at__gt=first, starts_at__lt=last)

    def on(self, day: date, zone: ZoneInfo) -> AppointmentQuerySet:
        """Those that start on a local date."""
        begin, end = bounds(day, zone)
        return self.filter(starts_at__gte=begin, starts_at__lt=end)

    def with_names(self) -> AppointmentQuerySet:
        return self.select_related("client", "therapist", "room", "location", "option__service")

    def unclaimed(self) -> AppointmentQuerySet:
        """Booked by a visitor who was not signed in: anyone could have typed that name."""
        return self.filter(source=Appointment.Source.ONLINE, booked_by=None)

    def owing_a_fee(self) -> AppointmentQuerySet:
        return self.filter(fee_cents__gt=0, fee_paid_at=None, fee_waived_at=None)

    def agreed(self) -> AppointmentQuerySet:
        """Without holds."""
        return self.exclude(status=AppointmentStatus.HELD)


class Appointment(BaseModel):
    Status = AppointmentStatus

    class Source(models.TextChoices):
        ONLINE = "online", _("Online")
        DESK = "desk", _("Front desk")
        WALK_IN = "walk_in", _("Walk-in")
        LATE = "late", _("Past visit")  # it took place before it was entered

    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="appointments"
    )
    therapist = models.ForeignKey(Therapist, models.PROTECT, related_name="appointments")
    room = models.ForeignKey(Room, models.PROTECT, related_name="appointments")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    option = models.ForeignKey(ServiceOption, models.PROTECT, related_name="+")
    status = models.CharField(max_length=12, choices=AppointmentStatus)
    source = models.CharField(max_length=8, choices=Source, default=Source.ONLINE)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    blocked = DateTimeRangeField()  # [start - before, end + after): no one else may overlap it
    price_cents = models.PositiveIntegerField()  # as agreed; the price list may change later
    # The cancellation terms, also as agreed; none if no one was shown any.
    cancel_cutoff = models.PositiveIntegerField(null=True, blank=True)  # minutes
    late_cancel_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    no_show_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    held_until = models.DateTimeField(null=True, blank=True)
    hold_token = models.UUIDField(null=True, blank=True)
    # Who holds it, or has just booked it online, as keys that name nobody (`visits.caps`).
    held_by = ArrayField(models.CharField(max_length=32), default=list, blank=True, editable=False)
    booked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    booked_at = models.DateTimeField(null=True, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    cancel_cause = models.CharField(max_length=8, choices=CancelCause, blank=True)
    cancel_reason = EncryptedTextField(default=str, blank=True)
    reservation = models.OneToOneField(
        VisitReservation, models.PROTECT, null=True, blank=True, related_name="appointment"
    )
    # People who come together share a room: a couple is two appointments of one party, a seat each.
    party = models.UUIDField(default=uuid4, editable=False)
    seat = models.PositiveSmallIntegerField(default=0, editable=False)
    # The visits of one plan ("2 per week for 6 weeks") that were booked at once.
    series = models.UUIDField(null=True, blank=True, editable=False)
    # Why staff booked it outside the hours or the policy.
    override_reason = EncryptedTextField(default=str, blank=True)
    # Owed for a late cancellation or a missed visit.
    fee_cents = models.PositiveIntegerField(default=0)
    fee_waived_at = models.DateTimeField(null=True, blank=True)
    fee_waived_reason = EncryptedTextField(default=str, blank=True)
    fee_paid_at = models.DateTimeField(null=True, blank=True)
    # RFC 5545: UID stays for life, SEQUENCE rises with every change.
    ical_uid = models.UUIDField(default=uuid4, editable=False)
    sequence = models.PositiveIntegerField(default=0)

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["starts_at"]
        constraints = [
            ExclusionConstraint(
                name="appointment_therapist_not_double_booked",
                expressions=[
                    ("therapist", RangeOperators.EQUAL),
                    ("blocked", RangeOperators.OVERLAPS),
                ],
                condition=TAKES_TIME,
            ),
            ExclusionConstraint(
                name="appointment_room_not_double_booked",
                expressions=[
                    # The time before the party: the index is searched by its first column.
                    ("room", RangeOperators.EQUAL),
                    ("blocked", RangeOperators.OVERLAPS),
                    ("party", RangeOperators.NOT_EQUAL),
                ],
                condition=TAKES_TIME,
            ),
            # With at most one of a party in each of two seats, a room never holds three.
            models.UniqueConstraint(
                fields=["party", "seat"], condition=TAKES_TIME, name="appointment_one_per_seat"
            ),
            models.CheckConstraint(condition=Q(seat__lt=SEATS), name="appointment_two_seats"),
            models.CheckConstraint(
                condition=Q(fee_cents=0) | Q(status__in=FREE), name="appointment_fee_is_for_missing"
            ),
            models.CheckConstraint(
                condition=Q(fee_paid_at__isnull=True, fee_waived_at__isnull=True)
                | (
                    Q(fee_cents__gt=0)
                    & (Q(fee_paid_at__isnull=True) | Q(fee_waived_at__isnull=True))
                ),
                name="appointment_fee_is_paid_or_waived",
            ),
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at"))
                & Q(blocked__startswith__lte=F("starts_at"))
                & Q(blocked__endswith__gte=F("ends_at")),
                name="appointment_times_agree",
            ),
            # The diary's reads rely on this bound.
            models.CheckConstraint(
                condition=Q(blocked__startswith__gte=F("starts_at") - LONGEST)
                & Q(blocked__endswith__lte=F("starts_at") + LONGEST),
                name="appointment_length_is_bounded",
            ),
            models.CheckConstraint(
                condition=Q(status__in=[AppointmentStatus.HELD, AppointmentStatus.CANCELLED])
                | Q(client__isnull=False),
                name="appointment_has_a_client",
            ),
            models.CheckConstraint(
                condition=~Q(status=AppointmentStatus.HELD)
                | (Q(held_until__isnull=False) & Q(hold_token__isnull=False)),
                name="appointment_hold_expires",
            ),
        ]
        indexes = [
            # What is busy, for therapists and rooms alike, is read from this index alone, with a
            # lower bound on the start (`LONGEST` caps the rest): flat however long the past.
            models.Index(
                fields=["starts_at"],
                include=["therapist", "room", "blocked", "status", "held_until", "hold_token"],
                condition=TAKES_TIME,
                name="appointment_diary",
            ),
            models.Index(fields=["location", "starts_at"], name="appointment_by_day"),
            models.Index(fields=["client", "starts_at"], name="appointment_by_client"),
            models.Index(
                fields=["series"], condition=Q(series__isnull=False), name="appointment_series"
            ),
            models.Index(
                fields=["client", "starts_at"],
                condition=Q(fee_cents__gt=0, fee_paid_at=None, fee_waived_at=None),
                name="appointment_open_fees",
            ),
            models.Index(
                fields=["held_until"],
                condition=Q(status=AppointmentStatus.HELD),
                name="appointment_holds",
            ),
            models.Index(
                fields=["booked_at"], condition=~Q(held_by=[]), name="appointment_booked_lately"
            ),
        ]

    @property
    def needs_prescription(self) -> bool:
        return self.option.service.needs_prescription

    @property
    def open_fee_cents(self) -> int:
        """What is still due for a late cancellation or a missed visit."""
        settled = self.fee_paid_at is not None or self.fee_waived_at is not None
        return 0 if settled else self.fee_cents

    @property
    def is_unclaimed(self) -> bool:
        """Booked by a visitor who was not signed in, and not vouched for by anyone since."""
        return self.source == self.Source.ONLINE and self.booked_by_id is None

    @property
    def local_date(self) -> date:
        return self.starts_at.astimezone(self.location.zone).date()

    @property
    def is_upcoming(self) -> bool:
        return self.status == AppointmentStatus.BOOKED and self.starts_at > timezone.now()

    @property
    def booked_until(self) -> datetime:
        """The end as booked; `ends_at` is earlier once a visit has finished early."""
        return self.starts_at.astimezone(UTC) + timedelta(minutes=self.option.minutes)

    @property
    def no_show_from(self) -> datetime:
        return self.starts_at + NO_SHOW_AFTER

    @property
    def may_be_no_show(self) -> bool:
        return self.status == AppointmentStatus.BOOKED and self.no_show_from <= timezone.now()

    @property
    def is_ahead(self) -> bool:
        """Its time is not over yet, whatever its status."""
        return self.ends_at > timezone.now()

    @property
    def is_open(self) -> bool:
        """Not finished: it can still change."""
        return self.status in OPEN
