"""Re-encrypt with the first of DOCUMENT_KEYS what older ones encrypted.

manage.py rotate_keys            here, with progress; Ctrl-C stops it, the next run continues
manage.py rotate_keys --start    by the worker, in the background
manage.py rotate_keys --stop     stop that
manage.py rotate_keys --status   how much is left
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clinic.rotation import keys
from clinic.rotation import services as rotation
from clinic.vault.crypto import keyring


class Command(BaseCommand):
    help = "Re-encrypt with the current key whatever older keys encrypted."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        for name, text in {
            "start": "let the worker do it in the background",
            "stop": "stop the worker's run",
            "status": "say how much is left",
        }.items():
            what.add_argument(f"--{name}", action="store_true", help=text)

    def handle(self, *_args: Any, **options: Any) -> None:
        keys.require()
        if options["start"] or options["stop"]:
            rotation.set_running(running=options["start"])
        if options["start"] or options["stop"] or options["status"]:
            state = "the worker is running" if rotation.is_running() else "not running"
            self.stdout.write(f"{rotation.remaining()} left; {state}.")
            return
        self._with_progress()

    def _with_progress(self) -> None:
        total, done, lost = rotation.remaining(), 0, 0
        try:
            for step in rotation.reencrypt_all():
                done, lost = done + step.done, lost + step.lost
                self.stdout.write(f"\r{done} of {total} ", ending="")
                self.stdout.flush()
        except KeyboardInterrupt:
            self.stdout.write(
                f"\nStopped; {rotation.remaining()} left. The next run continues from here."
            )
            return
        self.stdout.write(f"\nEverything that can be opened is now under {keyring().current}.")
        if lost:
            self.stderr.write(f"{lost} could not be opened and stay as they are; see the log.")
            sys.exit(1)
        self.stdout.write(
            "Keep the old key: earlier audit rows are checked with it (docs/security.md)."
        )
