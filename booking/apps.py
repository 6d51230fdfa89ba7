from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingConfig(AppConfig):
    name = "booking"
    verbose_name = _("Booking")

    def ready(self) -> None:
        # The ground decides who may open a record; only the diary knows whom a therapist treats.
        from booking import selectors
        from clinic import access

        access.ask_the_diary(selectors.treated_by)
