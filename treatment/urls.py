from django.urls import path

from treatment import desk

app_name = "treatment"
urlpatterns = [
    path("desk/today/", desk.today, name="today"),
    path("desk/appointments/<uuid:appointment_id>/treatment/", desk.panel, name="panel"),
    path("desk/appointments/<uuid:appointment_id>/check-in/", desk.check_in, name="check-in"),
    path("desk/visits/<uuid:visit_id>/start/", desk.start, name="start"),
    path("desk/visits/<uuid:visit_id>/", desk.record, name="record"),
]
