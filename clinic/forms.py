from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils.translation import gettext_lazy as _

from clinic.audit_words import GROUPS
from clinic.dates import FIRST, LAST
from clinic.models import Client, Role, User

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise


class ClientSearchForm(forms.Form):
    q = forms.CharField(
        label=_("Name, e-mail, phone or date of birth"), max_length=100, required=False, strip=True
    )


if TYPE_CHECKING:
    UserField = forms.ModelChoiceField[User]
else:
    UserField = forms.ModelChoiceField


class Colleagues(UserField):
    def label_from_instance(self, obj: User) -> str:
        return obj.display_name or obj.email


def _day(label: StrOrPromise) -> forms.DateField:
    other_year = _("Check the year of this date.")
    return forms.DateField(
        label=label,
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        validators=[MinValueValidator(FIRST, other_year), MaxValueValidator(LAST, other_year)],
    )


class AuditForm(forms.Form):
    """What to look for in the record. A client is named by id: names stay out of addresses."""

    actor = Colleagues(
        label=_("Who"),
        required=False,
        empty_label=_("Anybody"),
        queryset=User.objects.exclude(role=Role.CLIENT).order_by("display_name", "email"),
    )
    group = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[("", _("Anything")), *((key, group.label) for key, group in GROUPS.items())],
    )
    first = _day(_("From"))
    last = _day(_("Until"))
    client = forms.ModelChoiceField(
        Client.everyone.all(), required=False, widget=forms.HiddenInput()
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day comes before the first."))
        return data
