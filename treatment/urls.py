from django.urls import path

from treatment import desk, fixes
from treatment.day import desk as day
from treatment.letters import by_link
from treatment.letters import desk as letters
from treatment.letters import portal as own_letters
from treatment.notes import desk as notes
from treatment.notes import portal
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
    path("portal/progress/", outcomes.portal, name="portal-progress"),
    path("desk/visits/<uuid:visit_id>/note/", notes.note, name="note"),
    path("desk/visits/<uuid:visit_id>/note/keep/", notes.keep, name="note-keep"),
    path("desk/visits/<uuid:visit_id>/note/copy/", notes.copy, name="note-copy"),
    path("desk/visits/<uuid:visit_id>/", desk.record, name="record"),
    path("desk/clients/<uuid:client_id>/letters/", letters.letters, name="letters"),
    path("desk/prescriptions/<uuid:prescription_id>/letter/", letters.begin, name="letter-begin"),
    path("desk/letters/<uuid:letter_id>/", letters.letter, name="letter"),
    path("desk/letters/<uuid:letter_id>/send/", letters.send, name="letter-send"),
    path("desk/letters/<uuid:letter_id>/withdraw/", letters.withdraw, name="letter-withdraw"),
    path(
        "desk/letters/sent/<uuid:sending_id>/letter.pdf",
        letters.document,
        name="letter-document",
    ),
    path("portal/letters/", own_letters.letters, name="portal-letters"),
    path("portal/letters/<uuid:letter_id>/", own_letters.letter, name="portal-letter"),
    path("letter/done/", by_link.done, name="letter-done"),
    path("letter/<str:token>/", by_link.letter, name="letter-link"),
    path("letter/<str:token>/received/", by_link.received, name="letter-received"),
    path("letter/<str:token>/renew/", by_link.renew, name="letter-renew"),
    path("letter/<str:token>/letter.pdf", by_link.document, name="letter-link-document"),
]
