"""Stretches and habits that clients take home, and when they did them."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clinic.models import BaseModel, Client


class Exercise(BaseModel):
    """One text. It never changes, since somebody may have been given it: a trigger keeps it.

    Another wording is another row of the same `line`, and the one before it is retired. `key` is
    the name of those that ship with the product.
    """

    line = models.UUIDField(default=uuid4, editable=False)
    key = models.CharField(max_length=40, blank=True)
    title = models.CharField(max_length=80)
    purpose = models.CharField(max_length=300)
    steps = models.TextField()  # one a line
    amount = models.CharField(max_length=200)  # how long, how often
    stop = models.TextField()  # when to stop, and whom to tell
    regions = ArrayField(models.CharField(max_length=20), default=list, blank=True)
    drawing = models.CharField(max_length=40, blank=True)  # of `selfcare.drawings`
    position = models.PositiveSmallIntegerField(default=100)
    # None: it came with the product.
    written_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    retired_at = models.DateTimeField(null=True, blank=True)
    # A form sent twice adds one.
    form_token = models.UUIDField(unique=True, null=True, blank=True)

    class Meta:
        ordering = ["position", "title"]
        constraints = [
            models.UniqueConstraint(
                fields=["line"], condition=Q(retired_at=None), name="exercise_one_wording_in_use"
            ),
        ]

    @property
    def is_retired(self) -> bool:
        return self.retired_at is not None

    @property
    def steps_list(self) -> list[str]:
        return self.steps.splitlines()

    @property
    def picture(self) -> str:
        """The template of its drawing."""
        return f"treatment/selfcare/drawings/{self.drawing}.svg" if self.drawing else ""


class ExerciseTick(BaseModel):
    """A client says: done on this day, of the clinic's calendar."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="exercise_ticks")
    exercise = models.ForeignKey(Exercise, models.PROTECT, related_name="ticks")
    day = models.DateField()

    class Meta:
        ordering = ["day"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "exercise", "day"], name="exercise_tick_once_a_day"
            ),
        ]
