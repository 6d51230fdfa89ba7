"""The manager's month, against visits, payments and prescriptions that are really there."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing import selectors
from billing.correcting import services as correcting
from billing.coupons import services as coupons
from billing.models import Payment
from billing.reports import reading, sections, spans
from billing.reports.spans import Span
from booking.models import Appointment
from clinic.models import ServiceOption
from tests import factories
from tests.billing.coupons.conftest import new_client_coupon
from tests.billing.factories import form_for, given_back, missed_visit, moved, paid, plain_visit
from tests.booking.factories import booked_appointment, make_hours
from tests.browser import faults, resize
from tests.clinic.test_roles import ask
from tests.prescriptions.factories import approved_prescription, submitted_prescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser
    from playwright.sync_api import Page

    from clinic.models import Client, Location, Therapist, User
    from treatment.models import Visit

PAGE, FILE = "/desk/money/report/", "/desk/money/report/csv/"
WIDTHS = (390, 1280)


def today() -> date:
    return timezone.localdate()


def month() -> Span:
    return spans.month_of(today())


def asked() -> dict[str, str]:
    return {"begins_on": str(month().first), "ends_on": str(month().last)}


def tables(span: Span | None = None) -> dict[str, sections.Section]:
    found = sections.of(reading.read((span or month()).until(today())))
    return {one.key: one for one in found}


def total(section: str, span: Span | None = None) -> dict[str, int]:
    return dict(tables(span)[section].table.total.values)


@pytest.fixture
def takings(desk_user: User, client_record: Client) -> list[Visit]:
    """Paid in full, in part, not at all; one given back and owed again, one forgiven."""
    visits = [plain_visit(client_record, hours) for hours in (2, 4, 6, 8, 10)]
    whole, part, _nothing, again, forgiven = visits
    paid(desk_user, whole, method="hsa")
    paid(desk_user, part, 2500)
    given_back(desk_user, paid(desk_user, again, method="cash"), 3000, owed_again=True)
    given_back(desk_user, paid(desk_user, forgiven), 4000, owed_again=False)
    return visits


def test_revenue_says_what_the_bills_of_its_visits_say(takings: list[Visit]) -> None:
    bills = [selectors.bill(visit) for visit in selectors.visits()]
    assert len(bills) == len(takings)
    found = total("revenue")
    for key in ("list_cents", "discount_cents", "net_cents"):
        assert found[key] == sum(getattr(bill, key) for bill in bills)
    assert found["owed_cents"] == sum(bill.balance_cents for bill in bills) == 20500
    assert found["credit_cents"] == 0
    assert (found["paid_cents"], found["refunded_cents"]) == (32500, 7000)
    assert (found["visits"], found["uncharged"]) == (5, 1)
    assert "One visit is not charged yet" in str(tables()["revenue"].note)


def test_therapists_have_the_minutes_and_units_of_their_visits(takings: list[Visit]) -> None:
    found = tables()["therapists"]
    [row] = found.table.rows
    assert row.name == takings[0].therapist.name
    units = sum(charge.units for visit in takings for charge in visit.charges.all())
    wanted = (5, 5 * 53, units, 46000)
    assert tuple(row.values[key] for key in ("visits", "minutes", "units", "net_cents")) == wanted


def test_payments_are_listed_by_the_way_they_came(
    takings: list[Visit], client_record: Client
) -> None:
    found = {row.name: dict(row.values) for row in tables()["payments"].table.rows}
    assert {name: row["paid_cents"] for name, row in found.items()} == {
        "HSA card": 10000,
        "Card": 12500,
        "Cash": 10000,
    }
    assert found["Cash"]["kept_cents"] == 7000
    assert found["Card"]["refunded_cents"] == 4000
    assert "most of it by card" in tables()["payments"].finding


def test_coupons_are_counted_with_what_they_took_off_visits_that_took_place(
    desk_user: User, client_record: Client
) -> None:
    new_client_coupon()
    plain = plain_visit(client_record)
    coming = booked_appointment(
        factories.make_client("Omar", "Haddad"),
        starts_at=timezone.now().replace(hour=23, minute=30, second=0, microsecond=0),
        option=plain.appointment.option,
        price_cents=10000,
    )
    canceled = plain_visit(factories.make_client("Ruth", "Adler"), 5)
    for appointment in (plain.appointment, coming, canceled.appointment):
        coupons.give(actor=desk_user, appointment=appointment, code="NEW10")
    coupons.release(actor=desk_user, appointment_ids=[canceled.appointment_id])

    [row] = tables(spans.year_of(today()))["coupons"].table.rows
    assert (row.name, dict(row.values)) == ("NEW10", {"uses": 2, "done": 1, "off_cents": 1000})


def test_void_payments_and_retired_charges_do_not_count(
    takings: list[Visit], desk_user: User
) -> None:
    before = total("revenue")
    payment = Payment.objects.get(visit=takings[0])
    correcting.void(actor=desk_user, payment=payment, reason="Twice", form=form_for(payment))
    after = total("revenue")
    assert before["paid_cents"] - after["paid_cents"] == 10000
    assert after["owed_cents"] - before["owed_cents"] == 10000
    assert total("payments")["paid_cents"] == 22500


def test_a_visit_belongs_to_the_local_day_it_began_on(
    location: Location, client_record: Client
) -> None:
    """Also on the night when the clocks change: November 1, 2026 has 25 hours in New York."""
    zone = location.zone
    year = today().year - 1
    last_minute = datetime(year, 10, 31, 23, 59, tzinfo=zone)
    midnight = datetime(year, 11, 1, 0, 0, tzinfo=zone)
    moved(plain_visit(client_record, 2), last_minute)
    moved(plain_visit(client_record, 4), midnight + timedelta(hours=2))
    october, november = (spans.month_of(date(year, number, 1)) for number in (10, 11))
    assert total("revenue", october)["visits"] == 1
    assert total("revenue", november)["visits"] == 1
    both = tables(Span(october.first, november.last))["revenue"].table.rows
    assert [row.values["visits"] for row in both] == [1, 1]
    assert total("revenue", Span(november.first, november.first))["visits"] == 1


def test_missed_visits_are_counted_with_what_became_of_their_fees(
    takings: list[Visit], client_record: Client
) -> None:
    open_, waived, canceled, in_time = (
        missed_visit(client_record, 4000, 0, status)
        for status in ("noshow", "noshow", "cancelled", "cancelled")
    )
    Appointment.objects.filter(pk=waived.pk).update(fee_waived_at=timezone.now())
    for one, hours in ((canceled, 2), (in_time, 30)):
        Appointment.objects.filter(pk=one.pk).update(
            cancel_cause="client",
            cancelled_at=one.starts_at - timedelta(hours=hours),
            fee_cents=0,
        )
    found = total("missed")
    assert (found["done"], found["no_shows"], found["late"]) == (5, 2, 1)
    fees = [found[f"fee_{kind}cents"] for kind in ("", "paid_", "waived_", "open_")]
    assert fees == [8000, 0, 4000, 4000]
    assert "3 visits of 8 were missed" in tables()["missed"].finding
    assert open_.open_fee_cents == 4000


def test_who_was_ill_did_not_cancel_late(client_record: Client) -> None:
    one = missed_visit(client_record, 0, 0, "cancelled")
    Appointment.objects.filter(pk=one.pk).update(cancel_cause="illness", cancelled_at=one.starts_at)
    assert total("missed")["late"] == 0


def test_rooms_are_in_use_while_they_are_booked(
    therapist: Therapist, location: Location, client_record: Client
) -> None:
    make_hours([therapist], location, "09:00", "19:00", range(7))
    day = Span(today(), today())
    rooms = factories.make_rooms(location)
    start = datetime.combine(today(), time(10), location.zone)
    option = ServiceOption.objects.filter(minutes=60).first()
    option = option or factories.make_services()["medical"].options.get(minutes=60)
    how: dict[str, Any] = {"starts_at": start, "option": option, "therapist": therapist}
    couple = booked_appointment(client_record, room=rooms[2], **how)
    other = factories.make_therapist("Theo Park", position=1)
    partner = factories.make_client("Ben", "Lima")
    seat = {**how, "therapist": other, "party": couple.party, "seat": 1}
    booked_appointment(partner, room=rooms[2], **seat)
    booked_appointment(
        factories.make_client("Eva", "Low"),
        room=rooms[0],
        **{**how, "starts_at": start + timedelta(hours=3)},
    )
    found = {row.name: dict(row.values) for row in tables(day)["rooms"].table.rows}
    assert found["Double room"]["sessions"] == 2
    assert found["Double room"]["booked_minutes"] == 60  # a couple takes its room once
    assert found["Room 1"]["booked_minutes"] == 60
    assert {row["open_minutes"] for row in found.values()} == {600}
    assert tables(day)["rooms"].finding == "Rooms were in use 6.7% of the open hours"


def test_prescriptions_that_ended_are_renewed_in_review_or_not(client_record: Client) -> None:
    """All visits used and nothing newer; the last day over and a newer one sent in; renewed."""
    start = today() - timedelta(days=3)
    used = {"visits": 2, "used": 2, "starts_on": start, "issued_on": start}
    approved_prescription(client_record, **used)
    ben, eva = factories.make_client("Ben", "Adler"), factories.make_client("Eva", "Low")
    over = {"through_on": today() - timedelta(days=1)}
    approved_prescription(ben, **over)
    submitted_prescription(ben)
    approved_prescription(eva, **over)
    approved_prescription(eva, months=2)
    last_days = Span(today() - timedelta(days=10), today())
    found = {row.name: dict(row.values) for row in tables(last_days)["renewals"].table.rows}
    assert found["All visits used"]["lapsed"] == 1
    assert found["Last day passed"]["waiting"] == 1
    assert sum(row["renewed"] for row in found.values()) == 1
    assert total("renewals", last_days)["ended"] == 3


def test_the_page_and_the_file_say_the_same(
    as_manager: Browser, as_biller: Browser, takings: list[Visit]
) -> None:
    page = as_manager.get(PAGE)
    assert page.status_code == 200
    for words in ("$460.00 from 5 visits", "$205.00 of it owed", "HSA card"):
        assert words in page.text
    answer = as_biller.get(FILE, {"table": "revenue"})
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert f"revenue-{month().first}-{month().last}.csv" in answer["Content-Disposition"]
    assert answer.text.splitlines()[-1].split(",")[1:4] == ["5", "500.00", "40.00"]
    everything = as_biller.get(FILE).text
    for key in sections.SECTIONS:
        assert str(tables()[key].table.total_name) in everything
    assert as_manager.get(FILE, {"table": "secrets"}).status_code == 404
    assert as_manager.get(FILE, {"begins_on": "x"}).status_code == 404


def test_what_was_counted_a_moment_ago_is_shown_until_asked_to_count_again(
    as_manager: Browser, takings: list[Visit], desk_user: User
) -> None:
    assert "$205.00 of it owed" in as_manager.get(PAGE).text
    paid(desk_user, takings[1], 7500)
    assert "$205.00 of it owed" in as_manager.get(PAGE).text
    assert "$130.00 of it owed" in as_manager.get(PAGE, {**asked(), "again": "1"}).text
    assert "$130.00 of it owed" in as_manager.get(PAGE, asked()).text


def test_a_change_of_the_diary_shows_at_once(
    as_manager: Browser, takings: list[Visit], client_record: Client
) -> None:
    assert "0 visits of 5 were missed" in as_manager.get(PAGE).text
    missed_visit(client_record, days=0)
    assert "One visit of 6 was missed" in as_manager.get(PAGE).text


def test_days_that_cannot_be_shown_are_refused_in_words(as_manager: Browser) -> None:
    tomorrow = today() + timedelta(days=1)
    refused = [
        ({"begins_on": "2026-13-40", "ends_on": "2026-01-01"}, "Enter a valid date."),
        ({"begins_on": "2026-02-01", "ends_on": "2026-01-01"}, "not before the first"),
        ({"begins_on": "2024-01-01", "ends_on": "2025-06-01"}, "Choose a year or less."),
        ({"begins_on": str(tomorrow), "ends_on": str(tomorrow)}, "not in the future"),
        ({"begins_on": "2026-01-01"}, "required"),
    ]
    factories.make_location()
    for typed, words in refused:
        page = as_manager.get(PAGE, typed)
        assert page.status_code == 422
        assert words in page.text
        assert f'value="{typed["begins_on"]}"' in page.text  # nothing typed is lost


def test_months_and_years_lead_to_the_next_ones(as_manager: Browser, location: Location) -> None:
    year = today().year - 1
    leap = {"begins_on": f"{year}-01-01", "ends_on": f"{year}-12-31"}
    page = as_manager.get(PAGE, leap).text
    assert f"<h1>{year}</h1>" in page
    assert f"begins_on={year - 1}-01-01" in page
    assert f"begins_on={year + 1}-01-01" in page
    now = as_manager.get(PAGE)
    assert now.context["after"] is None
    ahead = {"begins_on": str(today()), "ends_on": str(today() + timedelta(days=1))}
    assert ", so far" in as_manager.get(PAGE, ahead).text
    assert ", so far" not in page


def test_the_front_desk_has_no_report(
    as_desk: Browser, as_therapist: Browser, as_client: Browser, location: Location
) -> None:
    for page in (PAGE, FILE):
        statuses = [ask(one, "get", page) for one in (as_desk, as_therapist, as_client)]
        assert statuses == [403, 403, 404]
    assert reverse("billing:report") not in as_desk.get(reverse("billing:desk")).text


def test_a_year_takes_as_many_queries_as_a_day(
    as_manager: Browser, takings: list[Visit], client_record: Client
) -> None:
    def counted(span: Span) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            as_manager.get(PAGE, {"begins_on": str(span.first), "ends_on": str(span.last)})
        return len(queries)

    counted(month())  # the rules are read once
    one_day = counted(Span(today(), today()))
    for number in range(2):
        plain_visit(factories.make_client(f"C{number}", "Adler"), 12 + 2 * number)
        missed_visit(client_record, days=number)
    assert counted(Span(today() - timedelta(days=364), today())) <= one_day <= 13


def test_the_report_looks_right(
    open_page: Callable[..., Page], as_manager: Browser, takings: list[Visit]
) -> None:
    page = open_page(PAGE, as_=as_manager)
    for width in WIDTHS:
        for dark in (False, True):
            resize(page, width=width, dark=dark)
            assert faults(page) == []
    assert page.locator("svg[role=img] > title").count() == len(page.locator(".plot").all())
