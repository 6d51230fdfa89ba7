"""The signed note as a PDF."""

from __future__ import annotations

from django.db import models

from clinic.models import Document
from clinic.models.base import Duty
from treatment.models.notes import TreatmentNote


class NotePrint(Duty):
    """A note's PDF, made when somebody asks for it; due while there is no file.

    The file names no client of its own: it goes wherever its visit goes.
    """

    note = models.OneToOneField(TreatmentNote, models.PROTECT, related_name="print")
    # What the file shows, or shall show: `notes.sheet.Sheet.mark`.
    mark = models.CharField(max_length=64)
    file = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        indexes = [
            models.Index(
                fields=["work_due_at"],
                name="note_print_due",
                condition=models.Q(file__isnull=True),
            ),
        ]
