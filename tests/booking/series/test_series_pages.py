"""Several visits at once: the pages, for clients and at the desk."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.urls import reverse
from django.utils import timezone

from booking.errors import NotBookable
from booking.models import Appointment
from booking.series import services as series_booking
from clinic.models import Guardian, Message, Therapist
from clinic.selectors import clinic_today
from tests.booking.factories import at, booked_appointment
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription

if TYPE_CHECKING:
    from django.test import Client as Browser
    from pytest_django.fixtures import DjangoAssertNumQueries

    from booking.models import BookingPolicy
    from clinic.models import Client, Location, ServiceOption, User
    from prescriptions.models import Prescription

URL = "/portal/visits/series/"


@pytest.fixture
def prescription(
    diary: list[Therapist], client_record: Client, option60: ServiceOption
) -> Prescription:
    """Twelve visits, two a week, six weeks from three days ago."""
    made = approved_prescription(client_record)
    made.visits_per_week = Decimal(2)
    made.save(update_fields=["visits_per_week"])
    return made


def plan_of(page: Any) -> dict[str, Any]:
    """What the form of the page would send."""
    text = page.content.decode()
    visits = re.findall(r'name="visit"\s+value="([^"]+)"', text)
    token = re.search(r'name="token"\s+value="([^"]+)"', text)
    assert token is not None
    return {"visit": visits, "token": token[1]}


def fees_of(page: Any) -> list[str]:
    """What the page says that each visit costs to cancel, as its form would send it."""
    return re.findall(r'name="fee" value="([^"]+)"', page.text)


def test_the_whole_prescription_is_planned_and_booked_in_two_clicks(
    as_client: Browser, client_record: Client, prescription: Prescription
) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    assert page.status_code == 200
    form = plan_of(page)
    assert len(form["visit"]) >= 11  # three days of the first week are over
    count = len(form["visit"])
    assert f"Book these {count} visits".encode() in page.content
    answer = as_client.post(page.wsgi_request.get_full_path(), {**form, "do": "book"})
    assert answer.status_code == 302
    made = Appointment.objects.filter(client=client_record, status="booked")
    assert made.count() == count
    assert set(made.values_list("series", flat=True)) == {made[0].series}
    prescription.refresh_from_db()
    assert prescription.reserved == count
    detail = as_client.get(answer["Location"])
    assert detail.status_code == 200
    assert f"{count} visits booked together".encode() in detail.content
    sent = Message.objects.filter(client=client_record, kind__startswith="booking.")
    assert [message.kind for message in sent] == ["booking.series"]
    assert sent[0].calendar.count("BEGIN:VEVENT") == count
    assert sent[0].calendar.count("METHOD:PUBLISH") == 1


def test_the_page_names_what_is_left_and_what_it_costs(
    as_client: Browser, prescription: Prescription
) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    text = re.sub(r"\s+", " ", page.content.decode())
    count = len(plan_of(page)["visit"])
    assert f"{12 - count} of 12" in text
    assert f"${count * 100:,}.00" in text
    assert "2 sessions per week for 6 weeks" in text


def test_a_visit_is_dropped_added_and_changed_without_javascript(
    as_client: Browser, prescription: Prescription
) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    where, form = page.wsgi_request.get_full_path(), plan_of(page)
    count = len(form["visit"])
    page = as_client.post(where, {**form, "do": "drop:2"}, follow=True)
    dropped = plan_of(page)
    assert dropped["visit"] == [form["visit"][0], *form["visit"][2:]]
    page = as_client.post(where, {**dropped, "do": "add"}, follow=True)
    assert len(plan_of(page)["visit"]) == count
    page = as_client.post(where, {**form, "do": "change:1"}, follow=True)
    assert b"Instead of" in page.content
    picks = re.findall(r'value="(pick:1:[^"]+)"', page.content.decode())
    other = next(pick for pick in picks if pick[7:] not in form["visit"][0])
    page = as_client.post(where, {**form, "do": other}, follow=True)
    assert other.removeprefix("pick:1:").split("|")[0][:10] in plan_of(page)["visit"][0]
    assert plan_of(page)["visit"] != form["visit"]
    assert len(plan_of(page)["visit"]) == count


def test_a_change_keeps_the_wish_of_the_address(
    as_client: Browser, prescription: Prescription
) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    text = page.content.decode()
    option = re.search(r'<option value="([0-9a-f-]{36})" selected', text)
    assert option is not None
    asked = {"option": option[1], "count": "4", "rate": "1", "days": ["1", "3"], "at": "14:00"}
    page = as_client.get(URL, asked)
    for _again in range(2):
        where, form = page.wsgi_request.get_full_path(), plan_of(page)
        page = as_client.post(where, {**form, "do": "drop:1"}, follow=True)
    assert page.status_code == 200
    query = page.wsgi_request.GET
    assert (query["count"], query["at"], query.getlist("days")) == ("4", "14:00", ["1", "3"])
    assert query.getlist("plan") == ["1"]
    assert len(plan_of(page)["visit"]) == 2


def test_another_day_is_opened_for_a_visit(as_client: Browser, prescription: Prescription) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    where, form = page.wsgi_request.get_full_path(), plan_of(page)
    page = as_client.post(where, {**form, "do": "change:1"}, follow=True)
    days = re.findall(r'value="(change:1:\d{4}-\d\d-\d\d)"', page.content.decode())
    page = as_client.post(where, {**form, "do": days[-1]}, follow=True)
    assert page.status_code == 200
    assert plan_of(page)["visit"] == form["visit"]


def test_htmx_gets_the_part_alone(as_client: Browser, prescription: Prescription) -> None:
    headers = {"HX-Request": "true", "HX-Target": "series"}
    page = as_client.get(URL, {"prescription": str(prescription.pk)}, headers=headers)
    assert b"<html" not in page.content
    assert b'id="series"' in page.content


def test_what_is_taken_meanwhile_is_replaced_and_marked_and_nothing_is_booked(
    as_client: Browser, client_record: Client, prescription: Prescription
) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    where, form = page.wsgi_request.get_full_path(), plan_of(page)
    start, therapist_id, _was = form["visit"][3].split("|")
    other = make_client("Omar", "Haddad")
    booked_appointment(
        other,
        starts_at=datetime.fromisoformat(start),
        therapist=Therapist.objects.get(pk=therapist_id),
    )
    answer = as_client.post(where, {**form, "do": "book"})
    assert answer.status_code == 422
    assert b"no longer free" in answer.content
    assert b"replaces" in answer.content
    assert not Appointment.objects.filter(client=client_record).exists()
    prescription.refresh_from_db()
    assert prescription.reserved == 0
    again = plan_of(answer)
    assert len(again["visit"]) == len(form["visit"])
    assert len(set(again["visit"]) & set(form["visit"])) == len(form["visit"]) - 1
    assert again["token"] == form["token"]
    assert as_client.post(where, {**again, "do": "book"}).status_code == 302
    assert Appointment.objects.filter(client=client_record).count() == len(form["visit"])


def test_a_resent_form_books_once(as_client: Browser, prescription: Prescription) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    where, form = page.wsgi_request.get_full_path(), plan_of(page)
    first = as_client.post(where, {**form, "do": "book"})
    second = as_client.post(where, {**form, "do": "book"})
    assert first["Location"] == second["Location"]
    assert Appointment.objects.count() == len(form["visit"])
    assert Message.objects.filter(kind="booking.series").count() == 1


def test_self_pay_visits_need_no_prescription(
    as_client: Browser, client_record: Client, diary: list[Therapist], option60: ServiceOption
) -> None:
    page = as_client.get(URL)
    assert page.status_code == 200
    assert b"self-pay" in page.content
    form = plan_of(page)
    assert len(form["visit"]) == 6
    asked = {"option": "", "count": "4", "rate": "0.5", "days": ["1"], "part": "afternoon"}
    text = page.content.decode()
    asked["option"] = re.search(r'<option value="([0-9a-f-]{36})" selected', text)[1]  # type: ignore[index]
    page = as_client.get(URL, asked)
    form = plan_of(page)
    assert len(form["visit"]) == 4
    days = [datetime.fromisoformat(one.split("|")[0]) for one in form["visit"]]
    assert {day.weekday() for day in days} == {1}
    assert (days[1] - days[0]).days >= 13
    answer = as_client.post(page.wsgi_request.get_full_path(), {**form, "do": "book"})
    assert answer.status_code == 302
    assert not Appointment.objects.filter(option__service__kind="medical").exists()


def test_the_diary_ends_before_the_plan_and_the_page_says_book_the_rest_later(
    as_client: Browser,
    client_record: Client,
    diary: list[Therapist],
    policy: BookingPolicy,
    option60: ServiceOption,
) -> None:
    policy.horizon_days = 20
    policy.save()
    page = as_client.get(URL)
    assert b"Booking is open through" in page.content
    assert b"Book the other" in page.content


def test_wrong_wishes_are_said_and_kept(
    as_client: Browser, client_record: Client, diary: list[Therapist], option60: ServiceOption
) -> None:
    page = as_client.get(
        URL, {"option": "x", "count": "999", "rate": "soon", "first": "1066-10-14"}
    )
    assert page.status_code == 422
    assert b"999" in page.content
    assert as_client.post(URL + "?count=0", {"do": "book"}).status_code == 422
    broken = as_client.post(URL, {"do": "book", "visit": ["nonsense"]})
    assert broken.status_code == 422
    assert b"could not read that plan" in broken.content
    empty = as_client.post(URL, {"do": "book"})
    assert empty.status_code == 422
    assert b"no visits in this plan" in empty.content
    for odd in ("drop:99", "change:x", "pick:1:zzz", "", "change:1:2026-99-99"):
        assert as_client.post(URL, {"do": odd}).status_code in {302, 422}
    assert not Appointment.objects.exists()


def test_a_made_up_time_is_refused(
    as_client: Browser,
    client_record: Client,
    diary: list[Therapist],
    location: Location,
    option60: ServiceOption,
) -> None:
    form = plan_of(as_client.get(URL))
    midnight = at(location, "00:00").isoformat()
    therapist_id = form["visit"][0].split("|")[1]
    answer = as_client.post(URL, {**form, "visit": [f"{midnight}|{therapist_id}|"], "do": "book"})
    assert answer.status_code == 422
    assert not Appointment.objects.exists()


def test_an_ended_prescription_is_named_as_the_problem(
    as_client: Browser, prescription: Prescription
) -> None:
    prescription.used = prescription.authorized
    prescription.save()
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    assert page.status_code == 422
    assert b"No more visits can be booked on this prescription" in page.content


def test_a_strangers_prescription_and_series_do_not_exist(
    as_other: Browser,
    as_client: Browser,
    client_record: Client,
    client_user: User,
    prescription: Prescription,
) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    where, form = page.wsgi_request.get_full_path(), plan_of(page)
    detail = as_client.post(where, {**form, "do": "book"})["Location"]
    before = list(Appointment.objects.values())
    assert as_other.get(where).status_code == 404
    assert as_other.post(where, {**form, "do": "book"}).status_code == 404
    for more in ("", "cancel/", "appointments.ics"):
        assert as_other.get(detail + more).status_code == 404
    assert as_other.post(detail + "cancel/").status_code == 404
    assert list(Appointment.objects.values()) == before


def test_a_parent_plans_for_a_child(
    as_client: Browser,
    client_user: User,
    client_record: Client,
    diary: list[Therapist],
    option60: ServiceOption,
) -> None:
    child = make_client("Leo", "Lima", user=None, email="")
    child.user = None
    child.save()
    Guardian.objects.create(
        user=client_user, client=child, relationship="parent", confirmed_at=timezone.now()
    )
    order = approved_prescription_for_child(child, client_user)
    page = as_client.get(URL, {"prescription": str(order.pk)})
    assert b"These visits are for Leo Lima" in page.content
    assert f'name="acting_for" value="{child.pk}"' in page.text
    answer = as_client.post(page.wsgi_request.get_full_path(), {**plan_of(page), "do": "book"})
    assert answer.status_code == 302
    assert set(Appointment.objects.values_list("client", flat=True)) == {child.pk}


def approved_prescription_for_child(child: Client, parent: User) -> Prescription:
    child.user = parent  # who sent it in
    made = approved_prescription(child)
    child.user = None
    return made


def test_all_that_are_left_are_cancelled_at_once(
    as_client: Browser, client_record: Client, prescription: Prescription
) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    form = plan_of(page)
    detail = as_client.post(page.wsgi_request.get_full_path(), {**form, "do": "book"})["Location"]
    page = as_client.get(detail + "cancel/")
    text = page.content.decode()
    ticked = re.findall(r'name="visit"\s+value="([^"]+)"', text)
    assert len(ticked) == len(form["visit"])
    answer = as_client.post(detail + "cancel/", {"visit": ticked, "fee": fees_of(page)})
    assert answer.status_code == 302
    assert set(Appointment.objects.values_list("status", flat=True)) == {"cancelled"}
    prescription.refresh_from_db()
    assert prescription.reserved == 0
    live = Message.objects.filter(kind__startswith="booking.").exclude(status="cancelled")
    assert [message.kind for message in live] == ["booking.series_cancelled"]
    assert live[0].calendar.count("STATUS:CANCELLED") == len(ticked)
    assert b"No visits left to cancel" in as_client.get(detail + "cancel/").content
    assert as_client.post(detail + "cancel/", {"visit": ticked}).status_code == 422


def test_some_may_be_kept_and_none_ticked_is_said(
    as_client: Browser, prescription: Prescription
) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    detail = as_client.post(page.wsgi_request.get_full_path(), {**plan_of(page), "do": "book"})[
        "Location"
    ]
    some = [
        str(pk) for pk in Appointment.objects.order_by("starts_at").values_list("pk", flat=True)[5:]
    ]
    answer = as_client.post(detail + "cancel/", {"visit": []})
    assert answer.status_code == 422
    assert b"Check the visits to cancel" in answer.content
    assert as_client.post(detail + "cancel/", {"visit": some}).status_code == 302
    assert Appointment.objects.filter(status="booked").count() == 5


def test_a_late_one_costs_what_the_page_says(
    as_client: Browser, client_record: Client, prescription: Prescription, policy: BookingPolicy
) -> None:
    policy.cancel_cutoff = 60 * 24 * 300
    policy.late_cancel_percent = 50
    policy.save()
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    detail = as_client.post(page.wsgi_request.get_full_path(), {**plan_of(page), "do": "book"})[
        "Location"
    ]
    page = as_client.get(detail + "cancel/")
    count = Appointment.objects.count()
    assert f"${count * 50:,}.00".encode() in page.content
    pks = [str(pk) for pk in Appointment.objects.values_list("pk", flat=True)]
    refused = as_client.post(detail + "cancel/", {"visit": pks, "fee": f"{pks[0]}:5000"})
    assert refused.status_code == 422
    assert Appointment.objects.filter(status="booked").count() == count
    agreed = {"visit": pks, "fee": fees_of(page)}
    assert as_client.post(detail + "cancel/", agreed).status_code == 302
    assert set(Appointment.objects.values_list("fee_cents", flat=True)) == {5000}


def test_the_desk_books_a_series_by_telephone(
    as_desk: Browser, client_record: Client, prescription: Prescription
) -> None:
    where = reverse("booking:desk-series", args=[client_record.pk])
    page = as_desk.get(where)
    assert page.status_code == 200
    form = plan_of(page)
    answer = as_desk.post(where, {**form, "do": "book"})
    assert answer.status_code == 302
    made = Appointment.objects.filter(client=client_record)
    assert made.count() == len(form["visit"])
    assert set(made.values_list("source", flat=True)) == {"desk"}
    assert as_desk.get(answer["Location"]).status_code == 200
    page, now = as_desk.get(answer["Location"] + "cancel/"), timezone.now()
    pks = re.findall(r'name="visit"\s+value="([^"]+)"', page.content.decode())
    cancel = {"visit": pks, "cause": "client", "fee": fees_of(page)}
    assert as_desk.post(answer["Location"] + "cancel/", cancel).status_code == 302
    coming = made.filter(starts_at__gt=now)  # at the counter the first may have begun
    assert set(coming.values_list("status", flat=True)) == {"cancelled"}


def test_the_desk_is_told_when_the_prescription_is_another_clients(
    as_desk: Browser, other_client: Client, prescription: Prescription
) -> None:
    where = reverse("booking:desk-series", args=[other_client.pk])
    assert as_desk.get(where, {"prescription": str(prescription.pk)}).status_code == 404


def test_the_calendar_file_holds_every_visit(
    as_client: Browser, prescription: Prescription
) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    form = plan_of(page)
    detail = as_client.post(page.wsgi_request.get_full_path(), {**form, "do": "book"})["Location"]
    file = as_client.get(detail + "appointments.ics")
    assert file["Content-Type"].startswith("text/calendar")
    uids = set(re.findall(rb"UID:(\S+)", file.content))
    assert len(uids) == len(form["visit"])


def test_a_message_that_still_waits_is_written_anew_when_one_is_cancelled(
    as_client: Browser, client_record: Client, prescription: Prescription
) -> None:
    page = as_client.get(URL, {"prescription": str(prescription.pk)})
    form = plan_of(page)
    as_client.post(page.wsgi_request.get_full_path(), {**form, "do": "book"})
    Message.objects.update(status="queued")
    first = Appointment.objects.order_by("starts_at")[3]
    as_client.post(reverse("booking:visit-cancel", args=[first.pk]), {"reason": ""})
    live = Message.objects.filter(kind="booking.series", status="queued")
    assert [one.calendar.count("BEGIN:VEVENT") for one in live] == [len(form["visit"]) - 1]


def test_the_plan_costs_the_same_number_of_queries_however_many_visits(
    as_client: Browser,
    prescription: Prescription,
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    with django_assert_max_num_queries(40):
        page = as_client.get(URL, {"prescription": str(prescription.pk)})
    form = plan_of(page)
    detail = as_client.post(page.wsgi_request.get_full_path(), {**form, "do": "book"})["Location"]
    with django_assert_max_num_queries(12):
        as_client.get(detail)


def test_nobody_books_a_series_for_a_stranger(
    client_user: User,
    other_client: Client,
    diary: list[Therapist],
    location: Location,
    options: dict[tuple[str, int], ServiceOption],
) -> None:
    with pytest.raises(NotBookable):
        series_booking.book(
            actor=client_user,
            client=other_client,
            option=options["therapeutic", 60],
            wanted=[series_booking.Wanted(at(location) + timedelta(days=7), diary[0].pk)],
            token=uuid4(),
        )


@pytest.mark.usefixtures("diary")
def test_weeks_that_hold_the_prescribed_rate_are_named_with_a_way_on(
    as_client: Browser, client_record: Client, option60: ServiceOption, location: Location
) -> None:
    today = clinic_today()
    order = approved_prescription(
        client_record, visits=4, starts_on=today, through_on=today + timedelta(days=13)
    )
    order.visits_per_week = Decimal(2)
    order.save(update_fields=["visits_per_week"])
    weekdays = [day for n in range(1, 14) if (day := today + timedelta(days=n)).weekday() < 5]
    first = [day for day in weekdays if day < today + timedelta(days=7)][:2]
    second = [day for day in weekdays if day >= today + timedelta(days=7)][:2]
    for day in (*first, *second):
        booked_appointment(client_record, option=option60, starts_at=at(location, "09:00", day))
    page = as_client.get(URL, {"prescription": str(order.pk)})
    weeks = [f"{day:%b} {day.day}" for day in (today, today + timedelta(days=7))]
    said = page.text
    assert "The prescription allows 2 visits a week. Visits are already booked in the weeks" in said
    assert all(week in said.partition("in the weeks from")[2][:50] for week in weeks)
    assert "the prescription ends on" not in said
    assert "No free times fit" not in said
    assert "the clinic has to agree" in said
    assert "Ask us" in said
    free = [day for day in weekdays if day not in (*first, *second)]
    assert f"?day={free[-1].isoformat()}" in said


@pytest.mark.usefixtures("diary")
def test_a_plan_that_waits_for_visits_there_are_already_says_so(
    as_client: Browser, client_record: Client, relaxing: ServiceOption, location: Location
) -> None:
    days = [clinic_today() + timedelta(days=n) for n in (3, 10, 17)]
    for day in days:
        booked_appointment(client_record, option=relaxing, starts_at=at(location, "09:00", day))
    page = as_client.get(URL, {"count": "2", "rate": "1", "option": str(relaxing.pk)})
    assert "At 1 visit a week, it starts after your visits through" in page.text
