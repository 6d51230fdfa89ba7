from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingConfig(AppConfig):
    name = "booking"
    verbose_name = _("Booking")

    def ready(self) -> None:
        from booking import merging, own_data, selectors
        from clinic import access, export, retention
        from clinic.merging import floors

        export.contribute("appointments", own_data.appointments)
        export.contribute("waitlist", own_data.waitlist)
        export.contribute("calendar-links", own_data.calendars)
        retention.register("clinical", own_data.long_gone)
        floors.contribute("booking", merging.FLOOR)
        # The ground decides who may open a record; only the diary knows whom a therapist treats.
        access.ask_the_diary(selectors.treated_by)
