from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TreatmentConfig(AppConfig):
    name = "treatment"
    verbose_name = _("Treatment")

    def ready(self) -> None:
        from clinic.people.merging import registry
        from clinic.privacy import export
        from treatment import corrections, merging, own_data
        from treatment.followups import services as follow_ups

        corrections.register(follow_ups.withdraw)
        export.register("sessions", own_data.sessions)
        export.register("follow-ups", own_data.follow_ups)
        export.register("activities", own_data.activities)
        export.register("letters-to-doctors", own_data.letters)
        export.register("done-at-home", own_data.ticks)
        registry.register("treatment", merging.RULES)
