from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import TYPE_CHECKING

import pytest
from django.db import connection

from intake import services
from intake.errors import AlreadySigned, NothingToDecide
from intake.models import Clearance, Consent, QuestionnaireResponse
from tests.intake.factories import answered_intake, completed_intake, loaded_questionnaire

if TYPE_CHECKING:
    from collections.abc import Callable

    from clinic.models import Client, Location, User

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("location")]


def twice_at_once(act: Callable[[], str]) -> list[str]:
    together = Barrier(2)

    def attempt(_number: int) -> str:
        try:
            together.wait(timeout=5)
            return act()
        finally:
            connection.close()  # each thread owns its connection

    with ThreadPoolExecutor(max_workers=2) as pool:
        return sorted(pool.map(attempt, range(2)))


def test_two_tabs_open_one_questionnaire(client_record: Client, location: Location) -> None:
    loaded_questionnaire()

    found = twice_at_once(lambda: str(services.start(actor=None, client=client_record).pk))

    assert found[0] == found[1]
    assert QuestionnaireResponse.objects.count() == 1


def test_two_clicks_sign_once(client_record: Client, client_user: User) -> None:
    response = answered_intake(client_record)

    def sign() -> str:
        try:
            services.sign(
                actor=client_user,
                response=response,
                name="Ana Lima",
                agreed=["treatment", "privacy"],
            )
        except AlreadySigned:
            return "told"
        return "signed"

    assert twice_at_once(sign) == ["signed", "told"]
    assert Consent.objects.count() == 2


def test_of_two_therapists_at_once_one_decides(client_record: Client, therapist_user: User) -> None:
    response = completed_intake(client_record, blood_clot="unsure")

    def decide() -> str:
        try:
            services.decide_clearance(
                actor=therapist_user, response=response, decision="cleared", reason="Note seen."
            )
        except NothingToDecide:
            return "told"
        return "decided"

    assert twice_at_once(decide) == ["decided", "told"]
    assert Clearance.objects.count() == 1
