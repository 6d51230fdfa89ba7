"""A telephone's extension is of its number: a merge never mixes those of two records."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clinic.models import Client
from clinic.people.merging import services
from tests.clinic.merging import join
from tests.factories import make_client

if TYPE_CHECKING:
    from clinic.models import Location, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def twin(location: Location) -> Client:
    return make_client("Anna", "Lima", phone="+12125550199")


@pytest.mark.parametrize("name", ["phone", "phone_extension"])
def test_an_extension_goes_with_its_number_there_and_back(
    client_record: Client, twin: Client, desk_user: User, name: str
) -> None:
    """Neither is ever that of the other record's number, whatever a form says."""
    Client.objects.filter(pk=client_record.pk).update(phone_extension="12")
    own, theirs = (str(client_record.phone), "12"), (str(twin.phone), "")

    def number() -> tuple[str, str]:
        client_record.refresh_from_db()
        return str(client_record.phone), client_record.phone_extension

    made = join(desk_user, client_record, twin, **{name: twin})
    assert number() == (theirs if name == "phone" else own)
    services.undo(actor=desk_user, merge=made)
    assert number() == own


def test_a_number_corrected_since_keeps_its_extension_when_it_is_undone(
    client_record: Client, twin: Client, desk_user: User
) -> None:
    Client.objects.filter(pk=client_record.pk).update(phone_extension="12")
    Client.objects.filter(pk=twin.pk).update(phone_extension="3")
    made = join(desk_user, client_record, twin, phone=twin)
    Client.objects.filter(pk=client_record.pk).update(phone="+18455550177")
    services.undo(actor=desk_user, merge=made)
    client_record.refresh_from_db()
    assert (str(client_record.phone), client_record.phone_extension) == ("(845) 555-0177", "3")
