"""Encrypt again with the first of DOCUMENT_KEYS what older ones encrypted.

manage.py rotate_keys            here, with progress; Ctrl-C stops it, the next one goes on
manage.py rotate_keys --start    by the worker, in the background
manage.py rotate_keys --stop     not any more
manage.py rotate_keys --status   how much is left
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from clinic import keys, rotation
from clinic.crypto import keyring


class Command(BaseCommand):
    help = "Encrypt again with the current key what older keys encrypted."

    def add_arguments(self, parser: CommandParser) -> None:
        what = parser.add_mutually_exclusive_group()
        for name, text in {
            "start": "let the worker do it in the background",
            "stop": "stop the worker's",
            "status": "say how much is left",
        }.items():
            what.add_argument(f"--{name}", action="store_true", help=text)

    def handle(self, *_args: Any, **options: Any) -> None:
        keys.require()
        if options["start"] or options["stop"]:
            rotation.take_over(going=options["start"])
        if options["start"] or options["stop"] or options["status"]:
            going = "the worker is at it" if rotation.is_taking_over() else "nobody is at it"
            self.stdout.write(f"{rotation.left()} left; {going}.")
            return
        self._here()

    def _here(self) -> None:
        total, done, lost = rotation.left(), 0, 0
        try:
            for step in rotation.run():
                done, lost = done + step.done, lost + step.lost
                self.stdout.write(f"\r{done} of {total} ", ending="")
                self.stdout.flush()
        except KeyboardInterrupt:
            self.stdout.write(f"\nStopped; {rotation.left()} left. The next run goes on from here.")
            return
        self.stdout.write(f"\nEverything that can be opened is under {keyring().current} now.")
        if lost:
            self.stderr.write(f"{lost} could not be opened and stay as they are; see the log.")
            sys.exit(1)
        self.stdout.write(
            "Keep the old key: earlier rows of the record are proven with it (docs/security.md)."
        )
