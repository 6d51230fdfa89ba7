from __future__ import annotations

import warnings
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import transaction

from prescriptions.models import DiagnosisCode

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "simple-icd-10-cm"
BATCH = 5000


class Command(BaseCommand):
    """The package takes 185 MiB, so only this command ever imports it."""

    help = "Load the ICD-10-CM diagnosis codes; does nothing when this release is loaded."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--force", action="store_true", help="load them again")

    def handle(self, *args: Any, **options: Any) -> None:
        release = f"package {version(PACKAGE)}"
        if not options["force"] and DiagnosisCode.objects.filter(release=release).exists():
            self.stdout.write("ICD-10-CM is loaded.")
            return
        with transaction.atomic():  # all or nothing: the check above relies on it
            DiagnosisCode.objects.bulk_create(
                read(release),
                batch_size=BATCH,
                update_conflicts=True,
                unique_fields=["code"],
                update_fields=["description", "billable", "release"],
            )
            # Dropped from the release: still there for old prescriptions, not for new ones.
            DiagnosisCode.objects.exclude(release=release).update(billable=False)
        self.stdout.write(f"Loaded {DiagnosisCode.objects.count()} ICD-10-CM codes.")


def read(release: str) -> Iterator[DiagnosisCode]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        import simple_icd_10_cm as icd
    # A block of one category bears the category's code, so some come twice.
    for code in dict.fromkeys(icd.get_all_codes(with_dots=True)):
        if icd.is_category_or_subcategory(code):
            yield DiagnosisCode(
                code=code,
                description=icd.get_description(code)[:300],
                billable=icd.is_leaf(code),
                release=release,
            )
