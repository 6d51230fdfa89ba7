from django.urls import path

from prescriptions import desk, desk_queue, hints, views
from prescriptions.prescribers import urls as prescribers

app_name = "prescriptions"

urlpatterns = [
    *prescribers.urlpatterns,
    path("portal/prescriptions/", views.prescription_list, name="list"),
    path("portal/prescriptions/panel/", views.portal_panel, name="portal-panel"),
    path("portal/prescriptions/upload/", views.upload, name="upload"),
    path(
        "portal/prescriptions/uploads/<uuid:upload_id>/",
        views.upload_progress,
        name="upload-progress",
    ),
    path("portal/prescriptions/<uuid:prescription_id>/", views.detail, name="detail"),
    path("portal/prescriptions/<uuid:prescription_id>/again/", views.send_again, name="send-again"),
    path("prescriptions/<uuid:prescription_id>/document.pdf", views.document, name="document"),
    path("prescriptions/<uuid:prescription_id>/pages/<int:number>.png", views.page, name="page"),
    path("desk/prescriptions/", desk_queue.queue, name="queue"),
    path("desk/prescriptions/count/", desk_queue.queue_count, name="queue-count"),
    path("desk/prescriptions/policy/", desk_queue.policy, name="policy"),
    path("desk/prescriptions/hints/order/", hints.order, name="order-hint"),
    path("desk/prescriptions/hints/codes/", hints.codes, name="codes-hint"),
    path("desk/prescriptions/hints/npi/", hints.npi_number, name="npi-hint"),
    path("desk/prescriptions/<uuid:prescription_id>/", desk.review, name="review"),
    path(
        "desk/prescriptions/<uuid:prescription_id>/take-over/",
        desk_queue.take_over,
        name="take-over",
    ),
    path(
        "desk/prescriptions/<uuid:prescription_id>/put-back/", desk_queue.put_back, name="put-back"
    ),
    path("desk/prescriptions/<uuid:prescription_id>/reopen/", desk_queue.reopen, name="reopen"),
    path("desk/prescriptions/<uuid:prescription_id>/checklist/", hints.checklist, name="checklist"),
    path("desk/prescriptions/<uuid:prescription_id>/message/", hints.preview, name="preview"),
    path(
        "desk/prescriptions/uploads/<uuid:upload_id>/",
        desk.upload_progress,
        name="desk-upload-progress",
    ),
    path("desk/diagnoses/", hints.diagnoses, name="diagnoses"),
    path("desk/clients/<uuid:client_id>/prescriptions/", desk.client_panel, name="client-panel"),
    path("desk/clients/<uuid:client_id>/prescriptions/upload/", desk.upload, name="desk-upload"),
]
