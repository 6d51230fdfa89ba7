from django.urls import path

from prescriptions import desk, views
from prescriptions.codes import urls as codes
from prescriptions.prescribers import urls as prescribers
from prescriptions.reviewing import urls as reviewing
from prescriptions.uploading import urls as uploading

app_name = "prescriptions"

urlpatterns = [
    *prescribers.urlpatterns,
    *uploading.urlpatterns,
    *reviewing.urlpatterns,
    *codes.urlpatterns,
    path("portal/prescriptions/", views.prescription_list, name="list"),
    path("portal/prescriptions/panel/", views.portal_panel, name="portal-panel"),
    path("portal/prescriptions/<uuid:prescription_id>/", views.detail, name="detail"),
    path("prescriptions/<uuid:prescription_id>/document.pdf", views.document, name="document"),
    path("prescriptions/<uuid:prescription_id>/pages/<int:number>.png", views.page, name="page"),
    path("desk/clients/<uuid:client_id>/prescriptions/", desk.client_panel, name="client-panel"),
]
