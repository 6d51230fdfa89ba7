"""The second person for claims: whether one must agree, what they changed, and the setting."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.utils.translation import gettext as _

from clinic import access
from clinic.audit import services as audit
from clinic.selectors import location
from prescriptions.elements import differences
from prescriptions.models import Prescription, ReviewPolicy
from prescriptions.reviewing import labels, rules

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clinic.models import Client, Location, User
    from prescriptions.elements import Elements


@dataclass(frozen=True, slots=True)
class Effect:
    """What the setting would affect today."""

    waiting: int  # to review, of clients with a claim
    reviewers: int

    @property
    def is_stuck(self) -> bool:
        """There is no one to be the second person."""
        return self.reviewers < 2


def is_claim(client: Client) -> bool:
    """Whether what is approved for this client is billed by claim."""
    return client.payer is not None and client.payer.kind in rules.CLAIMS


def is_needed(client: Client) -> bool:
    """Whether two must agree on what is approved for this client."""
    return is_claim(client) and policy_of(location()).second_person_for_claims


def changes(first: Mapping[str, Any] | None, elements: Elements) -> str:
    """Which fields the second person read differently, by their form labels."""
    names = [str(labels.FIELDS.get(name, name)) for name in differences(first or {}, elements)]
    if not names:
        return ""
    return _("Read differently: %(fields)s.") % {"fields": ", ".join(names)}


def policy_of(place: Location) -> ReviewPolicy:
    return ReviewPolicy.objects.filter(location=place).first() or ReviewPolicy(location=place)


def effect() -> Effect:
    claims = Prescription.objects.to_review().filter(client__payer__kind__in=rules.CLAIMS)
    people = access.active_desk()
    return Effect(claims.count(), people.count())


@transaction.atomic
def decide(*, actor: User, place: Location, needed: bool, request_days: int) -> None:
    """Set whether two must agree when a claim is billed, and how long prescribers' links last."""
    policy = policy_of(place)
    before = audit.snapshot(policy, ["second_person_for_claims", "request_days"])
    policy.second_person_for_claims, policy.request_days = needed, request_days
    policy.save()
    audit.changed(actor, "review_policy.changed", policy, before)
