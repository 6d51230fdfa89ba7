from django.urls import path

from intake import desk, views
from intake.aloud import desk as aloud
from intake.paper import desk as paper
from intake.scans import desk as scans
from intake.tablet import desk as tablet_desk
from intake.tablet import views as tablet

app_name = "intake"

urlpatterns = [
    path("portal/intake/", views.start, name="start"),
    path("portal/intake/panel/", views.portal_panel, name="portal-panel"),
    path("portal/intake/<uuid:response_id>/review/", views.review, name="review"),
    path("portal/intake/<uuid:response_id>/stop/", views.emergency, name="emergency"),
    path("portal/intake/<uuid:response_id>/signed/", views.signed, name="signed"),
    path("portal/intake/<uuid:response_id>/<slug:section_id>/", views.section, name="section"),
    path(
        "portal/intake/<uuid:response_id>/<slug:section_id>/save/", views.autosave, name="autosave"
    ),
    path(
        "portal/consents/<uuid:given_id>/withdraw/", views.withdraw_consent, name="consent-withdraw"
    ),
    path("tablet/", tablet.screen, name="tablet"),
    path("tablet/unlock/", tablet.unlock, name="tablet-unlock"),
    path("tablet/seen/", tablet.seen, name="tablet-seen"),
    path("tablet/<uuid:response_id>/", tablet.begin, name="tablet-begin"),
    path("tablet/<uuid:response_id>/review/", tablet.review, name="tablet-review"),
    path("tablet/<uuid:response_id>/stop/", tablet.emergency, name="tablet-emergency"),
    path("tablet/<uuid:response_id>/signed/", tablet.signed, name="tablet-signed"),
    path("tablet/<uuid:response_id>/<slug:section_id>/", tablet.section, name="tablet-section"),
    path(
        "tablet/<uuid:response_id>/<slug:section_id>/save/",
        tablet.autosave,
        name="tablet-autosave",
    ),
    path("desk/clients/<uuid:client_id>/tablet/", tablet_desk.hand_over, name="desk-tablet"),
    path("desk/tablets/<uuid:handover_id>/back/", tablet_desk.take_back, name="desk-tablet-back"),
    path("desk/clients/<uuid:client_id>/paper/", paper.begin, name="desk-paper"),
    path("desk/paper/<uuid:response_id>/review/", paper.review, name="desk-paper-review"),
    path("desk/paper/<uuid:response_id>/stop/", paper.emergency, name="desk-paper-emergency"),
    path("desk/paper/<uuid:response_id>/signed/", paper.signed, name="desk-paper-signed"),
    path(
        "desk/paper/<uuid:response_id>/<slug:section_id>/",
        paper.section,
        name="desk-paper-section",
    ),
    path(
        "desk/paper/<uuid:response_id>/<slug:section_id>/save/",
        paper.autosave,
        name="desk-paper-autosave",
    ),
    path(
        "desk/clients/<uuid:client_id>/paper-forms/attach/", scans.attach, name="desk-scan-attach"
    ),
    path("desk/paper-forms/<uuid:scan_id>/", scans.scan, name="desk-scan"),
    path(
        "desk/paper-forms/<uuid:scan_id>/pages/<int:number>.png", scans.page, name="desk-scan-page"
    ),
    path("desk/clients/<uuid:client_id>/intake-link/", desk.send_link, name="desk-link"),
    path("desk/intake/aloud/<uuid:appointment_id>/", aloud.ask, name="desk-aloud"),
    path("desk/intake/", desk.waiting, name="desk"),
    path("desk/intake/<uuid:response_id>/", desk.response, name="desk-response"),
    path("desk/clients/<uuid:client_id>/intake/", desk.client_panel, name="client-panel"),
]
