"""Configuration tables that have no page of their own (those of the diary: booking/diary)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.utils.translation import gettext as _

from clinic import ein
from clinic.models import Location, Payer, Technique

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin):
    list_display = ["name", "city", "timezone"]

    def save_model(self, request: HttpRequest, obj: Location, form: Any, change: bool) -> None:  # noqa: FBT001 - Django's
        obj.ein = ein.tidy(obj.ein)
        super().save_model(request, obj, form, change)
        if obj.ein and not ein.is_usual(obj.ein):
            text = _("%(ein)s does not look like an EIN (12-3456789). It is kept; please check it.")
            self.message_user(request, text % {"ein": obj.ein}, messages.WARNING)


@admin.register(Technique)
class TechniqueAdmin(admin.ModelAdmin):
    list_display = ["name", "position", "is_active"]


@admin.register(Payer)
class PayerAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "unit_rule"]
