from django.urls import path

from billing import desk, views

app_name = "billing"
urlpatterns = [
    path("verify/", views.verify, name="verify"),
    path("portal/receipts/", views.receipt_list, name="receipt-list"),
    path("portal/receipts/panel/", views.portal_panel, name="portal-panel"),
    path("portal/receipts/balance/", views.portal_balance, name="portal-balance"),
    path("portal/receipts/<uuid:receipt_id>/", views.receipt, name="receipt"),
    path("portal/receipts/<uuid:receipt_id>/receipt.pdf", views.download, name="download"),
    path("desk/money/", desk.money, name="desk"),
    path("desk/clients/<uuid:client_id>/receipts/", desk.client_panel, name="client-panel"),
    path("desk/receipts/<uuid:receipt_id>/", desk.receipt, name="desk-receipt"),
    path("desk/appointments/<uuid:appointment_id>/payment/", desk.panel, name="panel"),
    path("desk/appointments/<uuid:appointment_id>/fee/", desk.pay_fee, name="pay-fee"),
    path("desk/appointments/<uuid:appointment_id>/fee/waive/", desk.waive_fee, name="waive-fee"),
    path("desk/visits/<uuid:visit_id>/pay/", desk.pay, name="pay"),
    path("desk/visits/<uuid:visit_id>/receipt/", desk.issue, name="issue"),
]
