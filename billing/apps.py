from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        from billing import merging, own_data, record, selectors, services
        from billing.correcting import behind
        from billing.coupons import services as coupon_services
        from billing.owed import reading
        from clinic.people import owed, search, tiles
        from clinic.people.merging import registry
        from clinic.prices import coupons
        from clinic.privacy import export
        from treatment import corrections, takebacks

        export.register("charges", own_data.charges)
        export.register("payments", own_data.payments)
        export.register("coupons", own_data.coupons)
        export.register("estimates", own_data.estimates)
        export.register("billing-documents", own_data.documents)
        registry.register("billing", merging.RULES)
        owed.register(reading.owed_by)
        coupons.register(coupon_services)
        search.register(selectors.whose_document)
        corrections.register(services.recharge)
        takebacks.register(behind.in_the_way)
        tiles.register("balance", record.balance)
