"""Shape of input only; the services decide whether a time is available."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _

from booking import selectors
from booking.errors import NeedsAdult
from booking.models import AppointmentStatus
from booking.times.forms import FAR
from booking.visits import minors
from clinic.format import money
from clinic.ids.phone import Phone
from clinic.models import Guardian, ServiceOption, Therapist
from clinic.people import names
from clinic.web.birth_date import BirthDateField
from clinic.web.fields import PhoneField

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date, datetime

    from booking.visits.coverage import PrescriptionReach
    from clinic.models import Client

SOMEBODY_NEW = "new"


class StartField(forms.CharField):
    """An instant as ISO 8601 with its offset, the way our pages and slots.json write it."""

    default_error_messages = {"invalid": _("Choose one of the times.")}

    def clean(self, value: Any) -> datetime:
        text = super().clean(value)
        try:
            start = parse_datetime(text)
        except ValueError:
            start = None
        if start is None or timezone.is_naive(start) or abs(start - timezone.now()) > FAR:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return start


class WhenForm(forms.Form):
    """A chosen time: when, and with whom if that matters."""

    start = StartField(error_messages={"required": _("Choose one of the times.")})
    therapist: forms.ModelChoiceField[Therapist] = forms.ModelChoiceField(
        queryset=None,
        required=False,
        error_messages={
            "invalid_choice": _("That therapist is not taking bookings right now. Choose a time."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["therapist"].queryset = selectors.therapists()  # type: ignore[attr-defined]

    @property
    def problem(self) -> str:
        """What is wrong with it, in one sentence."""
        wrong = self.errors.get("start")
        return str(wrong[0] if wrong else self.fields["therapist"].error_messages["invalid_choice"])


class DetailsForm(forms.Form):
    """Who is coming. A login that has clients picks one, or adds someone new."""

    RELATIONSHIPS = [
        ("", _("Me")),
        (Guardian.Relationship.PARENT, _("My child")),
        (Guardian.Relationship.PARTNER, _("My spouse or partner")),
        (Guardian.Relationship.CHILD, _("My mother or father")),
        (Guardian.Relationship.LEGAL_GUARDIAN, _("Someone I am the legal guardian of")),
        (Guardian.Relationship.OTHER, _("Someone else")),
    ]

    client = forms.ChoiceField(label=_("Who is coming?"), widget=forms.RadioSelect)
    relationship = forms.ChoiceField(
        label=_("Who is this visit for?"), choices=RELATIONSHIPS, required=False
    )
    first_name = forms.CharField(label=_("First name"), max_length=80)
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=80,
        required=False,
        help_text=_("Blank if you have one name only."),
    )
    birth_date = BirthDateField(label=_("Date of birth"))
    phone = PhoneField(label=_("Mobile"), help_text=_("In case we need to reach you."))
    email = forms.EmailField(
        label=_("E-mail"), max_length=254, help_text=_("The confirmation goes here.")
    )

    AUTOCOMPLETE = {
        "first_name": "given-name",
        "last_name": "family-name",
        "birth_date": "bday",
        "phone": "tel",
        "email": "email",
    }

    def __init__(
        self, *args: Any, clients: Sequence[Client], ask_email: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        for name, token in self.AUTOCOMPLETE.items():
            self.fields[name].widget.attrs["autocomplete"] = token
        if clients:
            known = [(str(client.pk), client.name) for client in clients]
            choices = [*known, (SOMEBODY_NEW, _("Someone else"))]
            picker = self.fields["client"]
            picker.choices = choices  # type: ignore[attr-defined]
            picker.initial = choices[0][0]
            others = self.RELATIONSHIPS[1:]  # they are already among the known clients
            self.fields["relationship"].choices = others  # type: ignore[attr-defined]
        else:
            del self.fields["client"]
        if not ask_email:
            del self.fields["email"]
        if clients:  # we can already reach someone who signs in for another person
            self.fields["phone"].required = False
            self.fields["phone"].help_text = _("If they have their own.")
        if not self.is_for_new:  # we ask only about the person; the rest is known
            for name, field in self.fields.items():
                field.required = field.required and name == "client"

    @property
    def is_for_new(self) -> bool:
        """Whether a person has to be described instead of picked."""
        if "client" not in self.fields:
            return True
        name = self.add_prefix("client")
        return self.is_bound and self.data.get(name) == SOMEBODY_NEW

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if self.is_for_new and "first_name" in data:
            name = names.of(data["first_name"], data.get("last_name", ""))
            data["first_name"], data["last_name"] = name.first, name.last
            if not name.first:
                self.add_error("first_name", _("Enter a name."))
        phone = data.pop("phone", None) or Phone()
        return {**data, "phone": phone.number, "phone_extension": phone.extension}


class VisitorForm(DetailsForm):
    """Who is coming, as a visitor fills it in: who books for someone else, and what pays for it."""

    PRESCRIPTION, SELF_PAY = "prescription", "self"

    booker_name = forms.CharField(
        label=_("Your own name"),
        max_length=120,
        required=False,
        help_text=_("So we know who booked."),
    )
    pay = forms.ChoiceField(label=_("Prescription"), required=False, widget=forms.RadioSelect)
    coupon = forms.CharField(
        label=_("Code"),
        max_length=40,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
        error_messages={"max_length": _("No code of ours is that long. Check how it is written.")},
    )

    AUTOCOMPLETE = {**DetailsForm.AUTOCOMPLETE, "booker_name": "name"}

    def __init__(
        self,
        *args: Any,
        on: date,
        ask_booker: bool = True,
        without: ServiceOption | None = None,
        same_price: bool = True,
        reach: Mapping[str, PrescriptionReach] | None = None,
        ask_coupon: bool = False,
        **kwargs: Any,
    ) -> None:
        """`on` is the date of the visit, `without` the same session without a prescription.

        `reach` says how far each known client's prescription does: where it falls short, they
        are told, and have to choose.
        """
        super().__init__(*args, **kwargs)
        self.on, self.reach, self.without = on, reach or {}, without
        if not ask_booker:
            del self.fields["booker_name"]
        if not ask_coupon:
            del self.fields["coupon"]
        if without is None or self.is_covered:
            del self.fields["pay"]
        else:
            price = money(without.price_cents)
            text = _("Book without a prescription: self-pay, same price (%(price)s)")
            if not same_price:
                text = _("Book without a prescription: self-pay, %(price)s")
            self.fields["pay"].choices = [  # type: ignore[attr-defined]
                (self.PRESCRIPTION, _("I have a prescription, or will get one")),
                (self.SELF_PAY, text % {"price": price}),
            ]

    def picks(self) -> Iterator[tuple[forms.boundfield.BoundWidget, PrescriptionReach | None]]:
        """Each known client with how far their prescription reaches."""
        for radio in self["client"]:
            yield radio, self.reach.get(str(radio.data["value"]))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        picked = data.get("client")
        if self.is_for_new:
            self._check_new(data)
        elif "pay" in self.fields and not data.get("pay") and self._falls_short(picked):
            text = _("Choose one: the prescription we have does not cover this visit.")
            self.add_error("pay", text)
        return data

    @property
    def is_covered(self) -> bool:
        """Whether everyone on offer has a prescription for this visit: nothing to choose."""
        return bool(self.reach) and all(one.is_covered for one in self.reach.values())

    def _falls_short(self, picked: str | None) -> bool:
        reach = self.reach.get(picked or "")
        return reach is not None and reach.falls_short

    def _check_new(self, data: dict[str, Any]) -> None:
        relationship, born = data.get("relationship", ""), data.get("birth_date")
        if born and "relationship" not in self.errors:
            try:
                minors.expect_adult(born, relationship, self.on)
            except NeedsAdult as refusal:
                field = "relationship" if "relationship" in self.fields else "birth_date"
                self.add_error(field, str(refusal.message))
        if relationship and "booker_name" in self.fields and not data.get("booker_name"):
            self.add_error("booker_name", _("Tell us your own name too."))


class CompanionForm(VisitorForm):
    """The other person of a couple. Anyone with their own e-mail address gets mail there."""

    RELATIONSHIPS = [
        (Guardian.Relationship.PARTNER, _("My spouse or partner")),
        (Guardian.Relationship.PARENT, _("My child")),
        (Guardian.Relationship.CHILD, _("My mother or father")),
        (Guardian.Relationship.LEGAL_GUARDIAN, _("Someone I am the legal guardian of")),
        (Guardian.Relationship.OTHER, _("A friend or someone else")),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, ask_booker=False, ask_email=True, **kwargs)
        relationship = self.fields["relationship"]
        relationship.choices = self.RELATIONSHIPS  # type: ignore[attr-defined]
        relationship.label = _("Who is that?")
        for name in ("email", "phone"):
            self.fields[name].required = False
        self.fields["email"].help_text = _(
            "Their confirmation goes there, and they can see the visit. If blank, it goes to you."
        )
        self.fields["phone"].help_text = _("If they have their own.")
        for name in self.AUTOCOMPLETE:
            if name in self.fields:  # what the browser knows is about the first of the two
                self.fields[name].widget.attrs["autocomplete"] = "off"


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Why? (optional)"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class MarkForm(forms.Form):
    """What the desk may set on a visit; the rest follows from the treatment."""

    status = forms.ChoiceField(
        choices=[
            (status, status.label)
            for status in (
                AppointmentStatus.BOOKED,
                AppointmentStatus.NO_SHOW,
            )
        ]
    )
