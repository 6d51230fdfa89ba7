"""A column of the client that is added is exported, and chosen from when two records are merged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clinic.models import Client
from clinic.people.merging.services import DETAILS
from clinic.privacy import own_data

if TYPE_CHECKING:
    from collections.abc import Iterable

# Says which row it is, or what became of it.
OF_THE_ROW = {"id", "created_at", "updated_at", "merged_into_id"}
OF_THE_ROW |= {"new_email", "new_email_at", "email_proven_at"}  # a link on its way
# The two records of a merge have these in common, or the page shows both to compare.
COMPARED = {"first_name", "last_name", "birth_date"}
EXPORTED_AS = {
    "payer_id": "payer",
    "preferred_therapist_id": "preferred_therapist",
    "user_id": "login",
}


def columns(*without: Iterable[str]) -> set[str]:
    return {field.attname for field in Client._meta.concrete_fields}.difference(*without)


def test_every_column_is_chosen_from_when_two_records_are_merged() -> None:
    assert columns(OF_THE_ROW, COMPARED) == set(DETAILS)


@pytest.mark.django_db
def test_every_column_is_in_the_archive(client_record: Client) -> None:
    kept = own_data.person(client_record).data
    assert {EXPORTED_AS.get(name, name) for name in columns(OF_THE_ROW)} <= set(kept)
