"""The queue and the review; the names are under `prescriptions:`."""

from __future__ import annotations

from django.urls import path

from prescriptions.reviewing import desk, hints

urlpatterns = [
    path("desk/prescriptions/", desk.queue, name="queue"),
    path("desk/prescriptions/count/", desk.queue_count, name="queue-count"),
    path("desk/prescriptions/policy/", desk.policy, name="policy"),
    path("desk/prescriptions/hints/order/", hints.order, name="order-hint"),
    path("desk/prescriptions/hints/codes/", hints.codes, name="codes-hint"),
    path("desk/prescriptions/hints/npi/", hints.npi_number, name="npi-hint"),
    path("desk/prescriptions/<uuid:prescription_id>/", desk.review, name="review"),
    path("desk/prescriptions/<uuid:prescription_id>/take-over/", desk.take_over, name="take-over"),
    path("desk/prescriptions/<uuid:prescription_id>/put-back/", desk.put_back, name="put-back"),
    path("desk/prescriptions/<uuid:prescription_id>/reopen/", desk.reopen, name="reopen"),
    path("desk/prescriptions/<uuid:prescription_id>/checklist/", hints.checklist, name="checklist"),
    path("desk/prescriptions/<uuid:prescription_id>/message/", hints.preview, name="preview"),
    path("desk/diagnoses/", hints.diagnoses, name="diagnoses"),
]
