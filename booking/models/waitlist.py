"""People waiting for a time to open up, and the times they are offered."""

from __future__ import annotations

from datetime import time
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from booking.models.appointment import Appointment
from clinic.models import BaseModel, Client, Location, ServiceOption, Therapist
from clinic.vault.fields import EncryptedTextField


class WaitlistEntry(BaseModel):
    """What someone waits for: a session, with one therapist or any, within some dates."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        BOOKED = "booked", _("Booked")
        WITHDRAWN = "withdrawn", _("Taken off the list")
        EXPIRED = "expired", _("Dates have passed")
        UNANSWERED = "unanswered", _("Offers were not answered")

    class PartOfDay(models.TextChoices):
        ANY = "any", _("Any time of day")
        MORNING = "morning", _("Morning, before noon")
        AFTERNOON = "afternoon", _("Afternoon, noon to 5 pm")
        EVENING = "evening", _("Evening, from 5 pm")

    client = models.ForeignKey(Client, models.CASCADE, related_name="waitlist")
    location = models.ForeignKey(Location, models.PROTECT, related_name="+")
    option = models.ForeignKey(ServiceOption, models.PROTECT, related_name="+")
    therapist = models.ForeignKey(  # none: anyone
        Therapist, models.PROTECT, related_name="+", null=True, blank=True
    )
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"))  # inclusive
    part_of_day = models.CharField(
        _("time of day"), max_length=10, choices=PartOfDay, default=PartOfDay.ANY
    )
    status = models.CharField(max_length=10, choices=Status, default=Status.WAITING)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    offers: models.Manager[WaitlistOffer]

    class Meta:
        ordering = ["created_at"]  # first come, first offered
        constraints = [
            models.CheckConstraint(
                condition=Q(last_day__gte=F("first_day")),
                name="waitlist_dates_in_order",
                violation_error_message=_("The last date is before the first."),
            ),
            models.UniqueConstraint(
                fields=["client", "option"],
                condition=Q(status="waiting"),
                name="waitlist_once_per_session",
            ),
        ]
        indexes = [
            models.Index(
                fields=["location", "last_day", "created_at"],
                condition=Q(status="waiting"),
                name="waitlist_in_line",
            )
        ]

    @property
    def hours(self) -> tuple[time, time]:
        """Local clock times between which a session may start; the end is not included."""
        noon, evening = time(12), time(17)
        return {
            self.PartOfDay.MORNING: (time.min, noon),
            self.PartOfDay.AFTERNOON: (noon, evening),
            self.PartOfDay.EVENING: (evening, time.max),
        }.get(self.PartOfDay(self.part_of_day), (time.min, time.max))


class WaitlistOffer(BaseModel):
    """A time held for one person in line; the hold behind it keeps everyone else out."""

    class Status(models.TextChoices):
        OPEN = "open", _("Open")
        TAKEN = "taken", _("Taken")
        DECLINED = "declined", _("Declined")
        EXPIRED = "expired", _("Expired")

    entry = models.ForeignKey(WaitlistEntry, models.CASCADE, related_name="offers")
    # The hold, and once taken, the visit. Whatever clears the hold also ends an open offer:
    # a trigger says so (`booking_offer_ends_with_hold`).
    appointment = models.OneToOneField(
        Appointment, models.SET_NULL, null=True, blank=True, related_name="offer"
    )
    starts_at = models.DateTimeField()
    therapist = models.ForeignKey(Therapist, models.PROTECT, related_name="+")
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=8, choices=Status, default=Status.OPEN)
    # Why staff offered it ahead of those next in line.
    reason = EncryptedTextField(default=str, blank=True)
    token = models.UUIDField(default=uuid4, unique=True, editable=False)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["entry"], condition=Q(status="open"), name="waitlist_one_open_offer"
            ),
            models.CheckConstraint(
                condition=~Q(status="open") | Q(appointment__isnull=False),
                name="waitlist_open_offer_has_a_hold",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"], condition=Q(status="open"), name="waitlist_offers_open"
            )
        ]
