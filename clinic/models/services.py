from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.models.base import BaseModel

MAX_MINUTES = 240
MAX_BLOCKED = 480  # with its buffers; the diary's queries rely on a bound


class Training(BaseModel):
    """What a therapist has learned beyond the license, and a service may require."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Service(BaseModel):
    """FHIR HealthcareService: what a client can book."""

    class Kind(models.TextChoices):
        MEDICAL = "medical", _("Medical massage (prescribed)")
        THERAPEUTIC = "therapeutic", _("Therapeutic massage (self-pay)")
        CONSULTATION = "consultation", _("Free consultation")

    name = models.CharField(_("name"), max_length=80)
    kind = models.CharField(_("kind"), max_length=16, choices=Kind)
    training = models.ForeignKey(
        Training,
        models.PROTECT,
        verbose_name=_("training required"),
        null=True,
        blank=True,
        related_name="services",
    )
    summary = models.CharField(_("who it is for, in a sentence"), max_length=240, blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("bookable"), default=True)

    options: models.Manager[ServiceOption]

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name

    @property
    def needs_prescription(self) -> bool:
        return self.kind == self.Kind.MEDICAL

    @property
    def needs_intake(self) -> bool:
        return self.kind != self.Kind.CONSULTATION


class ServiceOption(BaseModel):
    """A length and a price of a service. Prices are integer cents."""

    service = models.ForeignKey(Service, models.PROTECT, related_name="options")
    minutes = models.PositiveSmallIntegerField(_("minutes"))
    price_cents = models.PositiveIntegerField(_("price in cents"))
    buffer_before = models.PositiveSmallIntegerField(_("minutes blocked before"), default=0)
    buffer_after = models.PositiveSmallIntegerField(_("minutes blocked after"), default=15)
    first_visit_extra = models.PositiveSmallIntegerField(
        _("more minutes blocked after a first visit"), default=15
    )
    is_active = models.BooleanField(_("bookable"), default=True)

    class Meta:
        ordering = ["service", "minutes"]
        constraints = [
            models.UniqueConstraint(
                fields=["service", "minutes"], name="option_one_price_per_length"
            ),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=15, minutes__lte=MAX_MINUTES),
                name="option_minutes_sane",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    minutes__lte=MAX_BLOCKED
                    - models.F("buffer_after")
                    - models.F("first_visit_extra"),
                    buffer_before__lte=MAX_BLOCKED,
                ),
                name="option_blocks_at_most_eight_hours",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.service}, {self.minutes} min"


class Technique(BaseModel):
    """A technique that minutes are recorded under."""

    name = models.CharField(_("name"), max_length=80, unique=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["position", "name"]

    def __str__(self) -> str:
        return self.name


class Payer(BaseModel):
    class Kind(models.TextChoices):
        SELF_PAY = "self_pay", _("Self-pay, HSA or FSA")
        OUT_OF_NETWORK = "out_of_network", _("Out-of-network insurer")
        IN_NETWORK = "in_network", _("In-network insurer")
        DISCOUNT_PROGRAM = "discount_program", _("Discount program")
        VA = "va", _("Veterans Affairs")
        AUTO_NO_FAULT = "auto_no_fault", _("Auto no-fault")
        WORKERS_COMP = "workers_comp", _("Workers' compensation")

    class UnitRule(models.TextChoices):
        CMS = "cms", _("CMS: minutes pool over codes")
        AMA = "ama", _("AMA: each code by itself")

    class WeekRule(models.TextChoices):
        """Which seven days "2 per week" on an order means."""

        FROM_FIRST_DAY = "from_first_day", _("Seven days at a time, from the order's first day")
        CALENDAR = "calendar", _("Monday to Sunday")

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(_("kind"), max_length=20, choices=Kind, default=Kind.SELF_PAY)
    unit_rule = models.CharField(
        _("unit rule"), max_length=4, choices=UnitRule, default=UnitRule.CMS
    )
    week_rule = models.CharField(
        _("week of an order"), max_length=16, choices=WeekRule, default=WeekRule.FROM_FIRST_DAY
    )
    required_modifiers = models.CharField(_("required modifiers"), max_length=40, blank=True)
    # When a letter to the prescriber is due. None: as the clinic does; 0: never.
    letter_after_visits = models.PositiveSmallIntegerField(
        _("letter after visits"), null=True, blank=True
    )
    letter_after_days = models.PositiveSmallIntegerField(
        _("letter after days"), null=True, blank=True
    )
    client_signs_visits = models.BooleanField(
        _("the client signs for each visit"),
        default=False,
        help_text=_("With a name or a finger, after the session. A visit without it is shown."),
    )
    is_active = models.BooleanField(_("in use"), default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
