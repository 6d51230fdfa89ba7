from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.errors import DomainError, InvalidTransition
from clinic.models import AuditEvent
from clinic.selectors import clinic_today
from prescriptions import authorization, ledger, selectors
from prescriptions.authorization import State
from prescriptions.errors import NotCovered, NoVisitsLeft
from prescriptions.models import Prescription, VisitReservation
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription, submitted_prescription

if TYPE_CHECKING:
    from clinic.models import Client

RESERVED, USED, RELEASED = ledger.RESERVED, ledger.USED, ledger.RELEASED


def today() -> date:
    return clinic_today()


def totals(prescription: Prescription) -> tuple[int, int, int]:
    prescription.refresh_from_db()
    return prescription.used, prescription.reserved, prescription.bookable


def test_a_visit_is_reserved_used_unused_and_released(approved: Prescription) -> None:
    reservation = ledger.reserve_visit(actor=None, prescription=approved, on=today())
    assert totals(approved) == (0, 1, 11)
    ledger.use_visit(actor=None, reservation=reservation)
    assert totals(approved) == (1, 0, 11)
    ledger.unuse_visit(actor=None, reservation=reservation)
    assert totals(approved) == (0, 1, 11)
    ledger.release_visit(actor=None, reservation=reservation)
    assert totals(approved) == (0, 0, 12)
    actions = AuditEvent.objects.filter(object_id=str(reservation.pk)).order_by("pk")
    assert [event.action for event in actions] == [
        "visit.reserved",
        "visit.used",
        "visit.unused",
        "visit.released",
    ]


def test_ten_used_one_missed_one_cancelled_late_and_one_booked_leave_one(
    approved: Prescription,
) -> None:
    for _ in range(10):
        one = ledger.reserve_visit(actor=None, prescription=approved, on=today())
        ledger.use_visit(actor=None, reservation=one)
    for _ in ("no-show", "late cancel"):
        one = ledger.reserve_visit(actor=None, prescription=approved, on=today())
        ledger.release_visit(actor=None, reservation=one)
    ledger.reserve_visit(actor=None, prescription=approved, on=today())
    assert totals(approved) == (10, 1, 1)


def test_no_visit_is_reserved_past_the_authorised_number(client_record: Client) -> None:
    prescription = approved_prescription(client_record, visits=1)
    ledger.reserve_visit(actor=None, prescription=prescription, on=today())
    with pytest.raises(NoVisitsLeft):
        ledger.reserve_visit(actor=None, prescription=prescription, on=today())
    assert totals(prescription) == (0, 1, 0)


def test_the_through_date_is_covered_and_the_day_after_is_not(approved: Prescription) -> None:
    assert approved.through_on is not None
    ledger.reserve_visit(actor=None, prescription=approved, on=approved.through_on)
    after = approved.through_on + timedelta(days=1)
    with pytest.raises(NotCovered):
        ledger.reserve_visit(actor=None, prescription=approved, on=after)


def test_nothing_is_reserved_on_a_prescription_that_is_not_approved(
    submitted: Prescription,
) -> None:
    with pytest.raises(NotCovered):
        ledger.reserve_visit(actor=None, prescription=submitted, on=today())


def test_a_reservation_moves_within_the_dates_only(approved: Prescription) -> None:
    reservation = ledger.reserve_visit(actor=None, prescription=approved, on=today())
    assert approved.through_on is not None
    ledger.move_visit(actor=None, reservation=reservation, on=approved.through_on)
    reservation.refresh_from_db()
    assert reservation.visit_on == approved.through_on
    with pytest.raises(NotCovered):
        ledger.move_visit(
            actor=None, reservation=reservation, on=approved.through_on + timedelta(days=1)
        )


def test_an_entry_cannot_be_released_or_used_twice(approved: Prescription) -> None:
    reservation = ledger.reserve_visit(actor=None, prescription=approved, on=today())
    ledger.use_visit(actor=None, reservation=reservation)
    for act in (ledger.use_visit, ledger.release_visit):
        with pytest.raises(InvalidTransition):
            act(actor=None, reservation=reservation)
    with pytest.raises(InvalidTransition):
        ledger.move_visit(actor=None, reservation=reservation, on=today())
    assert totals(approved) == (1, 0, 11)


def test_giving_back_a_used_visit_un_exhausts(client_record: Client) -> None:
    prescription = approved_prescription(client_record, visits=1, used=1)
    assert authorization.state(prescription, today()) is State.EXHAUSTED
    entry = prescription.reservations.get()
    ledger.unuse_visit(actor=None, reservation=entry)
    prescription.refresh_from_db()
    assert authorization.state(prescription, today()) is State.APPROVED


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    authorized=st.integers(1, 4),
    steps=st.lists(
        st.tuples(
            st.sampled_from(
                [*("reserve", "reserve", "use", "release", "unuse", "move"), "expire", "supersede"]
            ),
            st.integers(0, 9),
        ),
        max_size=25,
    ),
)
def test_the_ledger_always_adds_up(
    client_record: Client, authorized: int, steps: list[tuple[str, int]]
) -> None:
    """authorized = used + reserved + left + expired, and the totals equal the entries."""
    sid = transaction.savepoint()
    prescription = approved_prescription(client_record, visits=authorized)
    entries: list[VisitReservation] = []
    day = today()
    for step, pick in steps:
        try:
            if step == "expire":  # the days pass, perhaps beyond the last one
                day += timedelta(days=pick * 7)
            elif step == "supersede":
                approved_prescription(client_record)
            elif step == "reserve":
                entries.append(ledger.reserve_visit(actor=None, prescription=prescription, on=day))
            elif entries:
                entry = entries[pick % len(entries)]
                if step == "move":
                    ledger.move_visit(actor=None, reservation=entry, on=day)
                else:
                    act = getattr(ledger, f"{step}_visit")
                    act(actor=None, reservation=entry)
        except DomainError:
            pass
        used, reserved, left = totals(prescription)
        assert used + reserved + left == authorized
        assert left >= 0
        by_status = Counter(prescription.reservations.values_list("status", flat=True))
        assert (by_status[USED], by_status[RESERVED]) == (used, reserved)
        sums = selectors.sums(prescription, selectors.ledger(prescription), day)
        assert sums.used + sums.reserved + sums.left + sums.expired == sums.authorized
        assert sums.released == by_status[RELEASED]
        over = authorization.state(prescription, day) in (State.EXPIRED, State.SUPERSEDED)
        assert (sums.left, sums.expired) == ((0, left) if over else (left, 0))
    transaction.savepoint_rollback(sid)


def test_what_nobody_booked_expires_with_the_last_day_and_what_is_booked_stays(
    approved: Prescription,
) -> None:
    assert approved.through_on is not None
    one = ledger.reserve_visit(actor=None, prescription=approved, on=approved.through_on)
    given_back = ledger.reserve_visit(actor=None, prescription=approved, on=today())
    ledger.release_visit(actor=None, reservation=given_back)
    approved.refresh_from_db()
    last, after = approved.through_on, approved.through_on + timedelta(days=1)
    sums = ledger.accounts(approved, last)
    assert (sums.reserved, sums.left, sums.expired) == (1, 11, 0)
    sums = ledger.accounts(approved, after)
    assert (sums.reserved, sums.left, sums.expired) == (1, 0, 11)
    # A visit of the last day, written up the morning after, is used all the same.
    ledger.use_visit(actor=None, reservation=one)
    approved.refresh_from_db()
    sums = ledger.accounts(approved, after)
    assert (sums.authorized, sums.used, sums.reserved, sums.expired) == (12, 1, 0, 11)


def test_what_is_left_on_a_replaced_one_has_expired(
    client_record: Client, approved: Prescription
) -> None:
    ledger.reserve_visit(actor=None, prescription=approved, on=today())
    approved_prescription(client_record)
    approved.refresh_from_db()
    sums = ledger.accounts(approved, today())
    assert (sums.reserved, sums.left, sums.expired) == (1, 0, 11)


@pytest.mark.django_db(transaction=True)
def test_reserving_releasing_and_using_at_once_keeps_the_books() -> None:
    prescription = approved_prescription(make_client(), visits=3)

    def churn(one: Prescription) -> None:
        for _ in range(4):
            entry = ledger.reserve_visit(actor=None, prescription=one, on=today())
            ledger.use_visit(actor=None, reservation=entry)
            ledger.unuse_visit(actor=None, reservation=entry)
            ledger.release_visit(actor=None, reservation=entry)
        ledger.reserve_visit(actor=None, prescription=one, on=today())

    outcomes = race(prescription, 6, churn)
    used, reserved, left = totals(prescription)
    assert (used, reserved) == (0, outcomes.count("reserved"))
    assert reserved <= 3
    assert used + reserved + left == 3
    assert prescription.reservations.filter(status=RESERVED).count() == reserved


def race(prescription: Prescription, tries: int, reserve: object) -> list[str]:
    together = Barrier(tries)

    def attempt(_: int) -> str:
        try:
            together.wait(timeout=10)
            reserve(prescription)  # type: ignore[operator]
        except (NoVisitsLeft, IntegrityError):
            return "refused"
        finally:
            connection.close()
        return "reserved"

    with ThreadPoolExecutor(max_workers=tries) as pool:
        return sorted(pool.map(attempt, range(tries)))


@pytest.mark.django_db(transaction=True)
def test_racing_reservations_never_pass_the_total() -> None:
    prescription = approved_prescription(make_client(), visits=3)

    def reserve(one: Prescription) -> None:
        ledger.reserve_visit(actor=None, prescription=one, on=today())

    outcomes = race(prescription, 8, reserve)
    assert outcomes == ["refused"] * 5 + ["reserved"] * 3
    assert totals(prescription) == (0, 3, 0)
    assert prescription.reservations.count() == 3


def careless(prescription: Prescription) -> None:
    """What the ledger would do without its lock: read, wait for the others, write."""
    left = Prescription.objects.get(pk=prescription.pk).bookable
    if left < 1:
        raise NoVisitsLeft
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_sleep(0.3)")
        cursor.execute(
            "UPDATE prescriptions_prescription SET reserved = reserved + 1 WHERE id = %s",
            [prescription.pk],
        )


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_the_constraint_still_refuses_the_overdraft() -> None:
    prescription = approved_prescription(make_client(), visits=1)
    assert race(prescription, 4, careless) == ["refused"] * 3 + ["reserved"]
    assert totals(prescription) == (0, 1, 0)


@pytest.mark.django_db(transaction=True)
def test_the_race_is_real_without_lock_and_constraint() -> None:
    """The control: drop the constraint and every careless reservation wins."""
    prescription = approved_prescription(make_client(), visits=1)
    check = next(
        c for c in Prescription._meta.constraints if c.name == "prescription_visits_not_overdrawn"
    )
    with connection.schema_editor() as editor:
        editor.remove_constraint(Prescription, check)
    try:
        assert race(prescription, 4, careless) == ["reserved"] * 4
        assert totals(prescription) == (0, 4, -3)
    finally:
        VisitReservation.objects.all().delete()
        Prescription.objects.update(reserved=0)
        with connection.schema_editor() as editor:
            editor.add_constraint(Prescription, check)


def test_a_stranger_prescription_is_not_touched_by_another_ones_ledger(
    approved: Prescription, other_client: Client
) -> None:
    theirs = approved_prescription(other_client)
    ledger.reserve_visit(actor=None, prescription=approved, on=today())
    assert totals(theirs) == (0, 0, 12)
    assert submitted_prescription(other_client).bookable == 0
