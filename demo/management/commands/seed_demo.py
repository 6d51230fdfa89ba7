from __future__ import annotations

from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import transaction

from clinic.models import Location, User
from demo import clinic
from prescriptions.models import DiagnosisCode


class Command(BaseCommand):
    help = "Load the demo clinic into an empty database; does nothing to one that is in use."

    def handle(self, *_args: Any, **_options: Any) -> None:
        if Location.objects.exists() or User.objects.exists():
            self.stdout.write("The database is in use; the demo clinic was not loaded.")
            return
        if not DiagnosisCode.objects.exists():
            call_command("load_icd10")
        call_command("load_questionnaire")
        call_command("load_selfcare")
        with transaction.atomic():
            made = clinic.load()
        self.stdout.write(f"The demo clinic is loaded: {made['clients']} clients.")
