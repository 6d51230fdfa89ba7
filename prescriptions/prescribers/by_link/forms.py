"""What a prescriber enters by link. Services and `answers.problems` decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic import body
from clinic.ids import npi
from prescriptions import areas
from prescriptions.codes import icd10
from prescriptions.fields import DayInput, day_field
from prescriptions.models import Prescription
from prescriptions.prescribers.answers import Answers
from prescriptions.prescribers.forms import CREDENTIAL_CHOICES

if TYPE_CHECKING:
    from collections.abc import Mapping

    from prescriptions.models import DoctorRequest


class BirthDateForm(forms.Form):
    birth_date = forms.DateField(
        label=_("The patient's date of birth"),
        widget=DayInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Enter the date of birth."),
            "invalid": _("Enter the date of birth as month, day, and year."),
        },
    )


class OrderForm(forms.Form):
    """What a prescriber enters. Field names are those of `answers.Answers`."""

    reason = forms.CharField(
        label=_("Reason for medical necessity"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    order_text = forms.CharField(
        label=_("Number, frequency, and duration"),
        required=False,
        max_length=200,
        help_text=_("In your words, such as “2 sessions per week for 6 weeks”."),
    )
    modality = forms.ChoiceField(
        label=_("Modality"),
        required=False,
        choices=Prescription.Modality.choices,
        widget=forms.RadioSelect,
    )
    codes = forms.CharField(
        label=_("ICD-10-CM codes"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false"}),
        help_text=_("Complete codes, separated by commas."),
    )
    regions = forms.MultipleChoiceField(
        label=_("Treatment area"), required=False, widget=forms.CheckboxSelectMultiple
    )
    starts_on = day_field(_("Valid from"))
    prescriber_name = forms.CharField(label=_("Your name"), required=False, max_length=120)
    prescriber_credential = forms.ChoiceField(
        label=_("Credential"), required=False, choices=CREDENTIAL_CHOICES
    )
    prescriber_npi = forms.CharField(
        label=_("Your NPI"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    prescriber_phone = forms.CharField(label=_("Practice phone"), required=False, max_length=30)
    attested = forms.BooleanField(label=_("I attest to this"), required=False)
    signature = forms.CharField(
        label=_("Signature"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        help_text=_("Type your name. We keep it with the date and your internet address."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [(place.key, place.label) for place in body.places()]
        self.fields["regions"].choices = places  # type: ignore[attr-defined]

    @classmethod
    def for_request(cls, request: DoctorRequest, **kwargs: Any) -> OrderForm:
        """Prefill who they are from the directory; what they order is for them to write."""
        prescriber = request.prescriber
        initial = {
            "starts_on": kwargs.pop("today"),
            "prescriber_name": prescriber.name,
            "prescriber_credential": prescriber.credential,
            "prescriber_npi": prescriber.npi,
            "prescriber_phone": str(prescriber.telephone),
        }
        return cls(initial=initial, **kwargs)

    def answers(self) -> Answers:
        kept = dict(self.cleaned_data)
        kept["codes"] = tuple(icd10.split(kept["codes"]))
        kept["regions"] = tuple(kept["regions"])
        kept["prescriber_npi"] = npi.tidy(kept["prescriber_npi"])
        del kept["attested"], kept["signature"]
        return Answers(**kept)

    def show(self, problems: Mapping[str, list[str]]) -> None:
        for field, texts in problems.items():
            self.add_error(field if field in self.fields else None, texts)

    def views(self) -> list[tuple[Any, list[Any]]]:
        """The treatment areas by side of the body, each with its checkbox."""
        ticks = dict(zip((place.key for place in body.places()), self["regions"], strict=True))
        return [
            (title, [ticks[place.key] for place in body.places() if place.view == view])
            for view, title in reversed(areas.VIEWS)
        ]


class DeclineForm(forms.Form):
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The patient and the clinic will read this. Optional."),
    )
