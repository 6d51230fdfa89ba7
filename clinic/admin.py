"""Configuration tables that have no page of their own (those of the diary: booking/diary)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext as _

from clinic import access
from clinic.audit.configuration import AuditedAdmin
from clinic.documents import letterhead
from clinic.ids import ein, npi
from clinic.models import Location, Payer, Technique
from clinic.web.fields import PhoneField

if TYPE_CHECKING:
    from django.http import HttpRequest


class LocationForm(forms.ModelForm):
    """This is on every letterhead and bill: a typo is caught here or by a payer."""

    phone = PhoneField(label=_("Phone"), extension=False)
    logo_file = forms.FileField(
        label=_("Logo"),
        required=False,
        help_text=_("PNG, JPEG or HEIC, at most 2 MB. It stands on white paper."),
    )
    no_logo = forms.BooleanField(label=_("Print no logo of ours"), required=False)

    class Meta:
        model = Location
        fields = "__all__"  # noqa: DJ007 - the configuration page shows the whole row

    def clean_logo_file(self) -> bytes | None:
        """The picture drawn again, as it is kept."""
        sent = self.cleaned_data["logo_file"]
        if sent is None:
            return None
        try:
            return letterhead.cleaned(sent.read(letterhead.MOST + 1))
        except letterhead.NoLogo as error:
            raise forms.ValidationError(str(error)) from error

    def clean_ein(self) -> str:
        number = ein.tidy(self.cleaned_data["ein"])
        if number and not ein.is_shaped(number):
            raise forms.ValidationError(_("An EIN has nine digits, such as 12-3456789."))
        return number

    def clean_phone(self) -> str:
        number: str = self.cleaned_data["phone"].number
        return number

    def clean_npi(self) -> str:
        number = npi.tidy(self.cleaned_data["npi"])
        if number and not npi.is_valid(number):
            text = _("That is not an NPI. An NPI has ten digits; the last is a check digit.")
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
        png = form.cleaned_data["logo_file"]
        if png or (form.cleaned_data["no_logo"] and obj.logo):
            letterhead.set_logo(actor=access.user_of(request), place=obj, png=png)
        if obj.ein and not ein.is_known(obj.ein):
            text = _("No known EIN begins with %(prefix)s. Please check it again.")
            messages.warning(request, text % {"prefix": obj.ein[:2]})


@admin.register(Technique)
class TechniqueAdmin(AuditedAdmin):
    list_display = ["name", "position", "is_active"]


@admin.register(Payer)
class PayerAdmin(AuditedAdmin):
    list_display = ["name", "kind", "unit_rule"]
