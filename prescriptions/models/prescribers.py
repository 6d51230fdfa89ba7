"""Prescribers, what clients let us share with them, and what we ask them for."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic.ids.phone import Phone
from clinic.models import BaseModel, Client, Document, Duty, Guardian, Location
from clinic.vault.fields import EncryptedJSONField, EncryptedTextField
from prescriptions.models.orders import Prescription


class Prescriber(BaseModel):
    """FHIR Practitioner with the PractitionerRole we know: the directory."""

    name = models.CharField(_("name"), max_length=120)
    credential = models.CharField(_("credential"), max_length=10)
    npi = models.CharField(_("NPI"), max_length=10, blank=True)
    practice = models.CharField(_("practice"), max_length=120, blank=True)
    phone = PhoneNumberField(_("phone"), blank=True)
    phone_extension = models.CharField(_("extension"), max_length=10, blank=True)
    fax = PhoneNumberField(_("fax"), blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    # The client who named them, until clinic staff have checked the entry: until then no
    # other client's request is sent to this address.
    named_by = models.ForeignKey(
        Client, models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    # False: a client entered it, and staff have not checked it with the practice yet.
    is_checked = models.BooleanField(_("checked by the clinic"), default=True)

    prescriptions: models.Manager[Prescription]
    requests: models.Manager[DoctorRequest]
    consents: models.Manager[ShareConsent]

    class Meta:
        ordering = ["name", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["npi"], condition=~Q(npi=""), name="prescriber_npi_once"
            ),
            models.CheckConstraint(
                condition=Q(npi="") | Q(npi__regex=r"^[12][0-9]{9}$"), name="prescriber_npi_shape"
            ),
        ]

    @property
    def title(self) -> str:
        return f"{self.name}, {self.credential}" if self.credential else self.name

    @property
    def telephone(self) -> Phone:
        return Phone.of(self.phone, self.phone_extension)


class ShareConsent(BaseModel):
    """FHIR Consent: a client lets the clinic share with one prescriber; holds the exact text."""

    client = models.ForeignKey(Client, models.PROTECT, related_name="share_consents")
    prescriber = models.ForeignKey(Prescriber, models.PROTECT, related_name="consents")
    version = models.CharField(max_length=20)
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)
    signed_name = models.CharField(max_length=120)
    relationship = models.CharField(  # blank: the client signed
        max_length=20, choices=Guardian.Relationship, blank=True
    )
    signed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    signed_at = models.DateTimeField()
    signed_ip = models.GenericIPAddressField(null=True, blank=True)
    # The signed paper is in the clinic's files; `signed_by` is who recorded it.
    on_paper = models.BooleanField(default=False)
    withdrawn_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["-signed_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "prescriber"],
                condition=Q(withdrawn_at__isnull=True),
                name="share_consent_one_in_force",
            ),
            models.CheckConstraint(condition=~Q(signed_name=""), name="share_consent_is_signed"),
        ]


class DoctorRequest(Duty):
    """We ask a prescriber for an order, on paper or by link (FHIR ServiceRequest, a proposal).

    Its duty is the PDF to sign by hand, and once it is signed online, the prescription.
    """

    class Status(models.TextChoices):
        OPEN = "open", _("Waiting for the prescriber")
        SIGNED = "signed", _("Signed")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    client = models.ForeignKey(Client, models.PROTECT, related_name="doctor_requests")
    prescriber = models.ForeignKey(Prescriber, models.PROTECT, related_name="requests")
    # Required for a link, and checked again whenever the link is opened.
    consent = models.ForeignKey(ShareConsent, models.PROTECT, related_name="requests")
    asked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    renews = models.ForeignKey(
        Prescription, models.PROTECT, null=True, blank=True, related_name="renewal_requests"
    )
    note = EncryptedTextField(_("note to the prescriber"), default=str, blank=True)
    document = models.ForeignKey(  # the paper form to sign, once the worker has made it
        Document, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # The link's secret is never stored, so reading the table does not open it.
    token_sha256 = models.CharField(max_length=64, unique=True)
    sent_to = models.EmailField(blank=True)  # where the latest link was sent; blank: paper only
    # Wrong dates of birth entered by anyone who holds the link.
    wrong_births = models.PositiveSmallIntegerField(default=0)
    expires_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=Status, default=Status.OPEN)
    opened_at = models.DateTimeField(null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)
    signed_name = models.CharField(max_length=120, blank=True)
    signed_ip = models.GenericIPAddressField(null=True, blank=True)
    attestation = models.TextField(blank=True)
    # What was signed, as typed, or why it was declined. Health data, so encrypted.
    answers = EncryptedJSONField(null=True, blank=True)
    prescription = models.OneToOneField(  # once the worker has made the PDF of what was signed
        Prescription, models.PROTECT, null=True, blank=True, related_name="doctor_request"
    )

    class Meta:
        ordering = ["-created_at"]
        indexes = [
            models.Index(
                fields=["expires_at"], name="doctor_request_open", condition=Q(status="open")
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["client", "prescriber"],
                condition=Q(status="open"),
                name="doctor_request_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(status="signed")
                | (
                    ~Q(signed_name="")
                    & ~Q(attestation="")
                    & Q(answers__isnull=False)
                    & Q(closed_at__isnull=False)
                ),
                name="doctor_request_signed_is_whole",
            ),
        ]


class ReviewPolicy(BaseModel):
    """How a location reviews prescriptions."""

    location = models.OneToOneField(Location, models.CASCADE, related_name="review_policy")
    second_person_for_claims = models.BooleanField(
        _("a second person must agree when a claim is billed (auto, work, VA)"), default=False
    )
    request_days = models.PositiveSmallIntegerField(
        _("days a link to a prescriber stays valid"), default=14
    )

    class Meta:
        verbose_name = _("review policy")
        verbose_name_plural = _("review policies")
        constraints = [
            models.CheckConstraint(
                condition=Q(request_days__gte=1, request_days__lte=60),
                name="review_policy_links_expire",
            ),
        ]
