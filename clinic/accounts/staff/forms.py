from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.models import User
from clinic.models.staff import STAFF_ROLES

if TYPE_CHECKING:
    from clinic.models import Invitation

ROLE_HINT = _(
    "Front desk: clients, the schedule, prescriptions and money. Therapist: the clients they "
    "treat, with their answers. Biller: money, contact details and prescriptions. Manager: "
    "everything except answers."
)


class PersonForm(forms.Form):
    name = forms.CharField(label=_("Name"), max_length=120)
    role = forms.ChoiceField(label=_("Role"), choices=STAFF_ROLES, help_text=ROLE_HINT)

    @classmethod
    def of(cls, user: User, data: Any = None) -> PersonForm:
        return cls(data, initial={"name": user.display_name, "role": user.role})


class InviteForm(PersonForm):
    email = forms.EmailField(label=_("E-mail"), max_length=254)
    field_order = ("name", "email", "role")


class JoinForm(forms.Form):
    """A password, twice, checked by the rules for all passwords."""

    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 12 characters; a few words in a row work well."),
    )
    again = forms.CharField(
        label=_("Repeat the password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, data: Any, *, invitation: Invitation) -> None:
        super().__init__(data)
        # Their name must not be their password.
        self.future_user = User(email=invitation.email, display_name=invitation.name)

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        validate_password(password, self.future_user)
        return password

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, second = data.get("password"), data.get("again")
        if first and second and first != second:
            self.add_error("again", ValidationError(_("The two passwords do not match.")))
        return data
