from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import DatabaseError, transaction
from django.utils import timezone

from clinic import body
from clinic.models import AuditEvent, Client, Guardian, Location, User
from clinic.people.signing_name import NotYourName
from clinic.selectors import clinic_today
from intake import errors, selectors, services
from intake.models import Consent, QuestionnaireResponse, ScreenFlag
from intake.screening import Severity
from tests import factories as clinic_factories
from tests.intake.factories import answered_intake, completed_intake, loaded_questionnaire

pytestmark = pytest.mark.usefixtures("location")

BOTH = ["treatment", "privacy"]


def sign(response: QuestionnaireResponse, actor: User | None, **changes: Any) -> None:
    signature = {"name": "Ana Lima", "agreed": BOTH} | changes
    assert actor is not None
    services.sign(actor=actor, response=response, **signature)
    response.refresh_from_db()


def test_somebody_well_signs_and_is_ready(client_record: Client) -> None:
    response = completed_intake(client_record)

    assert response.severity is None
    assert response.signed_name == "Ana Lima"
    assert len(response.sha256) == 64
    assert services.is_intact(response)
    ready = selectors.readiness_for(client_record)
    assert (ready.complete, ready.consented, ready.light) == (True, True, "ok")
    assert {consent.kind for consent in response.consents.all()} == set(BOTH)
    assert AuditEvent.objects.filter(action="intake.signed", client=client_record).exists()


def test_the_consent_keeps_its_text_word_for_word(client_record: Client) -> None:
    completed_intake(client_record)

    consent = Consent.objects.get(kind="treatment")
    assert "stop the session at any time" in consent.text
    assert (consent.version, len(consent.text_sha256)) == ("2026-11", 64)
    assert consent.signed_by == client_record.user


def test_one_sided_calf_swelling_is_saved_but_stops_the_visit(client_record: Client) -> None:
    response = completed_intake(client_record, today=["calf_swelling"])

    assert response.severity == Severity.BLOCK
    assert selectors.readiness_for(client_record).light == "stop"


def test_warfarin_and_fresh_surgery_wait_for_clearance(client_record: Client) -> None:
    when = (clinic_today() - timedelta(weeks=3)).isoformat()
    response = completed_intake(
        client_record,
        blood_thinner="yes",
        surgery="yes",
        surgeries=[{"what": "knee", "date": when}],
    )

    assert list(response.flags.values_list("severity", flat=True)) == [4, 3, 2]
    ready = selectors.readiness_for(client_record)
    assert (ready.light, ready.cleared, ready.severity) == ("stop", False, Severity.CLEARANCE)


def test_a_blank_safety_question_cannot_be_signed(client_record: Client) -> None:
    response = answered_intake(client_record, blood_clot=None)

    with pytest.raises(errors.Incomplete):
        sign(response, client_record.user)

    assert not response.is_completed
    assert not Consent.objects.exists()


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"name": " "}, errors.SignatureNeeded),
        ({"name": "..."}, errors.SignatureNeeded),
        ({"name": "X"}, NotYourName),
        ({"name": "Rui Lima"}, NotYourName),
        ({"agreed": ["treatment"]}, errors.ConsentNeeded),
        ({"agreed": []}, errors.ConsentNeeded),
    ],
)
def test_a_signature_is_a_name_and_both_agreements(
    client_record: Client, changes: dict[str, Any], error: type[Exception]
) -> None:
    response = answered_intake(client_record)

    with pytest.raises(error):
        sign(response, client_record.user, **changes)


def test_an_emergency_can_never_be_signed(client_record: Client) -> None:
    response = answered_intake(client_record, emergency_signs=["chest_pain"])

    with pytest.raises(errors.EmergencyStands):
        sign(response, client_record.user)

    assert selectors.readiness_for(client_record).light == "stop"
    assert list(selectors.emergencies()) == [response]


def test_an_emergency_taken_back_still_asks_a_therapist(client_record: Client) -> None:
    response = answered_intake(client_record, emergency_signs=["chest_pain"])
    services.save_section(
        actor=client_record.user,
        response=response,
        section="today",
        answers={"emergency_signs": ["none"]},
    )
    sign(response, client_record.user)

    assert response.severity == Severity.CLEARANCE
    assert ScreenFlag.objects.get().rule == "emergency_changed"


def test_a_second_signature_is_told_of_the_first(client_record: Client) -> None:
    response = answered_intake(client_record)
    sign(response, client_record.user)

    with pytest.raises(errors.AlreadySigned):
        sign(response, client_record.user)
    with pytest.raises(errors.AlreadySigned):
        services.save_section(actor=None, response=response, section="health", answers={})

    assert Consent.objects.count() == 2


def minor_with_parent(parent: User, born: date) -> Client:
    child = Client.objects.create(first_name="Leo", last_name="Lima", birth_date=born)
    Guardian.objects.create(user=parent, client=child, relationship="parent")
    return child


@time_machine.travel("2026-11-22 15:00Z", tick=False)
def test_for_a_minor_a_guardian_signs_and_says_how_related(client_user: User) -> None:
    child = minor_with_parent(client_user, date(2010, 6, 1))
    response = answered_intake(child)

    for wrong in ("", "partner", "child"):
        with pytest.raises(errors.GuardianNeeded):
            sign(response, client_user, relationship=wrong)
    with pytest.raises(NotYourName) as refused:
        sign(response, client_user, relationship="parent", name="Leo Lima")
    assert "Type your own name" in str(refused.value)
    sign(response, client_user, relationship="parent")

    assert response.signed_relationship == "parent"
    assert set(Consent.objects.values_list("relationship", flat=True)) == {"parent"}


@time_machine.travel("2026-11-22 15:00Z", tick=False)
def test_a_minors_own_login_does_not_sign_as_a_parent() -> None:
    own = clinic_factories.make_user("leo@example.test")
    child = clinic_factories.make_client("Leo", "Lima", date(2010, 6, 1), user=own)
    response = answered_intake(child)

    for claimed in ("parent", "legal_guardian", ""):
        with pytest.raises(errors.GuardianNeeded):
            sign(response, own, relationship=claimed)

    response.refresh_from_db()
    assert not response.is_completed
    assert not Consent.objects.exists()


def test_at_eighteen_the_guardians_signature_ends(client_user: User) -> None:
    child = minor_with_parent(client_user, date(2009, 1, 10))
    with time_machine.travel("2026-11-22 15:00Z", tick=False):
        completed_intake(child, actor=client_user)

    assert selectors.readiness_for(child, today=date(2027, 1, 9)).light == "ok"
    of_age = selectors.readiness_for(child, today=date(2027, 1, 10))
    assert (of_age.complete, of_age.consented, of_age.light) == (False, False, "warn")


@pytest.mark.parametrize(("on", "light"), [("2027-11-21", "ok"), ("2027-11-22", "warn")])
def test_a_signature_holds_for_twelve_months(client_record: Client, on: str, light: str) -> None:
    with time_machine.travel("2026-11-22 15:00Z", tick=False):
        completed_intake(client_record)

    assert selectors.readiness_for(client_record, today=date.fromisoformat(on)).light == light


def test_the_signing_day_is_the_clinics_day(client_record: Client, location: Location) -> None:
    with time_machine.travel("2026-11-23 03:00Z", tick=False):  # 10 pm the day before
        completed_intake(client_record)
        assert selectors.readiness_for(client_record).signed_on == date(2026, 11, 22)


def test_new_answers_start_from_the_last_except_those_about_that_day(
    client_record: Client,
) -> None:
    first = completed_intake(client_record, allergies="yes", allergies_what="nuts", sms=True)
    Consent.objects.filter(kind="sms").update(withdrawn_at=timezone.now())

    second = services.start(actor=client_record.user, client=client_record)

    assert second.based_on == first
    assert second.answers["allergies_what"] == "nuts"
    assert {"emergency_signs", "today", "pain_now", "pregnant"}.isdisjoint(second.answers)
    assert "sms" not in second.answers, "a withdrawn consent must not come back by itself"


def test_marks_on_the_body_are_kept_and_carried_over(client_record: Client) -> None:
    response = answered_intake(client_record)
    marks = [
        body.Mark("back-lower-back-middle", "ache", 6),
        body.Mark("front-knee-left", "sharp", 0),
    ]
    nonsense = [body.Mark("front-tail-middle", "ache", 3), body.Mark("front-head-middle", "x", 3)]
    services.save_section(
        actor=None, response=response, section="body", answers={}, marks=[*marks, *nonsense]
    )
    sign(response, client_record.user)

    again = services.start(actor=client_record.user, client=client_record)

    assert {mark.key for mark in selectors.marks_of(again)} == {mark.key for mark in marks}
    assert services.is_intact(response)


def test_starting_twice_gives_the_same_open_answers(client_record: Client) -> None:
    loaded_questionnaire()
    first = services.start(actor=None, client=client_record)
    assert services.start(actor=None, client=client_record) == first


def test_without_a_published_questionnaire_nothing_starts(client_record: Client) -> None:
    with pytest.raises(errors.NoQuestionnaire):
        services.start(actor=None, client=client_record)


def test_unticking_a_choice_withdraws_its_consent(client_record: Client) -> None:
    completed_intake(client_record, sms=True)
    assert Consent.objects.get(kind="sms").withdrawn_at is None

    completed_intake(client_record, sms=None)

    ended = Consent.objects.get(kind="sms")
    assert ended.withdrawn_at is not None
    told = AuditEvent.objects.get(action="consent.withdrawn")
    assert (told.object_id, told.client) == (str(ended.pk), client_record)
    assert told.detail["changes"]["withdrawn_at"]["before"] is None


def test_a_stop_does_not_vanish_with_the_next_answers(client_record: Client) -> None:
    completed_intake(client_record, blood_clot="suspected")

    response = completed_intake(client_record, blood_clot="no")
    assert response.severity == Severity.CLEARANCE
    third = completed_intake(client_record)
    assert third.severity == Severity.CLEARANCE, "nor with the ones after that"


def test_a_fever_is_over_when_the_client_says_so(client_record: Client) -> None:
    completed_intake(client_record, today=["fever"])
    assert selectors.readiness_for(client_record).light == "stop"

    completed_intake(client_record)

    assert selectors.readiness_for(client_record).light == "ok"


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE intake_questionnaireresponse SET signed_name = 'Somebody Else'",
        "UPDATE intake_questionnaireresponse SET answers = '\\x00'",
        "UPDATE intake_questionnaireresponse SET severity = NULL, sha256 = 'x'",
        "DELETE FROM intake_screenflag",
        "UPDATE intake_questionnaireresponse SET marks = '\\x00'",
        "UPDATE intake_consent SET text = 'I agree to anything'",
        "DELETE FROM intake_consent",
        "UPDATE intake_questionnaire SET title = 'Another'",
    ],
)
def test_what_is_signed_or_published_cannot_change_even_in_sql(
    client_record: Client, statement: str
) -> None:
    from django.db import connection

    response = answered_intake(client_record, allergies="yes", allergies_what="nuts")
    marks = [body.Mark("front-knee-left", "sharp", 4)]
    services.save_section(actor=None, response=response, section="body", answers={}, marks=marks)
    sign(response, client_record.user)

    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    response.refresh_from_db()
    assert services.is_intact(response)


def test_answers_are_unreadable_in_the_database(client_record: Client) -> None:
    from django.db import connection

    response = completed_intake(client_record, allergies="yes", allergies_what="hazelnut oil")
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT answers FROM intake_questionnaireresponse WHERE id = %s", [response.pk]
        )
        stored = bytes(cursor.fetchone()[0])
    assert b"hazelnut" not in stored


def test_a_changed_answer_no_longer_matches_the_signature(client_record: Client) -> None:
    response = completed_intake(client_record)
    response.answers["blood_clot"] = "treated"
    assert not services.is_intact(response)


def test_readiness_of_a_whole_day_takes_four_queries(
    location: Location, django_assert_num_queries: Any
) -> None:
    people = [clinic_factories.make_client(f"Client{n}") for n in range(5)]
    for person in people[:3]:
        completed_intake(person)
    answered_intake(people[3])

    with django_assert_num_queries(4):
        found = selectors.readiness(person.pk for person in people)

    assert [found[person.pk].light for person in people] == ["ok"] * 3 + ["warn"] * 2
