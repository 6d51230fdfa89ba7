"""What counts as having corrected something: an event of the audit log, later than the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clinic import selectors
from clinic.models import AuditEvent, CorrectionRequest

if TYPE_CHECKING:
    from django.db.models import QuerySet

About = CorrectionRequest.About
DETAILS_CHANGED = "client.details_changed"
MOST_SHOWN = 30

# Which actions put something right, by what a request is about.
ACTIONS: dict[str, tuple[str, ...]] = {
    About.CONTACT: (
        *(DETAILS_CHANGED, "client.email_changed", "client.merged", "client.parted"),
        *("guardian.added", "guardian.removed"),
    ),
    About.HEALTH: ("intake.signed",),
    About.PRESCRIPTION: (
        *("prescription.approved", "prescription.rejected", "prescription.reopened"),
        *("prescription.sent_again", "prescription.superseded", "prescription.submitted"),
        *("visit.moved", "visit.released", "visit.reserved", "visit.unused", "visit.used"),
    ),
    About.VISIT: (
        *("visit.corrected", "visit.recorded", "visit.taken_back", "visit.start_undone"),
        *("visit.arrived_late_entry", "visit.moved", "visit.released", "visit.unused"),
        *("appointment.end_changed", "appointment.cancelled", "appointment.moved"),
    ),
    About.RECEIPT: (
        *("receipt.issued", "receipt.voided", "charge.replaced", "fee.waived", "fee.reopened"),
        *("payment.method_changed", "payment.moved", "payment.refunded", "payment.voided"),
        *("payment.taken", "visit.corrected"),
    ),
}
ACTIONS[About.OTHER] = tuple({action: None for some in ACTIONS.values() for action in some})


def changes_since(correction: CorrectionRequest) -> QuerySet[AuditEvent]:
    """What was changed in this client's record since they asked, and could be it; newest first."""
    events = AuditEvent.objects.filter(
        client__in=selectors.record_ids(correction.client),
        at__gte=correction.created_at,
        action__in=ACTIONS[correction.about],
    )
    return events.select_related("actor").order_by("-pk")


def named(correction: CorrectionRequest) -> AuditEvent | None:
    """The change by which it was corrected; None for answers from before we asked."""
    if correction.evidence is None:
        return None
    return AuditEvent.objects.filter(pk=correction.evidence).select_related("actor").first()
