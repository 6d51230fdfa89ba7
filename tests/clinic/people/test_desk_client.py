from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from clinic.models import Guardian, Message

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Location, User


def message(client: Client, number: int, **fields: object) -> Message:
    values = {
        "kind": "reminder",
        "key": f"reminder:{number}",
        "client": client,
        "recipient": "ana@example.test",
        "subject": f"Your appointment {number}",
        "work_due_at": timezone.now(),
    }
    return Message.objects.create(**values | fields)


def test_the_record_shows_contact_guardians_and_what_was_written(
    as_desk: Browser, client_record: Client, other_user: User, location: Location
) -> None:
    Guardian.objects.create(client=client_record, user=other_user, relationship="parent")
    message(client_record, 1)
    message(client_record, 2, is_secret=True, subject="Your sign-in code")
    page = as_desk.get(f"/desk/clients/{client_record.pk}/").content.decode()
    assert client_record.name in page
    assert f"Parent: {other_user.email}" in page
    assert "Your appointment 1" in page
    assert "sign-in code" not in page


def test_the_record_takes_the_same_queries_however_much_there_is(
    as_desk: Browser,
    client_record: Client,
    location: Location,
    django_assert_max_num_queries: object,
) -> None:
    for number in range(30):
        message(client_record, number)
    with django_assert_max_num_queries(18):  # type: ignore[operator]
        as_desk.get(f"/desk/clients/{client_record.pk}/")


def test_a_client_does_not_see_the_desk_record(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    assert as_client.get(f"/desk/clients/{client_record.pk}/").status_code == 404
