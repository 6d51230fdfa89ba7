"""Who did what, and the chain that proves it was not changed."""

from __future__ import annotations

from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from clinic.models.people import Client


class AuditEvent(models.Model):
    """Who did what to which object, from where. Append-only: a trigger refuses anything else.

    FHIR AuditEvent; 45 CFR 164.312(b). `detail` never holds health data. `mac` proves each row by
    itself as soon as it is written; `AuditSeal` chains them (docs/adr/0006).
    """

    id = models.BigAutoField(primary_key=True)
    event_id = models.UUIDField(default=uuid4, unique=True, editable=False)
    at = models.DateTimeField(editable=False)
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    action = models.CharField(max_length=60)
    object_type = models.CharField(max_length=60)
    object_id = models.CharField(max_length=40, blank=True)
    client = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="+", db_constraint=True
    )
    ip = models.GenericIPAddressField(null=True, blank=True)
    request_id = models.CharField(max_length=36, blank=True)
    detail = models.JSONField(default=dict, blank=True)
    key_id = models.CharField(max_length=20, blank=True, editable=False)
    mac = models.BinaryField(max_length=32, default=bytes, editable=False)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["object_type", "object_id"], name="audit_by_object"),
            models.Index(fields=["client", "-id"], name="audit_by_client"),
            models.Index(fields=["actor", "-id"], name="audit_by_actor"),
            models.Index(fields=["-at"], name="audit_by_time"),
        ]

    def __str__(self) -> str:
        return f"AuditEvent {self.pk} {self.action}"


class AuditSeal(models.Model):
    """One link of the chain, for one event. Made soon after it by a single writer, never changed.

    Requests only insert events and never wait for one another; what puts them in a row is this
    table, which the worker fills.
    """

    position = models.BigIntegerField(primary_key=True)  # 1, 2, 3 ... without a gap
    event = models.OneToOneField(AuditEvent, models.PROTECT, related_name="seal")
    key_id = models.CharField(max_length=20)
    link = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.CheckConstraint(condition=Q(position__gte=1), name="audit_seal_counts_from_one"),
        ]

    def __str__(self) -> str:
        return f"AuditSeal {self.pk}"
