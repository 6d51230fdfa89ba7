from __future__ import annotations

import pytest

from clinic.models import AuditEvent, Client, Message, Therapist, User
from intake import errors, selectors, services
from intake.models import Clearance, QuestionnaireResponse
from tests.intake.factories import completed_intake

pytestmark = pytest.mark.usefixtures("location", "therapist")


@pytest.fixture
def unsure(client_record: Client) -> QuestionnaireResponse:
    return completed_intake(client_record, blood_clot="unsure")


def decide(
    actor: User, response: QuestionnaireResponse, decision: str = "cleared", **more: str
) -> Clearance:
    details = {"reason": "Signed note of Dr. Osei, Nov 20.", **more}
    return services.decide_clearance(actor=actor, response=response, decision=decision, **details)


def test_not_sure_waits_for_a_therapist_who_clears_it(
    unsure: QuestionnaireResponse, therapist_user: User
) -> None:
    assert selectors.readiness_for(unsure.client).light == "stop"
    assert list(selectors.waiting()) == [unsure]

    decide(therapist_user, unsure)

    ready = selectors.readiness_for(unsure.client)
    assert (ready.light, ready.cleared) == ("ok", True)
    assert not selectors.waiting()
    assert list(selectors.decided_lately()) == [unsure]
    assert AuditEvent.objects.filter(action="intake.decided").exists()


def test_the_client_is_told_that_there_is_news_and_no_more(
    unsure: QuestionnaireResponse, therapist_user: User
) -> None:
    decide(therapist_user, unsure, "refused")

    message = Message.objects.get(kind="intake.decided")
    text = f"{message.subject} {message.body}".lower()
    assert message.recipient == "ana@example.test"
    assert "/portal/intake/" in text
    for secret in ("clot", "health", "intake question", "clear", "refus", "treat", "dr. osei"):
        assert secret not in text


def test_a_refusal_stands_until_the_next_decision(
    unsure: QuestionnaireResponse, therapist_user: User
) -> None:
    first = decide(therapist_user, unsure, "refused")
    assert selectors.readiness_for(unsure.client).light == "stop"

    decide(therapist_user, unsure, "cleared", after=str(first.pk))

    assert selectors.readiness_for(unsure.client).light == "ok"


def test_the_second_of_two_therapists_is_told(
    unsure: QuestionnaireResponse, therapist_user: User
) -> None:
    decide(therapist_user, unsure)

    with pytest.raises(errors.NothingToDecide):
        decide(therapist_user, unsure, "refused")

    assert Clearance.objects.count() == 1


@pytest.mark.parametrize("role", ["desk_user", "manager_user", "client_user"])
def test_nobody_but_a_therapist_decides(
    unsure: QuestionnaireResponse, role: str, request: pytest.FixtureRequest
) -> None:
    with pytest.raises(errors.NotATherapist):
        decide(request.getfixturevalue(role), unsure)
    assert not Clearance.objects.exists()


def test_a_decision_has_a_reason(unsure: QuestionnaireResponse, therapist_user: User) -> None:
    with pytest.raises(errors.ReasonNeeded):
        decide(therapist_user, unsure, reason="  ")


def test_answers_that_rule_out_treatment_cannot_be_cleared(
    client_record: Client, therapist_user: User
) -> None:
    response = completed_intake(client_record, today=["calf_swelling"])

    with pytest.raises(errors.BlockStands):
        decide(therapist_user, response)
    decide(therapist_user, response, "refused")

    assert selectors.readiness_for(client_record).light == "stop"


def test_answers_that_stop_nothing_need_no_decision(
    client_record: Client, therapist_user: User
) -> None:
    with pytest.raises(errors.NothingToDecide):
        decide(therapist_user, completed_intake(client_record))


def test_older_answers_can_no_longer_be_decided(
    unsure: QuestionnaireResponse, therapist_user: User, therapist: Therapist
) -> None:
    completed_intake(unsure.client)

    with pytest.raises(errors.NothingToDecide):
        decide(therapist_user, unsure)
