from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from billing import selectors, services
from billing.errors import NoProcedure, NotEligible, NotFinished, NothingToCharge, Overpaid
from billing.issuing import services as issuing
from billing.models import Charge, Payment, Procedure
from clinic.models import AuditEvent, Payer, ServiceOption, Technique
from tests.treatment.factories import finished_visit, started_visit

if TYPE_CHECKING:
    from clinic.models import Client, User
    from treatment.models import Visit

Options = dict[tuple[str, int], ServiceOption]


def pay(actor: User, visit: Visit, cents: int, **fields: object) -> Payment:
    values = {"method": "hsa", "amount_cents": cents, "form_token": uuid4(), **fields}
    return services.take_payment(actor=actor, visit=visit, **values)  # type: ignore[arg-type]


def test_53_minutes_of_two_procedures_are_charged_as_four_units(client_record: Client) -> None:
    charges = services.charge_visit(visit=finished_visit(client_record))
    assert [(c.description, c.minutes, c.units, c.net_cents) for c in charges] == [
        ("Hands-on manual therapy", 40, 3, 7500),
        ("Massage, hands-on strokes", 13, 1, 2500),
    ]


def test_techniques_of_one_procedure_are_one_line(client_record: Client) -> None:
    visit = finished_visit(client_record, {"Neuromuscular": 20, "Trigger point": 33})
    [charge] = services.charge_visit(visit=visit)
    assert (charge.minutes, charge.units, charge.net_cents) == (53, 4, 10000)


def test_charging_twice_is_charging_once(client_record: Client) -> None:
    visit = finished_visit(client_record)
    first = services.charge_visit(visit=visit)
    assert [c.pk for c in services.charge_visit(visit=visit)] == [c.pk for c in first]


def test_the_payers_rule_counts_the_units(client_record: Client) -> None:
    client_record.payer = Payer.objects.create(name="Acme", unit_rule=Payer.UnitRule.AMA)
    client_record.save()
    visit = finished_visit(client_record, {"Neuromuscular": 33, "Relaxation strokes": 7})
    assert [c.units for c in services.charge_visit(visit=visit)] == [2, 0]


def test_a_self_pay_session_is_one_plain_line(client_record: Client, options: Options) -> None:
    visit = finished_visit(client_record, option=options["therapeutic", 60])
    [charge] = services.charge_visit(visit=visit)
    assert (charge.description, charge.procedure, charge.net_cents) == (
        "Therapeutic massage",
        None,
        10000,
    )


def test_a_late_arrival_pays_the_rest_as_reserved_time(client_record: Client) -> None:
    visit = finished_visit(client_record, {"Neuromuscular": 35}, elapsed=58)
    visit.arrived_at = visit.started_at = visit.appointment.starts_at + timedelta(minutes=20)
    visit.save()
    treatment, reserved = services.charge_visit(visit=visit)
    assert (treatment.units, treatment.net_cents, treatment.is_eligible) == (2, 5000, True)
    assert (reserved.description, reserved.net_cents, reserved.is_eligible) == (
        "Reserved time",
        5000,
        False,
    )


def test_a_consultation_is_free(client_record: Client, desk_user: User, options: Options) -> None:
    visit = finished_visit(client_record, option=options["consultation", 30])
    assert services.balance(visit) == 0
    with pytest.raises(NothingToCharge):
        pay(desk_user, visit, 100)
    with pytest.raises(NothingToCharge):
        issuing.issue_receipt(actor=desk_user, visit=visit)


def test_a_technique_without_a_procedure_stops_the_bill_in_words(client_record: Client) -> None:
    visit = finished_visit(client_record)
    Procedure.techniques.through.objects.all().delete()
    with pytest.raises(NoProcedure, match="Neuromuscular has no procedure"):
        services.charge_visit(visit=visit)


@pytest.mark.parametrize("position", [0, 9])
def test_a_technique_of_two_procedures_is_billed_under_the_first_in_the_clinics_order(
    client_record: Client, position: int
) -> None:
    visit = finished_visit(client_record)
    Procedure.objects.update(position=5)
    other = Procedure.objects.create(code="97112", label="Another label", position=position)
    other.techniques.set(Technique.objects.all())
    found = {charge.description for charge in services.charge_visit(visit=visit)}
    assert (found == {"Another label"}) == (position == 0)
    assert ("Another label" in found) == (position == 0)


def test_nothing_is_paid_before_the_visit_is_over(client_record: Client, desk_user: User) -> None:
    with pytest.raises(NotFinished):
        pay(desk_user, started_visit(client_record), 100)
    assert not Payment.objects.exists()


def test_partial_payments_come_off_the_balance(client_record: Client, desk_user: User) -> None:
    visit = finished_visit(client_record)
    assert services.balance(visit) == 10000
    pay(desk_user, visit, 6001)
    assert services.balance(selectors.visits().get(pk=visit.pk)) == 3999
    pay(desk_user, visit, 3999, method="cash")
    assert services.balance(selectors.visits().get(pk=visit.pk)) == 0
    assert AuditEvent.objects.filter(action="payment.taken").count() == 2


@pytest.mark.parametrize("cents", [10001, 0, -1])
def test_more_than_is_owed_or_nothing_is_refused(
    client_record: Client, desk_user: User, cents: int
) -> None:
    visit = finished_visit(client_record)
    with pytest.raises(Overpaid):
        pay(desk_user, visit, cents)
    assert not Payment.objects.exists()
    # The refusal undoes the charges with it: nothing is half-written.
    assert not Charge.objects.exists()


def test_the_same_form_sent_twice_is_one_payment(client_record: Client, desk_user: User) -> None:
    visit = finished_visit(client_record)
    token = uuid4()
    first = pay(desk_user, visit, 4000, form_token=token)
    assert pay(desk_user, visit, 4000, form_token=token) == first
    assert Payment.objects.count() == 1


def test_the_database_refuses_a_charge_that_does_not_add_up(client_record: Client) -> None:
    visit = finished_visit(client_record)
    with pytest.raises(IntegrityError, match="charge_list_less"), transaction.atomic():
        Charge.objects.create(visit=visit, description="Massage", list_cents=100, net_cents=1)


def test_a_charge_is_retired_once_and_never_changes(client_record: Client) -> None:
    [charge, _other] = services.charge_visit(visit=finished_visit(client_record))
    rows = Charge.everything.filter(pk=charge.pk)
    for change in ({"net_cents": 1, "list_cents": 1}, {"description": "Else"}):
        with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
            rows.update(**change)
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        rows.delete()
    rows.update(retired_at=timezone.now())
    with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
        rows.update(retired_at=None)


def test_a_health_plans_card_pays_no_reserved_time(client_record: Client, desk_user: User) -> None:
    visit = finished_visit(client_record, {"Neuromuscular": 35}, elapsed=58)
    visit.arrived_at = visit.started_at = visit.appointment.starts_at + timedelta(minutes=20)
    visit.save()
    with pytest.raises(NotEligible, match=r"up to \$50\.00 of it"):
        pay(desk_user, visit, 5001)
    pay(desk_user, visit, 5000)
    with pytest.raises(NotEligible, match=r"up to \$0\.00 of it"):
        pay(desk_user, visit, 1, method="fsa")
    pay(desk_user, visit, 5000, method="cash")
    assert services.balance(selectors.visits().get(pk=visit.pk)) == 0
