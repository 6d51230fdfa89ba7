"""Nobody whose date of birth we do not know is taken for an adult where it matters."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone

from booking import own_data as diary
from booking.models import Appointment
from booking.visits import readiness
from clinic.format import born
from clinic.models import Client, Guardian
from clinic.people import services as people
from clinic.people.guardians import services as guardians
from clinic.people.similar import perhaps_the_same
from intake import services as intake
from prescriptions.prescribers import services as prescribers
from tests.booking.factories import booked_appointment
from tests.factories import make_client
from tests.intake.factories import answered_intake
from tests.prescriptions.prescribers.factories import make_prescriber, signature

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import ServiceOption, User

pytestmark = pytest.mark.usefixtures("location")
TODAY = date(2026, 11, 24)


@pytest.fixture
def ageless(client_user: User) -> Client:
    return make_client(user=client_user, birth_date=None)


def test_an_unknown_age_is_neither_a_number_nor_a_minors(ageless: Client) -> None:
    assert ageless.age_on(TODAY) is None
    assert not ageless.is_minor_on(TODAY)
    assert born(ageless.birth_date) == "date of birth unknown"
    assert born(date(1981, 4, 12)) == "born Apr 12, 1981"


def test_the_questionnaire_is_answered_and_signed_once_the_date_is_known(
    ageless: Client, client_user: User
) -> None:
    response = answered_intake(ageless)
    said = {"name": "Ana Lima", "agreed": ["treatment", "privacy"]}
    with pytest.raises(people.BirthDateMissing):
        intake.sign(actor=client_user, response=response, **said)  # type: ignore[arg-type]
    Client.objects.filter(pk=ageless.pk).update(birth_date=date(1981, 4, 12))
    response.refresh_from_db()
    intake.sign(actor=client_user, response=response, **said)  # type: ignore[arg-type]


def test_no_prescriber_is_asked_about_them(ageless: Client, client_user: User) -> None:
    prescriber = make_prescriber()
    said = signature(ageless, prescriber)
    with pytest.raises(people.BirthDateMissing):
        prescribers.give_consent(
            actor=client_user, client=ageless, prescriber=prescriber, signature=said
        )
    with pytest.raises(people.BirthDateMissing):
        prescribers.ask(actor=client_user, client=ageless, prescriber=prescriber, signature=said)


def test_a_treatment_waits_for_the_date_and_a_talk_does_not(
    ageless: Client, options: dict[tuple[str, int], ServiceOption]
) -> None:
    found = readiness.of(booked_appointment(ageless))
    assert next(str(light.text) for light in found.lights) == "Birth date missing"
    assert any("date of birth is missing" in str(line) for line in found.missing)
    later = timezone.now() + timedelta(days=9)
    talk = readiness.of(
        booked_appointment(ageless, starts_at=later, option=options["consultation", 30])
    )
    assert [str(light.text) for light in talk.lights] == ["Birth date missing"]
    assert not talk.missing


def test_somebody_without_any_address_is_shown_to_the_desk(db: None) -> None:
    away = Client.objects.create(first_name="Ana", last_name="Lima", birth_date=date(1981, 4, 12))
    visit = booked_appointment(away)
    assert "No way to reach them" in [str(light.text) for light in readiness.of(visit).lights]
    mother = make_client("Eva", "Lima").user
    assert mother is not None
    Guardian.objects.create(user=mother, client=away, relationship="parent")
    assert "No way to reach them" not in [str(one.text) for one in readiness.of(visit).lights]


def test_the_lights_of_a_day_cost_the_same_for_two_and_for_six(
    ageless: Client, django_assert_max_num_queries: object
) -> None:
    visits = [
        booked_appointment(
            make_client(name, birth_date=None), starts_at=timezone.now() + timedelta(days=day)
        )
        for day, name in enumerate(("Bo", "Cy", "Di", "Ed", "Flo"), start=1)
    ]
    visits.append(booked_appointment(ageless, starts_at=timezone.now() + timedelta(days=9)))
    rows = list(Appointment.objects.with_names().filter(pk__in=[one.pk for one in visits]))
    with django_assert_max_num_queries(9):  # type: ignore[operator]
        readiness.of_all(rows)


def test_the_last_who_acts_for_someone_of_unknown_age_stays(
    ageless: Client, desk_user: User, other_user: User
) -> None:
    only = Guardian.objects.create(user=other_user, client=ageless, relationship="parent")
    with pytest.raises(guardians.LastOfAMinor):
        guardians.remove(actor=desk_user, guardian=only)
    Client.objects.filter(pk=ageless.pk).update(birth_date=date(1981, 4, 12))
    only = Guardian.objects.get(pk=only.pk)
    guardians.remove(actor=desk_user, guardian=only)
    assert not ageless.guardians.exists()


def test_two_unknown_dates_are_not_the_same_date(ageless: Client) -> None:
    make_client("Anna", "Lima", birth_date=None, phone="+12125550199")
    assert perhaps_the_same(ageless) == []


def test_their_record_is_kept_as_long_as_a_newborns(ageless: Client) -> None:
    Client.objects.update(created_at=datetime(2027, 3, 1, 12, tzinfo=UTC))
    assert not diary.long_gone(datetime(2052, 2, 28, tzinfo=UTC)).exists()
    assert diary.long_gone(datetime(2052, 3, 3, tzinfo=UTC)).exists()


def test_pages_say_so_instead_of_a_date(
    as_desk: Browser, ageless: Client, other_client: Client
) -> None:
    pages = [
        reverse("client-detail", args=[ageless.pk]),
        reverse("client-people", args=[ageless.pk]),
        reverse("merge-find", args=[ageless.pk]),
    ]
    for page in pages:
        assert "date of birth unknown" in as_desk.get(page).text
    found = as_desk.post(reverse("booking:desk-who"), {"find": "1", "q": "Lima"})
    assert "date of birth unknown" in found.text
    both = reverse("merge", args=[ageless.pk, other_client.pk])
    assert as_desk.get(both).status_code == 200
