"""What the clinic app keeps about a client: person, logins, messages, rights, and who looked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clinic import access, selectors
from clinic.audit.words import words
from clinic.models import AuditEvent, Message
from clinic.privacy.export import Part, address, facts, who
from clinic.web.logs import hide_keys

if TYPE_CHECKING:
    from clinic.models import Client


def person(client: Client) -> Part:
    guardians = client.guardians.select_related("user").order_by("created_at")
    own = facts(client, "first_name", "last_name", "legal_name", "pronouns", "birth_date")
    own |= facts(client, "email", "phone", "phone_extension", "contact_by", "address")
    own |= facts(client, "member_number", "account_holder", "note")
    return Part(
        own
        | {
            "payer": client.payer and client.payer.name,
            "preferred_therapist": client.preferred_therapist and client.preferred_therapist.name,
            "registered": client.created_at,
            "login": client.user and client.user.email,
            "guardians": [
                facts(one, "relationship", "confirmed_at") | {"login": who(one.user, client)}
                for one in guardians
            ],
            "records_joined": [
                facts(one, "created_at", "undone_at") for one in client.merges.all()
            ],
        }
    )


def messages(client: Client) -> Part:
    """Messages to or about them, without the keys of links, which still open things."""
    kept = Message.objects.filter(client=client, is_secret=False).order_by("created_at")
    return Part(
        [
            facts(one, "kind", "channel", "subject", "status", "created_at", "sent_at")
            | facts(one, "outcome", "handled_at")
            | {"to": address(one.recipient, client), "text": hide_keys(one.body)}
            for one in kept
        ]
    )


def rights(client: Client) -> Part:
    """Correction requests, disclosures, and earlier archives."""
    corrections = client.correction_requests.select_related("asked_by", "answered_by")
    disclosures = client.disclosures.select_related("recorded_by")
    exports = client.exports.select_related("asked_by")
    return Part(
        {
            "corrections": [
                facts(
                    one,
                    "created_at",
                    "about",
                    "text",
                    "asked_for",
                    "status",
                    "answer",
                    "answered_at",
                )
                | facts(one, "ground", "disagreement", "disagreed_at")
                | {
                    "asked_by": who(one.asked_by, client),
                    "answered_by": who(one.answered_by, client),
                }
                for one in corrections
            ],
            "disclosures": [
                facts(one, "disclosed_on", "recipient", "what", "why")
                | {"recorded_by": who(one.recorded_by, client)}
                for one in disclosures
            ],
            "exports": [
                facts(one, "created_at", "status") | {"asked_by": who(one.asked_by, client)}
                for one in exports
            ],
        }
    )


def record(client: Client) -> Part:
    """Who opened or changed what: as on the page, plus what the client did."""
    about = AuditEvent.objects.filter(client__in=selectors.record_ids(client))
    events = about.select_related("actor").order_by("pk")
    return Part([_event(one, client) for one in events.iterator(chunk_size=500)])


def _event(event: AuditEvent, client: Client) -> dict[str, Any]:
    found = {"at": event.at, "what": str(words(event.action)), "who": who(event.actor, client)}
    if event.actor is not None and not access.works_here(event.actor):
        found["from"] = event.ip
    return found
