"""Signed answers for other tests; plain functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from demo.paperwork import WELL
from intake import questionnaire, services
from intake.management.commands.load_questionnaire import DATA

if TYPE_CHECKING:
    from clinic.models import Client, User
    from intake.models import Questionnaire, QuestionnaireResponse

ANSWERS = WELL | {
    "emergency_name": "Rui Lima",
    "emergency_relationship": "brother",
    "emergency_phone": "+12125550143",
    "goals": ["less_pain"],
    "pain_now": 4,
    "pregnant": "no",
}


def loaded_questionnaire() -> Questionnaire:
    data = json.loads((DATA / "health-history-1.json").read_text())
    return services.publish(actor=None, data=data)[0]


def answered_intake(client: Client, **changes: Any) -> QuestionnaireResponse:
    """All answered, nothing signed; `changes` are answers by question."""
    loaded_questionnaire()
    response = services.start(actor=client.user, client=client)
    definition = questionnaire.parse(response.questionnaire.definition)
    for section in definition.sections:
        asked = {question.id for question in section.questions}
        answers = {key: said for key, said in (ANSWERS | changes).items() if key in asked}
        services.save_section(
            actor=client.user, response=response, section=section.id, answers=answers
        )
    response.refresh_from_db()
    return response


def completed_intake(
    client: Client, *, actor: User | None = None, **changes: Any
) -> QuestionnaireResponse:
    """Signed answers of somebody who is well; `changes` are answers by question.

    A client without a login of their own is signed for by a guardian's login.
    """
    response = answered_intake(client, **changes)
    guardian = client.guardians.order_by("created_at").first()
    signer = actor or client.user or (guardian.user if guardian else None)
    assert signer is not None
    return services.sign(
        actor=signer,
        response=response,
        name=signature_of(client, signer),
        relationship=guardian.relationship if guardian else "parent",
        agreed=["treatment", "privacy"],
    )


def signature_of(client: Client, signer: User) -> str:
    """The name that a login signs with for a client."""
    if client.user_id == signer.pk:
        return client.name
    own = signer.own_clients.exclude(pk=client.pk).first()
    return own.name if own else signer.display_name or "Rui Pereira"
