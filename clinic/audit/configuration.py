"""Configuration pages whose changes are audited like any other, with before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from clinic.audit import services as audit

if TYPE_CHECKING:
    from django.db.models import Model, QuerySet
    from django.forms import ModelForm
    from django.http import HttpRequest


class AuditedAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm[Any], change: Any) -> None:
        fields = [field.name for field in obj._meta.concrete_fields if field.editable]
        before = None
        if change:
            before = audit.snapshot(type(obj)._default_manager.get(pk=obj.pk), fields)
        super().save_model(request, obj, form, change)
        if before is None:
            audit.record(request.user, "setup.added", obj)
        else:
            audit.changed(request.user, "setup.changed", obj, before)

    def delete_model(self, request: HttpRequest, obj: Model) -> None:
        audit.record(request.user, "setup.removed", obj)
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        for obj in queryset:
            audit.record(request.user, "setup.removed", obj)
        super().delete_queryset(request, queryset)
