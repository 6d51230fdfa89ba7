from django.core.management.commands import makemigrations

from clinic.management.migrating import SchemaAutodetector


class Command(makemigrations.Command):
    """Django's own, blind to words: see `SchemaAutodetector`."""

    autodetector = SchemaAutodetector
