"""What this app says about its rows when two records are merged: `clinic.people.merging`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from clinic.people.merging.registry import Dependent, Fact, MergeRules
from intake.models import Clearance, Consent, Handover

if TYPE_CHECKING:
    from clinic.models import Client


def facts(client: Client) -> list[Fact]:
    signed = client.intakes.filter(status="completed")
    return [Fact(_("Health questionnaires signed"), str(signed.count()))]


RULES = MergeRules(
    facts=facts,
    # A consent is part of the answers it was signed with.
    dependents=[
        Dependent(Consent, "response__client"),
        Dependent(Clearance, "response__client"),
        Dependent(Handover, "response__client"),
    ],
)
