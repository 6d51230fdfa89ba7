from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar
from uuid import uuid4

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from phonenumber_field.modelfields import PhoneNumberField

from clinic.models.base import BaseModel

if TYPE_CHECKING:
    from datetime import date

    from clinic.models.merges import ClientMerge

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
    def is_clinic_staff(self) -> bool:
        return self.role != Role.CLIENT


class ClientManager(models.Manager["Client"]):
    """Everybody but those whose record was joined with another (docs/adr/0009).

    The default, so that no list, search or picker can forget it.
    """

    def get_queryset(self) -> models.QuerySet[Client]:
        return super().get_queryset().filter(merged_into=None)


class Client(BaseModel):
    """FHIR Patient: a person who is treated. Never an e-mail address; families share those."""

    class Sex(models.TextChoices):
        UNKNOWN = "", _("Not said")
        FEMALE = "female", _("Female")
        MALE = "male", _("Male")
        OTHER = "other", _("Other")

    user = models.ForeignKey(
        User, models.PROTECT, related_name="own_clients", null=True, blank=True
    )
    first_name = models.CharField(_("first name"), max_length=80)
    last_name = models.CharField(_("last name"), max_length=80)
    birth_date = models.DateField(_("date of birth"))
    email = models.EmailField(_("e-mail"), blank=True)
    phone = PhoneNumberField(_("mobile"), blank=True)
    address = models.TextField(_("address"), blank=True)
    payer = models.ForeignKey("clinic.Payer", models.PROTECT, null=True, blank=True)
    # The record that stands for this one too (FHIR Patient.link, replaced-by): `clinic.merging`.
    merged_into = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    guardians: models.Manager[Guardian]
    merges: models.Manager[ClientMerge]

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
        ]

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}"

    def age_on(self, day: date) -> int:
        """Whole years on a date; somebody born on 29 February turns a year older on 1 March."""
        had_birthday = (day.month, day.day) >= (self.birth_date.month, self.birth_date.day)
        return day.year - self.birth_date.year - (not had_birthday)

    def is_minor_on(self, day: date) -> bool:
        return self.age_on(day) < ADULT_AGE


class Guardian(BaseModel):
    """FHIR RelatedPerson: another login that may act for a client, and how the two are related."""

    class Relationship(models.TextChoices):
        PARENT = "parent", _("Parent")
        LEGAL_GUARDIAN = "legal_guardian", _("Legal guardian")
        PARTNER = "partner", _("Spouse or partner")
        CHILD = "child", _("Grown-up child")
        OTHER = "other", _("Other")

    user = models.ForeignKey(User, models.CASCADE, related_name="guardianships")
    client = models.ForeignKey(Client, models.CASCADE, related_name="guardians")
    relationship = models.CharField(_("relationship"), max_length=20, choices=Relationship)
    # None: somebody booked with this login's address, and its owner has not said yes yet.
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
    license_number = models.CharField(_("licence number"), max_length=40, blank=True)
    license_state = models.CharField(_("licence state"), max_length=2, blank=True)
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
