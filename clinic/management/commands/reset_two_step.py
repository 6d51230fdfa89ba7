"""For a colleague who lost phone, passkey and recovery codes all at once.

    manage.py reset_two_step june@clinic.example

Make sure first that it is they who ask. Their sessions end, an e-mail tells them, and at the next
sign-in they set the second step up anew.
"""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from clinic import two_step
from clinic.models import User


class Command(BaseCommand):
    help = "Take a lost second step off a login."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")

    def handle(self, *_args: Any, **options: Any) -> None:
        user = User.objects.filter(email__iexact=options["email"]).first()
        if user is None:
            message = "There is no login by that address."
            raise CommandError(message)
        two_step.reset(actor=None, user=user)
        self.stdout.write("Removed. It is set up anew at the next sign-in.")
