"""For a colleague who lost phone, passkey and recovery codes all at once.

    manage.py reset_two_step june@clinic.example

First confirm that they are the one asking. Their sessions end, an e-mail tells them, and at the
next sign-in they set up a new second step.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic.accounts.second_step import services as second_step
from clinic.models import User


class Command(BaseCommand):
    help = "Remove a lost second step from a login."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            message = "There is no login with that address."
            raise CommandError(message)
        second_step.reset(actor=None, user=user)
        self.stdout.write("Removed. They set up a new one at the next sign-in.")
