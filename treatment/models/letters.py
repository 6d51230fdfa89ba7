"""Letters to the prescriber on how treatment under an order goes. FHIR Communication."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.models import BaseModel, Document, Duty
from clinic.vault.fields import EncryptedJSONField, EncryptedTextField
from prescriptions.models import DoctorRequest, Prescriber, Prescription, ShareConsent


class ProgressLetter(BaseModel):
    """A draft until it is signed; from then on a trigger keeps it. A wrong one is withdrawn."""

    prescription = models.ForeignKey(Prescription, models.PROTECT, related_name="letters")
    why = models.CharField(max_length=8)  # `letters.due.Why`
    # What the record said when it was signed (`letters.facts`); a draft reads the record again.
    facts = EncryptedJSONField(default=dict, blank=True)
    # The words, by the names of `letters.content`.
    said = EncryptedJSONField(default=dict, blank=True)
    begun_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_name = models.CharField(max_length=160, blank=True)  # as it was when they signed
    signed_at = models.DateTimeField(null=True, blank=True)
    through = models.DateField(null=True, blank=True)  # the last visit it tells of
    sha256 = models.CharField(max_length=64, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_name = models.CharField(max_length=160, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = EncryptedTextField(default=str, blank=True)

    sendings: models.Manager[LetterSending]

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["prescription"],
                condition=Q(signed_at__isnull=True),
                name="letter_one_draft_of_an_order",
            ),
            models.CheckConstraint(
                condition=Q(signed_at=None, signed_by=None, signed_name="", sha256="", through=None)
                | (
                    Q(signed_at__isnull=False, signed_by__isnull=False, through__isnull=False)
                    & ~Q(signed_name="")
                    & ~Q(sha256="")
                ),
                name="letter_signature_is_whole",
            ),
            models.CheckConstraint(
                condition=Q(
                    withdrawn_at=None,
                    withdrawn_by=None,
                    withdrawn_name="",
                    withdrawn_reason=b"",
                )
                | (
                    Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False)
                    & Q(signed_at__isnull=False)
                    & ~Q(withdrawn_name="")
                    & ~Q(withdrawn_reason=b"")
                ),
                name="letter_withdrawn_with_a_reason",
            ),
        ]

    @property
    def is_signed(self) -> bool:
        return self.signed_at is not None

    @property
    def is_withdrawn(self) -> bool:
        return self.withdrawn_at is not None


class LetterSending(Duty):
    """A signed letter on its way to the prescriber. Its duty is the PDF of what was sent."""

    class Way(models.TextChoices):
        LINK = "link", _("Link by e-mail")
        PRINT = "print", _("Printed")
        FAX = "fax", _("Fax")

    letter = models.ForeignKey(ProgressLetter, models.PROTECT, related_name="sendings")
    way = models.CharField(max_length=5, choices=Way)
    prescriber = models.ForeignKey(Prescriber, models.PROTECT, related_name="+")
    consent = models.ForeignKey(ShareConsent, models.PROTECT, related_name="+")
    to = models.CharField(max_length=200)  # address, fax number, or practice, as it was then
    sent_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    sent_at = models.DateTimeField()
    document = models.ForeignKey(Document, models.PROTECT, null=True, blank=True, related_name="+")
    # A form sent twice is one sending.
    form_token = models.UUIDField(unique=True)
    # Of a link. Its secret is never stored; None once a newer link took its place.
    token_sha256 = models.CharField(max_length=64, null=True, blank=True, unique=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    wrong_births = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)  # "I have it": the link is used up
    renewal = models.ForeignKey(
        DoctorRequest, models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        ordering = ["-sent_at"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(way="link") | Q(expires_at__isnull=False),
                name="letter_link_expires",
            ),
        ]
