"""What clients choose and answer, and who has looked. An answer can be put right."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from clinic import access
from clinic.audit import services as audit
from clinic.messaging import outbox
from clinic.models import Client
from treatment.followups import rules, selectors
from treatment.followups.errors import NotAnAnswer
from treatment.models import FollowUp, FollowUpChoice, Visit

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clinic.models import User

KIND = "follow_up"  # of a message
How = FollowUpChoice.How


@transaction.atomic
def choose(*, actor: User | None, client: Client, is_asked: bool, how: How) -> bool:
    """Keep whether a client wants to be asked; False: that is what we know already.

    What waits to go out is withdrawn from who does not.
    """
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    if selectors.is_asked(client) == is_asked:
        return False
    FollowUpChoice.objects.create(
        client=client, is_asked=is_asked, how=how, by=actor, at=timezone.now()
    )
    audit.record(actor, "follow_up.agreed" if is_asked else "follow_up.stopped", client)
    if not is_asked:
        for pk in selectors.about_a_clients(client).values_list("visit", flat=True).distinct():
            outbox.withdraw(about=pk, kinds=[KIND])
    return True


@transaction.atomic
def answer(*, actor: User | None, follow_up: FollowUp, said: Mapping[str, str]) -> FollowUp:
    """Keep one answer, `relief` or `pain`, over what was said before.

    Raises:
        NotAnAnswer: it is neither, or longer than the visit ago.
    """
    visit = Visit.objects.select_related("appointment__location").get(pk=follow_up.visit_id)
    locked = FollowUp.objects.select_for_update(no_key=True).get(pk=follow_up.pk)
    _keep(locked, visit, said)
    client = visit.appointment.client
    audit.record(actor, "follow_up.answered", locked, client=client)
    return locked


def _keep(locked: FollowUp, visit: Visit, said: Mapping[str, str]) -> None:
    now = timezone.now()
    days = (visit.appointment.local_date, selectors.today_at(visit))
    if said.get("relief") in rules.possible(*days):
        locked.relief, locked.relief_at = said["relief"], now
    elif (score := rules.score(said.get("pain", ""))) is not None:
        locked.pain, locked.pain_at, locked.looked_at = str(score), now, None
    else:
        raise NotAnAnswer
    locked.save()


@transaction.atomic
def tell(*, actor: User, visit: Visit, said: Mapping[str, str]) -> FollowUp:
    """An answer in the account, about the last visit, without being asked; one row a day.

    Raises:
        NotAnAnswer.
    """
    today = selectors.today_at(visit)
    row, _new = FollowUp.objects.get_or_create(visit=visit, hours=0, on=today)
    return answer(actor=actor, follow_up=row, said=said)


@transaction.atomic
def look(*, actor: User, follow_up: FollowUp) -> None:
    """A high score leaves the therapist's day."""
    access.require(actor, access.records_treatment)
    unseen = FollowUp.objects.filter(pk=follow_up.pk, looked_at=None)
    if unseen.update(looked_at=timezone.now(), updated_at=timezone.now()):
        client = follow_up.visit.appointment.client
        audit.record(actor, "follow_up.looked_at", follow_up, client=client)


def withdraw(*, actor: User, visit: Visit) -> None:
    """After a correction: what waits to go out about a visit that was taken back does not."""
    if visit.status != Visit.Status.FINISHED:
        outbox.withdraw(about=visit.pk, kinds=[KIND])
