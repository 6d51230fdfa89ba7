"""What the intake has to say when two records are joined: see `clinic.merging.floors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

from clinic.merging.floors import Fact, Floor, Hanging
from intake.models import Clearance, Consent

if TYPE_CHECKING:
    from clinic.models import Client


def facts(client: Client) -> list[Fact]:
    signed = client.intakes.filter(status="completed")
    return [Fact(_("Health questionnaires signed"), str(signed.count()))]


FLOOR = Floor(
    facts=facts,
    # A consent is part of the answers it was signed with.
    hanging=[Hanging(Consent, "response__client"), Hanging(Clearance, "response__client")],
)
