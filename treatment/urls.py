from django.urls import path

from treatment import desk, fixes
from treatment.confirming import pages as confirming
from treatment.day import desk as day
from treatment.notes import desk as notes
from treatment.notes import phrase_pages, portal
from treatment.outcomes import pages as outcomes

app_name = "treatment"
urlpatterns = [
    path("desk/today/", day.today, name="today"),
    path("desk/appointments/<uuid:appointment_id>/treatment/", desk.panel, name="panel"),
    path("desk/appointments/<uuid:appointment_id>/check-in/", desk.check_in, name="check-in"),
    path("desk/visits/<uuid:visit_id>/start/", desk.start, name="start"),
    path("desk/visits/<uuid:visit_id>/start/undo/", desk.undo_start, name="undo-start"),
    path("desk/appointments/<uuid:appointment_id>/late/", fixes.late_entry, name="late"),
    path("desk/clients/<uuid:client_id>/past-visit/", fixes.past_visit, name="past-visit"),
    path("desk/visits/<uuid:visit_id>/correct/", fixes.correct, name="correct"),
    path("desk/visits/<uuid:visit_id>/cover/", fixes.cover, name="cover"),
    path("desk/visits/<uuid:visit_id>/take-back/", fixes.take_back, name="take-back"),
    path("desk/clients/<uuid:client_id>/progress/", outcomes.desk, name="progress"),
    path("portal/progress/<uuid:note_id>/", portal.note, name="portal-note"),
    path("portal/progress/<uuid:note_id>/pdf/", portal.pdf, name="portal-note-pdf"),
    path("portal/progress/", outcomes.portal, name="portal-progress"),
    path("desk/phrases/", phrase_pages.page, name="phrases"),
    path("desk/phrases/keep/", phrase_pages.keep, name="phrase-keep"),
    path("desk/visits/<uuid:visit_id>/confirm/", confirming.device, name="confirm"),
    path("desk/visits/<uuid:visit_id>/confirmed/", confirming.confirmed, name="confirmed"),
    path("portal/visits/<uuid:visit_id>/confirm/", confirming.portal, name="confirm-visit"),
    path("desk/visits/<uuid:visit_id>/note/", notes.note, name="note"),
    path("desk/visits/<uuid:visit_id>/note/keep/", notes.keep, name="note-keep"),
    path("desk/visits/<uuid:visit_id>/note/pdf/", notes.pdf, name="note-pdf"),
    path("desk/visits/<uuid:visit_id>/note/copy/", notes.copy, name="note-copy"),
    path("desk/visits/<uuid:visit_id>/", desk.record, name="record"),
]
