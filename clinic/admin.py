"""Configuration tables only; people's records have pages and services of their own."""

from __future__ import annotations

from django.contrib import admin

from clinic.models import Location, Payer, Room, Service, ServiceOption, Technique, Therapist


class ServiceOptionInline(admin.TabularInline):
    model = ServiceOption
    extra = 0


@admin.register(Service)
class ServiceAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "position", "is_active"]
    inlines = [ServiceOptionInline]


@admin.register(Location)
class LocationAdmin(admin.ModelAdmin):
    list_display = ["name", "city", "timezone"]


@admin.register(Room)
class RoomAdmin(admin.ModelAdmin):
    list_display = ["name", "location", "capacity", "is_active"]


@admin.register(Therapist)
class TherapistAdmin(admin.ModelAdmin):
    list_display = ["name", "credential", "is_active"]
    filter_horizontal = ["techniques"]


@admin.register(Technique)
class TechniqueAdmin(admin.ModelAdmin):
    list_display = ["name", "position", "is_active"]


@admin.register(Payer)
class PayerAdmin(admin.ModelAdmin):
    list_display = ["name", "kind", "unit_rule"]
