from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class PrescriptionsConfig(AppConfig):
    name = "prescriptions"
    verbose_name = _("Prescriptions")

    def ready(self) -> None:
        from prescriptions.uploading import virus

        virus.scanner(settings.CLAMAV_URL)  # a mistyped address stops the start
        self._register()

    def _register(self) -> None:
        from clinic.documents import letterhead
        from clinic.people import tiles
        from clinic.people.merging import registry
        from clinic.privacy import consents, export, retention
        from prescriptions import desk, merging, own_data
        from prescriptions.uploading import sandbox

        letterhead.register(sandbox.logo)
        export.register("prescriptions", own_data.prescriptions)
        export.register("uploads", own_data.uploads)
        export.register("requests-to-doctors", own_data.requests)
        export.register("shared-with-doctors", own_data.shared)
        export.register("doctors-named", own_data.named)
        consents.register("prescriptions", own_data.current_consents)
        registry.register("prescriptions", merging.RULES)
        tiles.register("order", desk.order_tile)
        retention.register("uploads", own_data.became_nothing, own_data.remove_upload)
