"""What is past its retention period.

    manage.py retention            lists what is due by kind and changes nothing
    manage.py retention --apply    removes what clinic/privacy/retention.py allows

Ids only: names stay out of terminals and logs.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.utils import timezone

from clinic.privacy.retention import PERIODS, source

MOST_LISTED = 20


class Command(BaseCommand):
    help = "List what is past its retention period; with --apply, remove what needs no person to "
    "decide."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--apply", action="store_true", help="remove it")

    def handle(self, *_args: Any, **options: Any) -> None:
        now = timezone.now()
        for kind, period in PERIODS.items():
            found = source(kind)
            due = found.due(now)
            number = due.count()
            if period.removes and found.remove is not None:
                if options["apply"]:
                    number = self._remove(found.remove, due)
                word = "removed" if options["apply"] else "would be removed"
            else:
                word = "due: a person decides"
            self.stdout.write(f"{kind}: {number} {word}")
            if not period.removes:
                for pk in due.values_list("pk", flat=True)[:MOST_LISTED]:
                    self.stdout.write(f"  {pk}")

    def _remove(self, remove: Any, due: Any) -> int:
        done = 0
        for one in due.iterator(chunk_size=200):
            remove(one)
            done += 1
        return done
