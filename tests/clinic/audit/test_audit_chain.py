"""The record proves itself: what is changed, taken out or put in by SQL is found and named."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from clinic.audit import chain, chaining
from clinic.audit import services as audit
from clinic.models import AuditEvent, AuditSeal
from tests.booking.racing import all_at_once
from tests.factories import make_client

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

    from clinic.models import Client, User

KEY = b"k" * 32


@contextmanager
def as_an_intruder() -> Iterator[Any]:
    """Somebody who can write SQL as the tables' owner, triggers or not."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in ("event", "seal"):
            cursor.execute(f"ALTER TABLE clinic_audit{table} DISABLE TRIGGER USER")
        yield cursor
        for table in ("event", "seal"):
            cursor.execute(f"ALTER TABLE clinic_audit{table} ENABLE TRIGGER USER")


@pytest.fixture
def five(client_record: Client, client_user: User) -> list[AuditEvent]:
    for number in range(5):
        audit.record(client_user, "client.tested", client_record, number=number)
    chaining.extend_chain()
    return list(AuditEvent.objects.order_by("pk"))


def faults(expected: chaining.Head | None = None) -> list[str]:
    return [str(fault) for fault in chaining.verify(expected)]


@pytest.mark.django_db
def test_what_is_as_it_was_written_has_no_fault(five: list[AuditEvent]) -> None:
    assert faults() == []
    assert list(AuditSeal.objects.values_list("position", flat=True)) == [1, 2, 3, 4, 5]
    assert chaining.extend_chain() == 0  # each is chained once


@pytest.mark.parametrize(
    "change",
    [
        "action = 'client.forged'",
        "detail = '{\"number\": 9}'",
        "actor_id = NULL",
        "client_id = NULL",
        "ip = '10.0.0.1'",
        "at = at + interval '1 microsecond'",
        "object_id = 'another'",
        "request_id = 'another'",
        "mac = decode(repeat('00', 32), 'hex')",
    ],
)
@pytest.mark.django_db
def test_a_row_that_was_changed_with_sql_is_named(five: list[AuditEvent], change: str) -> None:
    with as_an_intruder() as cursor:
        sql = f"UPDATE clinic_auditevent SET {change} WHERE id = %s"  # noqa: S608
        cursor.execute(sql, [five[2].pk])
    assert faults()[0] == f"event {five[2].pk}, position 3: it was changed"


@pytest.mark.django_db
def test_a_row_that_was_taken_out_leaves_a_gap(five: list[AuditEvent]) -> None:
    with as_an_intruder() as cursor:
        cursor.execute("DELETE FROM clinic_auditseal WHERE event_id = %s", [five[2].pk])
        cursor.execute("DELETE FROM clinic_auditevent WHERE id = %s", [five[2].pk])
    assert "links 3 to 3 are missing" in faults()


@pytest.mark.django_db
def test_renumbering_the_rest_does_not_close_the_gap(five: list[AuditEvent]) -> None:
    with as_an_intruder() as cursor:
        cursor.execute("DELETE FROM clinic_auditseal WHERE event_id = %s", [five[2].pk])
        cursor.execute("DELETE FROM clinic_auditevent WHERE id = %s", [five[2].pk])
        cursor.execute("UPDATE clinic_auditseal SET position = position - 1 WHERE position > 3")
    assert faults()[0] == (
        f"event {five[3].pk}, position 3: the link does not match the one before it"
    )


@pytest.mark.django_db
def test_a_row_that_was_put_in_is_named(five: list[AuditEvent]) -> None:
    with as_an_intruder() as cursor:
        cursor.execute(
            "INSERT INTO clinic_auditevent"
            " (event_id, at, action, object_type, object_id, request_id, detail, key_id, mac)"
            " SELECT gen_random_uuid(), at, action, object_type, object_id, request_id, detail,"
            " key_id, mac FROM clinic_auditevent WHERE id = %s RETURNING id",
            [five[0].pk],
        )
        (forged,) = cursor.fetchone()
    assert f"event {forged}: it was changed" in faults()


@pytest.mark.django_db
def test_an_end_that_was_cut_off_shows_against_a_head_kept_elsewhere(
    five: list[AuditEvent],
) -> None:
    kept = chaining.head()
    assert kept is not None
    assert faults(kept) == []
    with as_an_intruder() as cursor:
        cursor.execute("DELETE FROM clinic_auditseal WHERE position > 3")
        cursor.execute("DELETE FROM clinic_auditevent WHERE id > %s", [five[2].pk])
    assert faults() == []  # by itself the rest is whole
    assert faults(kept) == ["position 3: the chain ends before 5"]


@pytest.mark.django_db
def test_a_chain_that_was_written_again_differs_from_the_head_kept_elsewhere(
    five: list[AuditEvent],
) -> None:
    """Anyone who has the key can make a chain that fits itself, but not one that ends the same."""
    last = chaining.head()
    assert last is not None
    [fault] = chaining.verify(chaining.Head(last.position, b"x" * len(last.link)))
    assert "not the one that was recorded" in fault.what
    assert list(chaining.verify(last)) == []


@pytest.mark.django_db
def test_the_command_names_the_row_and_fails(five: list[AuditEvent]) -> None:
    said, wrong = StringIO(), StringIO()
    call_command("verify_audit", stdout=said)
    assert said.getvalue().startswith("The audit log is intact. Head: 5:")
    call_command("verify_audit", head=said.getvalue().split()[-1], stdout=said)
    with as_an_intruder() as cursor:
        cursor.execute("UPDATE clinic_auditevent SET action = 'x' WHERE id = %s", [five[1].pk])
    with pytest.raises(SystemExit) as stopped:
        call_command("verify_audit", stderr=wrong)
    assert stopped.value.code == 1
    assert f"event {five[1].pk}, position 2: it was changed" in wrong.getvalue()


@pytest.mark.parametrize("change", ["UPDATE clinic_auditseal SET position = 9", "DELETE"])
@pytest.mark.django_db
def test_a_seal_can_be_neither_changed_nor_removed(five: list[AuditEvent], change: str) -> None:
    sql = "DELETE FROM clinic_auditseal" if change == "DELETE" else change
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(sql)
    assert AuditSeal.objects.count() == 5


@pytest.mark.django_db
def test_a_row_that_nobody_sealed_in_time_is_told_of(client_record: Client) -> None:
    with time_machine.travel(timezone.now() - timedelta(hours=2)):
        audit.record(None, "client.tested", client_record)
    assert faults() == [f"event {AuditEvent.objects.get().pk}: it was never chained"]


@pytest.mark.django_db
def test_a_new_key_seals_on_and_the_old_one_still_proves(
    five: list[AuditEvent], client_record: Client, settings: Settings
) -> None:
    old = settings.DOCUMENT_KEYS
    settings.DOCUMENT_KEYS = "new:" + "bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmV3bmU=," + old
    audit.record(None, "client.tested", client_record)
    chaining.extend_chain()
    assert faults() == []
    settings.DOCUMENT_KEYS = settings.DOCUMENT_KEYS.partition(",")[0]
    assert all("is not in DOCUMENT_KEYS" in fault for fault in faults())
    assert len(faults()) == 5


@pytest.mark.django_db(transaction=True)
def test_writers_at_once_wait_for_nobody_and_sealers_at_once_make_one_chain() -> None:
    client = make_client()

    def write_and_seal(number: int) -> str:
        with transaction.atomic():
            audit.record(None, "client.tested", client, number=number)
        chaining.extend_chain()
        return "done"

    assert all_at_once(12, write_and_seal) == ["done"] * 12
    chaining.extend_chain()
    assert faults() == []
    assert list(AuditSeal.objects.values_list("position", flat=True)) == list(range(1, 13))


@pytest.mark.django_db(transaction=True)
def test_a_row_that_commits_late_with_an_early_number_is_sealed_too() -> None:
    client = make_client()
    second: list[int] = []

    def write(number: int) -> str:
        if number == 0:
            with transaction.atomic():
                audit.record(None, "client.slow", client)
                while not second:
                    pass
            return "slow"
        with transaction.atomic():
            audit.record(None, "client.quick", client)
        chaining.extend_chain()
        second.append(number)
        return "quick"

    all_at_once(2, write)
    chaining.extend_chain()
    assert faults() == []
    assert AuditSeal.objects.count() == 2


@given(
    action=st.text(max_size=20),
    detail=st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5), max_size=3),
    other=st.text(max_size=20),
)
def test_no_two_contents_share_a_proof(action: str, detail: dict[str, Any], other: str) -> None:
    now = timezone.now()
    one = AuditEvent(at=now, action=action, detail=detail)
    two = AuditEvent(at=now, event_id=one.event_id, action=other, detail=detail)
    assert (chain.mac(KEY, one) == chain.mac(KEY, two)) is (action == other)
    assert chain.link(KEY, 1, chain.START, one) != chain.link(KEY, 2, chain.START, one)
