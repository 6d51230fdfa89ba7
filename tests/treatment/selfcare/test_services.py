"""What was given stays as it was given; what a client ticks is theirs, once a day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from hypothesis import HealthCheck, settings
from hypothesis import given as when
from hypothesis import strategies as st

from clinic.models import AuditEvent
from clinic.selectors import clinic_today
from tests.treatment.factories import hands_of
from tests.treatment.selfcare.factories import given, library, said
from treatment import takebacks
from treatment.models import Exercise, ExerciseTick, TreatmentNote, Visit
from treatment.notes import services as notes
from treatment.selfcare import selectors, services
from treatment.selfcare.errors import InUseAlready, NotInUse

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import Client, Therapist, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ours() -> dict[str, Exercise]:
    return library()


@pytest.fixture
def author(therapist: Therapist) -> User:
    assert therapist.user is not None
    return therapist.user


def reworded(author: User, exercise: Exercise, amount: str = "Twice a week.") -> Exercise:
    return services.change(actor=author, exercise=exercise, values={"amount": amount})


def test_what_was_given_stays_as_it_was_given(
    client_record: Client, author: User, ours: dict[str, Exercise]
) -> None:
    visit = given(client_record, ours["chin-tuck"])
    made = reworded(author, ours["chin-tuck"])
    [kept] = selectors.given_to(client_record)
    assert kept.exercise.amount == ours["chin-tuck"].amount != made.amount
    assert notes.is_as_signed(TreatmentNote.objects.get(visit=visit))
    assert made in selectors.in_use()
    assert ours["chin-tuck"] not in selectors.in_use()


def test_saving_what_is_there_already_makes_no_new_wording(
    author: User, ours: dict[str, Exercise]
) -> None:
    heat = ours["heat"]
    assert reworded(author, heat, heat.amount) == heat
    assert Exercise.objects.count() == len(ours)


def test_of_two_who_reword_the_second_is_told(author: User, ours: dict[str, Exercise]) -> None:
    reworded(author, ours["heat"])
    with pytest.raises(NotInUse):
        reworded(author, ours["heat"], "Never.")
    assert Exercise.objects.filter(key="heat").count() == 2


def test_one_form_adds_one(author: User) -> None:
    token = uuid4()
    values = {"title": "Foam roller", "purpose": "x", "steps": "y", "amount": "z", "stop": "s"}
    made = [services.add(actor=author, form_token=token, values=values) for _ in range(2)]
    assert made[0] == made[1]
    assert Exercise.objects.count() == 1
    assert AuditEvent.objects.filter(action="selfcare.added").count() == 1


def test_what_is_retired_comes_back_unless_a_newer_wording_is_in_use(
    author: User, ours: dict[str, Exercise]
) -> None:
    heat = ours["heat"]
    services.retire(actor=author, exercise=heat)
    assert selectors.retired() == [heat]
    services.bring_back(actor=author, exercise=heat)
    assert selectors.retired() == []
    reworded(author, heat)
    with pytest.raises(InUseAlready):
        services.bring_back(actor=author, exercise=heat)


@pytest.mark.parametrize("who", ["desk_user", "client_user", "biller_user"])
def test_the_library_is_for_who_treats(
    request: pytest.FixtureRequest, ours: dict[str, Exercise], who: str
) -> None:
    actor, heat = request.getfixturevalue(who), ours["heat"]
    with pytest.raises(PermissionDenied):
        services.add(actor=actor, form_token=uuid4(), values={})
    for act in (services.retire, services.bring_back):
        with pytest.raises(PermissionDenied):
            act(actor=actor, exercise=heat)
    with pytest.raises(PermissionDenied):
        reworded(actor, heat)


# ---- What was given ----


def test_each_is_listed_once_with_the_newest_visit_first(
    client_record: Client, ours: dict[str, Exercise]
) -> None:
    given(client_record, ours["heat"], ours["breaks"], hours=24 * 7 + 2)
    last = given(client_record, ours["calf-wall"], ours["heat"], hours=26)
    given(client_record, ours["cat-cow"], sign=False)  # a draft is nobody's yet
    found = selectors.given_to(client_record)
    assert [one.exercise.key for one in found] == ["calf-wall", "heat", "breaks"]
    assert [one.day for one in found[:2]] == [last.appointment.local_date] * 2
    assert found[2].day < found[1].day


def test_of_two_wordings_the_last_one_given_is_shown(
    client_record: Client, author: User, ours: dict[str, Exercise]
) -> None:
    given(client_record, ours["heat"], hours=50)
    made = reworded(author, ours["heat"])
    given(client_record, made, hours=26)
    assert [one.exercise for one in selectors.given_to(client_record)] == [made]


def test_a_visit_that_was_taken_back_gave_nothing(
    client_record: Client, ours: dict[str, Exercise]
) -> None:
    visit = given(client_record, ours["heat"])
    actor = hands_of(visit.appointment)
    takebacks.take_back(actor=actor, visit=visit, reason="Never came")
    assert Visit.objects.get().status != Visit.Status.FINISHED
    assert selectors.given_to(client_record) == []


def test_it_takes_the_same_queries_for_any_number(
    client_record: Client,
    ours: dict[str, Exercise],
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    for number, one in enumerate(list(ours.values())[:4]):
        given(client_record, one, ours["heat"], hours=26 + 24 * number)
    today = clinic_today()
    with django_assert_num_queries(3):
        selectors.given_to(client_record, today)


def test_the_words_of_the_last_note_come_in_the_wordings_of_today(
    author: User, ours: dict[str, Exercise]
) -> None:
    services.retire(actor=author, exercise=ours["breaks"])
    made = reworded(author, ours["heat"])
    last = {"plan": "Go on", "given": said(ours["heat"], ours["breaks"], ours["cat-cow"])}
    assert selectors.renewed(last) == {"plan": "Go on", "given": said(made, ours["cat-cow"])}
    assert selectors.renewed({"plan": "Go on"}) == {"plan": "Go on"}


def test_those_for_the_places_to_be_treated_come_first(ours: dict[str, Exercise]) -> None:
    offers = selectors.offers(["back-calf-left"])
    assert [one.exercise.key for one in offers if one.is_ordered] == ["calf-wall"]
    assert offers[0].exercise.key == "calf-wall"
    assert len(offers) == len(ours)


def test_a_retired_one_is_offered_where_it_was_chosen_only(
    author: User, ours: dict[str, Exercise]
) -> None:
    services.retire(actor=author, exercise=ours["heat"])
    values = {one.value for one in selectors.offers([])}
    assert ours["heat"].pk.hex not in values
    chosen = selectors.offers([], said(ours["heat"]))
    assert [one.label for one in chosen if one.exercise.is_retired] == [
        "Heat for 15 minutes (no longer offered)"
    ]


# ---- Ticks ----


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@when(presses=st.lists(st.tuples(st.integers(0, 9), st.booleans()), max_size=12))
def test_a_day_is_done_if_the_last_press_says_so(
    client_record: Client,
    client_user: User,
    presses: list[tuple[int, bool]],
) -> None:
    heat = library()["heat"]
    ExerciseTick.objects.all().delete()
    today, last = clinic_today(), {}
    for back, is_done in presses:
        day = today - timedelta(days=back)
        last[day] = is_done
        for _ in range(2):  # a press that is sent twice
            services.tick(
                actor=client_user, client=client_record, exercise=heat, day=day, is_done=is_done
            )
    done = {day for day, is_done in last.items() if is_done}
    assert set(ExerciseTick.objects.values_list("day", flat=True)) == done
    assert ExerciseTick.objects.count() == len(done)


def test_the_week_and_the_two_weeks_count_their_own_days(
    client_record: Client, client_user: User, author: User, ours: dict[str, Exercise]
) -> None:
    today, heat = clinic_today(), ours["heat"]
    assert selectors.practice_of(client_record, today) is None
    given(client_record, heat)
    assert selectors.practice_of(client_record, today) == selectors.Practice(0, [])
    for back in (0, 6, 7, 13, 14):
        ExerciseTick.objects.create(
            client=client_record, exercise=heat, day=today - timedelta(days=back)
        )
    [one] = selectors.given_to(client_record, today)
    assert [done for _day, done in one.week] == [True, *[False] * 5, True]
    assert (one.times, one.is_done_today) == (2, True)
    assert selectors.practice_of(client_record, today) == selectors.Practice(
        4, [("Heat for 15 minutes", 4)]
    )
    # A new wording is the same thing to do, so a press takes back what was ticked of the old one.
    made = reworded(author, heat)
    services.tick(actor=client_user, client=client_record, exercise=made, day=today, is_done=False)
    assert not ExerciseTick.objects.filter(day=today).exists()
