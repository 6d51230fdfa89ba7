"""What the intake keeps of a client, for the archive and for the page of consents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from clinic.consents import Given
from clinic.export import Part, facts, who
from intake import progress, selectors

if TYPE_CHECKING:
    from clinic.models import Client
    from intake.models import Clearance, Consent, QuestionnaireResponse

SIGNED = ("signed_at", "signed_ip", "withdrawn_at")


def questionnaires(client: Client) -> Part:
    """Every response in words, the alerts it raised and what was decided about them."""
    found = (
        client.intakes.select_related("client", "questionnaire", "signed_by")
        .prefetch_related("flags", "clearances__decided_by", "clearances__document")
        .order_by("created_at")
    )
    clearances = [one for response in found for one in response.clearances.all()]
    documents = [one.document for one in clearances if one.document is not None]
    return Part([_response(one, client) for one in found], documents)


def _response(response: QuestionnaireResponse, client: Client) -> dict[str, Any]:
    told = progress.signed(response)
    return facts(
        response, "status", "created_at", "completed_at", "signed_name", "signed_ip", "sha256"
    ) | {
        "title": response.questionnaire.title,
        "version": response.questionnaire.version,
        "signed_as": response.get_signed_relationship_display(),
        "signed_by": who(response.signed_by, client),
        "answers": {
            str(section.title): {str(line.label): line.text for line in lines}
            for section, lines in told["answers"]
        },
        "places": [
            {"place": mark.place.label, "feels": mark.word, "of_10": mark.intensity}
            for mark in told["marks"]
        ],
        "alerts": [facts(flag, "rule", "severity", "message") for flag in response.flags.all()],
        "decisions": [_decision(one, client) for one in response.clearances.all()],
    }


def _decision(one: Clearance, client: Client) -> dict[str, Any]:
    return facts(one, "created_at", "decision", "reason") | {"by": who(one.decided_by, client)}


def consents(client: Client) -> Part:
    found = client.consents.select_related("signed_by").order_by("signed_at")
    return Part(
        [
            facts(one, "kind", "version", "text", "signed_name", "relationship", *SIGNED)
            | {"signed_by": who(one.signed_by, client)}
            for one in found
        ]
    )


def standing(client: Client) -> list[Given]:
    """The newest of each kind that was not withdrawn; a visit's own two only by a call."""
    newest: dict[str, Consent] = {}
    for one in client.consents.filter(withdrawn_at__isnull=True).order_by("signed_at"):
        newest[one.kind] = one
    return [
        Given(
            title=one.get_kind_display(),
            text=one.text,
            signed_name=one.signed_name,
            relationship=one.get_relationship_display() if one.relationship else "",
            signed_at=one.signed_at,
            withdraw_url=""
            if one.kind in selectors.NEEDED_CONSENTS
            else reverse("intake:consent-withdraw", args=[one.pk]),
        )
        for one in newest.values()
    ]
