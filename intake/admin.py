from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib import admin

from intake.models import Questionnaire

if TYPE_CHECKING:
    from django.http import HttpRequest


@admin.register(Questionnaire)
class QuestionnaireAdmin(admin.ModelAdmin):
    """Read-only: versions are published by `load_questionnaire`."""

    list_display = ["title", "slug", "version", "published_at"]
    readonly_fields = ["title", "slug", "version", "published_at", "definition"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
