"""Good-faith estimates: in time, for whom they are meant, and beside what came."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from billing import own_data, services, tasks
from billing.estimates import rules, selectors
from billing.estimates import services as estimates
from billing.extras import services as extras
from billing.models import Estimate
from booking.models import Appointment
from booking.visits import services as booking
from clinic.models import Message, Payer, ServiceOption
from tests.booking.factories import booked_appointment
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("location")]
TUESDAY = date(2026, 9, 1)  # Labor Day is the 7th


@pytest.mark.parametrize(
    ("asked", "visit", "due"),
    [
        (TUESDAY, date(2026, 9, 3), None),  # two business days ahead
        (TUESDAY, date(2026, 9, 4), date(2026, 9, 2)),  # three
        (TUESDAY, date(2026, 9, 15), date(2026, 9, 2)),  # nine, with a holiday between
        (TUESDAY, date(2026, 9, 16), date(2026, 9, 4)),  # ten
        (date(2026, 9, 4), date(2026, 9, 11), date(2026, 9, 8)),  # due after the long weekend
        (date(2026, 9, 4), None, date(2026, 9, 10)),  # asked for
    ],
)
def test_it_is_due_by_business_days(asked: date, visit: date | None, due: date | None) -> None:
    assert rules.due_on(asked, visit) == due


@pytest.mark.parametrize(("billed", "answer"), [(139999, False), (140000, True), (90000, False)])
def test_four_hundred_dollars_above_it_can_be_disputed(billed: int, answer: bool) -> None:
    assert rules.is_disputable(100000, billed) == answer


def ahead(client: Client, days: int = 20, **fields: object) -> Appointment:
    start = timezone.now().replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
    return booked_appointment(client, starts_at=start, **fields)  # type: ignore[arg-type]


def test_a_visit_booked_ahead_gets_one_by_itself_and_only_one(client_record: Client) -> None:
    visit = ahead(client_record)
    for _twice in range(2):
        tasks.give_estimates.run()
    made = Estimate.objects.get()
    assert (made.appointment, made.visits, made.total_cents) == (visit, 1, 10000)
    assert made.reason == Estimate.Reason.SCHEDULED
    message = Message.objects.get(kind="estimate")
    assert reverse("billing:estimate", args=[made.pk]) in message.body
    assert "$" not in message.body


def test_of_a_prescription_it_is_all_its_visits(client_record: Client) -> None:
    order = approved_prescription(client_record)
    for days in (15, 18):
        booking.tie_prescription(appointment=ahead(client_record, days))
    assert Appointment.objects.exclude(reservation=None).count() == 2
    assert estimates.give_waiting() == 1
    made = Estimate.objects.get()
    assert made.prescription == order
    assert (made.visits, made.each_cents, made.total_cents) == (12, 10000, 120000)
    assert made.copy["diagnoses"]
    assert own_data.estimates(client_record).data[0]["total_cents"] == 120000


@pytest.mark.parametrize("kind", [Payer.Kind.SELF_PAY, Payer.Kind.VA, Payer.Kind.IN_NETWORK])
def test_only_who_pays_for_themselves_gets_one(client_record: Client, kind: str) -> None:
    client_record.payer = Payer.objects.create(name="Payer", kind=kind)
    client_record.save()
    ahead(client_record)
    assert estimates.give_waiting() == (kind == Payer.Kind.SELF_PAY)


def test_soon_free_and_canceled_visits_get_none(client_record: Client) -> None:
    ahead(client_record, 1)
    ahead(client_record, 21, option=ServiceOption.objects.get(service__kind="consultation"))
    ahead(client_record, 22, status="cancelled")
    assert estimates.give_waiting() == 0


def test_what_came_is_set_beside_it_without_tips(desk_user: User, client_record: Client) -> None:
    visit = finished_visit(client_record)
    assert visit.appointment.reservation is not None
    made = estimates.ask(
        actor=desk_user,
        client=client_record,
        option=visit.appointment.option,
        visits=12,
        form_token=uuid4(),
    )
    assert made.prescription == visit.appointment.reservation.prescription
    services.charge_visit(visit=visit)
    extras.add_tip(actor=desk_user, visit=visit, cents=2000, form_token=uuid4())
    (shown,) = selectors.of_client(client_record)
    assert (shown.visits, shown.expected_cents, shown.cents) == (1, 10000, 10000)
    assert not shown.is_disputable


def test_clients_make_one_at_once_and_sent_twice_it_is_one(
    as_client: Browser, client_record: Client, options: dict[tuple[str, int], ServiceOption]
) -> None:
    url = reverse("billing:estimates")
    assert "None yet" in as_client.get(url).text
    sent = {"option": str(options["medical", 60].pk), "visits": "6", "form_token": str(uuid4())}
    for _twice in range(2):
        answer = as_client.post(url, sent)
        assert answer.status_code == 302
    made = Estimate.objects.get()
    assert (made.client, made.total_cents) == (client_record, 60000)
    page = as_client.get(answer.headers["Location"]).text
    assert "$600.00" in page
    assert "right to dispute" in page
    assert "$600.00" in as_client.get(url).text


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"visits": "0"}, "Enter 1 or more."),
        ({"visits": "105"}, "Enter 104 at most"),
        ({"visits": "two"}, "Enter a whole number."),
        ({"option": str(uuid4())}, "That session is not offered any more."),
        ({"option": ""}, "Choose the session."),
    ],
)
def test_bad_input_is_a_sentence(
    as_desk: Browser,
    client_record: Client,
    options: dict[tuple[str, int], ServiceOption],
    typed: dict[str, str],
    sentence: str,
) -> None:
    url = reverse("billing:desk-estimates", args=[client_record.pk])
    assert as_desk.get(url).status_code == 200
    sent = {"option": str(options["medical", 60].pk), "visits": "6", "form_token": str(uuid4())}
    answer = as_desk.post(url, sent | typed)
    assert answer.status_code == 422
    assert sentence in answer.text
    assert not Estimate.objects.exists()


def test_the_desk_makes_one_and_strangers_see_none(
    as_desk: Browser,
    as_client: Browser,
    desk_user: User,
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    stranger = make_client("Noor", "Adler")
    url = reverse("billing:desk-estimates", args=[stranger.pk])
    sent = {"option": str(options["therapeutic", 60].pk), "visits": "1", "form_token": str(uuid4())}
    answer = as_desk.post(url, sent)
    assert as_desk.get(answer.headers["Location"]).status_code == 200
    made = Estimate.objects.get()
    assert made.given_by == desk_user
    assert as_client.get(reverse("billing:estimate", args=[made.pk])).status_code == 404
    therapist = make_client("Ana", "Else")
    with pytest.raises(PermissionDenied):
        estimates.ask(
            actor=therapist.user,  # type: ignore[arg-type]
            client=stranger,
            option=options["medical", 60],
            visits=1,
            form_token=uuid4(),
        )


def test_the_list_takes_as_many_queries_for_many(
    desk_user: User,
    client_record: Client,
    options: dict[tuple[str, int], ServiceOption],
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(6):
        estimates.ask(
            actor=desk_user,
            client=client_record,
            option=options["therapeutic", 60],
            visits=number + 1,
            form_token=uuid4(),
        )
    with django_assert_max_num_queries(3):
        assert len(selectors.of_client(client_record)) == 6
