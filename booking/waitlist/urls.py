"""URLs of the waitlist; included by the diary's."""

from __future__ import annotations

from django.urls import path

from booking.waitlist import desk, views

ENTRY = "desk/waitlist/<uuid:entry_id>"

urlpatterns = [
    path("book/waitlist/", views.who, name="waitlist-who"),
    path("book/offer/<uuid:token>/", views.offer, name="offer"),
    path("portal/visits/waitlist/", views.overview, name="waitlist"),
    path("portal/visits/waitlist/<uuid:entry_id>/leave/", views.leave, name="waitlist-leave"),
    path("desk/waitlist/", desk.overview, name="desk-waitlist"),
    path("desk/waitlist/add/", desk.find, name="desk-waitlist-find"),
    path("desk/waitlist/add/<uuid:client_id>/", desk.add, name="desk-waitlist-add"),
    path(f"{ENTRY}/remove/", desk.remove, name="desk-waitlist-remove"),
    path(f"{ENTRY}/offer/", desk.offer, name="desk-waitlist-offer"),
    path(
        "desk/clients/<uuid:client_id>/waitlist/", desk.client_panel, name="waitlist-client-panel"
    ),
]
