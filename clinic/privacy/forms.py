"""Form input about rights; `services.py` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.audit.words import words
from clinic.format import iso_date, when
from clinic.ids.phone import Phone
from clinic.models import CorrectionRequest
from clinic.web.birth_date import BirthDateField
from clinic.web.fields import DayField, PhoneField

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django_stubs_ext import StrOrPromise

    from clinic.models import AuditEvent, Client

Ground = CorrectionRequest.Ground

LONGEST = 2000


def _words(
    label: StrOrPromise, help_text: StrOrPromise = "", *, required: bool = True
) -> forms.CharField:
    return forms.CharField(
        label=label,
        required=required,
        max_length=LONGEST,
        help_text=help_text,
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CorrectionForm(forms.Form):
    about = forms.ChoiceField(label=_("What is it about?"), choices=CorrectionRequest.About.choices)
    text = _words(_("What is wrong, and what should it say?"))


class NameForm(forms.Form):
    """What a client asks the name and the date of birth to be."""

    first_name = forms.CharField(label=_("First name"), max_length=80)
    last_name = forms.CharField(label=_("Last name"), max_length=80, required=False)
    legal_name = forms.CharField(
        label=_("Legal name"),
        max_length=160,
        required=False,
        help_text=_("Only if papers must carry another name than the one you go by."),
    )
    birth_date = BirthDateField(label=_("Date of birth"), required=False)
    text = _words(_("Anything we should know?"), _("Optional: such as since when."), required=False)

    def wanted(self) -> dict[str, Any]:
        """As the columns would hold it."""
        data = {name: value for name, value in self.cleaned_data.items() if name != "text"}
        tidy = {name: " ".join(data[name].split()) for name in data if name.endswith("_name")}
        return data | tidy


class CorrectDetailsForm(forms.Form):
    """What the record should say from now on. It begins with what the client asked for."""

    first_name = forms.CharField(label=_("First name"), max_length=80)
    last_name = forms.CharField(label=_("Last name"), max_length=80, required=False)
    legal_name = forms.CharField(label=_("Legal name"), max_length=160, required=False)
    birth_date = BirthDateField(label=_("Date of birth"), required=False)
    phone = PhoneField(label=_("Telephone"), required=False)
    address = forms.CharField(
        label=_("Address"),
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    email = forms.EmailField(label=_("E-mail we write to"), max_length=254, required=False)
    seen = forms.BooleanField(
        label=_("For another e-mail address: I have seen this person, or their ID"), required=False
    )
    answer = _words(
        _("Answer"),
        _("The client reads this. Left blank, it says what was corrected."),
        required=False,
    )

    def __init__(self, data: Any, *, client: Client, asked_for: dict[str, str]) -> None:
        names = ("first_name", "last_name", "legal_name", "birth_date", "address", "email")
        now: dict[str, Any] = {name: getattr(client, name) for name in names}
        now["phone"] = Phone.of(client.phone, client.phone_extension)
        known = {name: value for name, value in asked_for.items() if name in now}
        if born := known.get("birth_date"):
            known["birth_date"] = us_form(born)
        super().__init__(data, initial=now | known)
        self.email_now = client.email

    def clean(self) -> None:
        """An address that nobody proved would let a stranger read along."""
        new = self.cleaned_data.get("email", "")
        if new != self.email_now and new and not self.cleaned_data.get("seen"):
            self.add_error("seen", _("First see the person or an ID, then check this box."))

    def changes(self) -> dict[str, Any]:
        data = {k: v for k, v in self.cleaned_data.items() if k not in ("seen", "answer")}
        phone = data.pop("phone")
        if data["email"] == self.email_now:
            del data["email"]
        else:
            data["seen"] = True  # or there is none to write to any more
        return {**data, "phone": phone.number, "phone_extension": phone.extension}


class DoneForm(forms.Form):
    """It is corrected: by which of the changes made since."""

    change = forms.TypedChoiceField(
        label=_("What was changed?"), coerce=int, widget=forms.RadioSelect, choices=()
    )
    answer = _words(_("Answer"), _("The client will read this in their account."))

    def __init__(self, data: Any, *, changes: Iterable[AuditEvent]) -> None:
        super().__init__(data, prefix="done")
        self.fields["change"].choices = [(one.pk, _said(one)) for one in changes]  # type: ignore[attr-defined]


class KeepForm(forms.Form):
    ground = forms.ChoiceField(
        label=_("Why does it stay?"),
        choices=[(one.value, one.label) for one in Ground if one != Ground.UNSAID],
        widget=forms.RadioSelect,
    )
    answer = _words(
        _("The reason, in plain words"), _("The client will read this in their account.")
    )

    def __init__(self, data: Any) -> None:
        super().__init__(data, prefix="keep")


class DisagreeForm(forms.Form):
    statement = _words(_("Your statement"))


def us_form(day: str) -> str:
    """A stored date as one types it here."""
    found = iso_date(day)
    return found.strftime("%m/%d/%Y") if found else ""


def _said(event: AuditEvent) -> str:
    who = event.actor.display_name if event.actor and event.actor.display_name else ""
    return ", ".join(filter(None, [str(words(event.action)), when(event.at), who]))


class DisclosureForm(forms.Form):
    disclosed_on = DayField(_("Date"))
    recipient = forms.CharField(label=_("To whom (with an address, if known)"), max_length=200)
    what = _words(_("What was disclosed"))
    why = _words(_("Why"))
