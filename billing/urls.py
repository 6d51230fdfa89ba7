from django.urls import path

from billing import desk, views
from billing.checking import views as checking
from billing.closing import desk as closing
from billing.correcting import desk as correcting
from billing.coupons import desk as coupons
from billing.drawers import desk as drawers
from billing.estimates import desk as desk_estimates
from billing.estimates import views as estimates
from billing.extras import desk as extras
from billing.history import desk as history
from billing.issuing import desk as issuing_desk
from billing.issuing import views as issuing
from billing.owed import desk as owed
from billing.procedures import desk as procedures
from billing.reports import desk as reports
from billing.unbilled import desk as unbilled

app_name = "billing"
urlpatterns = [
    path("verify/", checking.verify, name="verify"),
    path("portal/receipts/", views.receipt_list, name="receipt-list"),
    path("portal/receipts/panel/", views.portal_panel, name="portal-panel"),
    path("portal/receipts/balance/", views.portal_balance, name="portal-balance"),
    path("portal/receipts/statement/", issuing.some_days, {"kind": "statement"}, name="statement"),
    path("portal/receipts/packet/", issuing.some_days, {"kind": "packet"}, name="packet"),
    path("portal/estimates/", estimates.listing, name="estimates"),
    path("portal/estimates/<uuid:estimate_id>/", estimates.estimate, name="estimate"),
    path("portal/receipts/<uuid:receipt_id>/", views.receipt, name="receipt"),
    path("portal/receipts/<uuid:receipt_id>/receipt.pdf", views.download, name="download"),
    path("desk/money/", desk.money, name="desk"),
    path("desk/diary/procedures/", procedures.listing, name="procedures"),
    path("desk/diary/procedures/new/", procedures.procedure, name="procedure-new"),
    path("desk/diary/procedures/<uuid:procedure_id>/", procedures.procedure, name="procedure"),
    path("desk/diary/coupons/", coupons.listing, name="coupons"),
    path("desk/diary/coupons/new/", coupons.coupon, name="coupon-new"),
    path("desk/diary/coupons/<uuid:coupon_id>/", coupons.coupon, name="coupon"),
    path("desk/diary/goods/", extras.listing, name="products"),
    path("desk/diary/goods/new/", extras.product, name="product-new"),
    path("desk/diary/goods/tax/", extras.tax, name="sales-tax"),
    path("desk/diary/goods/<uuid:product_id>/", extras.product, name="product"),
    path("desk/money/owed/", owed.listing, name="owed"),
    path("desk/money/unbilled/", unbilled.listing, name="unbilled"),
    path("desk/money/report/", reports.report, name="report"),
    path("desk/money/report/csv/", reports.download, name="report-csv"),
    path("desk/money/close/", closing.close, name="close"),
    path("desk/money/drawers/", drawers.listing, name="drawers"),
    path("desk/money/drawers/new/", drawers.drawer, name="drawer-new"),
    path("desk/money/drawers/<uuid:drawer_id>/", drawers.drawer, name="drawer"),
    path("desk/money/drawers/<uuid:drawer_id>/retire/", drawers.retire, name="drawer-retire"),
    path(
        "desk/money/drawers/<uuid:drawer_id>/use-again/", drawers.use_again, name="drawer-use-again"
    ),
    path("desk/clients/<uuid:client_id>/visits/", history.visits, name="client-visits"),
    path("desk/clients/<uuid:client_id>/receipts/", desk.client_panel, name="client-panel"),
    path(
        "desk/clients/<uuid:client_id>/statement/",
        issuing_desk.some_days,
        {"kind": "statement"},
        name="desk-statement",
    ),
    path(
        "desk/clients/<uuid:client_id>/packet/",
        issuing_desk.some_days,
        {"kind": "packet"},
        name="desk-packet",
    ),
    path("desk/clients/<uuid:client_id>/estimates/", desk_estimates.listing, name="desk-estimates"),
    path("desk/estimates/<uuid:estimate_id>/", desk_estimates.estimate, name="desk-estimate"),
    path("desk/receipts/<uuid:receipt_id>/", desk.receipt, name="desk-receipt"),
    path("desk/appointments/<uuid:appointment_id>/payment/", desk.panel, name="panel"),
    path("desk/appointments/<uuid:appointment_id>/coupon/", coupons.give, name="coupon-give"),
    path(
        "desk/appointments/<uuid:appointment_id>/coupon/take-back/",
        coupons.take_back,
        name="coupon-take-back",
    ),
    path("desk/appointments/<uuid:appointment_id>/fee/", desk.pay_fee, name="pay-fee"),
    path("desk/appointments/<uuid:appointment_id>/fee/waive/", desk.waive_fee, name="waive-fee"),
    path("desk/visits/<uuid:visit_id>/pay/", desk.pay, name="pay"),
    path("desk/visits/<uuid:visit_id>/tip/", desk.tip, name="tip"),
    path("desk/visits/<uuid:visit_id>/goods/", desk.goods, name="goods"),
    path("desk/extras/<uuid:extra_id>/remove/", desk.remove_extra, name="extra-remove"),
    path("desk/visits/<uuid:visit_id>/receipt/", desk.issue, {"kind": "receipt"}, name="issue"),
    path(
        "desk/visits/<uuid:visit_id>/superbill/",
        desk.issue,
        {"kind": "superbill"},
        name="issue-superbill",
    ),
    path(
        "desk/billing/visits/<uuid:visit_id>/documents/",
        correcting.documents,
        name="visit-documents",
    ),
    path("desk/payments/<uuid:payment_id>/method/", correcting.method, name="payment-method"),
    path("desk/payments/<uuid:payment_id>/number/", correcting.reference, name="payment-reference"),
    path("desk/payments/<uuid:payment_id>/move/", correcting.move, name="payment-move"),
    path("desk/payments/<uuid:payment_id>/refund/", correcting.refund, name="payment-refund"),
    path("desk/payments/<uuid:payment_id>/void/", correcting.void, name="payment-void"),
]
