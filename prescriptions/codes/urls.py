"""Releases of the diagnosis codes; the name is under `prescriptions:`."""

from __future__ import annotations

from django.urls import path

from prescriptions.codes import desk

urlpatterns = [
    path("desk/diary/codes/", desk.releases, name="code-releases"),
]
