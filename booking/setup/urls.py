from __future__ import annotations

from django.urls import path

from booking.setup.views import catalog, hours, records, time_off

app_name = "diary"
urlpatterns = [
    path("", hours.overview, name="overview"),
    path("hours/", hours.hours_list, name="hours-list"),
    path("hours/<uuid:therapist_id>/", hours.hours_of, name="hours"),
    path("hours/<uuid:therapist_id>/week/", hours.hours_week, name="week"),
    path("hours/<uuid:therapist_id>/date/", hours.hours_date, name="date"),
    path("time-off/", time_off.time_off_list, name="time-off"),
    path("time-off/new/", time_off.time_off_new, name="time-off-new"),
    path("time-off/<uuid:time_off_id>/", time_off.time_off_change, name="time-off-change"),
    path(
        "time-off/<uuid:time_off_id>/remove/",
        time_off.time_off_remove,
        name="time-off-remove",
    ),
    path("closed/", time_off.closed_list, name="closed"),
    path("closed/new/", time_off.closed_new, name="closed-new"),
    path("closed/holidays/", time_off.closed_holidays, name="holidays"),
    path("closed/<uuid:closed_id>/open/", time_off.closed_open, name="closed-open"),
    path("rooms/", catalog.room_list, name="rooms"),
    path("rooms/new/", catalog.room, name="room-new"),
    path("rooms/<uuid:room_id>/", catalog.room, name="room"),
    path("therapists/", catalog.therapist_list, name="therapists"),
    path("therapists/new/", catalog.therapist, name="therapist-new"),
    path("therapists/<uuid:therapist_id>/", catalog.therapist, name="therapist"),
    path("trainings/new/", catalog.training, name="training-new"),
    path("trainings/<uuid:training_id>/", catalog.training, name="training"),
    path("services/", catalog.service_list, name="services"),
    path("services/new/", catalog.service, name="service-new"),
    path("services/<uuid:service_id>/", catalog.service, name="service"),
    path("services/<uuid:service_id>/lengths/new/", catalog.option_new, name="option-new"),
    path("lengths/<uuid:option_id>/", catalog.option, name="option"),
    path("payers/", records.payer_list, name="payers"),
    path("payers/new/", records.payer, name="payer-new"),
    path("payers/<uuid:payer_id>/", records.payer, name="payer"),
    path("techniques/", records.technique_list, name="techniques"),
    path("techniques/new/", records.technique, name="technique-new"),
    path("techniques/<uuid:technique_id>/", records.technique, name="technique"),
    path("rules/", catalog.rules, name="rules"),
]
