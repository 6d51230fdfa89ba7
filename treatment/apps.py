from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TreatmentConfig(AppConfig):
    name = "treatment"
    verbose_name = _("Treatment")

    def ready(self) -> None:
        from clinic.privacy import export
        from treatment import own_data

        export.register("sessions", own_data.sessions)
        export.register("done-at-home", own_data.ticks)
