from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from clinic.errors import DomainError
from intake import services
from intake.questionnaire import InvalidDefinition

if TYPE_CHECKING:
    from argparse import ArgumentParser

DATA = Path(__file__).resolve().parents[2] / "data"


class Command(BaseCommand):
    help = "Publish the questionnaires in intake/data (or the files named). Safe to run again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="*", type=Path, help="JSON files; see docs/intake.md")

    def handle(self, *args: Any, **options: Any) -> None:
        for path in options["files"] or sorted(DATA.glob("*.json")):
            try:
                data = json.loads(path.read_text(encoding="utf-8"))
                questionnaire, created = services.publish(actor=None, data=data)
            except (OSError, ValueError, InvalidDefinition, DomainError) as error:
                message = f"{path.name}: {error}"
                raise CommandError(message) from error
            state = "published" if created else "published already"
            self.stdout.write(f"{questionnaire.slug} version {questionnaire.version}: {state}")
