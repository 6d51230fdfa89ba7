import logging

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class PrescriptionsConfig(AppConfig):
    name = "prescriptions"
    verbose_name = _("Prescriptions")

    def ready(self) -> None:
        from prescriptions import virus

        virus.scanner(settings.CLAMAV_URL)  # a mistyped address stops the start
        # It announces itself on every start of every command.
        logging.getLogger("pikepdf").setLevel(logging.WARNING)
