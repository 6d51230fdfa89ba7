"""What we keep of a client's sessions, for export."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clinic.privacy.export import Part, facts, who
from prescriptions import areas
from treatment.models import Exercise, FollowUp, ProgressLetter, Visit
from treatment.selfcare import selectors as selfcare

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from clinic.models import Client


def sessions(client: Client) -> Part:
    found = (
        Visit.objects.filter(appointment__client=client)
        .select_related("therapist", "finished_by", "late_by")
        .prefetch_related("minutes__technique", "corrections__by")
        .prefetch_related("acknowledgments")
        .prefetch_related("note__addenda__by", "note__signed_by")
        .order_by("arrived_at")
    )
    texts = Exercise.objects.in_bulk()
    return Part(
        [
            facts(one, "status", "arrived_at", "started_at", "stopped_at", "times_reason")
            | facts(one, "late_at", "late_reason", "late_missing")
            | {
                "therapist": one.therapist.title,
                "finished_by": who(one.finished_by, client),
                "late_by": who(one.late_by, client),
                "corrections": [
                    facts(entry, "kind", "at", "reason", "before", "after")
                    | {"by": who(entry.by, client)}
                    for entry in one.corrections.all()
                ],
                "note": _note(one, client, texts),
                "confirmed": [
                    facts(word, "number", "at", "shown", "name", "drawing")
                    for word in one.acknowledgments.all()
                ],
                "minutes": {row.technique.name: row.minutes for row in one.minutes.all()},
                "outside_the_order": {
                    row.technique.name: row.outside for row in one.minutes.all() if row.outside
                },
                "treated": [str(place.label) for place in areas.known(one.regions)],
            }
            for one in found
        ]
    )


def follow_ups(client: Client) -> Part:
    """Whether they want to be asked after visits, and what they said of which."""
    told = FollowUp.objects.filter(visit__appointment__client=client).order_by("created_at")
    return Part(
        {
            "choices": [
                facts(one, "is_asked", "how", "at") | {"by": who(one.by, client)}
                for one in client.follow_up_choices.select_related("by").order_by("at")
            ],
            "answers": [
                facts(one, "hours", "on", "relief", "relief_at", "pain", "pain_at")
                | {"visit": one.visit.arrived_at}
                for one in told.select_related("visit")
            ],
        }
    )


def activities(client: Client) -> Part:
    """What they found hard to do, and how able they were, in scores from 0 to 10."""
    rows = list(client.activities.all())
    names = {str(one.pk): one.text for one in rows}
    return Part(
        {
            "activities": [facts(one, "text", "created_at", "ended_at") for one in rows],
            "measures": [
                facts(one, "on", "created_at")
                | {"by": who(one.by, client)}
                | {"scores": {names.get(pk, pk): score for pk, score in one.scores.items()}}
                for one in client.function_measures.select_related("by")
            ],
        }
    )


def _note(visit: Visit, client: Client, texts: Mapping[UUID, Exercise]) -> dict[str, Any] | None:
    """What was written of the visit, a draft too, and what was added."""
    note = getattr(visit, "note", None)
    if note is None:
        return None
    return facts(note, "said", "signed_name", "signed_at") | {
        "to_do_at_home": [
            _text(texts[pk])
            for pk in selfcare.ids_in(note.said.get(selfcare.FIELD, ""))
            if pk in texts
        ],
        "addenda": [
            facts(one, "number", "name", "at", "text") | {"by": who(one.by, client)}
            for one in note.addenda.all()
        ],
    }


def letters(client: Client) -> Part:
    """Letters on how treatment goes, drafts too, and what was sent to whom."""
    found = list(
        ProgressLetter.objects.filter(prescription__client=client)
        .prefetch_related("sendings__prescriber", "sendings__sent_by", "sendings__document")
        .select_related("begun_by")
        .order_by("created_at")
    )
    sent = [sending.document for one in found for sending in one.sendings.all()]
    return Part(
        [
            facts(one, "why", "facts", "said", "signed_name", "signed_at")
            | facts(one, "withdrawn_name", "withdrawn_at", "withdrawn_reason")
            | {
                "begun_by": who(one.begun_by, client),
                "sent": [
                    facts(sending, "way", "sent_at", "opened_at", "closed_at")
                    | {
                        "prescriber": sending.prescriber.title,
                        "sent_by": who(sending.sent_by, client),
                    }
                    for sending in one.sendings.all()
                ],
            }
            for one in found
        ],
        [document for document in sent if document is not None],
    )


def _text(exercise: Exercise) -> dict[str, Any]:
    return facts(exercise, "title", "purpose", "steps_list", "amount", "stop")


def ticks(client: Client) -> Part:
    """On which days the client said that something was done."""
    rows = client.exercise_ticks.order_by("day", "exercise__title")
    return Part(list(rows.values("day", "exercise__title")))
