"""Shape of input only; whether a time can be had is for the services to say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from booking import minors, selectors
from booking.errors import NeedsAdult
from booking.models import AppointmentStatus
from clinic.models import Guardian, Location, ServiceOption, Therapist
from clinic.templatetags.clinic_format import money

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from booking.outlook import Outlook
    from clinic.models import Client

LONGEST_RANGE = 62  # days, both ends counted
OLDEST = 120  # years
FAR = timedelta(days=2 * 366)  # no diary reaches further
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


class SlotsForm(forms.Form):
    """The query of slots.json; `from` is a Python word, so it is added by name."""

    option: forms.ModelChoiceField[ServiceOption] = forms.ModelChoiceField(
        queryset=None, error_messages={"invalid_choice": _("There is no such option.")}
    )
    to = forms.DateField(input_formats=["%Y-%m-%d"])
    therapist: forms.ModelChoiceField[Therapist] = forms.ModelChoiceField(
        queryset=None,
        required=False,
        error_messages={"invalid_choice": _("There is no such therapist.")},
    )
    location = forms.ModelChoiceField(
        queryset=Location.objects.all(),
        required=False,
        error_messages={"invalid_choice": _("There is no such location.")},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["from"] = forms.DateField(input_formats=["%Y-%m-%d"])
        self.fields["option"].queryset = selectors.bookable_options()  # type: ignore[attr-defined]
        self.fields["therapist"].queryset = selectors.therapists()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        start, end = data.get("from"), data.get("to")
        if start and end:
            if end < start:
                self.add_error("to", _("The range ends before it begins."))
            elif end - start >= timedelta(days=LONGEST_RANGE):
                text = _("Ask for at most %(days)s days at once.") % {"days": LONGEST_RANGE}
                self.add_error("to", text)
            # Middleware has made the clinic's own zone the current one; another may be asked for.
            here = data.get("location")
            today = timezone.localdate(timezone=here.zone if here else None)
            if end < today:
                self.add_error("to", _("That is in the past."))
            elif end > today + FAR:
                self.add_error("to", _("That is too far ahead."))
        return data


class WhenForm(forms.Form):
    """A time that was pressed: when, and with whom if that matters."""

    start = StartField(error_messages={"required": _("Choose one of the times.")})
    therapist: forms.ModelChoiceField[Therapist] = forms.ModelChoiceField(
        queryset=None,
        required=False,
        error_messages={
            "invalid_choice": _("That therapist takes no bookings at the moment. Choose a time."),
        },
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["therapist"].queryset = selectors.therapists()  # type: ignore[attr-defined]


class BirthDateField(forms.DateField):
    """Month, day, year, as it is said here; also what a date picker sends."""

    default_error_messages = {
        "invalid": _("Write the date as month/day/year, such as 04/12/1981."),
        "future": _("That date is still to come. Check the year of birth."),
        "ancient": _("That is more than %(years)s years ago. Check the year of birth."),
    }

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%m/%d/%Y", "%Y-%m-%d", "%m-%d-%Y"])
        kwargs.setdefault("help_text", _("MM/DD/YYYY"))
        widget = forms.DateInput(format="%m/%d/%Y", attrs={"inputmode": "numeric"})
        kwargs.setdefault("widget", widget)
        super().__init__(**kwargs)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        today = timezone.localdate()
        if value and value > today:
            raise forms.ValidationError(self.error_messages["future"], code="future")
        if value and value.year < today.year - OLDEST:
            raise forms.ValidationError(
                self.error_messages["ancient"], code="ancient", params={"years": OLDEST}
            )


class DetailsForm(forms.Form):
    """Who comes. A login that has clients picks one, or somebody new."""

    RELATIONSHIPS = [
        ("", _("Me")),
        (Guardian.Relationship.PARENT, _("My child")),
        (Guardian.Relationship.PARTNER, _("My spouse or partner")),
        (Guardian.Relationship.CHILD, _("My mother or father")),
        (Guardian.Relationship.LEGAL_GUARDIAN, _("Somebody whose legal guardian I am")),
        (Guardian.Relationship.OTHER, _("Somebody else")),
    ]

    client = forms.ChoiceField(label=_("Who is coming?"), widget=forms.RadioSelect)
    relationship = forms.ChoiceField(
        label=_("Who is this visit for?"), choices=RELATIONSHIPS, required=False
    )
    first_name = forms.CharField(label=_("First name"), max_length=80)
    last_name = forms.CharField(label=_("Last name"), max_length=80)
    birth_date = BirthDateField(label=_("Date of birth"))
    phone = PhoneNumberField(label=_("Mobile"), help_text=_("In case we have to reach you."))
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
        self.fields["phone"].widget.input_type = "tel"
        if clients:
            known = [(str(client.pk), client.name) for client in clients]
            choices = [*known, (SOMEBODY_NEW, _("Somebody else"))]
            picker = self.fields["client"]
            picker.choices = choices  # type: ignore[attr-defined]
            picker.initial = choices[0][0]
            others = self.RELATIONSHIPS[1:]  # they themselves are among the known already
            self.fields["relationship"].choices = others  # type: ignore[attr-defined]
        else:
            del self.fields["client"]
        if not ask_email:
            del self.fields["email"]
        if clients:  # who signs in for somebody else can be reached already
            self.fields["phone"].required = False
            self.fields["phone"].help_text = _("If they have one of their own.")
        if not self.is_for_new:  # only the person is asked for; the rest is known
            for name, field in self.fields.items():
                field.required = field.required and name == "client"

    @property
    def is_for_new(self) -> bool:
        """Whether somebody has to be described, instead of picked."""
        if "client" not in self.fields:
            return True
        name = self.add_prefix("client")
        return self.is_bound and self.data.get(name) == SOMEBODY_NEW

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if phone := data.get("phone"):
            data["phone"] = phone.as_e164
        return data


class VisitorForm(DetailsForm):
    """Who comes, as a visitor fills it in: who books for somebody else, and what pays for it."""

    PRESCRIPTION, SELF_PAY = "prescription", "self"

    booker_name = forms.CharField(
        label=_("Your own name"),
        max_length=120,
        required=False,
        help_text=_("So that we know who booked."),
    )
    pay = forms.ChoiceField(label=_("Prescription"), required=False, widget=forms.RadioSelect)

    AUTOCOMPLETE = {**DetailsForm.AUTOCOMPLETE, "booker_name": "name"}

    def __init__(
        self,
        *args: Any,
        on: date,
        ask_booker: bool = True,
        without: ServiceOption | None = None,
        same_price: bool = True,
        reach: Mapping[str, Outlook] | None = None,
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

    def picks(self) -> Iterator[tuple[forms.boundfield.BoundWidget, Outlook | None]]:
        """Each known client with how far their prescription reaches."""
        for radio in self["client"]:
            yield radio, self.reach.get(str(radio.data["value"]))

    def clean(self) -> dict[str, Any]:
        data = super().clean()
        picked = data.get("client")
        if self.is_for_new:
            self._check_new(data)
        elif "pay" in self.fields and not data.get("pay") and self._falls_short(picked):
            text = _("Choose one: the prescription we have does not reach this visit.")
            self.add_error("pay", text)
        return data

    @property
    def is_covered(self) -> bool:
        """Whether whoever can be picked has a prescription for this visit: nothing to choose."""
        return bool(self.reach) and all(one.is_covered for one in self.reach.values())

    def _falls_short(self, picked: str | None) -> bool:
        outlook = self.reach.get(picked or "")
        return outlook is not None and outlook.falls_short

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


class SecondForm(VisitorForm):
    """The other one of a couple. Whoever has an e-mail address of their own is written to there."""

    RELATIONSHIPS = [
        (Guardian.Relationship.PARTNER, _("My spouse or partner")),
        (Guardian.Relationship.PARENT, _("My child")),
        (Guardian.Relationship.CHILD, _("My mother or father")),
        (Guardian.Relationship.LEGAL_GUARDIAN, _("Somebody whose legal guardian I am")),
        (Guardian.Relationship.OTHER, _("A friend, or somebody else")),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, ask_booker=False, ask_email=True, **kwargs)
        relationship = self.fields["relationship"]
        relationship.choices = self.RELATIONSHIPS  # type: ignore[attr-defined]
        relationship.label = _("Who is that?")
        for name in ("email", "phone"):
            self.fields[name].required = False
        self.fields["email"].help_text = _(
            "Their confirmation goes there, and the visit is theirs to see. Blank: it goes to you."
        )
        self.fields["phone"].help_text = _("If they have one of their own.")
        for name in self.AUTOCOMPLETE:
            if name in self.fields:  # what the browser knows is about the first of the two
                self.fields[name].widget.attrs["autocomplete"] = "off"


class CancelForm(forms.Form):
    reason = forms.CharField(
        label=_("Why? (you need not say)"),
        max_length=120,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


class MarkForm(forms.Form):
    """What the desk may say of a visit; the rest follows from the treatment."""

    status = forms.ChoiceField(
        choices=[
            (status, status.label)
            for status in (
                AppointmentStatus.BOOKED,
                AppointmentStatus.NO_SHOW,
            )
        ]
    )
