"""What a client tells before a visit. FHIR Questionnaire, QuestionnaireResponse, Consent, Flag."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.fields import EncryptedJSONField, EncryptedTextField
from clinic.models import BaseModel, Client, Document, Guardian
from intake.screening import Severity


class QuestionnaireQuerySet(models.QuerySet["Questionnaire"]):
    def current(self) -> Questionnaire | None:
        """The version that new answers use: the newest published one."""
        return self.filter(published_at__isnull=False).order_by("-published_at").first()


class Questionnaire(BaseModel):
    """A published version never changes; a new wording is a new version."""

    slug = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=120)
    definition = models.JSONField()  # sections -> questions; see intake/questionnaire.py
    published_at = models.DateTimeField(null=True, blank=True)

    objects = QuestionnaireQuerySet.as_manager()

    class Meta:
        ordering = ["slug", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="questionnaire_version_once"),
        ]


class QuestionnaireResponse(BaseModel):
    class Status(models.TextChoices):  # FHIR R4 codes
        IN_PROGRESS = "in-progress", _("In progress")
        COMPLETED = "completed", _("Completed")

    client = models.ForeignKey(Client, models.PROTECT, related_name="intakes")
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT)
    # The signed answers that this one started from: "has anything changed?"
    based_on = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="renewals"
    )
    status = models.CharField(max_length=12, choices=Status, default=Status.IN_PROGRESS)
    section = models.CharField(max_length=40, blank=True)  # where the client left off
    answers = EncryptedJSONField(default=dict)  # link id -> answer
    # Where it hurts (FHIR Observation), as `clinic.body.Mark.as_data` has it: one sealed value, so
    # that not even their number shows.
    marks = EncryptedJSONField(default=list, blank=True)
    # When an answer called for 911; kept although the answer may be changed afterwards.
    emergency_at = models.DateTimeField(null=True, blank=True)
    # The rules' verdict, kept with the version of the rules that gave it.
    severity = models.PositiveSmallIntegerField(null=True, blank=True)
    rules_version = models.CharField(max_length=20, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    signed_name = models.CharField(max_length=120, blank=True)
    signed_relationship = models.CharField(  # blank: the client in person
        max_length=20, choices=Guardian.Relationship, blank=True
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_ip = models.GenericIPAddressField(null=True, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)  # of the canonical JSON that was signed

    flags: models.Manager[ScreenFlag]
    clearances: models.Manager[Clearance]
    consents: models.Manager[Consent]

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(fields=["client", "-completed_at"], name="response_newest_of_client"),
            # The desk's list of answers that a therapist must look at.
            models.Index(
                fields=["-completed_at"],
                name="response_grave",
                condition=Q(status="completed", severity__gte=4),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(status="in-progress"),
                name="response_one_open_per_client",
            ),
            models.CheckConstraint(
                condition=Q(status="in-progress")
                | (Q(completed_at__isnull=False) & ~Q(signed_name="") & ~Q(sha256="")),
                name="response_completed_is_signed",
            ),
        ]

    @property
    def is_completed(self) -> bool:
        return self.status == self.Status.COMPLETED


class ScreenFlag(BaseModel):
    """One alert that the screening rules raised; kept even when another is graver.

    The rule's name is an answer in one word, so it is sealed. A keyed hash beside it would be
    equal for equal rules, and outlive its key; the place in the list does what it would be for.
    """

    Severity = Severity  # docs/intake.md: the highest decides

    response = models.ForeignKey(QuestionnaireResponse, models.CASCADE, related_name="flags")
    position = models.PositiveSmallIntegerField()  # gravest first, then by the rule's name
    rule = EncryptedTextField()
    severity = models.PositiveSmallIntegerField(choices=Severity)
    message = EncryptedTextField()

    class Meta:
        ordering = ["-severity", "position"]
        constraints = [
            # All of a response are written at once: who writes them again fails.
            models.UniqueConstraint(fields=["response", "position"], name="flag_once_per_place"),
        ]


class Clearance(BaseModel):
    """A therapist's decision on flags that stop a visit. Only a therapist may make it.

    Decisions are added, never changed: the newest counts.
    """

    class Decision(models.TextChoices):
        CLEARED = "cleared", _("May be treated")
        REFUSED = "refused", _("May not be treated")

    response = models.ForeignKey(QuestionnaireResponse, models.PROTECT, related_name="clearances")
    decision = models.CharField(max_length=8, choices=Decision)
    reason = EncryptedTextField()
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    class Meta:
        ordering = ["-created_at"]


class Consent(BaseModel):
    """A versioned text that somebody signed for a client; the text is kept word for word."""

    class Kind(models.TextChoices):
        TREATMENT = "treatment", _("Consent to treatment")
        PRIVACY = "privacy", _("Privacy notice")
        SHARE_PRESCRIBER = "share_prescriber", _("Share with my prescriber")
        SMS = "sms", _("Text message reminders")
        MARKETING = "marketing", _("News and offers")

    client = models.ForeignKey(Client, models.PROTECT, related_name="consents")
    response = models.ForeignKey(
        QuestionnaireResponse, models.PROTECT, null=True, blank=True, related_name="consents"
    )
    kind = models.CharField(max_length=20, choices=Kind)
    version = models.CharField(max_length=20)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    signed_name = models.CharField(max_length=120)
    relationship = models.CharField(  # blank: the client in person
        max_length=20, choices=Guardian.Relationship, blank=True
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_at = models.DateTimeField()
    signed_ip = models.GenericIPAddressField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-signed_at"]
        indexes = [models.Index(fields=["client", "kind"], name="consent_by_client")]
