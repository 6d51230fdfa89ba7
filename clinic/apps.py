from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = _("Clinic")

    def ready(self) -> None:
        # Binds @shared_task to our Celery app in every process, the web server included.
        from clinic import celery  # noqa: F401
        from clinic.accounts import sign_in_log  # noqa: F401
        from clinic.accounts.second_step import services as second_step  # noqa: F401
        from clinic.documents import certificate

        certificate.check()
        self._register()

    def _register(self) -> None:
        from clinic.people.merging import clinic_rules, registry
        from clinic.privacy import expiring, export, own_data, retention

        export.register("person", own_data.person)
        export.register("messages", own_data.messages)
        export.register("rights", own_data.rights)
        export.register("record", own_data.record)
        retention.register("exports", expiring.old_exports, expiring.remove_export)
        retention.register("messages", expiring.old_messages, expiring.remove_message)
        retention.register("audit", expiring.old_events)
        retention.register("disclosures", expiring.old_disclosures)
        retention.register("corrections", expiring.old_corrections)
        registry.register("clinic", clinic_rules.RULES)
