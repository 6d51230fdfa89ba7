from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.urls import reverse
from django.utils import timezone

from billing.correcting import refunds
from billing.history import rows
from billing.issuing import services as issuing
from billing.models import BillingDocument, Payment
from tests.billing.factories import form_for, missed_visit, paid, plain_visit, plain_visits
from tests.booking.factories import booked_appointment

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, User
    from treatment.models import Visit

HTMX = {"HX-Request": "true"}


def url(client: Client) -> str:
    return reverse("billing:client-visits", args=[client.pk])


def read(client: Client) -> list[rows.Row]:
    return rows.rows(client, list(rows.past(client)))


def test_each_visit_says_its_minutes_its_documents_and_its_money(
    as_desk: Browser, desk_user: User, client_record: Client, visit: Visit
) -> None:
    paid(desk_user, visit, 4000)
    first = issuing.issue_receipt(actor=desk_user, visit=visit)
    paid(desk_user, visit, 1000)
    second = issuing.issue_current(actor=desk_user, visit=visit)
    [row] = read(client_record)
    assert (row.minutes, row.units) == (53, 4)
    assert [one.number for one in row.documents] == [second.number, first.number]
    assert (row.paid_cents, row.owed_cents) == (5000, 5000)
    page = as_desk.get(url(client_record), headers=HTMX).text
    assert "53 · 4" in page
    assert reverse("billing:desk-receipt", args=[first.pk]) in page
    assert page.count("Void") == 1
    assert "$50.00" in page
    assert "owes $50.00" in page
    assert "<html" not in page


def test_what_was_given_back_is_not_paid(
    desk_user: User, client_record: Client, visit: Visit
) -> None:
    payment = paid(desk_user, visit)
    refunds.refund(
        actor=desk_user,
        payment=payment,
        amount_cents=3000,
        method="card",
        reason="Cold room",
        owed_again=True,
        form=form_for(payment),
    )
    [row] = read(client_record)
    assert (row.paid_cents, row.owed_cents) == (7000, 3000)


def test_newest_first_with_what_was_missed_and_its_fee(
    client_record: Client, desk_user: User
) -> None:
    missed = missed_visit(client_record, 4000, days=3)
    visit = plain_visit(client_record)
    old, new = read(client_record)[::-1]
    assert (old.appointment, new.appointment) == (missed, visit.appointment)
    assert (old.minutes, old.documents, old.owed_cents) == (0, (), 4000)


def test_a_visit_to_come_stands_above_and_not_among_those_that_are_over(
    as_desk: Browser, client_record: Client, visit: Visit
) -> None:
    ahead = booked_appointment(client_record, starts_at=timezone.now() + timedelta(days=3))
    answer = as_desk.get(url(client_record))
    assert list(answer.context["ahead"]) == [ahead]
    assert [row.appointment for row in answer.context["rows"]] == [visit.appointment]
    assert "<html" in answer.text


def test_a_long_plan_does_not_push_the_past_out(as_desk: Browser, client_record: Client) -> None:
    for days in range(1, 7):
        booked_appointment(client_record, starts_at=timezone.now() + timedelta(days=days))
    part = as_desk.get(url(client_record), headers=HTMX)
    assert len(part.context["ahead"]) == 4
    assert "and 2 more" in part.text
    assert len(as_desk.get(url(client_record)).context["ahead"]) == 6


def test_a_therapist_sees_minutes_and_numbers_and_no_money(
    as_therapist: Browser, desk_user: User, client_record: Client, visit: Visit
) -> None:
    paid(desk_user, visit, 4000)
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    page = as_therapist.get(url(client_record)).text
    assert receipt.number in page
    assert "$" not in page
    assert reverse("billing:desk-receipt", args=[receipt.pk]) not in page


def test_a_biller_sees_the_past_with_its_money_and_no_visit_to_come(
    as_biller: Browser, client_record: Client, visit: Visit
) -> None:
    booked_appointment(client_record, starts_at=timezone.now() + timedelta(days=3))
    answer = as_biller.get(url(client_record))
    assert answer.context["ahead"] == []
    assert "owes $100.00" in answer.text
    assert reverse("billing:panel", args=[visit.appointment_id]) in answer.text


def test_many_visits_take_no_more_queries(
    as_desk: Browser,
    desk_user: User,
    client_record: Client,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    made = plain_visits(6)
    for visit in made:
        type(visit.appointment).objects.filter(pk=visit.appointment_id).update(client=client_record)
        paid(desk_user, visit, 4000)
        issuing.issue_receipt(actor=desk_user, visit=visit)
    Payment.everything.update(client=client_record)
    assert BillingDocument.objects.count() == 6
    as_desk.get(url(client_record), headers=HTMX)
    with django_assert_max_num_queries(16):
        page = as_desk.get(url(client_record), headers=HTMX)
    assert page.text.count("owes $60.00") == 6


def test_the_clients_page_loads_it(as_desk: Browser, client_record: Client) -> None:
    page = as_desk.get(reverse("client-detail", args=[client_record.pk])).text
    assert f'hx-get="{url(client_record)}"' in page
