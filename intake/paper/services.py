"""A form that was filled in on paper, typed in by staff. Writes.

Anyone who types sees what they type, and nothing that the client answered elsewhere; once it is
signed, only a therapist reads it, like any other.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from clinic import access
from clinic.audit import services as audit
from clinic.people import services as people
from intake import errors, selectors, services
from intake.models import QuestionnaireResponse

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import date

    from clinic.models import Client, User

OLDEST = timedelta(days=30)  # answers about a day are worth less every day


@transaction.atomic
def begin(*, actor: User, client: Client) -> QuestionnaireResponse:
    """The form this staff member types in for a client: begun, or begun before by them.

    What a colleague had typed and not signed is thrown away: it cannot be told from answers.

    Raises:
        NoQuestionnaire: none is published.
        BirthDateMissing: add it first; who signs depends on it.
    """
    access.require(actor, access.in_care_team)
    people.lock(client)
    people.expect_birth_date(client)
    found = selectors.open_paper(client)
    if found is not None and found.entered_by_id == actor.pk:
        return found
    if found is not None:
        audit.record(actor, "intake.paper_dropped", found)
        found.delete()
    response = QuestionnaireResponse.objects.create(
        client=client, questionnaire=services.published(), entered_by=actor
    )
    audit.record(actor, "intake.paper_started", response)
    return response


@transaction.atomic
def sign(
    *,
    actor: User,
    response: QuestionnaireResponse,
    name: str,
    agreed: Collection[str],
    paper_signed_on: date,
    relationship: str = "",
) -> QuestionnaireResponse:
    """Who signed the paper, and when; from here on the answers are final.

    Raises:
        WrongPaperDay: it is in the future or more than a month ago.
        NewerAnswers: the client has signed other answers after that day.
        All that `intake.services.sign` raises.
    """
    today = selectors.clinic_today()
    if not today - OLDEST <= paper_signed_on <= today:
        raise errors.WrongPaperDay
    last = selectors.newest_signed(response.client)
    if last is not None and selectors.signed_on(last) > paper_signed_on:
        raise errors.NewerAnswers
    return services.sign(
        actor=actor,
        response=response,
        name=name,
        agreed=agreed,
        relationship=relationship,
        paper_signed_on=paper_signed_on,
    )
