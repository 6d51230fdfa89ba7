"""What clients said from home, and what they can do again."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from demo.moments import at
from treatment.followups import services as follow_ups
from treatment.function import services as function
from treatment.models import Visit

if TYPE_CHECKING:
    from clinic.models import Client
    from demo.life import Life

ACTIVITIES = ("Sitting through a workday", "Carrying groceries upstairs", "Sleeping on my side")
MEASURES = ((3, 4, 3), (5, 5, 4), (7, 6, 6))
LATER = timedelta(hours=26)
LATELY = timedelta(days=6)
MUCH = "7"


def of_client(life: Life, client: Client) -> None:
    """Agreed to be asked, answered the day after each visit, and was measured three times."""
    assert client.user is not None  # noqa: S101 - registered with a login
    visits = _finished(life, client)
    if not visits:
        return
    with at(visits[0].arrived_at):
        follow_ups.choose(
            actor=client.user, client=client, is_asked=True, how=follow_ups.How.PORTAL
        )
    for place, visit in enumerate(visits):
        tell(life, visit, pain=str(max(1, 5 - place)))
    for visit, scores in zip(
        [visits[0], visits[len(visits) // 2], visits[-1]], MEASURES, strict=True
    ):
        measure(life, visit, scores)


def in_pain(life: Life) -> None:
    """Somebody who was treated a few days ago by the login that shows a therapist's day."""
    seen = Visit.objects.filter(
        therapist=life.clinic.therapists[0],
        status=Visit.Status.FINISHED,
        stopped_at__range=(life.now - LATELY, life.now - LATER),
    )
    visit = seen.order_by("-stopped_at").first()
    if visit is not None:
        tell(life, visit, pain=MUCH)


def tell(life: Life, visit: Visit, *, pain: str) -> None:
    client = visit.appointment.client
    if client is None or client.user is None or visit.stopped_at is None:
        return
    if visit.stopped_at + LATER > life.now:
        return
    with at(visit.stopped_at + LATER):
        for said in ({"relief": "still"}, {"pain": pain}):
            follow_ups.tell(actor=client.user, visit=visit, said=said)


def measure(life: Life, visit: Visit, scores: tuple[int, ...]) -> None:
    client = visit.appointment.client
    if client is None or client.user is None:
        return
    asked = list(client.activities.filter(ended_at=None))
    pairs = list(zip(ACTIVITIES, scores, strict=True))
    with at(visit.arrived_at):
        function.measure(
            actor=client.user,
            client=client,
            scores={str(one.pk): score for one, score in zip(asked, scores, strict=False)},
            added=[] if asked else pairs,
            form_token=UUID(int=life.dice.getrandbits(128), version=4),
        )


def _finished(life: Life, client: Client) -> list[Visit]:
    rows = Visit.objects.filter(
        appointment__client=client, status=Visit.Status.FINISHED, stopped_at__lt=life.now
    )
    return list(rows.select_related("appointment__client__user").order_by("arrived_at"))
