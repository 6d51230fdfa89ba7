"""What a client was told that visits would cost (No Surprises Act, 45 CFR 149.610)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from booking.models import Appointment
from clinic.models import BaseModel, Client, ServiceOption
from clinic.vault.fields import EncryptedJSONField
from prescriptions.models import Prescription


class Estimate(BaseModel):
    """A good-faith estimate, given when it is made: so many visits at a price. It never changes."""

    class Reason(models.TextChoices):
        SCHEDULED = "scheduled", _("A visit was booked")
        REQUESTED = "requested", _("It was asked for")

    client = models.ForeignKey(Client, models.PROTECT, related_name="estimates")
    reason = models.CharField(max_length=9, choices=Reason)
    # The visit that was booked; the order that visits are counted on, if there is one.
    appointment = models.OneToOneField(
        Appointment, models.PROTECT, null=True, blank=True, related_name="estimate"
    )
    prescription = models.ForeignKey(
        Prescription, models.PROTECT, null=True, blank=True, related_name="estimates"
    )
    option = models.ForeignKey(ServiceOption, models.PROTECT, related_name="+")
    visits = models.PositiveSmallIntegerField()
    each_cents = models.PositiveIntegerField()
    total_cents = models.PositiveIntegerField()
    due_on = models.DateField()  # by when it had to be given
    # Clinic, patient, provider, diagnoses: as told. Encrypted, since it says why someone comes.
    copy = EncryptedJSONField()
    given_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    form_token = models.UUIDField(null=True, blank=True, unique=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(visits__gt=0, total_cents=F("visits") * F("each_cents")),
                name="estimate_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(reason="requested") | Q(appointment__isnull=False),
                name="estimate_says_for_which_visit",
            ),
            models.UniqueConstraint(
                fields=["prescription", "option", "each_cents"],
                condition=Q(reason="scheduled", prescription__isnull=False),
                name="estimate_once_for_an_order",
            ),
        ]
