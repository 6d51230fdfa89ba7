"""The link a prescriber gets; the names are under `prescriptions:`."""

from __future__ import annotations

from django.urls import path

from prescriptions.prescribers.by_link import views

urlpatterns = [
    path("rx/done/", views.done, name="rx-done"),
    path("rx/<str:token>/", views.order, name="rx"),
    path("rx/<str:token>/hints/", views.hints, name="rx-hints"),
    path("rx/<str:token>/decline/", views.decline, name="rx-decline"),
]
