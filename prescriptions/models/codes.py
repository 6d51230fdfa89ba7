"""ICD-10-CM: its codes with the days they are valid on, and the releases they came with."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from clinic.models import Duty

if TYPE_CHECKING:
    from datetime import date

CONFIRMED = "confirmed"  # the release of a code that a prescriber confirmed before we had it


class DiagnosisCodeQuerySet(models.QuerySet["DiagnosisCode"]):
    def released(self) -> Self:
        """What some release has, or had until a day that we know of."""
        return self.exclude(release=CONFIRMED).exclude(release="", valid_through=None)


class DiagnosisCode(models.Model):
    """A code. Headings are kept too, so that a refusal can say why. Filled by `codes.loading`.

    The days are those on which it may be coded: a code that becomes a heading ends like one that
    is dropped. No first day: it was there before the first release that was loaded.
    """

    code = models.CharField(primary_key=True, max_length=8)
    description = models.CharField(max_length=300)
    billable = models.BooleanField()  # complete in the release that is in force
    release = models.CharField(max_length=20)  # empty: no longer in it
    valid_from = models.DateField(null=True, blank=True)
    valid_through = models.DateField(null=True, blank=True)  # included
    # For search, billable codes only; see `finding`.
    also = models.TextField(blank=True, default="")  # other names
    place = models.PositiveIntegerField(null=True, blank=True)  # in the order they are offered

    objects = DiagnosisCodeQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        indexes = [
            models.Index(fields=["place"], name="diagnosis_in_order"),
        ]
        constraints = [
            # A code that a corrected file of the same day takes back was valid on no day.
            models.CheckConstraint(
                condition=Q(valid_from=None)
                | Q(valid_through=None)
                | Q(valid_through__gte=F("valid_from") - timedelta(days=1)),
                name="diagnosis_ends_after_it_begins",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def is_valid_on(self, day: date) -> bool:
        """Whether a document of that day may bear it."""
        if not self.billable and self.valid_through is None:
            return False  # a heading ever since we know it
        begun = self.valid_from is None or self.valid_from <= day
        return begun and (self.valid_through is None or day <= self.valid_through)


class DiagnosisStart(models.Model):
    """The codes to offer for the start of a word or a few letters inside one: `finding.Start`."""

    start = models.CharField(primary_key=True, max_length=60)
    codes = ArrayField(models.CharField(max_length=8))
    opening = models.BinaryField()
    anywhere = models.BinaryField()

    class Meta:
        ordering = ["start"]
        indexes = [
            # For more letters from inside a word: the starts that end with them.
            GinIndex(OpClass("start", name="gin_trgm_ops"), name="diagnosis_start_letters"),
        ]

    def __str__(self) -> str:
        return self.start


class CodeRelease(Duty):
    """A release of the classification. Its duty is to be loaded, on the day it comes into force."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        LOADING = "loading", _("Being loaded")
        LOADED = "loaded", _("Loaded")
        FAILED = "failed", _("Could not be loaded")

    name = models.CharField(max_length=20, unique=True)  # as its codes carry it
    in_force_on = models.DateField()  # clinic-local
    file_name = models.CharField(max_length=120, blank=True)
    # The published order file, compressed, until it is loaded. Public: nothing to encrypt.
    file = models.BinaryField(null=True, blank=True)
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    progress = models.PositiveSmallIntegerField(default=0)  # per cent
    added = models.PositiveIntegerField(default=0)  # codes that began with it
    ended = models.PositiveIntegerField(default=0)  # codes that it ended
    codes = models.PositiveIntegerField(default=0)  # complete ones in it
    loaded_at = models.DateTimeField(null=True, blank=True)
    sent_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-in_force_on", "-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(progress__lte=100), name="release_progress_percent"),
            models.CheckConstraint(
                condition=Q(status="loaded", loaded_at__isnull=False)
                | (~Q(status="loaded") & Q(loaded_at__isnull=True)),
                name="release_loaded_has_a_time",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["loaded", "failed"]) | Q(file__isnull=False),
                name="release_to_load_has_a_file",
            ),
        ]

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.LOADED, self.Status.FAILED)
