"""Addresses of the waitlist; part of the diary's own."""

from __future__ import annotations

from django.urls import path

from booking.waitlist import desk as desk_waitlist
from booking.waitlist import views as waitlist_pages

urlpatterns = [
    path("book/waitlist/", waitlist_pages.who, name="waitlist-who"),
    path("book/offer/<uuid:token>/", waitlist_pages.offer, name="offer"),
    path("portal/visits/waitlist/", waitlist_pages.overview, name="waitlist"),
    path(
        "portal/visits/waitlist/<uuid:entry_id>/leave/",
        waitlist_pages.leave,
        name="waitlist-leave",
    ),
    path("desk/waitlist/", desk_waitlist.overview, name="desk-waitlist"),
    path("desk/waitlist/add/", desk_waitlist.find, name="desk-waitlist-find"),
    path("desk/waitlist/add/<uuid:client_id>/", desk_waitlist.add, name="desk-waitlist-add"),
    path(
        "desk/waitlist/<uuid:entry_id>/remove/",
        desk_waitlist.remove,
        name="desk-waitlist-remove",
    ),
    path("desk/waitlist/<uuid:entry_id>/offer/", desk_waitlist.offer, name="desk-waitlist-offer"),
    path(
        "desk/clients/<uuid:client_id>/waitlist/",
        desk_waitlist.client_panel,
        name="waitlist-client-panel",
    ),
]
