"""What a client says after a visit, from home. FHIR QuestionnaireResponse."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models import BaseModel, Client
from clinic.vault.fields import EncryptedTextField
from treatment.models.visits import Visit


class FollowUpChoice(BaseModel):
    """Whether a client wants to be asked after visits. The newest counts; without one: no."""

    class How(models.TextChoices):
        PORTAL = "portal", _("in the account")
        DESK = "desk", _("at the desk, on the client's word")
        LINK = "link", _("with the link in a message")

    client = models.ForeignKey(Client, models.PROTECT, related_name="follow_up_choices")
    is_asked = models.BooleanField()
    how = models.CharField(max_length=8, choices=How)
    # None: who held the link.
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        indexes = [models.Index(fields=["client", "-at"], name="follow_up_choice_newest")]
        constraints = [
            models.CheckConstraint(
                condition=Q(how="link", is_asked=False) | Q(by__isnull=False) & ~Q(how="link"),
                name="follow_up_choice_says_who",
            ),
        ]


class FollowUp(BaseModel):
    """How long a visit helped, and the pain now: asked by message, or told in the account.

    `hours` after the visit at which a message asked; 0: told without one, once for each day.
    """

    visit = models.ForeignKey(Visit, models.PROTECT, related_name="follow_ups")
    hours = models.PositiveSmallIntegerField()
    on = models.DateField()  # at the clinic: asked, or told without being asked
    # Of the key in the message's link; it opens this row and nothing else.
    token_sha256 = models.CharField(max_length=64, null=True, blank=True, unique=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    relief = EncryptedTextField(default=str, blank=True)  # `notes.relief.Answer`
    relief_at = models.DateTimeField(null=True, blank=True)
    pain = EncryptedTextField(default=str, blank=True)  # 0 to 10
    pain_at = models.DateTimeField(null=True, blank=True)
    # The therapist has looked at a high score; a new answer takes it back.
    looked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["visit", "hours"], condition=~Q(hours=0), name="follow_up_asked_once"
            ),
            models.UniqueConstraint(
                fields=["visit", "on"], condition=Q(hours=0), name="follow_up_told_once_a_day"
            ),
            models.CheckConstraint(
                condition=Q(hours=0, token_sha256=None, expires_at=None)
                | Q(hours__in=[24, 72], token_sha256__isnull=False, expires_at__isnull=False),
                name="follow_up_link_is_of_a_message",
            ),
            models.CheckConstraint(
                condition=(
                    (Q(relief=b"", relief_at=None) | ~Q(relief=b"") & Q(relief_at__isnull=False))
                    & (Q(pain=b"", pain_at=None) | ~Q(pain=b"") & Q(pain_at__isnull=False))
                ),
                name="follow_up_answer_has_its_time",
            ),
        ]
