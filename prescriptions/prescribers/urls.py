"""Pages about prescribers; their names are under `prescriptions:`."""

from __future__ import annotations

from django.urls import path

from prescriptions.prescribers import desk, views
from prescriptions.prescribers.by_link import urls as by_link

urlpatterns = [
    *by_link.urlpatterns,
    path("portal/prescriptions/ask/", views.ask, name="ask"),
    path("portal/prescriptions/ask/sign/", views.ask_sign, name="ask-sign"),
    path("portal/prescriptions/shared/", views.shared, name="shared"),
    path(
        "portal/prescriptions/shared/<uuid:consent_id>/withdraw/",
        views.withdraw_consent,
        name="consent-withdraw",
    ),
    path("portal/prescriptions/requests/<uuid:request_id>/", views.request_detail, name="request"),
    path(
        "prescriptions/requests/<uuid:request_id>/form.pdf",
        views.request_document,
        name="request-document",
    ),
    path("desk/prescribers/", desk.prescriber_list, name="prescriber-list"),
    path("desk/prescribers/new/", desk.prescriber_new, name="prescriber-new"),
    path("desk/prescribers/hint/", desk.prescriber_hint, name="prescriber-hint"),
    path("desk/prescribers/<uuid:prescriber_id>/", desk.prescriber, name="prescriber"),
    path(
        "desk/prescribers/<uuid:prescriber_id>/retire/",
        desk.prescriber_retire,
        name="prescriber-retire",
    ),
    path("desk/clients/<uuid:client_id>/prescriptions/ask/", desk.ask_who, name="desk-ask-who"),
    path(
        "desk/clients/<uuid:client_id>/prescriptions/ask/<uuid:prescriber_id>/",
        desk.ask,
        name="desk-ask",
    ),
    path(
        "desk/prescriptions/requests/<uuid:request_id>/", desk.request_detail, name="desk-request"
    ),
]
