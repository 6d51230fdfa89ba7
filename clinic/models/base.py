from uuid import uuid4

from django.db import models
from django.utils import timezone


class BaseModel(models.Model):
    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        # Never a person's name: strings of objects end up in logs.
        return f"{type(self).__name__} {self.pk}"


class Duty(BaseModel):
    """A row that stands for work a worker has to do: `clinic.duties`."""

    work_due_at = models.DateTimeField(default=timezone.now)  # no try before this
    work_claimed_at = models.DateTimeField(null=True, blank=True)  # by the worker that is at it
    work_attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        abstract = True
