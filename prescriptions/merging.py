"""What this app says about its rows when two records are merged: `clinic.people.merging`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.people.merging.registry import Dependent, Fact, MergeRules
from prescriptions.models import DoctorRequest, Prescription, ReviewDecision, ShareConsent, Upload

if TYPE_CHECKING:
    from clinic.models import Client
    from clinic.people.merging.changes import Changes

Asked = DoctorRequest.Status


def facts(client: Client) -> list[Fact]:
    left = sum(one.bookable for one in client.prescriptions.light().filter(status="approved"))
    return [
        Fact(_("Prescriptions"), str(client.prescriptions.count())),
        Fact(_("Prescribed visits left"), str(left)),
    ]


def prepare(kept: Client, merged: Client, changes: Changes) -> None:
    """Keep one active consent and one open request per prescriber: the kept record's."""
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
        elif (current := in_force.get(request.prescriber_id)) is not None:
            # Otherwise the client could withdraw the consent and the request would stay open.
            changes.make(request, consent_id=current.pk)


RULES = MergeRules(
    facts=facts,
    prepare=prepare,
    dependents=[
        Dependent(Upload, "answers__client"),
        Dependent(Prescription, "uploads__client"),
        Dependent(Prescription, "doctor_request__client"),
        Dependent(Prescription, "superseded__client"),
        Dependent(ReviewDecision, "prescription__client"),
    ],
)
