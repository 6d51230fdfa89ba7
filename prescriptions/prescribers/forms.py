"""Shape of input only; services and `answers.problems` decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _
from phonenumber_field.formfields import PhoneNumberField

from clinic import body, npi
from clinic.models import Guardian
from prescriptions import icd10, review
from prescriptions.forms import DayInput, _day
from prescriptions.models import Prescription
from prescriptions.prescribers import consent
from prescriptions.prescribers.answers import Answers
from prescriptions.prescribers.services import Signature

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from prescriptions.models import DoctorRequest, Prescriber, ShareConsent

CREDENTIALS = [("", _("Choose")), *((name, name) for name in review.CREDENTIALS)]
SOMEBODY_NEW = "new"


class SearchForm(forms.Form):
    q = forms.CharField(label=_("Name, practice or NPI"), required=False, max_length=100)


class PrescriberForm(forms.Form):
    """An entry of the directory."""

    name = forms.CharField(label=_("Name"), max_length=120)
    credential = forms.ChoiceField(label=_("Credential"), choices=CREDENTIALS)
    npi = forms.CharField(
        label="NPI",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    practice = forms.CharField(label=_("Practice"), required=False, max_length=120)
    phone = PhoneNumberField(label=_("Phone"), required=False)
    fax = PhoneNumberField(label=_("Fax"), required=False)
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("Requests go to this address as a link. Ask the practice which one to use."),
    )

    @classmethod
    def of(cls, prescriber: Prescriber) -> PrescriberForm:
        names = cls.base_fields
        return cls(initial={name: getattr(prescriber, name) for name in names})


class NewPrescriberForm(PrescriberForm):
    """A doctor as the client knows them: a name is enough."""

    credential = forms.ChoiceField(label=_("Title"), choices=CREDENTIALS, required=False)
    npi = forms.CharField(
        label=_("NPI, if you know it"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    email = forms.EmailField(
        label=_("E-mail of the practice"),
        required=False,
        help_text=_("If we have it, we send a secure link. Otherwise you hand over a form."),
    )


class WhoForm(forms.Form):
    """Which doctor: one of the client's own, or somebody new."""

    who = forms.ChoiceField(
        label=_("Which doctor?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a doctor, or “Somebody else”.")},
    )
    renews = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, own: Iterable[Prescriber], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(str(one.pk), _with_practice(one)) for one in own]
        self.fields["who"].choices = [*known, (SOMEBODY_NEW, _("Somebody else"))]  # type: ignore[attr-defined]
        if not known:
            self.initial.setdefault("who", SOMEBODY_NEW)


def _with_practice(prescriber: Prescriber) -> str:
    return f"{prescriber.title}, {prescriber.practice}" if prescriber.practice else prescriber.title


class AskForm(forms.Form):
    """The note, and the consent where none is in force."""

    note = forms.CharField(
        label=_("Anything your doctor should know?"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Your doctor reads this; write no more than is needed. You may leave it out."),
    )
    agreed = forms.BooleanField(label=_("I have read this and agree"), required=False)
    relationship = forms.ChoiceField(
        label=_("I sign as the client's"),
        choices=[("", _("Choose"))],
        required=False,
    )
    name = forms.CharField(
        label=_("Your full name"),
        required=False,
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
        help_text=_(
            "Typing your name here is your signature. We keep it with the time and your internet "
            "address."
        ),
    )
    text_sha256 = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, text: str, standing: ShareConsent | None, minor: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.text = text
        self.initial.setdefault("text_sha256", consent.digest(text))
        kinds = consent.SIGN_FOR_MINORS if minor else Guardian.Relationship
        choices = [("", _("Choose")), *((kind.value, kind.label) for kind in kinds)]
        self.fields["relationship"].choices = choices  # type: ignore[attr-defined]
        if standing is not None:
            for name in ("agreed", "relationship", "name", "text_sha256"):
                del self.fields[name]
        elif not minor:
            del self.fields["relationship"]

    def signature(self) -> Signature:
        kept = self.cleaned_data
        return Signature(
            name=kept.get("name", ""),
            agreed=kept.get("agreed", False),
            text_sha256=kept.get("text_sha256", ""),
            relationship=kept.get("relationship", ""),
        )


class DeskAskForm(forms.Form):
    note = forms.CharField(
        label=_("Note to the prescriber"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("No diagnosis and no reason: those are for the prescriber to write."),
    )


class PaperConsentForm(AskForm):
    """The client signed by hand; the desk records it."""

    def __init__(self, *args: Any, text: str, minor: bool, **kwargs: Any) -> None:
        super().__init__(*args, text=text, standing=None, minor=True, **kwargs)
        del self.fields["note"]
        kinds = consent.SIGN_FOR_MINORS if minor else Guardian.Relationship
        first = ("", _("Choose")) if minor else ("", _("The client in person"))
        choices = [first, *((kind.value, kind.label) for kind in kinds)]
        self.fields["relationship"].choices = choices  # type: ignore[attr-defined]
        self.fields["relationship"].label = _("Signed by")
        self.fields["agreed"].label = _("I hold this text on paper, signed by hand")
        self.fields["name"].label = _("Name as it is signed")
        self.fields["name"].help_text = ""
        self.fields["name"].widget.attrs["autocomplete"] = "off"


class BirthDateForm(forms.Form):
    birth_date = forms.DateField(
        label=_("The patient's date of birth"),
        widget=DayInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": _("Enter the date of birth."),
            "invalid": _("Enter the date of birth as month, day and year."),
        },
    )


class OrderForm(forms.Form):
    """What a prescriber writes. Field names are those of `answers.Answers`."""

    reason = forms.CharField(
        label=_("Reason of medical necessity"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    order_text = forms.CharField(
        label=_("Number, frequency and duration"),
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
    starts_on = _day(_("Valid from"))
    prescriber_name = forms.CharField(label=_("Your name"), required=False, max_length=120)
    prescriber_credential = forms.ChoiceField(
        label=_("Credential"), required=False, choices=CREDENTIALS
    )
    prescriber_npi = forms.CharField(
        label=_("Your NPI"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    prescriber_phone = forms.CharField(label=_("Practice phone"), required=False, max_length=30)
    attested = forms.BooleanField(label=_("I attest this"), required=False)
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
        """Who they are, as the directory has it; what they order is for them to write."""
        prescriber = request.prescriber
        initial = {
            "starts_on": kwargs.pop("today"),
            "prescriber_name": prescriber.name,
            "prescriber_credential": prescriber.credential,
            "prescriber_npi": prescriber.npi,
            "prescriber_phone": prescriber.phone.as_national if prescriber.phone else "",
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
        """The treatment areas by side of the body, each with its tick."""
        ticks = dict(zip((place.key for place in body.places()), self["regions"], strict=True))
        titles = {body.FRONT: _("Front"), body.BACK: _("Back")}
        return [
            (title, [ticks[place.key] for place in body.places() if place.view == view])
            for view, title in titles.items()
        ]


class DeclineForm(forms.Form):
    note = forms.CharField(
        label=_("Note"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("The patient and the clinic read this. You may leave it out."),
    )
