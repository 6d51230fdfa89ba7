"""Activities and their scores, entered by the client or by who treats them. Nothing is erased."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction
from django.utils import timezone

from clinic.audit import services as audit
from clinic.models import Client
from clinic.selectors import clinic_today
from treatment.function import errors, scale, selectors
from treatment.models import Activity, FunctionMeasure

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from uuid import UUID

    from clinic.models import User

LONGEST = 120  # characters of an activity


@transaction.atomic
def measure(
    *,
    actor: User,
    client: Client,
    scores: Mapping[str, int],
    added: Sequence[tuple[str, int]],
    form_token: UUID,
) -> FunctionMeasure:
    """Keep a measure: a score for each activity that is asked about, by its id, and new ones.

    Raises:
        ListChanged: the scores are not of the activities that are asked about now.
        NothingScored, TooMany, SameTwice.
    """
    Client.objects.select_for_update(no_key=True).get(pk=client.pk)
    if known := FunctionMeasure.objects.filter(form_token=form_token, client=client).first():
        return known
    asked = selectors.asked(client)
    _expect_sound(asked, scores, added)
    made = {
        str(Activity.objects.create(client=client, text=text).pk): score for text, score in added
    }
    kept = FunctionMeasure.objects.create(
        client=client,
        on=clinic_today(),
        scores={**scores, **made},
        by=actor,
        form_token=form_token,
    )
    audit.record(actor, "function.measured", kept, activities=len(kept.scores), added=len(made))
    return kept


def _expect_sound(
    asked: Sequence[Activity], scores: Mapping[str, int], added: Sequence[tuple[str, int]]
) -> None:
    if {str(one.pk) for one in asked} != set(scores):
        raise errors.ListChanged
    if not scores and not added:
        raise errors.NothingScored
    if added and len(scores) + len(added) > scale.MOST:
        raise errors.TooMany
    known = {one.text.casefold() for one in asked}  # may be there twice, after a merge
    new = [text.casefold() for text, _score in added]
    if known.intersection(new) or len(set(new)) < len(new):
        raise errors.SameTwice
    given = [*scores.values(), *(score for _text, score in added)]
    if not all(scale.UNABLE <= score <= scale.ABLE for score in given):
        raise errors.NothingScored


@transaction.atomic
def end(*, actor: User, activity: Activity) -> None:
    """Stop asking about it; what was measured stays."""
    asked = Activity.objects.filter(pk=activity.pk, ended_at=None)
    if asked.update(ended_at=timezone.now(), updated_at=timezone.now()):
        audit.record(actor, "function.activity_ended", activity)
