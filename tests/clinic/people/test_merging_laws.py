"""Money under any order of charges, payments, merges and undoings. See docs/adr/0009."""

from __future__ import annotations

from itertools import count
from typing import TYPE_CHECKING

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from billing.issuing import services as issuing
from billing.models import BillingDocument
from clinic.models import Role
from clinic.people.merging import services
from tests.billing.factories import plain_visit
from tests.clinic.merging import join, pay, totals
from tests.factories import make_client, make_user
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from clinic.models import Client, Location, Therapist, User
    from treatment.models import Visit

pytestmark = pytest.mark.django_db
PRICE = 10_000

# What is done: a visit of one of the two, some cents for the n-th visit so far or a receipt of it,
# and joining the two, or parting them if they are joined.
Step = st.one_of(
    st.tuples(st.just("visit"), st.integers(0, 1)),
    st.tuples(st.just("pay"), st.integers(0, 5), st.integers(1, 3000)),
    st.tuples(st.just("issue"), st.integers(0, 5)),
    st.tuples(st.just("turn"), st.booleans()),
)


class Ledger:
    """What should be: whose each visit is, and what was paid for it."""

    def __init__(self, actor: User, pair: tuple[Client, Client]) -> None:
        self.actor, self.pair = actor, pair
        self.visits: list[tuple[Visit, Client]] = []  # with whose it is when nothing is joined
        self.paid: dict[int, int] = {}
        self.kept: Client | None = None
        self.hours = count(2, 2)

    def visit(self, number: int) -> None:
        """While joined, a visit is the kept record's for good."""
        client = self.kept or self.pair[number]
        self.visits.append((plain_visit(client, next(self.hours)), client))

    def pay(self, number: int, cents: int) -> None:
        if number < len(self.visits) and self.paid.get(number, 0) + cents <= PRICE:
            pay(self.actor, self.visits[number][0], cents)
            self.paid[number] = self.paid.get(number, 0) + cents

    def issue(self, number: int) -> None:
        if number < len(self.visits):
            issuing.issue_current(actor=self.actor, visit=self.visits[number][0])

    def turn(self, first: bool) -> None:
        if self.kept is not None:
            kept = self.kept
            services.undo(actor=self.actor, merge=kept.merges.get(undone_at=None))
            self.kept = None
            return
        self.kept, merged = self.pair if first else self.pair[::-1]
        join(self.actor, self.kept, merged)

    def expected(self, client: Client) -> tuple[int, int]:
        theirs = [
            number
            for number, (_visit, owner) in enumerate(self.visits)
            if (self.kept or owner) == client
        ]
        paid = sum(self.paid.get(number, 0) for number in theirs)
        return paid, PRICE * len(theirs) - paid


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(Step, max_size=10))
def test_totals_are_those_of_both_and_each_gets_back_what_is_its(
    location: Location, therapist: Therapist, steps: list[tuple[str, int, int]]
) -> None:
    with mid_afternoon(), transaction.atomic():
        actor = make_user("desk-of-laws@clinic.test", Role.FRONT_DESK)
        ledger = Ledger(actor, (make_client("Ana", "Lima"), make_client("Anna", "Lima")))
        printed: dict[object, object] = {}
        for name, *values in steps:
            getattr(ledger, name)(*values)
            for client in ledger.pair:
                assert totals(client) == ledger.expected(client)
            for receipt in BillingDocument.objects.all():
                said = (receipt.number, receipt.snapshot, receipt.net_cents, receipt.verify_code)
                assert printed.setdefault(receipt.pk, said) == said
                assert receipt.visit is not None
                assert receipt.client == receipt.visit.appointment.client
        assert len(printed) == BillingDocument.objects.count()
        transaction.set_rollback(True)
