"""What cancelling late and not coming cost, and what becomes of the fee."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from booking.errors import FeeNotAgreed, FeePaid, FeeSettled
from booking.models import Appointment, BookingPolicy
from booking.visits import fees, late_fees, services
from clinic.errors import InvalidTransition
from clinic.models import AuditEvent, Payer
from tests.booking import single
from tests.booking.factories import booked_appointment

if TYPE_CHECKING:
    from clinic.models import Client, ServiceOption, Therapist, User

START = datetime(2026, 11, 24, 15, tzinfo=UTC)
DAY = timedelta(hours=24)
MOMENT = timedelta(microseconds=1)
TERMS = fees.CancelTerms(24 * 60, 50, 100)
MASSAGE = fees.Agreed(10000, "medical")


def test_exactly_at_the_cutoff_cancelling_is_free_and_a_moment_later_it_costs_half() -> None:
    def cost(now: datetime) -> int:
        return fees.for_cancelling(MASSAGE, TERMS, START, now)

    assert cost(START - DAY) == 0
    assert cost(START - DAY + MOMENT) == 5000
    assert cost(START - timedelta(minutes=1)) == 5000


def test_the_cutoff_counts_elapsed_hours_across_a_change_of_the_clocks() -> None:
    from zoneinfo import ZoneInfo

    local = datetime(2026, 11, 1, 12, tzinfo=ZoneInfo("America/New_York"))  # 25 hours after noon
    assert not fees.is_late(local, local.astimezone(UTC) - DAY, 24 * 60)
    assert fees.is_late(local, local.astimezone(UTC) - DAY + MOMENT, 24 * 60)


def test_a_missed_visit_costs_its_whole_price() -> None:
    assert fees.for_missing(MASSAGE, TERMS) == 10000


@pytest.mark.parametrize(
    "agreed",
    [
        fees.Agreed(10000, "medical", Payer.Kind.VA),
        fees.Agreed(10000, "medical", Payer.Kind.WORKERS_COMP),
        fees.Agreed(2000, "consultation"),
    ],
)
def test_some_never_pay_a_fee(agreed: fees.Agreed) -> None:
    assert fees.for_cancelling(agreed, TERMS, START, START - MOMENT) == 0
    assert fees.for_missing(agreed, TERMS) == 0


@given(cents=st.integers(0, 10**7), percent=st.integers(0, 100))
def test_a_fee_is_never_more_than_the_price_and_rounds_to_the_nearest_cent(
    cents: int, percent: int
) -> None:
    fee = fees.share(cents, percent)
    assert 0 <= fee <= cents
    assert abs(fee * 100 - cents * percent) <= 50


@pytest.fixture
def visit(diary: list[Therapist], client_record: Client, ten: datetime) -> Appointment:
    """An hour at $100."""
    made = booked_appointment(client_record, starts_at=ten, therapist=diary[0], price_cents=10000)
    return Appointment.objects.with_names().get(pk=made.pk)


def kept(visit: Appointment) -> Appointment:
    return Appointment.objects.get(pk=visit.pk)


@pytest.mark.django_db
def test_a_client_pays_only_what_they_have_agreed_to(visit: Appointment, client_user: User) -> None:
    with time_machine.travel(visit.starts_at - timedelta(hours=5)):
        for wrong in (0, 4999, 5001):
            with pytest.raises(FeeNotAgreed) as refusal:
                single.cancel(actor=client_user, appointment=visit, agreed_cents=wrong)
            assert refusal.value.cents == 5000
        assert kept(visit).status == "booked"
        single.cancel(actor=client_user, appointment=visit, agreed_cents=5000)
    assert (kept(visit).status, kept(visit).fee_cents) == ("cancelled", 5000)
    assert kept(visit).open_fee_cents == 5000
    event = AuditEvent.objects.get(action="appointment.cancelled")
    assert (event.detail["cause"], event.detail["fee_cents"]) == ("client", 5000)
    assert event.detail["changes"] == {"status": {"before": "booked", "after": "cancelled"}}


@pytest.mark.django_db
def test_in_time_nothing_is_asked_and_nothing_is_owed(
    visit: Appointment, client_user: User
) -> None:
    with time_machine.travel(visit.starts_at - DAY, tick=False):
        single.cancel(actor=client_user, appointment=visit)
    assert kept(visit).fee_cents == 0


@pytest.mark.django_db
@pytest.mark.parametrize(("cause", "fee"), [("client", 5000), ("illness", 0), ("clinic", 0)])
def test_illness_and_the_clinics_own_doing_cost_nothing(
    visit: Appointment, desk_user: User, cause: str, fee: int
) -> None:
    with time_machine.travel(visit.starts_at - timedelta(hours=5)):
        single.cancel(actor=desk_user, appointment=visit, cause=cause)
    assert (kept(visit).cancel_cause, kept(visit).fee_cents) == (cause, fee)


@pytest.mark.django_db
def test_a_client_cannot_name_illness_to_save_the_fee(
    visit: Appointment, client_user: User
) -> None:
    with time_machine.travel(visit.starts_at - timedelta(hours=5)), pytest.raises(FeeNotAgreed):
        single.cancel(
            actor=client_user, appointment=visit, cause="illness", waived_because="please"
        )


@pytest.mark.django_db
@pytest.mark.parametrize("settle", ["waive", "pay"])
def test_what_became_of_a_fee_is_told_with_both_sides(
    visit: Appointment, desk_user: User, settle: str
) -> None:
    with time_machine.travel(visit.starts_at - timedelta(hours=5)):
        single.cancel(actor=desk_user, appointment=visit)
    how = {"reason": "ill mother"} if settle == "waive" else {}
    getattr(late_fees, settle)(actor=desk_user, appointment=visit, **how)
    told = AuditEvent.objects.get(action__startswith="fee.").detail
    assert told["changes"]["open_fee_cents"] == {"before": 5000, "after": 0}
    assert "mother" not in str(told)


@pytest.mark.django_db
def test_the_desk_waives_a_fee_with_the_cancellation_or_later_and_once(
    visit: Appointment, desk_user: User
) -> None:
    with time_machine.travel(visit.starts_at - timedelta(hours=5)):
        single.cancel(actor=desk_user, appointment=visit, waived_because="first time")
    found = kept(visit)
    assert (found.fee_cents, found.open_fee_cents) == (5000, 0)
    assert found.fee_waived_reason == "first time"
    with pytest.raises(FeeSettled):
        late_fees.waive(actor=desk_user, appointment=visit, reason="again")
    with pytest.raises(FeeSettled):
        late_fees.pay(actor=desk_user, appointment=visit)


@pytest.mark.django_db
def test_rules_that_change_later_bind_nobody_who_booked_before(
    diary: list[Therapist],
    option60: ServiceOption,
    client_record: Client,
    client_user: User,
    ten: datetime,
    policy: BookingPolicy,
) -> None:
    held = single.hold(option=option60, start=ten, therapist=diary[0])
    assert held.hold_token is not None
    visit = single.book(actor=client_user, hold_token=held.hold_token, client=client_record)
    policy.cancel_cutoff, policy.late_cancel_percent, policy.no_show_percent = 60, 90, 95
    policy.save()
    with time_machine.travel(ten - timedelta(hours=23), tick=False):
        assert late_fees.for_cancelling(visit) == 5000
    assert late_fees.for_missing(visit) == 10000


def test_a_missed_visit_costs_and_taking_it_back_costs_nothing(
    visit: Appointment, desk_user: User
) -> None:
    with time_machine.travel(visit.starts_at + timedelta(minutes=20)):
        services.mark(actor=desk_user, appointment=visit, status="noshow")
        assert kept(visit).open_fee_cents == 10000
        late_fees.waive(actor=desk_user, appointment=visit, reason="stood in the rain")
        services.mark(actor=desk_user, appointment=visit, status="booked")
    found = kept(visit)
    assert (found.status, found.fee_cents, found.fee_waived_reason) == ("booked", 0, "")
    assert found.fee_waived_at is None


@pytest.mark.django_db
def test_a_missed_visit_whose_fee_is_paid_stays_missed(visit: Appointment, desk_user: User) -> None:
    with time_machine.travel(visit.starts_at + timedelta(minutes=20)):
        services.mark(actor=desk_user, appointment=visit, status="noshow")
        late_fees.pay(actor=desk_user, appointment=visit)
        with pytest.raises(FeePaid):
            services.mark(actor=desk_user, appointment=visit, status="booked")
    assert kept(visit).status == "noshow"


@pytest.mark.django_db
def test_a_veteran_owes_nothing(visit: Appointment, client_record: Client, desk_user: User) -> None:
    client_record.payer = Payer.objects.create(name="VA", kind=Payer.Kind.VA)
    client_record.save()
    assert late_fees.for_missing(visit) == 0
    with time_machine.travel(visit.starts_at - timedelta(hours=5)):
        single.cancel(actor=desk_user, appointment=visit)
    assert kept(visit).fee_cents == 0


@pytest.mark.django_db
def test_a_page_that_showed_the_old_time_cancels_nothing(
    visit: Appointment, desk_user: User, client_user: User
) -> None:
    stale = Appointment.objects.with_names().get(pk=visit.pk)
    single.reschedule(actor=desk_user, appointment=visit, start=visit.starts_at + timedelta(days=7))
    with pytest.raises(InvalidTransition):
        single.cancel(actor=client_user, appointment=stale)
    assert kept(visit).status == "booked"


@pytest.mark.django_db
def test_the_table_holds_no_fee_that_is_both_paid_and_waived_or_is_for_a_visit_that_stands(
    visit: Appointment, option60: ServiceOption
) -> None:
    now = visit.starts_at
    for wrong in (
        {"fee_cents": 5000},
        {"fee_paid_at": now},
        {"status": "noshow", "fee_cents": 1, "fee_paid_at": now, "fee_waived_at": now},
    ):
        with pytest.raises(IntegrityError), transaction.atomic():
            Appointment.objects.filter(pk=visit.pk).update(**wrong)
