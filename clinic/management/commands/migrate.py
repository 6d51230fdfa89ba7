from typing import Any

from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import CommandError
from django.core.management.commands import migrate
from django.db import connections

from clinic.management.migrating import SchemaAutodetector, require_whole


class Command(migrate.Command):
    """Django's own, for a database that can be carried over."""

    autodetector = SchemaAutodetector

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            require_whole(connections[options["database"]])
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        super().handle(*args, **options)
