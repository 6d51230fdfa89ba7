"""Procedures, in the product's own pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from django.urls import reverse

from billing.errors import NotOurs
from billing.models import Procedure
from billing.procedures import rules
from billing.procedures.desk import save
from clinic.models import AuditEvent, Technique

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import User

pytestmark = pytest.mark.django_db


def test_a_procedure_is_added_and_changed_and_the_second_window_is_told(
    as_manager: Browser,
) -> None:
    assert "No procedures yet" in as_manager.get(reverse("billing:procedures")).text
    cupping = Technique.objects.create(name="Cupping")
    new = {"code": "97140", "label": "Manual therapy", "timed": "on", "position": "1"}
    new |= {"techniques": str(cupping.pk)}
    assert as_manager.post(reverse("billing:procedure-new"), new).status_code == 302
    made = Procedure.objects.get()
    assert list(made.techniques.all()) == [cupping]
    url = reverse("billing:procedure", args=[made.pk])
    version = {"version": as_manager.get(url).context["version"]}
    changed = new | {"label": "Hands-on therapy"}
    assert as_manager.post(url, changed | version).status_code == 302
    assert as_manager.post(url, new | version).status_code == 422
    made.refresh_from_db()
    assert made.label == "Hands-on therapy"
    assert "Hands-on therapy" in as_manager.get(reverse("billing:procedures")).text
    event = AuditEvent.objects.get(action="setup.procedure_changed")
    assert event.detail["changes"] == {
        "label": {"before": "Manual therapy", "after": "Hands-on therapy"}
    }


@pytest.mark.parametrize("code", ["9714", "97140"])
def test_a_code_that_is_none_or_is_taken_is_refused_and_the_label_stays(
    as_manager: Browser, code: str
) -> None:
    Procedure.objects.create(code="97140", label="Manual therapy")
    new = {"code": code, "label": "Another label", "position": "1"}
    answer = as_manager.post(reverse("billing:procedure-new"), new)
    assert answer.status_code == 422
    assert "Another label" in answer.text
    assert Procedure.objects.count() == 1


def test_the_desk_sets_no_procedures(as_desk: Browser) -> None:
    assert as_desk.get(reverse("billing:procedures")).status_code == 403
    assert as_desk.post(reverse("billing:procedure-new"), {}).status_code == 403


EVALUATIONS = [str(code) for code in range(97161, 97169)]


@pytest.mark.parametrize("code", EVALUATIONS)
def test_an_evaluation_is_refused_with_the_reason(as_manager: Browser, code: str) -> None:
    new = {"code": code, "label": "Evaluation", "timed": "on", "position": "1"}
    answer = as_manager.post(reverse("billing:procedure-new"), new)
    assert answer.status_code == 422
    assert "Massage therapists may not bill it" in answer.text.replace("\n", " ")
    assert 'value="Evaluation"' in answer.text
    assert not Procedure.objects.exists()


@pytest.mark.parametrize(
    ("code", "timed", "says"),
    [
        ("97010", True, "counts once a visit"),
        ("97799", True, "counts once a visit"),
        ("97140", False, "billed by its minutes"),
        ("97124", False, "billed by its minutes"),
    ],
)
def test_a_code_that_is_timed_the_other_way_is_refused(
    as_manager: Browser, code: str, timed: bool, says: str
) -> None:
    new = {"code": code, "label": "A label", "position": "1"}
    way, other = ({"timed": "on"}, {}) if timed else ({}, {"timed": "on"})
    answer = as_manager.post(reverse("billing:procedure-new"), new | way)
    assert answer.status_code == 422
    assert says in answer.text
    assert as_manager.post(reverse("billing:procedure-new"), new | other).status_code == 302


def test_the_service_refuses_what_the_form_did_not(manager_user: User) -> None:
    with pytest.raises(NotOurs, match="evaluation"):
        save(
            actor=manager_user,
            procedure=Procedure(),
            techniques=[],
            code="97165",
            label="Evaluation",
            timed=True,
            modifiers="",
            position=1,
        )
    assert not Procedure.objects.exists()


def test_the_configuration_pages_are_no_way_round(as_manager: Browser, manager_user: User) -> None:
    manager_user.is_superuser = manager_user.is_staff = True
    manager_user.save()
    new = {"code": "97161", "label": "Evaluation", "timed": "on", "position": "1"}
    answer = as_manager.post(reverse("admin:billing_procedure_add"), new)
    assert "may not bill" in answer.text
    assert not Procedure.objects.exists()


@pytest.mark.parametrize("code", ["97160", "97169", "12345"])
def test_any_other_code_is_the_clinics_own_choice(code: str) -> None:
    for timed in (True, False):
        assert rules.refusals(code, timed=timed) == {}
