"""Configuration tables that have no page of their own (those of the diary: booking/diary)."""

from __future__ import annotations

from django.contrib import admin

from clinic.models import Location, Payer, Technique


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin):
    list_display = ["name", "city", "timezone"]


@admin.register(Technique)
class TechniqueAdmin(admin.ModelAdmin):
    list_display = ["name", "position", "is_active"]


@admin.register(Payer)
class PayerAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "unit_rule"]
