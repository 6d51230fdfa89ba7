"""Configuration only: hours, time off and policy. Appointments change through the services."""

from __future__ import annotations

from django.contrib import admin

from booking.models import BookingPolicy, TimeOff, WorkingHours


@admin.register(WorkingHours)
class WorkingHoursAdmin(admin.ModelAdmin):
    list_display = ["therapist_name", "weekday", "starts", "ends", "location_name"]
    list_filter = ["therapist__name", "location__name", "weekday"]
    list_select_related = ["therapist", "location"]

    @admin.display(description="therapist", ordering="therapist__name")
    def therapist_name(self, hours: WorkingHours) -> str:
        return hours.therapist.name

    @admin.display(description="location", ordering="location__name")
    def location_name(self, hours: WorkingHours) -> str:
        return hours.location.name


@admin.register(TimeOff)
class TimeOffAdmin(admin.ModelAdmin):
    list_display = ["whose", "starts_at", "ends_at", "reason"]
    list_select_related = ["therapist", "location"]
    date_hierarchy = "starts_at"

    @admin.display(description="who")
    def whose(self, off: TimeOff) -> str:
        return off.therapist.name if off.therapist else off.location.name


@admin.register(BookingPolicy)
class BookingPolicyAdmin(admin.ModelAdmin):
    list_display = ["where", "slot_step", "min_notice", "horizon_days", "cancel_cutoff"]
    list_select_related = ["location"]

    @admin.display(description="location")
    def where(self, policy: BookingPolicy) -> str:
        return policy.location.name
