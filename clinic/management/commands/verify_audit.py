"""Whether the audit log is as it was written.

    manage.py verify_audit                    checks every row and the chain
    manage.py verify_audit --head 1234:9f...  also that the chain includes a head kept elsewhere

Exits with 1 and names the rows if any were changed, removed or inserted.
"""

from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.audit import chaining

MOST = 100  # faults listed


class Command(BaseCommand):
    help = "Check that no audit row was changed, removed or inserted."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--head", help="position:link that an earlier check printed")

    def handle(self, *_args: Any, **options: Any) -> None:
        chaining.extend_chain()
        faults = chaining.first(chaining.verify(_head(options["head"])), MOST)
        for fault in faults:
            self.stderr.write(str(fault))
        if faults:
            sys.exit(1)
        found = chaining.head()
        self.stdout.write(
            f"The audit log is intact. Head: {found}" if found else "The log is empty."
        )


def _head(text: str | None) -> chaining.Head | None:
    if not text:
        return None
    position, _, link = text.partition(":")
    try:
        return chaining.Head(int(position), bytes.fromhex(link))
    except ValueError as error:
        message = "A head looks like 1234:9f86d0..., as an earlier check printed it."
        raise CommandError(message) from error
