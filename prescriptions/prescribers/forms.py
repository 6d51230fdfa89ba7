"""The directory, and what a client or the desk enters to ask. Services decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic.ids.phone import Phone
from clinic.models import Guardian
from clinic.web.fields import PhoneField
from prescriptions.prescribers import consent
from prescriptions.prescribers.services import Signature
from prescriptions.reading.credentials import CREDENTIALS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from prescriptions.models import Prescriber, ShareConsent

CREDENTIAL_CHOICES = [("", _("Choose")), *((name, name) for name in CREDENTIALS)]
SOMEONE_ELSE = "new"


class SearchForm(forms.Form):
    q = forms.CharField(label=_("Name, practice, or NPI"), required=False, max_length=100)


class PrescriberForm(forms.Form):
    """An entry of the directory."""

    name = forms.CharField(label=_("Name"), max_length=120)
    credential = forms.ChoiceField(label=_("Credential"), choices=CREDENTIAL_CHOICES)
    npi = forms.CharField(
        label="NPI",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    practice = forms.CharField(label=_("Practice"), required=False, max_length=120)
    phone = PhoneField(label=_("Phone"), required=False)
    fax = PhoneField(label=_("Fax"), required=False, extension=False)
    email = forms.EmailField(
        label=_("E-mail"),
        required=False,
        help_text=_("Requests go to this address as a link. Ask the practice which one to use."),
    )

    holder: Prescriber | None = None  # who has the NPI already

    @classmethod
    def of(cls, prescriber: Prescriber, data: Any = None) -> PrescriberForm:
        names = cls.base_fields
        initial = {name: getattr(prescriber, name) for name in names}
        return cls(data, initial=initial | {"phone": prescriber.telephone})

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        phone, fax = (data.pop(name, None) or Phone() for name in ("phone", "fax"))
        numbers = {"phone": phone.number, "phone_extension": phone.extension, "fax": fax.number}
        return data | numbers


class NewPrescriberForm(PrescriberForm):
    """A doctor as the client knows them: a name is enough."""

    credential = forms.ChoiceField(label=_("Title"), choices=CREDENTIAL_CHOICES, required=False)
    npi = forms.CharField(
        label=_("NPI, if you know it"),
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs={"inputmode": "numeric"}),
    )
    email = forms.EmailField(
        label=_("Practice e-mail"),
        required=False,
        help_text=_("If we have it, we send a secure link. Otherwise, you hand over a form."),
    )


class WhoForm(forms.Form):
    """Which doctor: one of the client's own, or a new one."""

    who = forms.ChoiceField(
        label=_("Which doctor?"),
        widget=forms.RadioSelect,
        error_messages={"required": _("Choose a doctor, or “Someone else.”")},
    )
    renews = forms.UUIDField(required=False, widget=forms.HiddenInput)

    def __init__(self, own: Iterable[Prescriber], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = [(str(one.pk), _with_practice(one)) for one in own]
        self.fields["who"].choices = [*known, (SOMEONE_ELSE, _("Someone else"))]  # type: ignore[attr-defined]
        if not known:
            self.initial.setdefault("who", SOMEONE_ELSE)


def _with_practice(prescriber: Prescriber) -> str:
    return f"{prescriber.title}, {prescriber.practice}" if prescriber.practice else prescriber.title


class AskForm(forms.Form):
    """The note, and the consent if none is active."""

    note = forms.CharField(
        label=_("Anything your doctor should know?"),
        required=False,
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Your doctor will read this, so write only what is needed. Optional."),
    )
    agreed = forms.BooleanField(label=_("I have read this and agree"), required=False)
    relationship = forms.ChoiceField(
        label=_("I am signing as the client's"),
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
        self, *args: Any, text: str, current: ShareConsent | None, minor: bool, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.text = text
        self.initial.setdefault("text_sha256", consent.digest(text))
        kinds = consent.SIGN_FOR_MINORS if minor else Guardian.Relationship
        choices = [("", _("Choose")), *((kind.value, kind.label) for kind in kinds)]
        self.fields["relationship"].choices = choices  # type: ignore[attr-defined]
        if current is not None:
            for name in ("agreed", "relationship", "name", "text_sha256"):
                del self.fields[name]
        elif not minor:
            del self.fields["relationship"]

    def show_new_text(self) -> None:
        """The text has changed since the page was opened: sign the one that is shown now."""
        self.data = {**self.data, "text_sha256": self.initial["text_sha256"]}

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
        help_text=_(
            "Leave out the diagnosis and the reason: those are for the prescriber to write."
        ),
    )


class PaperConsentForm(AskForm):
    """The client signed by hand; the desk records it."""

    def __init__(self, *args: Any, text: str, minor: bool, **kwargs: Any) -> None:
        super().__init__(*args, text=text, current=None, minor=True, **kwargs)
        del self.fields["note"]
        kinds = consent.SIGN_FOR_MINORS if minor else Guardian.Relationship
        first = ("", _("Choose")) if minor else ("", _("The client"))
        choices = [first, *((kind.value, kind.label) for kind in kinds)]
        self.fields["relationship"].choices = choices  # type: ignore[attr-defined]
        self.fields["relationship"].label = _("Signed by")
        self.fields["agreed"].label = _("I have this text on paper, signed by hand")
        self.fields["name"].label = _("Name as signed")
        self.fields["name"].help_text = ""
        self.fields["name"].widget.attrs["autocomplete"] = "off"
