from django.urls import path

from treatment import desk, fixes
from treatment.confirming import pages as confirming
from treatment.day import desk as day
from treatment.followups import by_link as after
from treatment.followups import desk as follow_ups
from treatment.followups import portal as own_follow_ups
from treatment.function import pages as function
from treatment.letters import by_link as letter_link
from treatment.letters import desk as letters
from treatment.letters import portal as own_letters
from treatment.notes import desk as notes
from treatment.notes import phrase_pages, portal
from treatment.outcomes import pages as outcomes
from treatment.selfcare import desk as selfcare
from treatment.selfcare import portal as own_selfcare

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
    path("desk/clients/<uuid:client_id>/follow-ups/", follow_ups.choice, name="follow-ups"),
    path("desk/follow-ups/<uuid:follow_up_id>/look/", follow_ups.look, name="follow-up-look"),
    path("portal/progress/follow-ups/", own_follow_ups.choice, name="portal-follow-ups"),
    path("portal/progress/last-visit/", own_follow_ups.tell, name="portal-last-visit"),
    path("desk/clients/<uuid:client_id>/activities/", function.desk, name="function"),
    path("desk/activities/<uuid:activity_id>/end/", function.desk_end, name="function-end"),
    path("portal/progress/activities/", function.portal, name="portal-function"),
    path(
        "portal/progress/activities/<uuid:activity_id>/end/",
        function.portal_end,
        name="portal-function-end",
    ),
    path("after/<str:token>/", after.after, name="after"),
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
    path("desk/selfcare/", selfcare.library, name="selfcare"),
    path("desk/selfcare/new/", selfcare.new, name="selfcare-new"),
    path("desk/selfcare/<uuid:exercise_id>/", selfcare.change, name="selfcare-change"),
    path("desk/selfcare/<uuid:exercise_id>/retire/", selfcare.retire, name="selfcare-retire"),
    path(
        "desk/selfcare/<uuid:exercise_id>/bring-back/",
        selfcare.bring_back,
        name="selfcare-bring-back",
    ),
    path("desk/visits/<uuid:visit_id>/self-care/", selfcare.sheet, name="selfcare-sheet"),
    path("portal/self-care/", own_selfcare.given, name="portal-selfcare"),
    path("portal/self-care/panel/", own_selfcare.panel, name="portal-selfcare-panel"),
    path(
        "portal/self-care/<uuid:exercise_id>/done/",
        own_selfcare.tick,
        name="portal-selfcare-tick",
    ),
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
    path("letter/done/", letter_link.done, name="letter-done"),
    path("letter/<str:token>/", letter_link.letter, name="letter-link"),
    path("letter/<str:token>/received/", letter_link.received, name="letter-received"),
    path("letter/<str:token>/renew/", letter_link.renew, name="letter-renew"),
    path("letter/<str:token>/letter.pdf", letter_link.document, name="letter-link-document"),
]
