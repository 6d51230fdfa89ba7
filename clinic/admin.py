"""Configuration tables that have no page of their own (those of the diary: booking/diary)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext as _

from clinic import ein, npi
from clinic.audited import AuditedAdmin
from clinic.models import Location, Payer, Technique

if TYPE_CHECKING:
    from django.http import HttpRequest


class LocationForm(forms.ModelForm):
    """What stands on every letterhead and bill: a slip of a digit is found here or by a payer."""

    class Meta:
        model = Location
        fields = "__all__"  # noqa: DJ007 - the configuration page shows the whole row

    def clean_ein(self) -> str:
        number = ein.tidy(self.cleaned_data["ein"])
        if number and not ein.is_shaped(number):
            raise forms.ValidationError(_("An EIN has nine digits, such as 12-3456789."))
        return number

    def clean_npi(self) -> str:
        number = npi.tidy(self.cleaned_data["npi"])
        if number and not npi.is_valid(number):
            text = _("That is not an NPI: ten digits of which the last is a check digit.")
            raise forms.ValidationError(text)
        return number


@admin.register(Location)
class LocationAdmin(AuditedAdmin):
    form = LocationForm
    list_display = ["name", "city", "timezone"]

    def save_model(
        self, request: HttpRequest, obj: Location, form: forms.ModelForm, change: Any
    ) -> None:
        super().save_model(request, obj, form, change)
        if obj.ein and not ein.is_known(obj.ein):
            text = _("No EIN is known to begin with %(prefix)s. Please compare it once more.")
            messages.warning(request, text % {"prefix": obj.ein[:2]})


@admin.register(Technique)
class TechniqueAdmin(AuditedAdmin):
    list_display = ["name", "position", "is_active"]


@admin.register(Payer)
class PayerAdmin(AuditedAdmin):
    list_display = ["name", "kind", "unit_rule"]
