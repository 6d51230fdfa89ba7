"""Form input about a client's own details; `services.py` decides."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from clinic.ids.phone import Phone
from clinic.models import Client, Therapist
from clinic.web.fields import PhoneField

if TYPE_CHECKING:
    from uuid import UUID

ADDRESS_LONGEST = 500


class OwnDetailsForm(forms.Form):
    """What clients change themselves."""

    pronouns = forms.CharField(
        label=_("Pronouns"),
        max_length=40,
        required=False,
        help_text=_("Such as she/her. Optional."),
    )
    phone = PhoneField(
        label=_("Telephone"),
        required=False,
        help_text=_("With an extension, if there is one: (212) 555-0142 ext. 89"),
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    contact_by = forms.ChoiceField(
        label=_("How we reach you"),
        choices=[
            (Client.ContactBy.EMAIL, _("Write me an e-mail")),
            (Client.ContactBy.CALL, _("Call me instead of writing")),
        ],
        widget=forms.RadioSelect,
        help_text=_(
            "Sign-in codes and warnings about your account always come by e-mail, so that they"
            " reach you at once."
        ),
    )
    address = forms.CharField(
        label=_("Address"),
        max_length=ADDRESS_LONGEST,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "autocomplete": "street-address"}),
    )
    preferred_therapist = forms.ModelChoiceField(
        label=_("Therapist you prefer"),
        queryset=Therapist.objects.none(),
        required=False,
        empty_label=_("Anyone"),
    )

    def __init__(self, data: Any, *, client: Client) -> None:
        shown = ("pronouns", "contact_by", "address")
        initial: dict[str, Any] = {name: getattr(client, name) for name in shown}
        initial["phone"] = Phone.of(client.phone, client.phone_extension)
        initial["preferred_therapist"] = client.preferred_therapist_id
        super().__init__(data, initial=initial)
        self.fields["preferred_therapist"].queryset = _therapists(  # type: ignore[attr-defined]
            client.preferred_therapist_id
        )

    def changes(self) -> dict[str, Any]:
        """As the columns hold them."""
        data = dict(self.cleaned_data)
        phone = data.pop("phone")
        return {**data, "phone": phone.number, "phone_extension": phone.extension}


def _therapists(chosen: UUID | None) -> Any:
    """Who takes bookings, and the one who is chosen already."""
    return Therapist.objects.filter(Q(is_active=True) | Q(pk=chosen))
