"""The statement of a range of days: every service with its date, and what covered it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from billing import services, tasks
from billing.errors import NothingInRange
from billing.issuing import services as issuing
from billing.issuing.statements import Span
from billing.models import BillingDocument, Kind
from prescriptions.models import Prescription
from tests.billing.factories import missed_visit, paid, plain_visit
from tests.billing.test_pdf import us, words
from tests.factories import make_client
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, User


def this_year(client: Client) -> Span:
    today = timezone.localdate()
    return Span(client, today.replace(month=1, day=1), today)


def make(actor: User, client: Client) -> BillingDocument:
    return issuing.issue_range(Kind.STATEMENT, actor=actor, span=this_year(client))


def test_each_service_stands_on_its_date_with_what_covered_it(
    desk_user: User, client_record: Client
) -> None:
    covered = finished_visit(client_record)
    plain = plain_visit(client_record, hours_ago=5)
    paid(desk_user, covered, method="hsa")
    paid(desk_user, plain, 4000)

    made = make(desk_user, client_record)

    text = words(made)
    for wanted in [
        f"Statement {made.number}",
        "Ana Lima",
        f"{us(made.begins_on)} to {us(made.service_on)}",
        "Date of service",
        "Amount charged",
        f"{us(made.service_on)} Medical massage Dana Ruiz",
        "A 53 4 $100.00 $0.00 $100.00 $100.00 $0.00",
        f"{us(made.service_on)} Therapeutic massage Dana Ruiz",
        "none 53 4 $100.00 $0.00 $100.00 $40.00 $60.00",
        "All services $200.00 $0.00 $200.00 $140.00 $60.00",
        "Kofi Osei, MD",
        "HSA card",
    ]:
        assert wanted in text, (wanted, text)
    assert "M54" not in text
    assert (made.number[:2], made.net_cents, made.paid_cents) == ("Y-", 20000, 14000)
    sums = made.snapshot["sums"]
    assert sums["covered"]["net_cents"] + sums["other"]["net_cents"] == made.net_cents
    assert sum(line.net_cents for line in made.lines.all()) == made.net_cents


def test_an_order_that_was_withdrawn_covers_nothing(desk_user: User, client_record: Client) -> None:
    finished_visit(client_record)
    Prescription.objects.update(status=Prescription.Status.REJECTED)
    made = make(desk_user, client_record)
    assert made.snapshot["sums"]["covered"]["visits"] == 0
    assert made.snapshot["visits"][0]["order"] == ""


def test_fees_stand_beside_the_totals(desk_user: User, client_record: Client) -> None:
    plain_visit(client_record)
    missed_visit(client_record, cents=4000)
    made = make(desk_user, client_record)
    assert made.net_cents == 10000
    assert "fee of $40.00, due (not in the total)" in words(made)


def test_days_without_a_session_give_none(desk_user: User, client_record: Client) -> None:
    missed_visit(client_record)
    plain_visit(make_client("Omar", "Haddad"))
    with pytest.raises(NothingInRange):
        make(desk_user, client_record)
    assert not BillingDocument.objects.exists()


def test_asked_for_again_it_is_the_same_until_something_changes(
    desk_user: User, client_record: Client
) -> None:
    visit = plain_visit(client_record)
    first = make(desk_user, client_record)
    assert make(desk_user, client_record) == first

    paid(desk_user, visit)
    second = make(desk_user, client_record)

    first.refresh_from_db()
    assert (second.replaces, second.serial) == (first, 2)
    assert (first.status, first.paid_cents, second.paid_cents) == ("cancelled", 0, 10000)
    assert second.snapshot["replaces"] == first.number
    assert make(desk_user, client_record) == second


def test_more_visits_cost_no_more_queries(
    desk_user: User, client_record: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for hours in (2, 4, 6, 8, 10):
        services.charge_visit(visit=plain_visit(client_record, hours_ago=hours))
    with django_assert_max_num_queries(32):
        make(desk_user, client_record)


def test_a_client_makes_and_downloads_their_own(
    as_client: Browser, as_other: Browser, client_record: Client
) -> None:
    plain_visit(client_record)
    page = reverse("billing:statement")
    first, last = this_year(client_record).begins_on, timezone.localdate()
    assert f'value="{first.isoformat()}"' in as_client.get(page).text

    answer = as_client.post(page, {"begins_on": first, "ends_on": last}, follow=True)

    made = BillingDocument.objects.get()
    assert made.title in answer.text
    tasks.render_document.run(str(made.pk))
    assert as_client.get(reverse("billing:download", args=[made.pk])).status_code == 200
    assert as_other.get(reverse("billing:download", args=[made.pk])).status_code == 404
    assert "Statement" in as_client.get(reverse("billing:receipt-list")).text


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        (0, -3, "Choose a last day that is not before the first."),
        (-3, 2, "Choose a last day that is not in the future."),
        (-2000, 0, "Choose three years or less."),
        (-9, -5, "No session took place in these days."),
    ],
)
def test_a_wrong_range_is_refused_and_kept(
    as_client: Browser, client_record: Client, first: int, last: int, said: str
) -> None:
    plain_visit(client_record)
    today = timezone.localdate()
    days = {"begins_on": today + timedelta(first), "ends_on": today + timedelta(last)}
    answer = as_client.post(reverse("billing:statement"), days)
    assert answer.status_code == 422
    assert said in answer.text
    assert f'value="{days["begins_on"].isoformat()}"' in answer.text
    assert not BillingDocument.objects.exists()


def test_the_desk_makes_one_and_voids_it(
    as_desk: Browser, as_therapist: Browser, client_record: Client
) -> None:
    plain_visit(client_record)
    page = reverse("billing:desk-statement", args=[client_record.pk])
    assert as_therapist.get(page).status_code in (403, 404)
    days = {"begins_on": timezone.localdate(), "ends_on": timezone.localdate()}
    shown = as_desk.post(page, days, follow=True)
    made = BillingDocument.objects.get()
    assert made.title in shown.text
    where = reverse("billing:desk-receipt", args=[made.pk])
    as_desk.post(where, {"reason": "Wrong days"})
    made.refresh_from_db()
    assert made.status == "cancelled"
