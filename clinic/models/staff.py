from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.models.base import BaseModel
from clinic.models.people import Role

STAFF_ROLES = [choice for choice in Role.choices if choice[0] != Role.CLIENT]


class Invitation(BaseModel):
    """A staff invitation. Anyone who has the link sets a password, once; only its hash is kept."""

    email = models.EmailField(_("e-mail"), max_length=254)
    name = models.CharField(_("name shown to colleagues"), max_length=120)
    role = models.CharField(_("role"), max_length=16, choices=Role)
    token_sha256 = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                Lower("email"),
                condition=Q(accepted_at__isnull=True, withdrawn_at__isnull=True),
                name="invitation_one_open_per_address",
            ),
            models.CheckConstraint(condition=~Q(role=Role.CLIENT), name="invitation_is_for_staff"),
        ]

    @property
    def is_over(self) -> bool:
        return self.expires_at <= timezone.now()
