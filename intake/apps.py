from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class IntakeConfig(AppConfig):
    name = "intake"
    verbose_name = _("Intake")

    def ready(self) -> None:
        from clinic import consents, export
        from clinic.merging import floors
        from intake import merging, own_data

        export.contribute("questionnaires", own_data.questionnaires)
        export.contribute("consents", own_data.consents)
        consents.contribute("intake", own_data.standing)
        floors.contribute("intake", merging.FLOOR)
