from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic.ids.phone import Phone
from clinic.models.base import BaseModel
from clinic.vault.fields import EncryptedTextField

if TYPE_CHECKING:
    from datetime import date

ADULT_AGE = 18


class Role(models.TextChoices):
    CLIENT = "client", _("Client")
    FRONT_DESK = "front_desk", _("Front desk")
    THERAPIST = "therapist", _("Therapist")
    BILLER = "biller", _("Biller")
    MANAGER = "manager", _("Manager")


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> User:
        user = self.model(email=self.normalize_email(email).lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str, **fields: Any) -> User:
        fields |= {"is_superuser": True, "is_staff": True, "role": Role.MANAGER}
        return self.create_user(email, password, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """A login. The people it may act for are `Client`s; one login may have several."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    email = models.EmailField(_("e-mail"), max_length=254, unique=True)
    role = models.CharField(_("role"), max_length=16, choices=Role, default=Role.CLIENT)
    display_name = models.CharField(_("name shown to colleagues"), max_length=120, blank=True)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(_("may open the configuration pages"), default=False)
    date_joined = models.DateTimeField(auto_now_add=True)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_ignoring_case"),
        ]

    def __str__(self) -> str:
        return f"User {self.pk}"

    @property
    def version(self) -> str:
        """What a page that edits this login carries: a sign-in does not change it."""
        shown = (self.email, self.role, self.display_name, str(self.is_active))
        return sha256("\n".join(shown).encode()).hexdigest()

    @property
    def is_clinic_staff(self) -> bool:
        return self.role != Role.CLIENT


class ClientManager(models.Manager["Client"]):
    """Everyone except those whose record was merged into another (docs/adr/0009).

    The default, so that no list, search or picker can forget it.
    """

    def get_queryset(self) -> models.QuerySet[Client]:
        return super().get_queryset().filter(merged_into=None)


class Client(BaseModel):
    """FHIR Patient: a person who is treated. Never an e-mail address; families share those.

    What is missing is asked for later: a caller is a name and a birth date or a telephone.
    """

    class ContactBy(models.TextChoices):
        EMAIL = "email", _("Write an e-mail")
        CALL = "call", _("Call instead of writing")

    user = models.ForeignKey(
        User, models.PROTECT, related_name="own_clients", null=True, blank=True
    )
    first_name = models.CharField(_("first name"), max_length=80)
    # Blank for someone who has one name: it is the first.
    last_name = models.CharField(_("last name"), max_length=80, blank=True)
    # Printed on documents where the person goes by another name.
    legal_name = models.CharField(_("legal name"), max_length=160, blank=True)
    pronouns = models.CharField(_("pronouns"), max_length=40, blank=True)
    birth_date = models.DateField(_("date of birth"), null=True, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    # What waits for its owner to open a link (`clinic/accounts/addresses/of_client.py`).
    new_email = models.EmailField(_("new e-mail"), blank=True)
    new_email_at = models.DateTimeField(null=True, blank=True)
    email_proven_at = models.DateTimeField(null=True, blank=True)  # when that link was sent
    phone = PhoneNumberField(_("telephone"), blank=True)
    phone_extension = models.CharField(_("extension"), max_length=10, blank=True)
    contact_by = models.CharField(
        _("how to reach them"), max_length=8, choices=ContactBy, default=ContactBy.EMAIL
    )
    address = models.TextField(_("address"), blank=True)
    payer = models.ForeignKey("clinic.Payer", models.PROTECT, null=True, blank=True)
    member_number = EncryptedTextField(_("member number"), default=str, blank=True)
    # Whose HSA, FSA or plan it is, where that is somebody else.
    account_holder = EncryptedTextField(_("account holder"), default=str, blank=True)
    preferred_therapist = models.ForeignKey(
        "clinic.Therapist", models.SET_NULL, null=True, blank=True, related_name="+"
    )
    # For staff only: it shows on the board.
    note = EncryptedTextField(_("note to staff"), default=str, blank=True)
    # The record that replaces this one (FHIR Patient.link, replaced-by): `clinic.people.merging`.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    guardians: models.Manager[Guardian]

    objects = ClientManager()
    everyone = models.Manager["Client"]()

    class Meta:
        ordering = ["last_name", "first_name", "id"]
        indexes = [
            models.Index(Lower("last_name"), Lower("first_name"), name="client_by_name"),
            models.Index(fields=["birth_date"], name="client_by_birth_date"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(merged_into=models.F("id")), name="client_not_merged_into_self"
            ),
            models.CheckConstraint(
                condition=models.Q(birth_date__isnull=False) | ~models.Q(phone=""),
                name="client_has_birth_date_or_phone",
            ),
        ]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def is_called(self) -> bool:
        """News is told by telephone: they ask for it, or there is no address to write to."""
        if self.contact_by == self.ContactBy.CALL:
            return True
        return not (self.email or self.user_id or self.guardians.exists())

    @property
    def telephone(self) -> Phone:
        return Phone.of(self.phone, self.phone_extension)

    def age_on(self, day: date) -> int | None:
        """Whole years on a date; someone born on February 29 turns a year older on March 1.

        None while the date of birth is unknown.
        """
        if self.birth_date is None:
            return None
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (not had_birthday)

    def is_minor_on(self, day: date) -> bool:
        """Known to be one. What a minor may not do alone also asks `people.expect_birth_date`."""
        age = self.age_on(day)
        return age is not None and age < ADULT_AGE


class Guardian(BaseModel):
    """FHIR RelatedPerson: another login that may act for a client, and how the two are related."""

    class Relationship(models.TextChoices):
        PARENT = "parent", _("Parent")
        LEGAL_GUARDIAN = "legal_guardian", _("Legal guardian")
        PARTNER = "partner", _("Spouse or partner")
        CHILD = "child", _("Adult child")
        OTHER = "other", _("Other")

    user = models.ForeignKey(User, models.CASCADE, related_name="guardianships")
    client = models.ForeignKey(Client, models.CASCADE, related_name="guardians")
    relationship = models.CharField(_("relationship"), max_length=20, choices=Relationship)
    # None: someone booked with this login's address, and its owner has not confirmed yet.
    confirmed_at = models.DateTimeField(null=True, blank=True, default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["user", "client"], name="guardian_once_per_client"),
        ]


class Therapist(BaseModel):
    """FHIR Practitioner."""

    user = models.OneToOneField(
        User, models.PROTECT, related_name="therapist", null=True, blank=True
    )
    name = models.CharField(_("name"), max_length=120)
    credential = models.CharField(_("credential"), max_length=20, default="LMT")
    license_number = models.CharField(_("license number"), max_length=40, blank=True)
    license_state = models.CharField(_("license state"), max_length=2, blank=True)
    npi = models.CharField(_("NPI (individual)"), max_length=10, blank=True)
    techniques = models.ManyToManyField("clinic.Technique", blank=True, related_name="therapists")
    trainings = models.ManyToManyField(
        "clinic.Training", blank=True, related_name="therapists", verbose_name=_("special training")
    )
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("takes bookings"), default=True)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        return f"{self.name}, {self.credential}" if self.credential else self.name
