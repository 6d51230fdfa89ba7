from __future__ import annotations

import re
import warnings
from datetime import datetime
from importlib.metadata import files, version
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction
from django.utils import timezone

from prescriptions.codes import index, loading, selectors, services
from prescriptions.models import CodeRelease, DiagnosisCode, DiagnosisStart

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

PACKAGE = "simple-icd-10-cm"
# Its data are named for the day they came into force: icd10c-tabular-April-1-2026.xml.
DATED = re.compile(r"tabular-([A-Z][a-z]+-\d{1,2}-\d{4})\.xml")


class Command(BaseCommand):
    """The package takes 185 MiB, so only this command ever imports it.

    Later releases are files that a manager loads (`codes.services`): they stay.
    """

    help = "Load the ICD-10-CM diagnosis codes; does nothing when they or newer ones are loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="load them again")

    def handle(self, *args: Any, **options: Any) -> None:
        name, day = f"package {version(PACKAGE)}", in_force_on()
        newest = selectors.in_force_on()
        is_loaded = selectors.loaded().filter(name=name).exists() and newest == day
        is_loaded = is_loaded and not options["force"] and DiagnosisStart.objects.exists()
        if is_loaded or (newest is not None and newest > day):
            self.stdout.write("ICD-10-CM is loaded.")
            return
        with loading.ready(read(name)) as ready:
            keep(name, day, ready)
        loading.settle()
        self.stdout.write(f"Loaded {DiagnosisCode.objects.count()} ICD-10-CM codes.")


@transaction.atomic
def keep(name: str, day: date, ready: loading.Ready) -> None:
    """All or nothing: searches find the old codes until then."""
    release = CodeRelease.objects.filter(name=name).first() or CodeRelease(name=name)
    release.in_force_on = day
    services.replace(ready, release)
    release.status, release.progress = CodeRelease.Status.LOADED, 100
    release.loaded_at = timezone.now()
    release.save()


def in_force_on() -> date:
    """Since when the codes of the package are in force, without importing it."""
    for one in files(PACKAGE) or ():
        if found := DATED.search(one.name):
            return datetime.strptime(found[1], "%B-%d-%Y").date()  # noqa: DTZ007 - a day has no zone
    message = f"{PACKAGE} {version(PACKAGE)} does not say since when its codes are in force."
    raise CommandError(message)


def read(release: str) -> Iterator[DiagnosisCode]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10_cm as icd
    # A block of one category has the category's code, so some codes come twice.
    every = dict.fromkeys(icd.get_all_codes(with_dots=True))
    codes = [code for code in every if icd.is_category_or_subcategory(code)]
    terms = {code: icd.get_inclusion_term(code) for code in codes}
    for code in codes:
        yield DiagnosisCode(
            code=code,
            description=icd.get_description(code)[:300],
            billable=icd.is_leaf(code),
            release=release,
            also=index.also_called(code, terms) if icd.is_leaf(code) else "",
        )
