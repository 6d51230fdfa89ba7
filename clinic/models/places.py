from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic.models.base import BaseModel


def validate_zone(value: str) -> None:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError) as error:
        raise ValidationError(_("Not a time zone name, such as America/New_York.")) from error


class ReadsFor(models.IntegerChoices):
    """Months."""

    ALWAYS = 0, _("for good, once they have treated the client")
    QUARTER = 3, _("for 3 months")
    HALF_YEAR = 6, _("for 6 months")
    YEAR = 12, _("for 12 months")
    TWO_YEARS = 24, _("for 24 months")


class Location(BaseModel):
    """FHIR Location, with what letterheads need about the organization that runs it."""

    name = models.CharField(_("name"), max_length=120)
    legal_name = models.CharField(_("legal name"), max_length=160)
    timezone = models.CharField(
        _("time zone"), max_length=64, default="America/New_York", validators=[validate_zone]
    )
    street = models.CharField(_("street"), max_length=120)
    city = models.CharField(_("city"), max_length=80)
    state = models.CharField(_("state"), max_length=2)
    postal_code = models.CharField(_("ZIP code"), max_length=10)
    phone = PhoneNumberField(_("phone"))
    email = models.EmailField(_("e-mail"))
    ein = models.CharField(_("EIN"), max_length=10, blank=True)
    npi = models.CharField(_("NPI (organization)"), max_length=10, blank=True)
    # On the letterhead; one that is replaced stays stored, because documents were issued with it.
    logo = models.ForeignKey(
        "clinic.Document", models.PROTECT, null=True, editable=False, related_name="+"
    )
    logo_words = models.CharField(
        _("logo in words"),
        max_length=120,
        blank=True,
        help_text=_("What is to be seen, for people who hear the document read aloud."),
    )
    notes_in_portal = models.BooleanField(
        _("clients read their treatment notes"),
        default=False,
        help_text=_(
            "Signed notes and what was added to them. They are always in a client's export."
        ),
    )
    # When a letter to the prescriber is due; a payer may have a rule of its own.
    letter_after_visits = models.PositiveSmallIntegerField(
        _("a letter to the physician after this many visits"),
        null=True,
        blank=True,
        default=6,
        help_text=_("Counted since the last letter. Leave empty for never."),
    )
    letter_after_days = models.PositiveSmallIntegerField(
        _("a letter to the physician after this many days"),
        null=True,
        blank=True,
        default=30,
        help_text=_("Whichever comes first. Leave empty for never."),
    )
    # ADR 17. Months after the last visit with that therapist.
    therapist_reads_for = models.PositiveSmallIntegerField(
        _("therapists may open a client's record"),
        choices=ReadsFor,
        default=ReadsFor.ALWAYS,
        help_text=_("After the client's last visit with them. A visit ahead counts as well."),
    )
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(therapist_reads_for__in=[0, 3, 6, 12, 24]),
                name="location_therapist_reads_for",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @property
    def address(self) -> str:
        return f"{self.street}, {self.city}, {self.state} {self.postal_code}"


class Room(BaseModel):
    location = models.ForeignKey(Location, models.PROTECT, related_name="rooms")
    name = models.CharField(_("name"), max_length=60)
    capacity = models.PositiveSmallIntegerField(_("tables"), default=1)
    services = models.ManyToManyField(
        "clinic.Service",
        verbose_name=_("suitable services"),
        blank=True,
        related_name="rooms",
        help_text=_("None chosen: suitable for all of them."),
    )
    is_active = models.BooleanField(_("in use"), default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        # Single rooms fill first, so the double room stays free for couples.
        ordering = ["capacity", "position", "name"]

    def __str__(self) -> str:
        return self.name
