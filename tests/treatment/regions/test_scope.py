"""What was treated is held against what the order names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import DatabaseError
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from clinic import body
from tests.treatment.factories import finished_visit, make_procedures, started_visit
from tests.treatment.notes.test_services import signed, sql
from tests.treatment.test_desk import form_of
from treatment import corrections, selectors
from treatment.errors import NoMinutesOutside, NoPlaceOutside, NothingTreated, TooManyOutside
from treatment.forms import RecordForm
from treatment.models import Visit, VisitMinutes
from treatment.regions import scope
from treatment.sessions import Session

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client, Technique, Therapist

NECK, SHOULDER, KNEE = "back-neck-middle", "back-shoulder-left", "front-knee-left"
ORDER = {"regions": (NECK, SHOULDER)}
places = st.lists(st.sampled_from(sorted(body.places_by_key())), unique=True)
counts = st.dictionaries(st.sampled_from("ABC"), st.integers(0, 60))


def test_what_was_ordered_is_what_was_treated_unless_said() -> None:
    assert scope.checked([SHOULDER, NECK], None, {"A": 30}, {}) == ([NECK, SHOULDER], {})


def test_an_order_without_places_sets_no_limit() -> None:
    assert scope.checked([], [KNEE], {"A": 30}, {"A": 10}) == ([KNEE], {})


@pytest.mark.parametrize(
    ("treated", "outside", "refusal"),
    [
        ([], {}, NothingTreated),
        ([NECK, KNEE], {}, NoMinutesOutside),
        ([NECK], {"A": 5}, NoPlaceOutside),
        ([NECK, KNEE], {"A": 31}, TooManyOutside),
        ([NECK, KNEE], {"B": 1}, TooManyOutside),
    ],
)
def test_what_does_not_agree_is_refused(
    treated: list[str], outside: dict[str, int], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        scope.checked([NECK], treated, {"A": 30}, outside)


def test_the_refusal_names_the_place_outside() -> None:
    with pytest.raises(NoMinutesOutside, match="Left knee"):
        scope.checked([NECK], [NECK, KNEE], {"A": 30}, {})


@given(ordered=places, treated=places, minutes=counts, outside=counts)
def test_minutes_lie_outside_if_and_only_if_a_place_does(
    ordered: list[str], treated: list[str], minutes: dict[str, int], outside: dict[str, int]
) -> None:
    try:
        kept, counted = scope.checked(ordered, treated, minutes, outside)
    except (NothingTreated, NoMinutesOutside, NoPlaceOutside, TooManyOutside):
        assert ordered
        return
    assert set(kept) == set(treated)
    assert bool(counted) == bool(ordered and set(treated) - set(ordered))
    assert all(0 < count <= minutes[one] for one, count in counted.items())


@pytest.mark.django_db
def test_a_correction_tells_the_area_and_the_minutes_outside(client_record: Client) -> None:
    visit = finished_visit(client_record, order=ORDER)
    assert visit.regions == [NECK, SHOULDER]
    neuromuscular, strokes = (row.technique for row in visit.minutes.all())
    assert visit.started_at is not None
    assert visit.stopped_at is not None
    session = Session(
        visit.started_at,
        visit.stopped_at,
        {neuromuscular: 40, strokes: 13},
        regions=[NECK, KNEE],
        outside={strokes: 13},
    )
    entry = corrections.correct(
        actor=visit.finished_by or _nobody(),
        visit=visit,
        session=session,
        reason="Forgot the knee",
        form_token=uuid4(),
    )
    [told] = selectors.history_of(visit)
    assert told.row == entry
    assert told.lines == [
        "treated Back of the neck, Back of the left shoulder → Left knee, Back of the neck",
        "outside the order none → 13 min",
    ]


def _nobody() -> Any:
    raise AssertionError


MARKS = "UPDATE treatment_visit SET regions = '[\"front-knee-left\"]'"
MINUTES = "UPDATE treatment_visitminutes SET outside = 5"


@pytest.mark.django_db
@pytest.mark.parametrize("attack", [MARKS, MINUTES])
def test_the_area_of_a_signed_visit_changes_with_a_correction_only(
    attack: str, client_record: Client, therapist: Therapist
) -> None:
    visit = finished_visit(
        client_record, order=ORDER, regions=[NECK, KNEE], outside={"Relaxation strokes": 13}
    )
    assert therapist.user is not None
    signed(therapist.user, visit)
    with pytest.raises(DatabaseError, match="with a correction only"):
        sql(attack)


@pytest.mark.django_db
def test_no_more_minutes_outside_than_there_are(client_record: Client) -> None:
    finished_visit(client_record)
    with pytest.raises(DatabaseError, match="visit_minutes_outside_are_some"):
        VisitMinutes.objects.update(outside=41)


@pytest.mark.django_db
def test_the_therapist_is_asked_for_the_minutes_outside(
    as_therapist: Browser, therapist: Therapist, client_record: Client, techniques: list[Technique]
) -> None:
    make_procedures()
    visit = started_visit(client_record, order=ORDER)
    url = reverse("treatment:record", args=[visit.pk])
    page = as_therapist.get(url).text
    assert "Back of the neck, Back of the left shoulder" in page
    typed = form_of(visit, {techniques[0]: 40}) | {"version": _version(page)}
    answer = as_therapist.post(url, typed | {"regions": [NECK, KNEE]})
    assert answer.status_code == 422
    assert "The order does not name what you treated here: Left knee." in answer.text
    told = {RecordForm.outside_key(techniques[0]): 10}
    answer = as_therapist.post(url, typed | {"regions": [NECK, KNEE]} | told, follow=True)
    assert "10 of them outside the order" in answer.text
    row = VisitMinutes.objects.get()
    assert (row.minutes, row.outside, row.ordered) == (40, 10, 30)
    assert Visit.objects.get().regions == [KNEE, NECK]


def _version(page: str) -> str:
    return page.split('name="version" value="', 1)[1].split('"', 1)[0]


@pytest.mark.django_db
def test_a_session_without_a_limit_is_asked_for_no_minutes_outside(
    as_therapist: Browser, client_record: Client
) -> None:
    make_procedures()
    visit = started_visit(client_record)
    page = as_therapist.get(reverse("treatment:record", args=[visit.pk])).text
    assert "Treated area" in page
    assert "outside the order" not in page
