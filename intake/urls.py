from django.urls import path

from intake import desk, views

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
    path("desk/intake/", desk.waiting, name="desk"),
    path("desk/intake/<uuid:response_id>/", desk.response, name="desk-response"),
    path("desk/clients/<uuid:client_id>/intake/", desk.client_panel, name="client-panel"),
]
