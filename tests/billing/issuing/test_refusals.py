"""What administrators send back, and why ours cannot be sent back for it: on the printed text.

The nine reasons, as plan administrators publish them; see docs/billing.md.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.utils import timezone

from billing.errors import NoPrescription
from billing.issuing import services as issuing
from billing.issuing.statements import Span
from billing.models import BillingDocument, Kind
from prescriptions.models import Prescription
from tests.billing.factories import paid, plain_visit
from tests.billing.issuing.test_on_paper import made
from tests.billing.test_pdf import us, words
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from clinic.models import Client, User

ALL = list(Kind)
OF_SOME_DAYS = [Kind.STATEMENT, Kind.PACKET]


def of_days(kind: str, actor: User, client: Client, days: int = 0) -> BillingDocument:
    today = timezone.localdate()
    span = Span(client, today - timedelta(days=days), today)
    return issuing.issue_range(kind, actor=actor, span=span)


def test_a_the_date_of_service_is_not_the_day_it_was_paid(
    desk_user: User, client_record: Client
) -> None:
    visit = plain_visit(client_record)
    day = visit.appointment.local_date
    with time_machine.travel(timezone.now() + timedelta(days=3), tick=True):
        paid(desk_user, visit)
        text = words(issuing.issue_receipt(actor=desk_user, visit=visit))
    line = text.partition("Date of service")[2]
    assert line.index(us(day)) < line.index(us(day + timedelta(days=3)))
    assert f"{us(day)} Therapeutic massage" in text
    assert f"{us(day + timedelta(days=3))} Card" in text


@pytest.mark.parametrize("kind", OF_SOME_DAYS)
def test_b_each_date_has_a_line_of_its_own(
    kind: str, desk_user: User, client_record: Client
) -> None:
    visits = [plain_visit(client_record, hours_ago=hours) for hours in (3, 27)]
    text = words(of_days(kind, desk_user, client_record, days=2))
    log = text.partition("one line for each date of service")[2]
    for visit in visits:
        assert re.search(rf"{re.escape(us(visit.appointment.local_date))} Therapeutic massage", log)


@pytest.mark.parametrize("kind", ALL)
def test_c_the_patient_is_named_and_the_account_holder_never_instead(
    kind: str, desk_user: User, client_record: Client
) -> None:
    client_record.account_holder = "Rosa Lima"
    text = words(made(kind, desk_user, client_record))
    assert re.search(r"Patient(?: Provider| Services| Prescribed by| Providers)* Ana Lima", text)
    assert ("Account holder Rosa Lima" in text) is (kind != Kind.RECEIPT)


@pytest.mark.parametrize("kind", ALL)
def test_d_the_amount_charged_is_there_before_any_payment(
    kind: str, desk_user: User, client_record: Client
) -> None:
    text = words(made(kind, desk_user, client_record))
    assert "Amount charged" in text
    assert "$75.00" in text or "$100.00" in text


@pytest.mark.parametrize("kind", ALL)
def test_e_no_date_is_left_to_be_written_by_hand(
    kind: str, desk_user: User, client_record: Client
) -> None:
    document = made(kind, desk_user, client_record)
    text = words(document)
    assert f"Issued {us(document.issued_at)}" in text
    assert "____" not in text


@pytest.mark.parametrize("kind", ALL)
@pytest.mark.parametrize(
    "phrase", ["estimate", "balance forward", "paid on account", "previous balance", "deposit"]
)
def test_f_and_g_nothing_is_estimated_or_carried_over(
    kind: str, phrase: str, desk_user: User, client_record: Client
) -> None:
    assert phrase not in words(made(kind, desk_user, client_record)).lower()


@pytest.mark.parametrize("kind", OF_SOME_DAYS)
def test_h_what_lies_outside_the_plan_year_is_not_in_it(
    kind: str, desk_user: User, client_record: Client
) -> None:
    plain_visit(client_record, hours_ago=2)
    plain_visit(client_record, hours_ago=80)
    document = of_days(kind, desk_user, client_record, days=1)
    assert document.net_cents == 10000
    assert len(document.snapshot["visits"]) == 1


@pytest.mark.parametrize("kind", [Kind.RECEIPT, Kind.SUPERBILL])
def test_i_without_the_prescription_there_is_none(
    kind: str, desk_user: User, client_record: Client
) -> None:
    visit = finished_visit(client_record)
    Prescription.objects.update(through_on=timezone.localdate() - timedelta(days=2))
    with pytest.raises(NoPrescription):
        issuing.issue(kind, actor=desk_user, visit=visit)
    assert not BillingDocument.objects.exists()
