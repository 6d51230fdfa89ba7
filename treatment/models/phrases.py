"""What a therapist writes again and again."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from clinic.models import BaseModel
from clinic.vault.fields import EncryptedTextField


class Phrase(BaseModel):
    """A phrase of one login's own, for one field of the note. It is about no client."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="phrases")
    field = models.CharField(max_length=20)  # a name of `notes.content`
    text = EncryptedTextField()
    position = models.PositiveSmallIntegerField()  # among those of its field

    class Meta:
        ordering = ["field", "position", "created_at"]
        constraints = [
            models.CheckConstraint(condition=~models.Q(text=b""), name="phrase_says_something"),
        ]
