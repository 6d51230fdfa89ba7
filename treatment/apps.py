from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TreatmentConfig(AppConfig):
    name = "treatment"
    verbose_name = _("Treatment")

    def ready(self) -> None:
        from clinic.people.merging import registry
        from clinic.privacy import export
        from treatment import merging, own_data

        export.register("sessions", own_data.sessions)
        registry.register("treatment", merging.RULES)
