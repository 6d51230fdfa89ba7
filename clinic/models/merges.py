"""Two records of one person, merged; and how to undo that."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from clinic.models.base import BaseModel
from clinic.models.people import Client
from clinic.vault.fields import EncryptedJSONField


class ClientMerge(BaseModel):
    """One merge of two records. Undone or not, the row stays."""

    kept = models.ForeignKey(Client, models.PROTECT, related_name="merges")
    merged = models.ForeignKey(Client, models.PROTECT, related_name="+")
    done_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    # What undoing needs: ids of the rows that moved, and details before and after.
    record = EncryptedJSONField(default=dict)
    undone_at = models.DateTimeField(null=True, blank=True)
    undone_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["merged"], condition=Q(undone_at=None), name="merge_one_standing"
            ),
            models.CheckConstraint(condition=~Q(kept=F("merged")), name="merge_of_two_records"),
            models.CheckConstraint(
                condition=Q(undone_at=None, undone_by=None)
                | Q(undone_at__isnull=False, undone_by__isnull=False),
                name="merge_undone_by_somebody",
            ),
        ]

    @property
    def is_in_effect(self) -> bool:
        return self.undone_at is None
