from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = _("Clinic")

    def ready(self) -> None:
        # Binds @shared_task to our Celery app in every process, the web server included.
        from clinic import celery, signin_log, two_step  # noqa: F401

        self._contribute()

    def _contribute(self) -> None:
        from clinic import export, kept_long_enough, own_data, retention
        from clinic.merging import floors, own

        export.contribute("person", own_data.person)
        export.contribute("messages", own_data.messages)
        export.contribute("rights", own_data.rights)
        export.contribute("record", own_data.record)
        retention.register("exports", kept_long_enough.old_exports, kept_long_enough.remove_export)
        retention.register(
            "messages", kept_long_enough.old_messages, kept_long_enough.remove_message
        )
        retention.register("audit", kept_long_enough.old_events)
        retention.register("disclosures", kept_long_enough.old_disclosures)
        retention.register("corrections", kept_long_enough.old_corrections)
        floors.contribute("clinic", own.FLOOR)
