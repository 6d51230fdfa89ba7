from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ClinicConfig(AppConfig):
    name = "clinic"
    verbose_name = _("Clinic")

    def ready(self) -> None:
        # Binds @shared_task to our Celery app in every process, the web server included.
        from clinic import celery, signin_log, two_step  # noqa: F401
