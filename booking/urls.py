from __future__ import annotations

from django.urls import path

from booking import desk, desk_book, link_pages, portal, slots, views, walk_in
from booking.calendars import views as calendar_pages
from booking.couples import urls as couples_urls
from booking.series import urls as series_urls
from booking.waitlist.urls import urlpatterns as waiting

app_name = "booking"
urlpatterns = [
    *waiting,
    *couples_urls.urlpatterns,
    *series_urls.urlpatterns,
    path("book/", views.start, name="start"),
    path("book/slots.json", slots.slots_json, name="slots"),
    path("book/details/", views.details, name="details"),
    path("book/done/", views.done, name="done"),
    path("book/done/appointment.ics", views.calendar, name="calendar"),
    path("book/visit/done/", link_pages.done, name="link-done"),
    path("book/visit/<str:token>/", link_pages.visit, name="link"),
    path("book/visit/<str:token>/move/", link_pages.move, name="link-move"),
    path("book/visit/<str:token>/cancel/", link_pages.cancel, name="link-cancel"),
    path("book/<uuid:option_id>/", views.time, name="time"),
    path("portal/visits/", portal.visit_list, name="visit-list"),
    path("portal/visits/next/", portal.panel, name="portal-panel"),
    path("portal/visits/<uuid:appointment_id>/", portal.visit_detail, name="visit-detail"),
    path("portal/visits/<uuid:appointment_id>/move/", portal.visit_move, name="visit-move"),
    path("portal/visits/<uuid:appointment_id>/cancel/", portal.visit_cancel, name="visit-cancel"),
    path(
        "portal/visits/<uuid:appointment_id>/self-pay/",
        portal.visit_self_pay,
        name="visit-self-pay",
    ),
    path(
        "portal/visits/<uuid:appointment_id>/appointment.ics",
        portal.visit_calendar,
        name="visit-calendar",
    ),
    path("portal/visits/calendar/", calendar_pages.mine, name="calendar-mine"),
    path("portal/visits/calendar/link/", calendar_pages.mine_make, name="calendar-make"),
    path("portal/visits/calendar/revoke/", calendar_pages.mine_revoke, name="calendar-revoke"),
    path("calendar/<str:token>.ics", calendar_pages.feed, name="feed"),
    path("desk/calendar/", calendar_pages.desk, name="desk-calendar"),
    path("desk/calendar/link/", calendar_pages.desk_make, name="desk-calendar-make"),
    path("desk/calendar/revoke/", calendar_pages.desk_revoke, name="desk-calendar-revoke"),
    path("desk/calendar/other/", calendar_pages.external_connect, name="external-connect"),
    path("desk/calendar/other/again/", calendar_pages.external_again, name="external-again"),
    path(
        "desk/calendar/other/remove/",
        calendar_pages.external_disconnect,
        name="external-disconnect",
    ),
    path("desk/", desk.day, name="day"),
    path("desk/walk-in/", walk_in.walk_in, name="walk-in"),
    path("desk/book/", desk_book.who, name="desk-who"),
    path("desk/book/<uuid:client_id>/", desk_book.what, name="desk-what"),
    path("desk/clients/<uuid:client_id>/visits/", desk.client_panel, name="client-panel"),
    path("desk/appointments/<uuid:appointment_id>/", desk.appointment_detail, name="appointment"),
    path(
        "desk/appointments/<uuid:appointment_id>/mark/",
        desk.appointment_mark,
        name="appointment-mark",
    ),
    path(
        "desk/appointments/<uuid:appointment_id>/move/",
        desk.appointment_move,
        name="appointment-move",
    ),
    path(
        "desk/appointments/<uuid:appointment_id>/cancel/",
        desk.appointment_cancel,
        name="appointment-cancel",
    ),
    path(
        "desk/appointments/<uuid:appointment_id>/self-pay/",
        desk.appointment_self_pay,
        name="appointment-self-pay",
    ),
]
