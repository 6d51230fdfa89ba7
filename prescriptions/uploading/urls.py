"""Sending a prescription; the names are under `prescriptions:`."""

from __future__ import annotations

from django.urls import path

from prescriptions.uploading import desk, views

urlpatterns = [
    path("portal/prescriptions/upload/", views.upload, name="upload"),
    path(
        "portal/prescriptions/uploads/<uuid:upload_id>/",
        views.upload_progress,
        name="upload-progress",
    ),
    path("portal/prescriptions/<uuid:prescription_id>/again/", views.send_again, name="send-again"),
    path(
        "desk/prescriptions/uploads/<uuid:upload_id>/",
        desk.upload_progress,
        name="desk-upload-progress",
    ),
    path("desk/clients/<uuid:client_id>/prescriptions/upload/", desk.upload, name="desk-upload"),
]
