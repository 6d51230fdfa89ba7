from __future__ import annotations

from django.urls import path

from booking.series import after as series_after
from booking.series import views as series_views

urlpatterns = [
    path("portal/visits/series/", series_views.plan, name="series"),
    path("portal/visits/series/<uuid:series_id>/", series_after.detail, name="series-detail"),
    path(
        "portal/visits/series/<uuid:series_id>/cancel/", series_after.cancel, name="series-cancel"
    ),
    path(
        "portal/visits/series/<uuid:series_id>/appointments.ics",
        series_after.calendar,
        name="series-calendar",
    ),
    path("desk/book/<uuid:client_id>/series/", series_views.desk_plan, name="desk-series"),
    path(
        "desk/book/<uuid:client_id>/series/<uuid:series_id>/",
        series_after.desk_detail,
        name="desk-series-detail",
    ),
    path(
        "desk/book/<uuid:client_id>/series/<uuid:series_id>/cancel/",
        series_after.desk_cancel,
        name="desk-series-cancel",
    ),
]
