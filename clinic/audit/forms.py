from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext_lazy as _

from clinic import access
from clinic.audit.words import GROUPS
from clinic.models import Client, User
from clinic.web.fields import DayField

if TYPE_CHECKING:
    UserField = forms.ModelChoiceField[User]
else:
    UserField = forms.ModelChoiceField


class Colleagues(UserField):
    def label_from_instance(self, obj: User) -> str:
        return obj.display_name or obj.email


class AuditForm(forms.Form):
    """What to search the audit log for. A client is named by id: names stay out of URLs."""

    actor = Colleagues(
        label=_("Who"),
        required=False,
        empty_label=_("Anyone"),
        queryset=access.staff_logins().order_by("display_name", "email"),
    )
    group = forms.ChoiceField(
        label=_("What"),
        required=False,
        choices=[("", _("Anything")), *((key, group.label) for key, group in GROUPS.items())],
    )
    first = DayField(_("From"), required=False)
    last = DayField(_("Until"), required=False)
    client = forms.ModelChoiceField(
        Client.everyone.all(), required=False, widget=forms.HiddenInput()
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", _("The last day is before the first."))
        return data
