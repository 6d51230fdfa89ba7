"""What is not billed: which visits lack which document, how old they are, and issuing them."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from billing import services
from billing.issuing import services as issuing
from billing.models import BillingDocument, Kind
from billing.owed import aging
from billing.unbilled import reading
from booking.models import Appointment
from clinic.models import AuditEvent, Client, Payer, Service, Therapist
from prescriptions.models import Prescription, VisitReservation
from tests import factories
from tests.billing.factories import given_back, moved, paid, plain_visit
from tests.browser import faults, resize
from tests.treatment.factories import finished_visit
from treatment.models import Visit

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser
    from playwright.sync_api import Page

    from clinic.models import User

PAGE = "/desk/money/unbilled/"
NPI = "1234567893"


def missing() -> list[tuple[Visit, list[str]]]:
    """Which visits lack what, in the order of the list."""
    found = []
    for visit in reading.unbilled():
        kinds = ["receipt"] * visit.no_receipt + ["superbill"] * visit.no_superbill
        found.append((visit, kinds))
    return found


@pytest.fixture
def insured(client_record: Client) -> Client:
    """A client whose insurer pays out of network, and all that a superbill needs."""
    payer = Payer.objects.create(name="Hudson Health", kind=Payer.Kind.OUT_OF_NETWORK)
    client_record.payer, client_record.address = payer, "27 Orchard Lane\nBeacon, NY 12508"
    client_record.save()
    return client_record


@pytest.fixture
def prescribed(insured: Client) -> Visit:
    visit = finished_visit(insured)
    Therapist.objects.update(npi=NPI)
    return Visit.objects.get(pk=visit.pk)


def test_a_visit_lacks_its_receipt_until_there_is_a_valid_one(
    client_record: Client, desk_user: User
) -> None:
    visit = plain_visit(client_record)
    assert missing() == [(visit, ["receipt"])]
    receipt = issuing.issue_receipt(actor=desk_user, visit=visit)
    assert missing() == []
    issuing.void(actor=desk_user, document=receipt, reason="Wrong name")
    assert missing() == [(visit, ["receipt"])]


def test_a_prescribed_visit_of_the_insured_lacks_both(prescribed: Visit, desk_user: User) -> None:
    assert missing() == [(prescribed, ["receipt", "superbill"])]
    issuing.issue(Kind.SUPERBILL, actor=desk_user, visit=prescribed)
    assert missing() == [(prescribed, ["receipt"])]


@pytest.mark.parametrize("kind", [Payer.Kind.SELF_PAY, Payer.Kind.DISCOUNT_PROGRAM])
def test_who_claims_nothing_needs_no_superbill(prescribed: Visit, kind: str) -> None:
    Payer.objects.update(kind=kind)
    assert missing() == [(prescribed, ["receipt"])]


def test_without_an_insurer_or_an_order_that_covers_no_superbill_is_missed(
    prescribed: Visit,
) -> None:
    reservation = VisitReservation.objects.filter(appointment=prescribed.appointment)
    order = Prescription.objects.get()
    reservation.update(status="released")
    assert missing() == [(prescribed, ["receipt"])]
    reservation.update(status="used", visit_on=F("visit_on") + timedelta(days=400))
    assert missing() == [(prescribed, ["receipt"])]
    reservation.update(visit_on=order.starts_on)
    assert missing() == [(prescribed, ["receipt", "superbill"])]
    Client.objects.update(payer=None)
    assert missing() == [(prescribed, ["receipt"])]


@pytest.mark.parametrize(("minutes", "kinds"), [(7, ["receipt"]), (8, ["receipt", "superbill"])])
def test_less_than_a_unit_has_no_superbill(insured: Client, minutes: int, kinds: list[str]) -> None:
    visit = finished_visit(insured, {"Neuromuscular": minutes})
    assert missing() == [(visit, kinds)]
    services.charge_visit(visit=visit)
    assert missing() == [(visit, kinds)]


def test_what_costs_nothing_or_is_not_finished_is_not_listed(client_record: Client) -> None:
    free, running = plain_visit(client_record, 2), plain_visit(client_record, 4)
    Appointment.objects.filter(pk=free.appointment_id).update(price_cents=0)
    Visit.objects.filter(pk=running.pk).update(status=Visit.Status.IN_PROGRESS)
    assert missing() == []


def test_what_was_forgiven_whole_is_not_listed(client_record: Client, desk_user: User) -> None:
    visit = plain_visit(client_record)
    payment = paid(desk_user, visit)
    assert missing()
    given_back(desk_user, payment, 10000, owed_again=False)
    assert missing() == []


@pytest.mark.parametrize(
    ("days", "age"),
    [(0, "0"), (30, "0"), (31, "31"), (60, "31"), (61, "61"), (90, "61"), (91, "91")],
)
def test_each_visit_has_one_age(client_record: Client, days: int, age: str) -> None:
    visit = plain_visit(client_record)
    ago = timedelta(days=days)
    moved(visit, visit.appointment.starts_at.astimezone(visit.appointment.location.zone) - ago)
    today = timezone.localdate()
    found = {key: list(reading.of_age(key, today)) for key in aging.AGES}
    assert {key for key, rows in found.items() if rows} == {age}
    assert reading.by_age(today) == [len(rows) for rows in found.values()]
    assert list(reading.of_age("x", today)) == [visit]


def test_one_press_issues_all_that_is_ticked(
    as_biller: Browser, prescribed: Visit, desk_user: User
) -> None:
    other = plain_visit(factories.make_client("Ben", "Adler"), 4)
    page = as_biller.get(PAGE)
    ticked = [one.key for row in page.context["rows"] for one in row.missing if not one.lacking]
    assert len(ticked) == 3
    assert all(f'value="{key}"' in page.text for key in ticked)
    answer = as_biller.post(PAGE, {"what": ticked})
    assert "3 documents issued." in answer.text
    assert "Everything is billed" in answer.text
    assert set(BillingDocument.objects.values_list("kind", "visit")) == {
        ("receipt", prescribed.pk),
        ("superbill", prescribed.pk),
        ("receipt", other.pk),
    }
    # Sent again: the same documents, no others.
    again = as_biller.post(PAGE, {"what": ticked})
    assert "3 documents issued." in again.text
    assert BillingDocument.objects.count() == 3


def test_one_that_needs_something_holds_up_no_other(
    as_biller: Browser, client_record: Client
) -> None:
    whole, blank = plain_visit(client_record, 2), plain_visit(client_record, 4)
    Appointment.objects.filter(pk=blank.appointment_id).update(
        option=factories.make_services()["consultation"].options.get()
    )
    Service.objects.filter(kind="consultation").update(name=" ")
    keys = [f"receipt:{visit.pk}" for visit in (whole, blank)]
    answer = as_biller.post(PAGE, {"what": keys})
    assert "1 document issued, 1 needs something" in answer.text
    assert "Still missing: a description of the service" in answer.text
    assert BillingDocument.objects.get().visit == whole


def test_what_is_lacking_leads_to_where_it_is_added(
    as_desk: Browser, as_biller: Browser, prescribed: Visit
) -> None:
    Client.objects.update(address="")
    page = as_desk.get(PAGE).text
    details = f"/desk/clients/{prescribed.appointment.client_id}/details/"
    assert f'<a href="{details}">the patient&#x27;s address</a>' in page
    assert f"superbill:{prescribed.pk}" not in page
    page = as_biller.get(PAGE).text
    assert details not in page
    assert "the front desk can add it" in page


def test_what_makes_no_sense_is_refused_and_issues_nothing(
    as_desk: Browser, client_record: Client
) -> None:
    visit = plain_visit(client_record)
    assert "Tick what to issue" in as_desk.post(PAGE).text
    for wrong in (f"statement:{visit.pk}", "receipt:x", "receipt"):
        answer = as_desk.post(PAGE, {"what": [wrong]})
        assert (answer.status_code, "Open this list again" in answer.text) == (422, True)
    assert as_desk.post(PAGE, {"what": [f"receipt:{client_record.pk}"]}).status_code == 404
    many = as_desk.post(PAGE, {"what": [f"receipt:{visit.pk}"] * 101})
    assert "at most 100" in many.text
    assert not BillingDocument.objects.exists()


def test_who_saw_the_list_is_on_record(as_biller: Browser, client_record: Client) -> None:
    plain_visit(client_record)
    as_biller.get(PAGE)
    assert AuditEvent.objects.filter(action="unbilled.listed", client=client_record).exists()


def test_only_who_handles_money_sees_it(
    as_therapist: Browser, as_biller: Browser, as_client: Browser, client_record: Client
) -> None:
    factories.make_location()
    statuses = [one.get(PAGE).status_code for one in (as_therapist, as_biller, as_client)]
    assert statuses == [403, 200, 404]


def test_a_crowd_takes_as_many_queries_as_one(as_desk: Browser, prescribed: Visit) -> None:
    def counted() -> int:
        with CaptureQueriesContext(connection) as queries:
            as_desk.get(PAGE)
        return len(queries)

    as_desk.get(PAGE)
    one = counted()
    payer = Payer.objects.get()
    for number in range(3):
        plain_visit(factories.make_client(f"B{number}", "Lima"), hours_ago=4 + 2 * number)
    for number in range(2):
        person = factories.make_client(f"C{number}", "Adler", payer=payer)
        finished_visit(person, starts_at=timezone.now() - timedelta(hours=10 + 2 * number))
    assert counted() - 1 <= one  # and one that writes down whom it showed
    assert len(as_desk.get(PAGE).context["rows"]) == 6


def test_a_paid_visit_is_listed_as_well(client_record: Client, desk_user: User) -> None:
    visit = plain_visit(client_record)
    paid(desk_user, visit)
    assert missing() == [(visit, ["receipt"])]


def test_the_list_looks_right(
    open_page: Callable[..., Page], as_biller: Browser, prescribed: Visit
) -> None:
    plain_visit(factories.make_client("Ben", "Adler"), 4)
    page = open_page(PAGE, as_=as_biller)
    for width in (390, 1280):
        for dark in (False, True):
            resize(page, width=width, dark=dark)
            assert faults(page) == []
    page.get_by_role("button", name="Issue what is ticked").click()
    assert "documents issued" in page.get_by_role("status").first.inner_text()
