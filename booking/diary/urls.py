from __future__ import annotations

from django.urls import path

from booking.diary import absence_views, setup_views, views

app_name = "diary"
urlpatterns = [
    path("", views.overview, name="overview"),
    path("hours/", views.hours_list, name="hours-list"),
    path("hours/<uuid:therapist_id>/", views.hours_of, name="hours"),
    path("hours/<uuid:therapist_id>/week/", views.hours_week, name="week"),
    path("hours/<uuid:therapist_id>/date/", views.hours_date, name="date"),
    path("time-off/", absence_views.time_off_list, name="time-off"),
    path("time-off/new/", absence_views.time_off_new, name="time-off-new"),
    path("time-off/<uuid:time_off_id>/", absence_views.time_off_change, name="time-off-change"),
    path(
        "time-off/<uuid:time_off_id>/remove/",
        absence_views.time_off_remove,
        name="time-off-remove",
    ),
    path("closed/", absence_views.closed_list, name="closed"),
    path("closed/new/", absence_views.closed_new, name="closed-new"),
    path("closed/holidays/", absence_views.closed_holidays, name="holidays"),
    path("closed/<uuid:closed_id>/open/", absence_views.closed_open, name="closed-open"),
    path("rooms/", setup_views.room_list, name="rooms"),
    path("rooms/new/", setup_views.room, name="room-new"),
    path("rooms/<uuid:room_id>/", setup_views.room, name="room"),
    path("therapists/", setup_views.therapist_list, name="therapists"),
    path("therapists/new/", setup_views.therapist, name="therapist-new"),
    path("therapists/<uuid:therapist_id>/", setup_views.therapist, name="therapist"),
    path("trainings/new/", setup_views.training, name="training-new"),
    path("trainings/<uuid:training_id>/", setup_views.training, name="training"),
    path("services/", setup_views.service_list, name="services"),
    path("services/new/", setup_views.service, name="service-new"),
    path("services/<uuid:service_id>/", setup_views.service, name="service"),
    path("services/<uuid:service_id>/lengths/new/", setup_views.option_new, name="option-new"),
    path("lengths/<uuid:option_id>/", setup_views.option, name="option"),
    path("rules/", setup_views.rules, name="rules"),
]
