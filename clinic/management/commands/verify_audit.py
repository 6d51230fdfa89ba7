"""Whether the record of who did what is as it was written.

    manage.py verify_audit                    checks every row and the chain
    manage.py verify_audit --head 1234:9f...  also that it runs through a head kept elsewhere

Ends with 1 and names the rows when something was changed, taken out or put in.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import sealing

MOST = 100  # faults that are listed


class Command(BaseCommand):
    help = "Check that no audit row was changed, removed or put in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", help="position:link that an earlier check printed")

    def handle(self, *_args: Any, **options: Any) -> None:
        sealing.seal()
        faults = sealing.first(sealing.verify(_head(options["head"])), MOST)
        for fault in faults:
            self.stderr.write(str(fault))
        if faults:
            sys.exit(1)
        found = sealing.head()
        self.stdout.write(f"The record is whole. Head: {found}" if found else "Nothing is written.")


def _head(text: str | None) -> sealing.Head | None:
    if not text:
        return None
    position, _, link = text.partition(":")
    try:
        return sealing.Head(int(position), bytes.fromhex(link))
    except ValueError as error:
        message = "A head looks like 1234:9f86d0..., as an earlier check printed it."
        raise CommandError(message) from error
