from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from treatment.selfcare import loading


class Command(BaseCommand):
    help = "Load the stretches and habits of treatment/data into the library. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        made = loading.load(loading.shipped())
        self.stdout.write(f"Self-care: {made} new or reworded.")
