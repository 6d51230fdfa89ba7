from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class PrescriptionsConfig(AppConfig):
    name = "prescriptions"
    verbose_name = _("Prescriptions")

    def ready(self) -> None:
        from prescriptions import virus

        virus.scanner(settings.CLAMAV_URL)  # a mistyped address stops the start
        self._contribute()

    def _contribute(self) -> None:
        from clinic import consents, export, retention
        from clinic.merging import floors
        from prescriptions import merging, own_data

        export.contribute("prescriptions", own_data.prescriptions)
        export.contribute("uploads", own_data.uploads)
        export.contribute("requests-to-doctors", own_data.requests)
        export.contribute("shared-with-doctors", own_data.shared)
        export.contribute("doctors-named", own_data.named)
        consents.contribute("prescriptions", own_data.standing)
        floors.contribute("prescriptions", merging.FLOOR)
        retention.register("uploads", own_data.became_nothing, own_data.remove_upload)
