from __future__ import annotations

from django.urls import path

from booking.calendars import views as calendar_pages
from booking.desk import appointment, book, walk_in
from booking.models import SEATS
from booking.portal import links as visit_links
from booking.portal import views as portal
from booking.series import booked
from booking.series import views as series
from booking.times import slots
from booking.visitor import views
from booking.waitlist.urls import urlpatterns as waiting

TWO = {"seats": SEATS}  # the same pages for two at the same time
VISIT, STAFF = "portal/visits/<uuid:appointment_id>", "desk/appointments/<uuid:appointment_id>"
BOOK, CLIENT = "book/for-two", "desk/book/<uuid:client_id>"
SERIES, ID = "portal/visits/series", "<uuid:series_id>"

app_name = "booking"
urlpatterns = [
    *waiting,
    path(f"{SERIES}/", series.plan, name="series"),
    path(f"{SERIES}/{ID}/", booked.detail, name="series-detail"),
    path(f"{SERIES}/{ID}/cancel/", booked.cancel, name="series-cancel"),
    path(f"{SERIES}/{ID}/appointments.ics", booked.calendar, name="series-calendar"),
    path(f"{CLIENT}/series/", series.desk_plan, name="desk-series"),
    path(f"{CLIENT}/series/{ID}/", booked.desk_detail, name="desk-series-detail"),
    path(f"{CLIENT}/series/{ID}/cancel/", booked.desk_cancel, name="desk-series-cancel"),
    path("book/", views.start, name="start"),
    path("book/slots.json", slots.slots_json, name="slots"),
    path("book/details/", views.details, name="details"),
    path("book/done/", views.done, name="done"),
    path("book/done/appointment.ics", views.calendar, name="calendar"),
    path(f"{BOOK}/details/", views.details, TWO, name="two-details"),
    path(f"{BOOK}/done/", views.done, TWO, name="two-done"),
    path(f"{BOOK}/done/<int:seat>/appointment.ics", views.calendar, TWO, name="two-calendar"),
    path(f"{BOOK}/<uuid:option_id>/", views.time, TWO, name="two-time"),
    path("book/visit/done/", visit_links.done, name="link-done"),
    path("book/visit/<str:token>/", visit_links.visit, name="link"),
    path("book/visit/<str:token>/move/", visit_links.move, name="link-move"),
    path("book/visit/<str:token>/cancel/", visit_links.cancel, name="link-cancel"),
    path("book/<uuid:option_id>/", views.time, name="time"),
    path("portal/visits/", portal.visit_list, name="visit-list"),
    path("portal/visits/next/", portal.panel, name="portal-panel"),
    path(f"{VISIT}/", portal.visit_detail, name="visit-detail"),
    path(f"{VISIT}/move/", portal.visit_move, name="visit-move"),
    path(f"{VISIT}/cancel/", portal.visit_cancel, name="visit-cancel"),
    path(f"{VISIT}/both/move/", portal.visit_move, TWO, name="visit-move-both"),
    path(f"{VISIT}/both/cancel/", portal.visit_cancel, TWO, name="visit-cancel-both"),
    path(f"{VISIT}/self-pay/", portal.visit_self_pay, name="visit-self-pay"),
    path(f"{VISIT}/appointment.ics", portal.visit_calendar, name="visit-calendar"),
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
    path("desk/", appointment.day, name="day"),
    path("desk/walk-in/", walk_in.walk_in, name="walk-in"),
    path("desk/book/", book.who, name="desk-who"),
    path(f"{CLIENT}/", book.what, name="desk-what"),
    path(f"{CLIENT}/with/", book.who, name="desk-partner"),
    path(f"{CLIENT}/with/<uuid:partner_id>/", book.what, name="desk-two"),
    path(f"{STAFF}/", appointment.appointment_detail, name="appointment"),
    path(f"{STAFF}/mark/", appointment.appointment_mark, name="appointment-mark"),
    path(f"{STAFF}/move/", appointment.appointment_move, name="appointment-move"),
    path(f"{STAFF}/cancel/", appointment.appointment_cancel, name="appointment-cancel"),
    path(f"{STAFF}/both/move/", appointment.appointment_move, TWO, name="appointment-move-both"),
    path(
        f"{STAFF}/both/cancel/", appointment.appointment_cancel, TWO, name="appointment-cancel-both"
    ),
    path(f"{STAFF}/again/", appointment.appointment_again, name="appointment-again"),
    path(f"{STAFF}/self-pay/", appointment.appointment_self_pay, name="appointment-self-pay"),
]
