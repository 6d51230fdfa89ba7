from __future__ import annotations

from django.urls import path

from booking import views
from booking.couples import desk as desk_two
from booking.couples import portal as portal_two
from booking.couples import views as views_two

urlpatterns = [
    path("book/for-two/details/", views_two.details, name="two-details"),
    path("book/for-two/done/", views_two.done, name="two-done"),
    path("book/for-two/done/<int:seat>/appointment.ics", views_two.calendar, name="two-calendar"),
    path("book/for-two/<uuid:option_id>/", views.time, {"two": True}, name="two-time"),
    path("portal/visits/<uuid:appointment_id>/both/move/", portal_two.move, name="visit-move-both"),
    path(
        "portal/visits/<uuid:appointment_id>/both/cancel/",
        portal_two.cancel,
        name="visit-cancel-both",
    ),
    path("desk/book/<uuid:client_id>/with/", desk_two.partner, name="desk-partner"),
    path("desk/book/<uuid:client_id>/with/<uuid:partner_id>/", desk_two.what, name="desk-two"),
    path(
        "desk/appointments/<uuid:appointment_id>/both/move/",
        desk_two.move,
        name="appointment-move-both",
    ),
    path(
        "desk/appointments/<uuid:appointment_id>/both/cancel/",
        desk_two.cancel,
        name="appointment-cancel-both",
    ),
]
