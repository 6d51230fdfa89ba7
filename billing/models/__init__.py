from billing.models.coupons import Coupon, CouponUse
from billing.models.documents import (
    OF_A_VISIT,
    PREFIXES,
    BillingDocument,
    DocumentCounter,
    DocumentLine,
    Kind,
)
from billing.models.estimates import Estimate
from billing.models.extras import HIGHEST_RATE, Product, SalesTax, VisitExtra
from billing.models.money import (
    PLAN_CARDS,
    Charge,
    Drawer,
    DrawerCount,
    Method,
    Payment,
    Procedure,
    Refund,
)

__all__ = [
    "HIGHEST_RATE",
    "OF_A_VISIT",
    "PLAN_CARDS",
    "PREFIXES",
    "BillingDocument",
    "Charge",
    "Coupon",
    "CouponUse",
    "DocumentCounter",
    "DocumentLine",
    "Drawer",
    "DrawerCount",
    "Estimate",
    "Kind",
    "Method",
    "Payment",
    "Procedure",
    "Product",
    "Refund",
    "SalesTax",
    "VisitExtra",
]
