"""A code counts on the day an order was written; one newer than ours is asked about."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from clinic.selectors import clinic_today
from prescriptions.codes import icd10
from prescriptions.errors import Incomplete
from prescriptions.models import CONFIRMED, DiagnosisCode, Prescription
from prescriptions.reviewing import selectors, services
from tests.prescriptions.codes import releases
from tests.prescriptions.factories import make_elements
from tests.prescriptions.reviewing.test_desk import at, typed

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import User

pytestmark = pytest.mark.django_db
HINT = reverse("prescriptions:codes-hint")
NEWER = "M54.21"
CONFIRM = 'id="confirmed-m5421"'  # htmx finds no id with a dot again


@pytest.fixture
def outdated(submitted: Prescription) -> Prescription:
    """The release that was loaded last is not the one in force."""
    releases.loaded(clinic_today() - timedelta(days=366))
    return submitted


def test_a_code_that_had_ended_when_the_order_was_written_is_refused(
    as_desk: Browser, desk_user: User, submitted: Prescription
) -> None:
    written = make_elements().issued_on
    assert written is not None
    code = DiagnosisCode.objects.filter(code="M54.2")
    code.update(billable=False, valid_through=written - timedelta(days=1))
    answer = as_desk.post(at("review", submitted), typed())
    assert answer.status_code == 422
    assert "M54.2 was valid through" in answer.text
    assert "Ask the prescriber which code took its place" in answer.text
    hint = as_desk.post(HINT, {"codes": "M54.2", "issued_on": str(written)}).text
    assert "M54.2 was valid through" in hint
    code.update(valid_through=written)
    assert as_desk.post(at("review", submitted), typed()).status_code == 302
    hint = as_desk.post(HINT, {"codes": "M54.2", "issued_on": str(written)}).text
    assert "accepted" in hint


def test_a_code_that_ends_within_the_order_is_a_doubt(submitted: Prescription) -> None:
    read = make_elements()
    assert read.through_on is not None
    last = read.through_on - timedelta(days=1)
    DiagnosisCode.objects.filter(code="M54.2").update(billable=False, valid_through=last)
    found = selectors.assess(submitted, read, clinic_today())
    (line,) = [check for check in found.checklist if check.label == "Complete diagnosis codes"]
    assert line.tone == "warn"
    assert line.says[0].startswith("M54.2 ends on")
    DiagnosisCode.objects.update(valid_through=read.through_on)
    found = selectors.assess(submitted, read, clinic_today())
    assert "warn" not in [one.tone for one in found.checklist if one.label == line.label]


def test_a_newer_code_is_asked_about_and_counts_once_the_office_confirmed_it(
    as_desk: Browser, outdated: Prescription
) -> None:
    answer = as_desk.post(at("review", outdated), typed(codes=NEWER))
    assert answer.status_code == 422
    assert "newer codes are in force" in answer.text
    assert CONFIRM in answer.text
    hint = as_desk.post(HINT, {"codes": NEWER, "confirmed": NEWER}).text
    assert "newer codes are in force" in hint
    assert "checked" in hint
    assert "checked" not in as_desk.post(HINT, {"codes": NEWER}).text
    assert (
        as_desk.post(at("review", outdated), typed(codes=NEWER, confirmed=NEWER)).status_code == 302
    )
    (diagnosis,) = outdated.diagnoses.all()
    assert (diagnosis.code_id, diagnosis.code.release) == (NEWER, CONFIRMED)


def test_to_confirm_one_code_confirms_no_other(desk_user: User, outdated: Prescription) -> None:
    read = make_elements(codes=(NEWER,), confirmed=("M54.2", "M54.22"))
    with pytest.raises(Incomplete) as refused:
        services.approve(actor=desk_user, prescription=outdated, elements=read)
    assert list(refused.value.problems) == ["confirmed"]
    assert not DiagnosisCode.objects.filter(release=CONFIRMED).exists()


@pytest.mark.parametrize("code", ["M54.5", "S13.4A", "NECK", "M54.2.1"])
def test_what_no_release_could_have_is_refused_even_if_confirmed(
    desk_user: User, outdated: Prescription, code: str
) -> None:
    tidied = icd10.tidy(code)
    read = make_elements(codes=(tidied,), confirmed=(tidied,))
    with pytest.raises(Incomplete) as refused:
        services.approve(actor=desk_user, prescription=outdated, elements=read)
    assert list(refused.value.problems) == ["codes"]


def test_with_the_release_in_force_an_unknown_code_is_refused(
    as_desk: Browser, submitted: Prescription
) -> None:
    releases.loaded(clinic_today())
    answer = as_desk.post(at("review", submitted), typed(codes=NEWER, confirmed=NEWER))
    assert answer.status_code == 422
    assert "is not in this year" in answer.text
    assert CONFIRM not in answer.text
