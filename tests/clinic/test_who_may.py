"""Roles are compared in `clinic/access.py` and nowhere else; services check their actor."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from django.core.exceptions import PermissionDenied

from clinic import access
from clinic.accounts.second_step import services as second_step
from clinic.accounts.staff import services as staff
from clinic.models import AuditEvent, CorrectionRequest, Guardian, Role
from clinic.people import services as people
from clinic.people.details import services as details
from clinic.people.guardians import services as guardians
from clinic.people.merging import services as merging
from clinic.privacy import corrections
from clinic.privacy import services as privacy
from clinic.runtime.config import ROOT
from tests.factories import make_user

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from clinic.models import Client, Location, User

PACKAGES = ("clinic", "intake", "prescriptions", "booking", "treatment", "billing", "website")
# The models say what a role is, and access who may do what.
DECIDE = ("clinic/access.py", "clinic/models/people.py", "clinic/models/staff.py")
COMPARED = re.compile(
    r"\brole\s*(?:==|!=|in\b|not in\b)|\brole__|\brole=Role\.|\bRole\.[A-Z_]+\b|\bis_clinic_staff\b"
)


def sources() -> Iterator[Path]:
    for package in PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            if "migrations" not in path.parts:
                yield path
    yield from sorted((ROOT / "templates").rglob("*.html"))


def test_no_one_but_access_compares_roles() -> None:
    found = {
        path.relative_to(ROOT).as_posix()
        for path in sources()
        if COMPARED.search(path.read_text(encoding="utf-8"))
    }
    assert found <= set(DECIDE)


@pytest.mark.parametrize(
    "text",
    [
        "if user.role == Role.MANAGER:",
        '{% if request.user.role != "biller" %}',
        "if user.role in access.DESK:",
        "if actor.is_clinic_staff:",
        "User.objects.filter(role__in=REVIEWERS)",
    ],
)
def test_the_search_knows_a_comparison(text: str) -> None:
    assert COMPARED.search(text)


@pytest.mark.django_db
def test_each_role_may_do_what_the_table_says() -> None:
    may = {
        "works_here": set(Role) - {Role.CLIENT},
        "in_care_team": {Role.FRONT_DESK, Role.THERAPIST, Role.MANAGER},
        "works_at_desk": {Role.FRONT_DESK, Role.MANAGER},
        "handles_money": {Role.FRONT_DESK, Role.BILLER, Role.MANAGER},
        "records_treatment": {Role.THERAPIST, Role.MANAGER},
        "is_therapist": {Role.THERAPIST},
        "is_manager": {Role.MANAGER},
    }
    for role in Role:
        user = make_user(f"{role}@clinic.test", role)
        for name, allowed in may.items():
            assert getattr(access, name)(user) == (role in allowed), (name, role)
            assert getattr(access.viewer(user), name) == (role in allowed), (name, role)
    for name in may:
        assert not getattr(access, name)(None)


@pytest.mark.django_db
def test_services_refuse_who_may_not_whatever_view_leads_there(
    client_record: Client,
    client_user: User,
    desk_user: User,
    therapist_user: User,
    manager_user: User,
    location: Location,
) -> None:
    other = make_user("other@example.test", Role.CLIENT)
    guardian = Guardian.objects.create(
        user=client_user, client=client_record, relationship="parent", confirmed_at=None
    )
    asked = CorrectionRequest.objects.create(
        client=client_record, asked_by=client_user, about="health", text="No"
    )
    invitation = staff.invite(
        actor=manager_user, email="new@clinic.test", name="New", role=Role.BILLER
    )
    choice = merging.Choice(client_record, client_record, {})
    today = location.created_at.date()
    before = AuditEvent.objects.count()
    refused: list[Callable[[], object]] = [
        lambda: staff.invite(actor=desk_user, email="a@b.test", name="A", role=Role.MANAGER),
        lambda: staff.invite_again(actor=desk_user, invitation=invitation),
        lambda: staff.withdraw(actor=desk_user, invitation=invitation),
        lambda: staff.change(actor=desk_user, user=desk_user, role=Role.MANAGER, name="June"),
        lambda: staff.deactivate(actor=desk_user, user=manager_user),
        lambda: staff.activate(actor=desk_user, user=manager_user),
        lambda: second_step.reset(actor=desk_user, user=manager_user),
        lambda: guardians.add(
            actor=client_user, client=client_record, email="a@b.test", relationship="parent"
        ),
        lambda: guardians.remove(actor=therapist_user, guardian=guardian),
        lambda: people.confirm(actor=other, guardian=guardian, is_mine=True),
        lambda: merging.merge(actor=therapist_user, choice=choice),
        lambda: corrections.ask_correction(
            actor=other, client=client_record, about="contact", text="x"
        ),
        # One about health is not for the front desk.
        lambda: corrections.keep_as_is(
            actor=desk_user, correction=asked, ground="accurate", answer="x"
        ),
        lambda: corrections.say_corrected(actor=desk_user, correction=asked, change=1, answer="x"),
        lambda: corrections.correct_details(actor=therapist_user, correction=asked, first_name="x"),
        lambda: corrections.disagree(actor=desk_user, correction=asked, statement="x"),
        lambda: details.change_details(actor=other, client=client_record, pronouns="x"),
        lambda: details.change_details(actor=client_user, client=client_record, first_name="x"),
        lambda: details.change_details(actor=therapist_user, client=client_record, phone="x"),
        lambda: details.change_details(actor=desk_user, client=client_record, user=other),
        lambda: privacy.record_disclosure(
            actor=therapist_user,
            client=client_record,
            disclosed_on=today,
            recipient="x",
            what="x",
            why="x",
        ),
    ]
    for attempt in refused:
        with pytest.raises(PermissionDenied):
            attempt()
    assert AuditEvent.objects.count() == before
