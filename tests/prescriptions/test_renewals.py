"""Prompts to renew: in time, once for each reason, and not once a newer one is here."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, Message
from prescriptions import authorization, ledger, renewals, selectors, tasks
from prescriptions.models import DoctorRequest, Prescription
from prescriptions.reviewing import services
from tests.factories import make_client
from tests.prescriptions.factories import approved_prescription, submitted_prescription
from tests.prescriptions.prescribers.factories import make_consent
from tests.prescriptions.reviewing.test_services import SECRETS

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Client, User


SORTS: list[dict[str, Any]] = [
    *({"visits": 3}, {"visits": 2}, {"visits": 4, "used": 1}, {"visits": 4, "used": 2}),
    *({"visits": 2, "used": 2}, {"months": 3}, {"codes": ("M79.18",)}),
]


def today() -> date:
    return selectors.clinic_today()


def prompts() -> list[str]:
    sent = Message.objects.filter(kind=renewals.KIND).order_by("created_at")
    return [key.rpartition(":")[2] for key in sent.values_list("key", flat=True)]


def test_two_visits_left_prompt_once(client_record: Client) -> None:
    prescription = approved_prescription(client_record, visits=3)
    tasks.prompt_renewals()
    assert prompts() == []
    ledger.reserve_visit(actor=None, prescription=prescription, on=today())
    for _ in range(3):
        tasks.prompt_renewals()
    assert prompts() == ["visits"]
    assert AuditEvent.objects.filter(action="prescription.renewal_prompted").count() == 1


def test_twenty_one_days_left_prompt_once_and_twenty_two_do_not(client_record: Client) -> None:
    prescription = approved_prescription(client_record)
    assert prescription.through_on is not None
    assert renewals.prompt(prescription.through_on - timedelta(days=22)) == 0
    assert renewals.prompt(prescription.through_on - timedelta(days=21)) == 1
    for days in range(20, -3, -1):
        assert renewals.prompt(prescription.through_on - timedelta(days=days)) == 0
    assert prompts() == ["days"]


def test_each_reason_is_told_once_in_its_time(client_record: Client) -> None:
    prescription = approved_prescription(client_record, visits=2)
    assert prescription.through_on is not None
    tasks.prompt_renewals()
    assert renewals.prompt(prescription.through_on - timedelta(days=5)) == 1
    assert prompts() == ["visits", "days"]


@pytest.mark.parametrize("newer", ["submitted", "needs_information"])
def test_a_newer_one_silences_the_prompt(
    client_record: Client, desk_user: User, newer: str
) -> None:
    approved_prescription(client_record, visits=2)
    sent = submitted_prescription(client_record)
    if newer == "needs_information":
        services.ask_for_information(actor=desk_user, prescription=sent, reason="other")
    tasks.prompt_renewals()
    assert prompts() == []


def test_a_newer_one_for_another_condition_silences_nothing(client_record: Client) -> None:
    ending = approved_prescription(client_record, visits=2)
    approved_prescription(client_record, codes=("M79.18",))
    tasks.prompt_renewals()
    assert prompts() == ["visits"]
    assert list(selectors.renewals_due(today())) == [ending]


def test_with_a_consent_in_force_the_prescriber_is_asked_as_well_and_once(
    client_record: Client,
) -> None:
    ending = approved_prescription(client_record, visits=2)
    assert ending.prescriber is not None
    tasks.prompt_renewals()
    assert not DoctorRequest.objects.exists()  # nobody has agreed to share
    make_consent(client_record, ending.prescriber)
    ending.prescriber.email = "osei@practice.test"
    ending.prescriber.save()
    assert ending.through_on is not None
    for days in (5, 4, 3):
        renewals.prompt(ending.through_on - timedelta(days=days))
    asked = DoctorRequest.objects.get()
    assert (asked.renews, asked.sent_to) == (ending, "osei@practice.test")
    assert prompts() == ["visits", "days"]


def test_a_rejected_newer_one_and_somebody_elses_silence_nothing(
    client_record: Client, other_client: Client, desk_user: User
) -> None:
    approved_prescription(client_record, visits=2)
    sent = submitted_prescription(client_record)
    services.reject(actor=desk_user, prescription=sent, reason="other")
    submitted_prescription(other_client)
    tasks.prompt_renewals()
    assert prompts() == ["visits"]


def test_an_older_one_that_never_was_answered_silences_nothing(
    client_record: Client, desk_user: User
) -> None:
    with time_machine.travel(timezone.now() - timedelta(days=90)):
        asked = submitted_prescription(client_record)
        services.ask_for_information(actor=desk_user, prescription=asked, reason="other")
    ending = approved_prescription(client_record, visits=2)
    assert list(selectors.renewals_due(today())) == [ending]


def test_the_database_and_the_rule_agree_on_what_is_due(db: None) -> None:
    """One client each, so that no other prescription silences it."""
    for number, fields in enumerate(SORTS):
        approved_prescription(make_client(f"Client {number}", "Test"), **fields)
    everything = list(Prescription.objects.all())
    for days in range(-5, 100):
        day = today() + timedelta(days=days)
        due = {one.pk for one in everything if authorization.needs_renewal(one, day)}
        assert set(selectors.renewals_due(day).values_list("pk", flat=True)) == due


@pytest.mark.django_db(transaction=True)
def test_the_prompt_gives_nothing_away() -> None:
    prescription = approved_prescription(make_client(), visits=2)
    mail.outbox.clear()
    tasks.prompt_renewals()
    [sent] = mail.outbox
    assert sent.to == ["ana.lima@example.test"]
    assert "Hello Ana" in sent.body
    link = reverse("prescriptions:detail", args=[prescription.pk])
    assert link in sent.body
    text = (sent.subject + sent.body.replace(link, "")).lower().replace("medical massage", "")
    assert not [word for word in SECRETS if word.lower() in text]


def test_the_client_reads_what_to_do_after_signing_in(
    as_client: Browser, client_record: Client
) -> None:
    prescription = approved_prescription(client_record, visits=2)
    page = as_client.get(reverse("prescriptions:detail", args=[prescription.pk])).text
    assert "Ask your doctor for a new one now" in page
    assert "Expired unused" not in page


def test_prompting_costs_the_same_when_all_are_told(
    db: None, django_assert_num_queries: Callable[..., Any]
) -> None:
    for number in range(4):
        approved_prescription(make_client(f"Client {number}", "Test"), visits=2)
    day = today()
    assert renewals.prompt(day) == 4
    with django_assert_num_queries(2):
        assert renewals.prompt(day) == 0
