"""Signed answers for other tests; plain functions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from intake import questionnaire, services
from intake.management.commands.load_questionnaire import DATA

if TYPE_CHECKING:
    from clinic.models import Client, User
    from intake.models import Questionnaire, QuestionnaireResponse

ANSWERS: dict[str, dict[str, Any]] = {
    "today": {"emergency_signs": ["none"], "today": ["none"], "acute_injury": "no"},
    "contact": {
        "emergency_name": "Rui Lima",
        "emergency_relationship": "brother",
        "emergency_phone": "+12125550143",
    },
    "goals": {"goals": ["less_pain"], "pain_now": 4, "pain_best": 2, "pain_worst": 7},
    "health": {
        "blood_clot": "no",
        "blood_pressure": "no",
        "conditions": ["none"],
        "cancer": "no",
        "lymph_nodes": "no",
        "skin": ["none"],
    },
    "medicines": {"blood_thinner": "no", "allergies": "no", "implants": ["none"]},
    "injuries": {"surgery": "no", "fracture": "no"},
    "pregnancy": {"pregnant": "no"},
    "touch": {"pressure": "medium"},
    "care": {},
    "messages": {},
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
        answers = ANSWERS.get(section.id, {}) | {
            key: value for key, value in changes.items() if key in asked
        }
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
        name=client.name,
        relationship=guardian.relationship if guardian else "parent",
        agreed=["treatment", "privacy"],
    )
