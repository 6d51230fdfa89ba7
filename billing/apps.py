from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BillingConfig(AppConfig):
    name = "billing"
    verbose_name = _("Billing")

    def ready(self) -> None:
        from billing import merging, own_data
        from clinic import export
        from clinic.merging import floors

        export.contribute("charges", own_data.charges)
        export.contribute("payments", own_data.payments)
        export.contribute("receipts", own_data.receipts)
        floors.contribute("billing", merging.FLOOR)
