"""Procedures the clinic bills under. Receipts and payments have their own pages."""

from __future__ import annotations

from django.contrib import admin

from billing.models import Procedure
from billing.procedures.desk import ProcedureForm
from clinic.audit.configuration import AuditedAdmin


@admin.register(Procedure)
class ProcedureAdmin(AuditedAdmin):
    form = ProcedureForm
    list_display = ["code", "label", "timed", "position"]
    filter_horizontal = ["techniques"]
