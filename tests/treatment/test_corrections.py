"""Corrections of finished visits: an entry beside what was recorded, never an overwrite."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from clinic.errors import InvalidTransition
from clinic.models import AuditEvent
from tests import factories as people
from tests.editing import CHANGED, version_on
from tests.treatment import factories
from treatment import corrections, sessions
from treatment.errors import AlreadyElsewhere, NeedsReason, NeedsWord, NothingChanged
from treatment.forms import CorrectForm
from treatment.models import Visit, VisitCorrection
from treatment.sessions import Session

if TYPE_CHECKING:
    from collections.abc import Iterator
    from uuid import UUID

    from django.test import Client as Browser

    from clinic.models import Client, ServiceOption, Therapist, User

Options = dict[tuple[str, int], "ServiceOption"]
WHY = "Typed the wrong minutes"


def session_of(visit: Visit, **minutes: int) -> Session:
    """As it is recorded, but for the minutes."""
    assert visit.started_at is not None
    assert visit.stopped_at is not None
    counts = {row.technique: row.minutes for row in visit.minutes.all()}
    if minutes:
        counts = factories.techniques_named(minutes)
    return Session(visit.started_at, visit.stopped_at, counts, therapist=visit.therapist)


def correct(visit: Visit, session: Session, *, token: UUID | None = None, **how: Any) -> Any:
    how = {"actor": factories.hands_of(visit.appointment), "reason": WHY, **how}
    return corrections.correct(visit=visit, session=session, form_token=token or uuid4(), **how)


def test_a_correction_keeps_both_sides_who_when_and_why(client_record: Client) -> None:
    visit = factories.finished_visit(client_record)
    before = sessions.figures(visit)
    entry = correct(visit, session_of(visit, Neuromuscular=30))
    visit.refresh_from_db()
    assert [row.minutes for row in visit.minutes.all()] == [30]
    assert (entry.number, entry.reason, entry.by) == (1, WHY, visit.finished_by)
    assert (entry.before, entry.after) == (before, sessions.figures(visit))
    logged = AuditEvent.objects.get(action="visit.corrected")
    assert [row["minutes"] for row in logged.detail["changes"]["minutes"]["before"]] == [40, 13]
    assert [row["minutes"] for row in logged.detail["changes"]["minutes"]["after"]] == [30]
    assert WHY not in str(logged.detail)


def test_the_same_form_twice_is_one_correction(client_record: Client) -> None:
    visit, token = factories.finished_visit(client_record), uuid4()
    first = correct(visit, session_of(visit, Neuromuscular=30), token=token)
    again = correct(visit, session_of(visit, Neuromuscular=20), token=token)
    assert first == again
    assert [row.minutes for row in visit.minutes.all()] == [30]


def test_a_reason_and_a_difference_are_needed(client_record: Client) -> None:
    visit = factories.finished_visit(client_record)
    with pytest.raises(NeedsReason):
        correct(visit, session_of(visit, Neuromuscular=30), reason=" ")
    with pytest.raises(NothingChanged):
        correct(visit, session_of(visit))
    assert not VisitCorrection.objects.exists()


def test_only_who_records_treatment_corrects_and_only_what_is_finished(
    client_record: Client, desk_user: User
) -> None:
    visit = factories.started_visit(client_record)
    session = Session(visit.arrived_at, visit.arrived_at + timedelta(minutes=30), {})
    with pytest.raises(InvalidTransition):
        correct(visit, session)
    with pytest.raises(PermissionDenied):
        correct(visit, session, actor=desk_user)


def test_an_entry_never_changes_not_even_by_a_slip(client_record: Client) -> None:
    visit = factories.finished_visit(client_record)
    entry = correct(visit, session_of(visit, Neuromuscular=30))
    rows = VisitCorrection.objects.filter(pk=entry.pk)
    changes: list[dict[str, Any]] = [{"after": {}}, {"reason": "other"}, {"number": 2}]
    for fields in changes:
        with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
            rows.update(**fields)
    with pytest.raises(IntegrityError, match="never changes"), transaction.atomic():
        rows.delete()
    with transaction.atomic(), connection.cursor() as cursor:  # key rotation may encrypt it again
        cursor.execute("SET LOCAL clinic.reseal = 'on'")
        rows.update(reason=WHY)
    with pytest.raises(IntegrityError, match="correction_says_why"), transaction.atomic():
        VisitCorrection.objects.create(
            visit=visit, number=2, by=entry.by, at=entry.at, form_token=uuid4()
        )


def test_a_correction_is_held_against_the_therapists_other_sessions(
    client_record: Client, other_client: Client, options: Options, therapists: list[Therapist]
) -> None:
    option = options["therapeutic", 60]
    first = factories.finished_visit(
        client_record, option=option, starts_at=factories.earlier_today(4)
    )
    second = factories.finished_visit(other_client, option=option)
    assert second.started_at is not None
    into = replace(
        session_of(first),
        stopped_at=second.started_at + timedelta(minutes=1),
        word="She stayed",
    )
    with pytest.raises(AlreadyElsewhere, match="Omar Haddad"):
        correct(first, into)
    # A colleague treated: then nothing is in the way.
    colleague = next(one for one in therapists if one != first.therapist)
    entry = correct(first, replace(into, therapist=colleague))
    assert entry.after["therapist"]["name"] == colleague.name
    # And the diary still says who was booked.
    assert first.appointment.therapist != colleague


def test_the_database_has_one_therapist_in_one_session(
    client_record: Client, other_client: Client, options: Options, therapists: list[Therapist]
) -> None:
    option = options["therapeutic", 60]
    first = factories.finished_visit(
        client_record, option=option, starts_at=factories.earlier_today(4)
    )
    second = factories.finished_visit(other_client, option=option)
    rows = Visit.objects.filter(pk=second.pk)
    with pytest.raises(IntegrityError, match="in_one_session"), transaction.atomic():
        rows.update(started_at=first.started_at, stopped_at=first.stopped_at)
    # What an earlier version recorded may overlap until it is corrected.
    rows.update(started_at=first.started_at, stopped_at=first.stopped_at, times_checked=False)


@pytest.fixture
def told() -> Iterator[list[Visit]]:
    """What the floor above is told."""
    found: list[Visit] = []

    def after(*, actor: User, visit: Visit) -> None:
        assert connection.in_atomic_block
        found.append(visit)

    corrections.register(after)
    yield found
    corrections._after.remove(after)


def test_who_charges_is_told_in_the_same_transaction(
    client_record: Client, told: list[Visit]
) -> None:
    visit = factories.finished_visit(client_record)
    assert told == []
    correct(visit, session_of(visit, Neuromuscular=30))
    assert [[row.minutes for row in one.minutes.all()] for one in told] == [[30]]


def test_what_cannot_be_charged_is_not_corrected(client_record: Client) -> None:
    visit = factories.finished_visit(client_record)

    def refuse(**_how: object) -> None:
        raise InvalidTransition

    corrections.register(refuse)
    try:
        with pytest.raises(InvalidTransition):
            correct(visit, session_of(visit, Neuromuscular=30))
    finally:
        corrections._after.remove(refuse)
    assert sum(row.minutes for row in visit.minutes.all()) == 53
    assert not VisitCorrection.objects.exists()


def test_unlikely_times_ask_for_a_word_besides_the_reason(client_record: Client) -> None:
    visit = factories.finished_visit(client_record)
    assert visit.started_at is not None
    begin = visit.started_at - timedelta(minutes=45)
    early = replace(session_of(visit), started_at=begin, arrived_at=begin)
    with pytest.raises(NeedsWord, match="was booked for"):
        correct(visit, early)
    entry = correct(visit, replace(early, word="She asked to come early"))
    assert entry.visit_id == visit.pk
    visit.refresh_from_db()
    assert visit.times_reason == "She asked to come early"


# ---- the page ----


def typed(browser: Browser, visit: Visit, **fields: Any) -> dict[str, Any]:
    """What the page of a visit would send, read from the page itself."""
    shown = browser.get(reverse("treatment:correct", args=[visit.pk]))
    form = shown.context["form"]
    sent = {bound.html_name: bound.value() for bound in form}
    sent = {name: _text(value) for name, value in sent.items() if value is not None}
    return {**sent, "version": version_on(shown.text), "reason": WHY, **fields}


def _text(value: Any) -> Any:
    return f"{value:%H:%M}" if hasattr(value, "minute") else value


def test_minutes_and_times_are_corrected_on_the_page(
    as_therapist: Browser, therapist: Therapist, client_record: Client
) -> None:
    visit = factories.finished_visit(client_record)
    record = reverse("treatment:record", args=[visit.pk])
    address = reverse("treatment:correct", args=[visit.pk])
    assert address in as_therapist.get(record).text
    row = visit.minutes.all()[0]
    start = visit.appointment.starts_at.astimezone(visit.appointment.location.zone)
    fields = {
        CorrectForm.key(row.technique): "30",
        "started": f"{start + timedelta(minutes=10):%H:%M}",
    }
    data = typed(as_therapist, visit, **fields)
    refused = as_therapist.post(address, data | {"reason": ""})
    assert (refused.status_code, 'value="30"' in refused.text) == (422, True)
    answer = as_therapist.post(address, data)
    assert (answer.status_code, answer["Location"]) == (302, record)
    shown = as_therapist.get(record).text
    assert "by Dana Ruiz:" in shown
    assert "start 1:00 pm → 1:10 pm" in shown
    assert f"{row.technique.name} 40 → 30 min" in shown
    assert WHY in shown
    # Sent once more by a second click: it is still one.
    assert as_therapist.post(address, data)["Location"] == record
    assert VisitCorrection.objects.count() == 1


def test_times_left_as_they_are_keep_their_seconds(
    as_therapist: Browser, therapist: Therapist, client_record: Client
) -> None:
    visit = factories.finished_visit(client_record)
    odd = {
        name: getattr(visit, name) + timedelta(seconds=17)
        for name in ("arrived_at", "started_at", "stopped_at")
    }
    Visit.objects.filter(pk=visit.pk).update(**odd)
    row = visit.minutes.all()[0]
    address = reverse("treatment:correct", args=[visit.pk])
    nothing = as_therapist.post(address, typed(as_therapist, visit))
    assert "Nothing is different" in nothing.text
    as_therapist.post(address, typed(as_therapist, visit, **{CorrectForm.key(row.technique): 30}))
    visit.refresh_from_db()
    assert {name: getattr(visit, name) for name in odd} == odd


def test_of_two_windows_the_second_is_told(
    as_therapist: Browser, as_manager: Browser, therapist: Therapist, client_record: Client
) -> None:
    visit = factories.finished_visit(client_record)
    address = reverse("treatment:correct", args=[visit.pk])
    key = CorrectForm.key(visit.minutes.all()[0].technique)
    first, second = (
        typed(browser, visit, **{key: count})
        for browser, count in ((as_therapist, 30), (as_manager, 20))
    )
    assert as_therapist.post(address, first).status_code == 302
    answer = as_manager.post(address, second)
    assert (answer.status_code, CHANGED in answer.text) == (422, True)
    assert 'value="20"' in answer.text  # what was typed
    assert "30 min" in answer.text  # what is saved now
    assert VisitCorrection.objects.count() == 1


def test_the_desk_sees_corrections_and_makes_none(as_desk: Browser, client_record: Client) -> None:
    visit = factories.finished_visit(client_record)
    correct(visit, session_of(visit, Neuromuscular=30))
    address = reverse("treatment:correct", args=[visit.pk])
    assert as_desk.get(address).status_code == 403
    panel = as_desk.get(reverse("treatment:panel", args=[visit.appointment_id])).text
    assert WHY in panel
    assert address not in panel


def test_the_history_takes_a_constant_number_of_queries(
    as_therapist: Browser,
    therapist: Therapist,
    client_record: Client,
    django_assert_max_num_queries: Any,
) -> None:
    visit = factories.finished_visit(client_record)
    for count in (30, 31, 32, 33):
        people.make_user(f"t{count}@clinic.test")
        correct(visit, session_of(visit, Neuromuscular=count))
        visit.refresh_from_db()
    with django_assert_max_num_queries(16):
        as_therapist.get(reverse("treatment:record", args=[visit.pk]))


def test_an_unfinished_visit_leads_to_its_record(
    as_manager: Browser, client_record: Client
) -> None:
    visit = factories.started_visit(client_record)
    for name in ("correct", "take-back"):
        answer = as_manager.get(reverse(f"treatment:{name}", args=[visit.pk]))
        assert answer["Location"] == reverse("treatment:record", args=[visit.pk])
