"""Receipt numbers have no gaps and no doubles, however many desks issue at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.db.models import Max
from django.utils import timezone

from billing import selectors, services
from billing.issuing import receipts, statements
from billing.issuing import services as issuing
from billing.issuing.statements import Span
from billing.models import BillingDocument, Charge, Kind, Payment
from clinic.errors import DomainError
from clinic.models import Role
from tests import factories
from tests.billing.factories import plain_visit, plain_visits

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from billing.issuing.drafts import Draft
    from clinic.models import Client, User
    from treatment.models import Visit

DESKS = 5


@pytest.fixture
def clerk(transactional_db: None) -> User:
    return factories.make_user("desk@clinic.test", Role.FRONT_DESK)


def at_once(work: Callable[[Any], Any], visits: Sequence[Any]) -> list[Any]:
    """Each visit's work in a thread and a connection of its own, started together."""
    together = Barrier(len(visits))

    def attempt(visit: Any) -> Any:
        try:
            together.wait(timeout=10)
            return work(visit)
        except (DomainError, IntegrityError) as error:
            return type(error).__name__
        finally:
            connection.close()

    with ThreadPoolExecutor(len(visits)) as pool:
        return list(pool.map(attempt, visits))


def serials() -> list[int]:
    return sorted(BillingDocument.objects.values_list("serial", flat=True))


def test_receipts_issued_at_once_are_numbered_without_a_gap(clerk: User) -> None:
    visits = plain_visits(DESKS)

    def issue(visit: Visit) -> str:
        return issuing.issue_receipt(actor=clerk, visit=visit).number

    numbers = at_once(issue, visits)

    assert len(set(numbers)) == DESKS
    assert serials() == list(range(1, DESKS + 1))


def test_two_hundred_issued_by_twenty_desks_are_two_hundred_numbers_in_a_row(
    clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Statements, of other days each, written by the engine: the drafts are made before."""
    monkeypatch.setattr(issuing, "enqueue", lambda *_task: None)  # they need not be printed
    [visit] = plain_visits(1)
    client, today = selectors.client_of(visit), visit.appointment.local_date
    with transaction.atomic():
        one = statements.draft(Span(client, today, today))
    charges = Charge.objects.filter(visit=visit)
    drafts = [
        replace(
            one,
            begins_on=today - timedelta(days=number),
            lines=[receipts.line(visit, charge) for charge in charges],
        )
        for number in range(200)
    ]

    def issue(pile: list[Draft]) -> list[int]:
        made = []
        for draft in pile:
            with transaction.atomic():
                written = issuing.write(Kind.STATEMENT, draft, actor=clerk, replaces=None)
            made.append(written.serial)
        return made

    numbers = at_once(issue, [drafts[place::20] for place in range(20)])

    assert sorted(number for pile in numbers for number in pile) == list(range(1, 201))
    assert serials() == list(range(1, 201))
    assert all(pile == sorted(pile) for pile in numbers)


def test_without_the_counters_lock_the_race_is_lost(
    clerk: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The control: all read the same last number, and the constraint lets one of them win."""
    visits = plain_visits(DESKS)
    all_have_read = Barrier(DESKS)

    def unlocked(kind: str, year: int) -> int:
        last = (
            BillingDocument.objects.filter(kind=kind, year=year).aggregate(last=Max("serial"))[
                "last"
            ]
            or 0
        )
        all_have_read.wait(timeout=10)
        return int(last) + 1

    monkeypatch.setattr(issuing, "_next_serial", unlocked)

    def issue(visit: Visit) -> str:
        return issuing.issue_receipt(actor=clerk, visit=visit).number

    outcomes = at_once(issue, visits)

    assert outcomes.count("IntegrityError") == DESKS - 1
    assert serials() == [1]


def test_a_receipt_that_fell_through_leaves_no_gap(clerk: User) -> None:
    first, second = plain_visits(2)
    with transaction.atomic():
        issuing.issue_receipt(actor=clerk, visit=first)
        transaction.set_rollback(True)
    issuing.issue_receipt(actor=clerk, visit=second)
    assert serials() == [1]


def test_two_clicks_on_issue_make_one_receipt(clerk: User) -> None:
    visit = plain_visit(factories.make_client())

    def issue(visit: Visit) -> str:
        return issuing.issue_receipt(actor=clerk, visit=visit).number

    assert len(set(at_once(issue, [visit, visit]))) == 1
    assert serials() == [1]


def test_two_clicks_on_pay_take_the_money_once(clerk: User) -> None:
    visit = plain_visit(factories.make_client())
    token = uuid4()

    def pay(visit: Visit) -> str:
        services.take_payment(
            actor=clerk, visit=visit, method="card", amount_cents=6000, form_token=token
        )
        return "paid"

    assert at_once(pay, [visit, visit]) == ["paid", "paid"]
    assert Payment.objects.count() == 1


def test_two_desks_cannot_take_more_than_is_owed(clerk: User) -> None:
    visit = plain_visit(factories.make_client())

    def pay(visit: Visit) -> str:
        services.take_payment(
            actor=clerk, visit=visit, method="cash", amount_cents=6000, form_token=uuid4()
        )
        return "paid"

    assert sorted(at_once(pay, [visit, visit])) == ["Overpaid", "paid"]


@pytest.mark.django_db
def test_the_year_of_a_receipt_is_the_clinics_also_on_its_last_evening(
    client_record: Client, desk_user: User
) -> None:
    visit = plain_visit(client_record)
    zone = visit.appointment.location.zone
    this_year = timezone.localdate(timezone=zone).year
    last_evening = datetime(this_year, 12, 31, 22, tzinfo=zone)  # by UTC the next year has begun
    with time_machine.travel(last_evening, tick=True):
        assert issuing.issue_receipt(actor=desk_user, visit=visit).year == this_year
