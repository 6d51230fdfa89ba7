import logging

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PrescriptionsConfig(AppConfig):
    name = "prescriptions"
    verbose_name = _("Prescriptions")

    def ready(self) -> None:
        # It announces itself on every start of every command.
        logging.getLogger("pikepdf").setLevel(logging.WARNING)
