"""What a manager changes on the configuration pages stands in the record, with before and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clinic.models import AuditEvent, Technique

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import User


@pytest.fixture
def boss(as_manager: Browser, manager_user: User) -> Browser:
    manager_user.is_superuser = True
    manager_user.save()
    return as_manager


def last() -> AuditEvent:
    found = AuditEvent.objects.filter(action__startswith="setup.").order_by("pk").last()
    assert found is not None
    return found


def test_a_technique_is_added_renamed_and_removed(boss: Browser, manager_user: User) -> None:
    form = {"name": "Cupping", "position": "7", "is_active": "on"}
    boss.post("/admin/clinic/technique/add/", form)
    made = Technique.objects.get()
    assert (last().action, last().actor, last().object_id) == (
        "setup.added",
        manager_user,
        str(made.pk),
    )
    boss.post(f"/admin/clinic/technique/{made.pk}/change/", form | {"name": "Dry cupping"})
    told = {"name": {"before": "Cupping", "after": "Dry cupping"}}
    assert (last().action, last().detail["changes"]) == ("setup.changed", told)
    boss.post(f"/admin/clinic/technique/{made.pk}/delete/", {"post": "yes"})
    assert (last().action, Technique.objects.count()) == ("setup.removed", 0)


def test_saving_without_a_change_says_nothing(boss: Browser) -> None:
    made = Technique.objects.create(name="Cupping", position=7)
    form = {"name": "Cupping", "position": "7", "is_active": "on"}
    boss.post(f"/admin/clinic/technique/{made.pk}/change/", form)
    assert not AuditEvent.objects.filter(action__startswith="setup.").exists()
