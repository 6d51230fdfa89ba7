"""What the desk types about a person; the services decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.ids.phone import Phone
from clinic.models import Client, Guardian, Payer, Therapist
from clinic.people import names
from clinic.people.adding import WhoIsIt
from clinic.web.birth_date import BirthDateField
from clinic.web.fields import PhoneField

if TYPE_CHECKING:
    from collections.abc import Mapping

OFF = {"autocomplete": "off"}  # what the browser knows is about the person who sits at it
LONG = names.LONGEST * 2 + 1


class SomebodyForm(forms.Form):
    """Who it is, on the telephone or at the counter: a name, and a date of birth or a telephone."""

    name = forms.CharField(
        label=_("Name"),
        max_length=LONG,
        required=False,
        help_text=_("First and last name, or “Last, First”."),
        widget=forms.TextInput(attrs=OFF),
    )
    first_name = forms.CharField(
        label=_("First name"),
        max_length=names.LONGEST,
        required=False,
        widget=forms.TextInput(attrs=OFF),
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=names.LONGEST,
        required=False,
        widget=forms.TextInput(attrs=OFF),
    )
    birth_date = BirthDateField(label=_("Date of birth"), required=False)
    phone = PhoneField(label=_("Telephone"), required=False)
    email = forms.EmailField(
        label=_("E-mail"),
        max_length=254,
        required=False,
        help_text=_("With it they can sign in. Without it, they are called."),
        widget=forms.EmailInput(attrs=OFF),
    )
    relationship = forms.ChoiceField(
        label=_("Whose e-mail is it?"),
        choices=[
            ("", _("Their own")),
            (Guardian.Relationship.PARENT, _("A parent's")),
            (Guardian.Relationship.LEGAL_GUARDIAN, _("A legal guardian's")),
            (Guardian.Relationship.PARTNER, _("Their spouse's or partner's")),
            (Guardian.Relationship.CHILD, _("An adult child's")),
            (Guardian.Relationship.OTHER, _("Someone else's")),
        ],
        required=False,
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        whole = names.split(data.get("name", ""))
        apart = names.of(data.get("first_name", ""), data.get("last_name", ""))
        found = apart if apart.first else whole  # what was corrected wins
        place = "name" if "name" in self.fields else "first_name"
        if not found.first and not {"name", "first_name"} & self.errors.keys():
            self.add_error(place, _("Enter the name. One name is enough."))
        elif max(len(found.first), len(found.last)) > names.LONGEST:
            self.add_error(place, _("This name is too long. Shorten it."))
        known = data.get("birth_date") or data.get("phone")
        if not known and not {"birth_date", "phone"} & self.errors.keys():
            self.add_error("birth_date", str(WhoIsIt.message))
        data["first_name"], data["last_name"] = found.first, found.last
        return data

    @property
    def columns(self) -> dict[str, Any]:
        """What `adding.add` takes."""
        return as_columns({key: data for key, data in self.cleaned_data.items() if key != "name"})


class NoteForm(forms.Form):
    """What everyone who works with a client should know."""

    note = forms.CharField(
        label=_("Note to staff"),
        max_length=500,
        required=False,
        help_text=_("Shows on the board. Nothing about health here."),
        widget=forms.Textarea(attrs={"rows": 2, **OFF}),
    )


class MoreForm(NoteForm):
    """What else a clinic may need to know of a client."""

    legal_name = forms.CharField(
        label=_("Legal name"),
        max_length=160,
        required=False,
        help_text=_("If documents must show another name than the one above."),
        widget=forms.TextInput(attrs=OFF),
    )
    pronouns = forms.CharField(
        label=_("Pronouns"), max_length=40, required=False, widget=forms.TextInput(attrs=OFF)
    )
    contact_by = forms.ChoiceField(
        label=_("How to reach them"), choices=Client.ContactBy.choices, required=False
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, **OFF}),
    )
    payer = forms.ModelChoiceField(
        label=_("Who pays"),
        queryset=Payer.objects.none(),
        required=False,
        empty_label=_("They pay themselves"),
    )
    member_number = forms.CharField(
        label=_("Member number"),
        max_length=60,
        required=False,
        help_text=_("Kept encrypted."),
        widget=forms.TextInput(attrs=OFF),
    )
    account_holder = forms.CharField(
        label=_("Account holder"),
        max_length=names.LONGEST * 2,
        required=False,
        help_text=_("If the HSA, FSA or plan is somebody else's."),
        widget=forms.TextInput(attrs=OFF),
    )
    preferred_therapist = forms.ModelChoiceField(
        label=_("Preferred therapist"),
        queryset=Therapist.objects.none(),
        required=False,
        empty_label=_("No preference"),
    )

    def __init__(self, *args: Any, client: Client | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if "payer" in self.fields:
            theirs = client.payer_id if client is not None else None
            offered = Payer.objects.filter(Q(is_active=True) | Q(pk=theirs))
            self.fields["payer"].queryset = offered  # type: ignore[attr-defined]
        if "preferred_therapist" in self.fields:
            known = Therapist.objects.filter(is_active=True)
            if client is not None and client.preferred_therapist_id:
                known |= Therapist.objects.filter(pk=client.preferred_therapist_id)
            self.fields["preferred_therapist"].queryset = known  # type: ignore[attr-defined]

    def clean_contact_by(self) -> str:
        return self.cleaned_data["contact_by"] or Client.ContactBy.EMAIL.value


class NewClientForm(MoreForm, SomebodyForm):
    """A whole record at once; a name and one of the two is still enough."""

    field_order = (
        *SomebodyForm.base_fields,
        *("legal_name", "pronouns", "contact_by", "address", "payer", "member_number"),
        *("account_holder", "preferred_therapist", "note"),
    )


class DetailsForm(MoreForm):
    """A record's details, as they are, to be put right. The e-mail has a page of its own."""

    first_name = forms.CharField(
        label=_("First name"), max_length=names.LONGEST, widget=forms.TextInput(attrs=OFF)
    )
    last_name = forms.CharField(
        label=_("Last name"),
        max_length=names.LONGEST,
        required=False,
        help_text=_("Blank for someone with one name."),
        widget=forms.TextInput(attrs=OFF),
    )
    birth_date = BirthDateField(label=_("Date of birth"), required=False)
    phone = PhoneField(
        label=_("Telephone"), required=False, help_text=_("With its extension, if it has one.")
    )

    field_order = (
        *("first_name", "last_name", "legal_name", "pronouns", "birth_date", "phone"),
        *("contact_by", "address", "payer", "member_number", "account_holder"),
        *("preferred_therapist", "note"),
    )

    def __init__(self, data: Any = None, *, client: Client, only: str = "") -> None:
        """`only`: one of `GROUPS`, to be changed in place."""
        super().__init__(data, client=client, initial=initial_of(client))
        for name in list(self.fields):
            if only and name not in GROUPS[only]:
                del self.fields[name]

    @property
    def columns(self) -> dict[str, Any]:
        """What `change_details` takes."""
        return as_columns(self.cleaned_data)


# What is changed together in place, on the client's page.
GROUPS: dict[str, tuple[str, ...]] = {
    "birth_date": ("birth_date",),
    "phone": ("phone",),
    "contact_by": ("contact_by",),
    "address": ("address",),
    "payer": ("payer", "member_number", "account_holder"),
    "preferred_therapist": ("preferred_therapist",),
}


def initial_of(client: Client) -> dict[str, Any]:
    """The form's fields, as the record has them."""
    plain = ("first_name", "last_name", "legal_name", "pronouns", "birth_date", "contact_by")
    closed = ("member_number", "account_holder", "note")
    found = {name: getattr(client, name) for name in (*plain, "address", *closed)}
    found["phone"] = Phone.of(client.phone, client.phone_extension)
    found["payer"] = client.payer_id
    found["preferred_therapist"] = client.preferred_therapist_id
    return found


def as_columns(data: Mapping[str, Any]) -> dict[str, Any]:
    columns = dict(data)
    if (phone := columns.pop("phone", None)) is not None:
        columns |= {"phone": phone.number, "phone_extension": phone.extension}
    return columns
