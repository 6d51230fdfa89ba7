"""Stretches and habits that were given, through the real services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.billing.factories import plain_visit
from tests.treatment.factories import hands_of
from tests.treatment.notes.test_content import whole
from tests.treatment.notes.test_services import write
from treatment.models import Exercise
from treatment.notes import services
from treatment.selfcare import loading

if TYPE_CHECKING:
    from clinic.models import Client
    from treatment.models import Visit


def library() -> dict[str, Exercise]:
    loading.load(loading.shipped())
    return {one.key: one for one in Exercise.objects.filter(retired_at=None)}


def said(*exercises: Exercise) -> str:
    return " ".join(one.pk.hex for one in exercises)


def given(client: Client, *exercises: Exercise, hours: int = 2, sign: bool = True) -> Visit:
    """A visit so many hours ago at which these were given."""
    visit = plain_visit(client, hours_ago=hours)
    author = hands_of(visit.appointment)
    write(author, visit, {**whole(), "given": said(*exercises)})
    if sign:
        services.sign(actor=author, visit=visit)
    return visit
