from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = _("Intake")

    def ready(self) -> None:
        from clinic.people import tiles
        from clinic.people.merging import registry
        from clinic.privacy import consents, export
        from intake import desk, merging, own_data

        export.register("questionnaires", own_data.questionnaires)
        export.register("tablets", own_data.tablets)
        export.register("asked-aloud", own_data.asked_aloud)
        export.register("paper-forms", own_data.scans)
        export.register("consents", own_data.consents)
        consents.register("intake", own_data.current_consents)
        registry.register("intake", merging.RULES)
        tiles.register_alerts(desk.alerts)
