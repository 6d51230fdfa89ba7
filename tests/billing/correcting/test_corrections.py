"""A payment that was recorded wrongly is put right by another entry, by one desk, once."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from billing import fees, services
from billing.correcting import refunds
from billing.correcting import services as correcting
from billing.correcting.services import Goal
from billing.errors import (
    AlreadyCorrected,
    CannotMoveThere,
    NoReference,
    NotEligible,
    NotFromAPlan,
    PartlyRefunded,
    SameMethod,
    SameReference,
)
from billing.issuing import services as issuing
from billing.models import Charge, Payment, Refund
from billing.owed import settling
from clinic.models import AuditEvent
from clinic.people import owed
from clinic.web.form_page import ChangedSince
from tests import factories
from tests.billing.factories import form_for, missed_visit, paid, plain_visit
from tests.billing.reading import fresh, owes
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from clinic.models import Client, User
    from treatment.models import Visit

pytestmark = pytest.mark.django_db


def test_a_void_payment_is_owed_again_and_stays_on_record(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit)
    form = form_for(payment)
    for _time in range(2):  # a form sent twice is one correction
        correcting.void(actor=desk_user, payment=payment, reason="Wrong client", form=form)
    assert not Payment.objects.exists()
    kept = Payment.everything.get()
    assert (kept.void_reason, kept.voided_by, kept.amount_cents) == (
        "Wrong client",
        desk_user,
        10000,
    )
    assert services.balance(fresh(visit)) == 10000
    assert AuditEvent.objects.filter(action="payment.voided").count() == 1


def test_the_second_desk_is_told(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit)
    first, second = form_for(payment), form_for(payment)
    correcting.change_method(actor=desk_user, payment=payment, method="cash", form=first)
    with pytest.raises(AlreadyCorrected):
        correcting.void(actor=desk_user, payment=payment, reason="Wrong", form=second)
    assert Payment.objects.get().method == "cash"


def test_a_changed_method_is_another_entry_of_the_same_time(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit, method="hsa")
    form = form_for(payment)
    made = [
        correcting.change_method(
            actor=desk_user, payment=payment, method="card", reference="4242", form=form
        )
        for _time in range(2)
    ]
    assert made[0] == made[1] == Payment.objects.get()
    now = made[0]
    assert (now.method, now.reference, now.paid_at, now.replaces, now.amount_cents) == (
        "card",
        "4242",
        payment.paid_at,
        payment,
        10000,
    )
    assert services.balance(fresh(visit)) == 0
    with pytest.raises(SameMethod):
        correcting.change_method(
            actor=desk_user, payment=now, method="card", reference="4242", form=form_for(now)
        )


def test_a_wrong_number_alone_is_another_entry_beside_the_old(
    desk_user: User, visit: Visit
) -> None:
    payment = services.take_payment(
        actor=desk_user,
        visit=visit,
        method="hsa",
        amount_cents=10000,
        reference="4224",
        form_token=uuid4(),
    )
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    form = form_for(payment)
    made = [
        correcting.change_reference(actor=desk_user, payment=payment, reference="4242", form=form)
        for _time in range(2)
    ]
    assert made[0] == made[1] == Payment.objects.get()
    now, old = made[0], Payment.everything.get(pk=payment.pk)
    assert (now.method, now.reference, now.replaces, now.paid_at) == (
        *("hsa", "4242", payment, payment.paid_at),
    )
    assert (now.amount_cents, now.client) == (payment.amount_cents, payment.client)
    assert (old.reference, old.voided_by) == ("4224", desk_user)
    assert old.void_reason == "It was recorded with the wrong number."
    assert services.balance(fresh(visit)) == 0
    assert issuing.out_of_date(receipt, fresh(visit))
    event = AuditEvent.objects.get(action="payment.number_changed")
    assert event.detail["changes"] == {"reference": {"before": "4224", "after": "4242"}}


def test_a_number_is_corrected_once_and_only_where_there_is_one(
    desk_user: User, visit: Visit, client_record: Client
) -> None:
    cash = paid(desk_user, visit, method="cash")
    with pytest.raises(NoReference):
        correcting.change_reference(
            actor=desk_user, payment=cash, reference="4242", form=form_for(cash)
        )
    card = paid(desk_user, plain_visit(client_record, 5))
    with pytest.raises(SameReference):
        correcting.change_reference(
            actor=desk_user, payment=card, reference=card.reference, form=form_for(card)
        )
    first, second = form_for(card), form_for(card)
    correcting.change_reference(actor=desk_user, payment=card, reference="1", form=first)
    with pytest.raises(AlreadyCorrected):
        correcting.change_reference(actor=desk_user, payment=card, reference="2", form=second)
    refunded = paid(desk_user, plain_visit(client_record, 8))
    refunds.refund(
        actor=desk_user,
        payment=refunded,
        amount_cents=100,
        method="card",
        reason="x",
        owed_again=False,
        form=form_for(refunded),
    )
    with pytest.raises(PartlyRefunded):
        correcting.change_reference(
            actor=desk_user, payment=refunded, reference="2", form=form_for(refunded)
        )


def test_a_fee_with_a_wrong_number_stays_paid(desk_user: User, client_record: Client) -> None:
    missed = missed_visit(client_record)
    payment = fees.take(actor=desk_user, appointment=missed, method="card", form_token=uuid4())
    made = correcting.change_reference(
        actor=desk_user, payment=payment, reference="4242", form=form_for(payment)
    )
    assert (made.appointment, made.amount_cents) == (missed, payment.amount_cents)
    missed.refresh_from_db()
    assert missed.fee_paid_at is not None


def test_what_became_cash_is_in_the_drawer_and_what_became_a_card_is_not(
    desk_user: User, visit: Visit
) -> None:
    payment = paid(desk_user, visit)
    cash = correcting.change_method(
        actor=desk_user, payment=payment, method="cash", form=form_for(payment)
    )
    assert cash.drawer is not None
    card = correcting.change_method(
        actor=desk_user, payment=cash, method="card", form=form_for(cash)
    )
    assert card.drawer is None


def test_a_plans_card_takes_over_no_more_than_the_treatment(
    desk_user: User, client_record: Client
) -> None:
    visit = finished_visit(client_record)
    services.charge_visit(visit=visit)
    Charge.objects.create(
        visit=visit, description="Tip", list_cents=500, net_cents=500, is_eligible=False, position=7
    )
    payment = paid(desk_user, visit, 10500)
    with pytest.raises(NotEligible, match=r"\$100\.00"):
        correcting.change_method(
            actor=desk_user, payment=payment, method="hsa", form=form_for(payment)
        )


def test_a_payment_moves_to_the_visit_it_was_for(desk_user: User, client_record: Client) -> None:
    wrong, right = plain_visit(client_record, 2), plain_visit(client_record, 5)
    payment = paid(desk_user, wrong)
    form = form_for(payment)
    for _time in range(2):
        made = correcting.move(
            actor=desk_user, payment=payment, to=Goal(visit=right), reason="Other day", form=form
        )
    assert (made.visit, made.paid_at, made.replaces) == (right, payment.paid_at, payment)
    assert (services.balance(fresh(wrong)), services.balance(fresh(right))) == (10000, 0)


def test_a_payment_keyed_on_the_wrong_person_moves_and_both_records_tell(
    desk_user: User, client_record: Client
) -> None:
    wrong = plain_visit(client_record, 2)
    right = plain_visit(factories.make_client("Ben", "Adler"), 5)
    payment = paid(desk_user, wrong)
    made = correcting.move(
        actor=desk_user,
        payment=payment,
        to=Goal(visit=right),
        reason="Wrong client",
        form=form_for(payment),
    )
    assert made.client == right.appointment.client
    told = AuditEvent.objects.filter(action__startswith="payment.moved")
    assert {event.client_id for event in told} == {client_record.pk, made.client.pk}


def test_a_payment_does_not_move_where_less_is_owed(desk_user: User, client_record: Client) -> None:
    wrong, right = plain_visit(client_record, 2), plain_visit(client_record, 5)
    payment = paid(desk_user, wrong)
    paid(desk_user, right, 1)
    for goal in (Goal(visit=right), Goal(visit=wrong)):
        with pytest.raises(CannotMoveThere):
            correcting.move(
                actor=desk_user, payment=payment, to=goal, reason="x", form=form_for(payment)
            )
    assert Payment.objects.count() == 2


def test_a_part_does_not_move_to_where_it_is(desk_user: User, visit: Visit) -> None:
    """Though as much is still owed there."""
    payment = paid(desk_user, visit, 4000)
    with pytest.raises(CannotMoveThere):
        correcting.move(
            actor=desk_user,
            payment=payment,
            to=Goal(visit=visit),
            reason="x",
            form=form_for(payment),
        )
    assert Payment.everything.count() == 1


def test_a_fee_is_paid_by_no_other_amount(desk_user: User, client_record: Client) -> None:
    part = paid(desk_user, plain_visit(client_record), 3000)
    missed = missed_visit(client_record, 4000)
    with pytest.raises(CannotMoveThere):
        correcting.move(
            actor=desk_user,
            payment=part,
            to=Goal(appointment=missed),
            reason="x",
            form=form_for(part),
        )
    assert owes(client_record) == [("fee", 4000), ("visit", 7000)]


def test_the_visit_a_payment_moves_to_is_charged_with_it(
    desk_user: User, client_record: Client
) -> None:
    """So that what it costs does not change below a payment."""
    payment, right = paid(desk_user, plain_visit(client_record, 2)), plain_visit(client_record, 5)
    assert not Charge.objects.filter(visit=right).exists()
    correcting.move(
        actor=desk_user, payment=payment, to=Goal(visit=right), reason="x", form=form_for(payment)
    )
    assert sum(one.net_cents for one in Charge.objects.filter(visit=right)) == 10000


def test_what_was_paid_in_one_go_stays_together(desk_user: User, client_record: Client) -> None:
    visits = [plain_visit(client_record, hours) for hours in (2, 5)]
    made = settling.settle(
        actor=desk_user,
        client=client_record,
        keys=[f"visit:{one.appointment_id}" for one in visits],
        method="card",
        amount_cents=None,
        form_token=uuid4(),
    )
    right = correcting.change_method(
        actor=desk_user, payment=made[0], method="cash", form=form_for(made[0])
    )
    assert right.batch == made[0].batch == made[1].batch


def test_one_plans_card_takes_the_place_of_another(desk_user: User, visit: Visit) -> None:
    """What is replaced does not count against what a plan may pay."""
    payment = paid(desk_user, visit, method="hsa")
    made = correcting.change_method(
        actor=desk_user, payment=payment, method="fsa", form=form_for(payment)
    )
    assert (made.method, made.amount_cents) == ("fsa", 10000)


def test_a_fee_and_a_visit_exchange_a_payment_but_for_a_plans_card(
    desk_user: User, client_record: Client
) -> None:
    visit, missed = plain_visit(client_record), missed_visit(client_record, 10000)
    plan = paid(desk_user, visit, method="fsa")
    fee = Goal(appointment=missed)
    with pytest.raises(NotFromAPlan):
        correcting.move(actor=desk_user, payment=plan, to=fee, reason="x", form=form_for(plan))
    correcting.void(actor=desk_user, payment=plan, reason="x", form=form_for(plan))
    card = paid(desk_user, visit)
    there = correcting.move(actor=desk_user, payment=card, to=fee, reason="x", form=form_for(card))
    assert owes(client_record) == [("visit", 10000)]
    correcting.move(
        actor=desk_user, payment=there, to=Goal(visit=visit), reason="x", form=form_for(there)
    )
    assert owes(client_record) == [("fee", 10000)]


def test_a_fees_payment_is_voided_or_changed_and_the_fee_is_due_or_paid(
    desk_user: User, client_record: Client
) -> None:
    missed = missed_visit(client_record)
    payment = fees.take(actor=desk_user, appointment=missed, method="card", form_token=uuid4())
    cash = correcting.change_method(
        actor=desk_user, payment=payment, method="cash", form=form_for(payment)
    )
    assert owed.of(client_record.pk) == owed.NOTHING
    with pytest.raises(NotFromAPlan):
        correcting.change_method(actor=desk_user, payment=cash, method="hsa", form=form_for(cash))
    correcting.void(actor=desk_user, payment=cash, reason="Not his", form=form_for(cash))
    assert owes(client_record) == [("fee", 4000)]
    fees.take(actor=desk_user, appointment=missed, method="check", form_token=uuid4())
    assert owes(client_record) == []


def test_what_was_partly_given_back_is_not_voided(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit)
    stale = form_for(payment)
    Refund.objects.create(
        payment=payment,
        amount_cents=1,
        method="card",
        reason="x",
        refunded_at=payment.paid_at,
        refunded_by=desk_user,
        form_token=uuid4(),
    )
    with pytest.raises(ChangedSince):
        correcting.void(actor=desk_user, payment=payment, reason="x", form=stale)
    with pytest.raises(PartlyRefunded):
        correcting.void(actor=desk_user, payment=payment, reason="x", form=form_for(payment))


def test_a_receipt_names_what_it_shows_and_what_is_so_now(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit, method="hsa")
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    before = receipt.snapshot
    assert issuing.out_of_date(receipt, fresh(visit)) == []
    correcting.change_method(
        actor=desk_user, payment=payment, method="cash", form=form_for(payment)
    )
    assert issuing.out_of_date(receipt, fresh(visit)) == [
        "It shows HSA card for $100.00; it was Cash."
    ]
    again = issuing.issue_current(actor=desk_user, visit=visit)
    receipt.refresh_from_db()
    assert (receipt.status, receipt.snapshot, receipt.paid_cents) == ("cancelled", before, 10000)
    assert (again.replaces, again.serial) == (receipt, receipt.serial + 1)
    assert [one["method"] for one in again.snapshot["payments"]] == ["Cash"]


@pytest.mark.parametrize(
    "change",
    [
        {"amount_cents": 1},
        {"method": "cash"},
        {"refunded_cents": 1},
        {"reference": "1"},
        {"voided_at": None, "void_reason": "only a reason"},
    ],
)
def test_the_database_lets_nothing_about_a_payment_change(
    desk_user: User, visit: Visit, change: dict[str, object]
) -> None:
    payment = paid(desk_user, visit)
    rows = Payment.everything.filter(pk=payment.pk)
    with pytest.raises(IntegrityError), transaction.atomic():
        rows.update(**change)
    with pytest.raises(IntegrityError, match="never deleted"), transaction.atomic():
        rows.delete()


def test_a_void_payment_stays_void_as_it_is(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit)
    correcting.void(actor=desk_user, payment=payment, reason="x", form=form_for(payment))
    rows = Payment.everything.filter(pk=payment.pk)
    nothing = {"voided_at": None, "voided_by": None, "void_reason": "", "void_token": None}
    for change in (nothing, {"void_reason": "Another"}, {"void_token": uuid4()}):
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            rows.update(**change)


def test_nothing_takes_the_place_of_a_payment_that_counts(desk_user: User, visit: Visit) -> None:
    payment = paid(desk_user, visit, 4000)
    with pytest.raises(IntegrityError, match="begins whole"), transaction.atomic():
        Payment.objects.create(
            client=payment.client,
            visit=visit,
            method="cash",
            amount_cents=4000,
            paid_at=payment.paid_at,
            received_by=desk_user,
            form_token=uuid4(),
            replaces=payment,
        )
