from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class BookingConfig(AppConfig):
    name = "booking"
    verbose_name = _("Booking")

    def ready(self) -> None:
        from booking import merging, own_data, paper_files, selectors
        from booking.desk import tile
        from booking.visits import coming
        from clinic import access
        from clinic.people import tiles
        from clinic.people.merging import registry
        from clinic.privacy import export, retention
        from intake import visits
        from intake.scans import door

        export.register("appointments", own_data.appointments)
        export.register("waitlist", own_data.waitlist)
        export.register("calendar-links", own_data.calendars)
        retention.register("clinical", own_data.long_gone)
        registry.register("booking", merging.RULES)
        tiles.register("visit", tile.next_visit)
        # The clinic app decides who may open a record; only the diary knows who a therapist treats.
        access.register_treated_clients(selectors.treated_by)
        # And only the diary knows who comes when.
        visits.register(find=coming.find, between=coming.between)
        # Intake does not know the rooms that open files from outside; this floor knows both.
        door.register(paper_files)
