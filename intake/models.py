"""What clients tell us before a visit. FHIR Questionnaire, QuestionnaireResponse, Consent, Flag."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.models import BaseModel, Client, Document, Duty, Guardian
from clinic.vault.fields import EncryptedJSONField, EncryptedTextField
from intake.screening import Severity


class QuestionnaireQuerySet(models.QuerySet["Questionnaire"]):
    def current(self) -> Questionnaire | None:
        """The version that new answers use: the newest published one."""
        return self.filter(published_at__isnull=False).order_by("-published_at").first()


class Questionnaire(BaseModel):
    """A published version never changes; new wording is a new version."""

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
    # Where it hurts (FHIR Observation), as `clinic.body.Mark.as_data` has it: one encrypted value,
    # so that not even their number shows.
    marks = EncryptedJSONField(default=list, blank=True)
    # When an answer called for 911; kept even if the answer is changed later.
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
    # Typed in from a signed paper form: by whom, and the day that stands on the paper.
    entered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    paper_signed_on = models.DateField(null=True, blank=True)
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
            # The client's own, and one that staff type in from paper: neither shows the other.
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(status="in-progress", entered_by=None),
                name="response_one_open_per_client",
            ),
            models.UniqueConstraint(
                fields=["client"],
                condition=Q(status="in-progress", entered_by__isnull=False),
                name="response_one_open_from_paper",
            ),
            models.CheckConstraint(
                condition=Q(status="in-progress")
                | (Q(completed_at__isnull=False) & ~Q(signed_name="") & ~Q(sha256="")),
                name="response_completed_is_signed",
            ),
            models.CheckConstraint(
                condition=Q(status="in-progress")
                | Q(entered_by=None, paper_signed_on=None)
                | Q(entered_by__isnull=False, paper_signed_on__isnull=False),
                name="response_from_paper_has_its_day",
            ),
        ]

    @property
    def is_completed(self) -> bool:
        return self.status == self.Status.COMPLETED


class ScreenFlag(BaseModel):
    """One alert raised by the screening rules; kept even when another is more severe.

    The rule's name gives away an answer, so it is encrypted. A keyed hash next to it would be
    equal for equal rules, and outlive its key; the position in the list serves instead.
    """

    Severity = Severity  # docs/intake.md: the highest decides

    response = models.ForeignKey(QuestionnaireResponse, models.CASCADE, related_name="flags")
    position = models.PositiveSmallIntegerField()  # most severe first, then by the rule's name
    rule = EncryptedTextField()
    severity = models.PositiveSmallIntegerField(choices=Severity)
    message = EncryptedTextField()

    class Meta:
        ordering = ["-severity", "position"]
        constraints = [
            # All of a response's flags are written at once: writing them again fails.
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
    """A versioned text that someone signed for a client; the text is kept word for word."""

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


class Handover(BaseModel):
    """A tablet of the clinic in a client's hands: which form, since when, and how it ended.

    The browser that was handed over is signed in as nobody; its session names this row, and the
    row decides what it may show (docs/adr/0013-the-tablet.md).
    """

    class End(models.TextChoices):
        FINISHED = "finished", _("Signed")
        IDLE = "idle", _("Left idle")
        TAKEN_BACK = "taken-back", _("Taken back")

    client = models.ForeignKey(Client, models.PROTECT, related_name="handovers")
    response = models.ForeignKey(QuestionnaireResponse, models.PROTECT, related_name="handovers")
    visit = models.UUIDField(null=True, blank=True)  # the appointment, which is a floor above
    handed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    seen_at = models.DateTimeField(default=timezone.now)  # when someone last did something
    # Answered on this tablet, this time: what was answered before is not shown on it.
    sections = models.JSONField(default=list, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    how = models.CharField(max_length=12, choices=End, blank=True)
    # The staff have it again: nothing can be done with the session any more.
    back_at = models.DateTimeField(null=True, blank=True)
    back_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    wrong_tries = models.PositiveSmallIntegerField(default=0)
    tried_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["client"], condition=Q(ended_at=None), name="handover_one_per_client"
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None, how="") | (Q(ended_at__isnull=False) & ~Q(how="")),
                name="handover_ended_says_how",
            ),
            models.CheckConstraint(
                condition=Q(back_at=None, back_by=None)
                | Q(back_at__isnull=False, back_by__isnull=False, ended_at__isnull=False),
                name="handover_back_has_ended",
            ),
        ]


class OralScreening(BaseModel):
    """The stop questions, asked aloud by the therapist who treats: for one visit, on one day."""

    class How(models.TextChoices):
        PAPER = "paper", _("On paper")
        FINGER = "finger", _("By finger on this screen")
        TYPED = "typed", _("By typing their name")

    client = models.ForeignKey(Client, models.PROTECT, related_name="oral_screenings")
    visit = models.UUIDField()  # the appointment, which is a floor above
    day = models.DateField()  # of the clinic: it counts on no other
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    questionnaire = models.ForeignKey(Questionnaire, models.PROTECT)
    rules_version = models.CharField(max_length=20)
    answers = EncryptedJSONField()  # question and answer -> yes | no | unsure
    may_go_ahead = models.BooleanField()
    reason = EncryptedTextField()
    # Consent to treatment, signed before anything was asked.
    consent_version = models.CharField(max_length=20)
    consent_sha256 = models.CharField(max_length=64)
    consent_how = models.CharField(max_length=8, choices=How)
    consent_name = models.CharField(max_length=120)
    consent_relationship = models.CharField(  # blank: the client in person
        max_length=20, choices=Guardian.Relationship, blank=True
    )
    consent_drawing = EncryptedTextField(blank=True)  # by finger: the strokes, as JSON

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["visit", "day"], name="oral_screening_once_a_day"),
            models.CheckConstraint(condition=~Q(consent_name=""), name="oral_screening_consented"),
        ]


class PaperScan(Duty):
    """A photo or scan of a signed paper questionnaire. Its duty is its clean copy.

    It replaces no answers: what is on the paper counts once it is typed in.
    """

    class Status(models.TextChoices):
        RECEIVED = "received", _("Waiting to be checked")
        WORKING = "working", _("Being checked")
        READY = "ready", _("Ready")
        REFUSED = "refused", _("Could not be used")

    client = models.ForeignKey(Client, models.PROTECT, related_name="paper_scans")
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    token = models.UUIDField()  # of the page, so that sending it again is the same scan
    signed_name = models.CharField(max_length=120)
    signed_relationship = models.CharField(  # blank: the client in person
        max_length=20, choices=Guardian.Relationship, blank=True
    )
    signed_on = models.DateField()
    originals = models.ManyToManyField(Document, related_name="+")  # until they are checked
    status = models.CharField(max_length=10, choices=Status, default=Status.RECEIVED)
    refusal = models.CharField(max_length=40, blank=True)
    document = models.OneToOneField(
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-signed_on", "-created_at"]
        constraints = [
            models.UniqueConstraint(fields=["client", "token"], name="scan_sent_once"),
            models.CheckConstraint(condition=~Q(signed_name=""), name="scan_says_who_signed"),
            models.CheckConstraint(
                condition=Q(status="ready", document__isnull=False)
                | (~Q(status="ready") & Q(document=None)),
                name="scan_ready_has_its_copy",
            ),
            models.CheckConstraint(
                condition=~Q(status="refused") | ~Q(refusal=""), name="scan_refused_says_why"
            ),
        ]

    @property
    def is_finished(self) -> bool:
        return self.status in (self.Status.READY, self.Status.REFUSED)
