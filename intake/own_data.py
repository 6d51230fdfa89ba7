"""What the intake keeps about a client, for the archive and the consents page."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.urls import reverse

from clinic.privacy.consents import Given
from clinic.privacy.export import Part, facts, who
from intake import progress, selectors
from intake.aloud import questions

if TYPE_CHECKING:
    from clinic.models import Client
    from intake.models import Clearance, Consent, OralScreening, QuestionnaireResponse

SIGNED = ("signed_at", "signed_ip", "withdrawn_at")


def questionnaires(client: Client) -> Part:
    """Every response in words, the alerts it raised and what was decided about them."""
    found = (
        client.intakes.select_related("client", "questionnaire", "signed_by", "entered_by")
        .prefetch_related("flags", "clearances__decided_by", "clearances__document")
        .order_by("created_at")
    )
    clearances = [one for response in found for one in response.clearances.all()]
    documents = [one.document for one in clearances if one.document is not None]
    return Part([_response(one, client) for one in found], documents)


def _response(response: QuestionnaireResponse, client: Client) -> dict[str, Any]:
    shown = progress.signed(response)
    return facts(
        response,
        "status",
        "created_at",
        "completed_at",
        "signed_name",
        "signed_ip",
        "sha256",
        "paper_signed_on",
    ) | {
        "title": response.questionnaire.title,
        "version": response.questionnaire.version,
        "signed_as": response.get_signed_relationship_display(),
        "signed_by": who(response.signed_by, client),
        "entered_from_paper_by": who(response.entered_by, client),
        "answers": {
            str(section.title): {str(line.label): line.text for line in lines}
            for section, lines in shown["answers"]
        },
        "places": [
            {"place": mark.place.label, "feels": mark.word, "of_10": mark.intensity}
            for mark in shown["marks"]
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


def tablets(client: Client) -> Part:
    """When a tablet of the clinic was in the client's hands, and how that ended."""
    found = client.handovers.select_related("handed_by", "back_by").order_by("created_at")
    return Part(
        [
            facts(one, "created_at", "ended_at", "how", "back_at")
            | {"handed_by": who(one.handed_by, client), "back_by": who(one.back_by, client)}
            for one in found
        ]
    )


def scans(client: Client) -> Part:
    """Photos and scans of signed paper questionnaires."""
    found = client.paper_scans.filter(status="ready").select_related("sent_by", "document")
    rows = [
        facts(one, "created_at", "signed_name", "signed_on")
        | {
            "signed_as": one.get_signed_relationship_display(),
            "attached_by": who(one.sent_by, client),
        }
        for one in found
    ]
    return Part(rows, [one.document for one in found if one.document is not None])


def asked_aloud(client: Client) -> Part:
    """The stop questions that a therapist asked, in words, and the consent signed before them."""
    found = client.oral_screenings.select_related("asked_by", "questionnaire")
    return Part([_oral(one, client) for one in found.order_by("created_at")])


def _oral(one: OralScreening, client: Client) -> dict[str, Any]:
    words = {
        asked.key: asked.words for asked in questions.asked(selectors.parsed(one.questionnaire))
    }
    return facts(
        one,
        "day",
        "created_at",
        "may_go_ahead",
        "reason",
        "consent_how",
        "consent_name",
        "consent_relationship",
        "consent_version",
        "consent_drawing",
    ) | {
        "by": who(one.asked_by, client),
        "answers": {str(words.get(key, key)): said for key, said in one.answers.items()},
    }


def current_consents(client: Client) -> list[Given]:
    """The newest of each kind not withdrawn; the two a visit needs are withdrawn only by phone."""
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
