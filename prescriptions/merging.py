"""What prescriptions have to say when two records are joined: see `clinic.merging.floors`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.merging.floors import Fact, Floor, Hanging
from prescriptions.models import DoctorRequest, Prescription, ReviewDecision, ShareConsent, Upload

if TYPE_CHECKING:
    from clinic.merging.changes import Changes
    from clinic.models import Client

Asked = DoctorRequest.Status


def facts(client: Client) -> list[Fact]:
    left = sum(one.bookable for one in client.prescriptions.light().filter(status="approved"))
    return [
        Fact(_("Prescriptions"), str(client.prescriptions.count())),
        Fact(_("Prescribed visits left"), str(left)),
    ]


def prepare(kept: Client, merged: Client, changes: Changes) -> None:
    """One consent in force and one open request for each prescriber: the kept record's."""
    in_force = {
        one.prescriber_id: one
        for one in ShareConsent.objects.filter(client=kept, withdrawn_at__isnull=True)
    }
    asked = set(
        DoctorRequest.objects.filter(client=kept, status=Asked.OPEN).values_list(
            "prescriber", flat=True
        )
    )
    for request in DoctorRequest.objects.filter(client=merged, status=Asked.OPEN):
        if request.prescriber_id in asked:
            changes.make(request, status=Asked.WITHDRAWN, closed_at=timezone.now())
        elif (standing := in_force.get(request.prescriber_id)) is not None:
            # Else the client could take the consent back and the request would stay open.
            changes.make(request, consent_id=standing.pk)


FLOOR = Floor(
    facts=facts,
    prepare=prepare,
    hanging=[
        Hanging(Upload, "answers__client"),
        Hanging(Prescription, "uploads__client"),
        Hanging(Prescription, "doctor_request__client"),
        Hanging(Prescription, "superseded__client"),
        Hanging(ReviewDecision, "prescription__client"),
    ],
)
