"""Shape of input only; whether a time can be had is for the services to say."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from booking import selectors
from booking.models import AppointmentStatus
from clinic.models import Guardian, Location, ServiceOption, Therapist

if TYPE_CHECKING:
    from collections.abc import Sequence

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
            if end < timezone.localdate() - timedelta(days=1):
                self.add_error("to", _("That is in the past."))
            elif end > timezone.localdate() + FAR:
                self.add_error("to", _("That is too far ahead."))
        return data


class WhenForm(forms.Form):
    """A time that was pressed: when, and with whom if that matters."""

    start = StartField(error_messages={"required": _("Choose one of the times.")})
    therapist: forms.ModelChoiceField[Therapist] = forms.ModelChoiceField(
        queryset=None, required=False
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["therapist"].queryset = selectors.therapists()  # type: ignore[attr-defined]


class BirthDateField(forms.DateField):
    """Month, day, year, as it is said here; also what a date picker sends."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("input_formats", ["%m/%d/%Y", "%Y-%m-%d", "%m-%d-%Y"])
        kwargs.setdefault("help_text", _("MM/DD/YYYY"))
        widget = forms.DateInput(format="%m/%d/%Y", attrs={"inputmode": "numeric"})
        kwargs.setdefault("widget", widget)
        super().__init__(**kwargs)

    def validate(self, value: date | None) -> None:
        super().validate(value)
        today = timezone.localdate()
        if value and (value > today or value.year < today.year - OLDEST):
            raise forms.ValidationError(_("Check the date of birth."), code="invalid")


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
