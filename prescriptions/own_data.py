"""What we keep of a client's prescriptions, for export, the consents page, and retention."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import transaction
from django.urls import reverse

from clinic.audit import services as audit
from clinic.documents import store as documents
from clinic.models import Document
from clinic.privacy.consents import Given
from clinic.privacy.export import Part, facts, who
from clinic.privacy.retention import PERIODS
from prescriptions.models import DoctorRequest, Prescriber, Prescription, Upload
from prescriptions.prescribers import selectors

if TYPE_CHECKING:
    from datetime import datetime

    from django.db.models import QuerySet

    from clinic.models import Client

READ = (
    *("created_at", "source", "status", "client_note", "reason", "order_text", "modality"),
    *("issued_on", "starts_on", "through_on", "visits_per_week", "prescriber_name"),
    *("prescriber_credential", "prescriber_npi", "prescriber_phone", "approved_at"),
    *("authorized", "used", "reserved"),
)
ASKED = (
    *("created_at", "status", "note", "expires_at", "opened_at", "closed_at"),
    *("signed_name", "attestation", "answers"),
)
DOCTOR = ("name", "credential", "npi", "practice", "email")
SIGNED = (
    *("version", "text", "signed_name", "relationship", "signed_at", "signed_ip"),
    *("on_paper", "withdrawn_at"),
)


def prescriptions(client: Client) -> Part:
    found = list(
        client.prescriptions.light()
        .select_related("document", "submitted_by")
        .prefetch_related("diagnoses__code", "regions", "reservations", "decisions__reviewer")
        .order_by("created_at")
    )
    return Part([_prescription(one, client) for one in found], [one.document for one in found])


def _prescription(one: Prescription, client: Client) -> dict[str, Any]:
    return facts(one, *READ) | {
        "sent_by": who(one.submitted_by, client),
        "diagnoses": [
            {"code": row.code.code, "words": row.code.description} for row in one.diagnoses.all()
        ],
        "parts_of_the_body": [row.place for row in one.regions.all()],
        "visits": [facts(row, "visit_on", "status") for row in one.reservations.all()],
        "decisions": [
            facts(row, "created_at", "decision", "reason", "note")
            | {"by": who(row.reviewer, client)}
            for row in one.decisions.all()
        ],
    }


def uploads(client: Client) -> Part:
    found = client.uploads.select_related("sent_by").order_by("created_at")
    return Part(
        [
            facts(one, "created_at", "source", "note", "status", "refusal")
            | {"sent_by": who(one.sent_by, client)}
            for one in found
        ]
    )


def requests(client: Client) -> Part:
    """What we asked doctors for, and what they answered. A doctor's own address is left out."""
    found = list(
        client.doctor_requests.select_related("prescriber", "document", "asked_by").order_by(
            "created_at"
        )
    )
    papers = [one.document for one in found if one.document is not None]
    return Part([_request(one, client) for one in found], papers)


def _request(one: DoctorRequest, client: Client) -> dict[str, Any]:
    return facts(one, *ASKED) | {
        "prescriber": one.prescriber.title,
        "asked_by": who(one.asked_by, client),
    }


def shared(client: Client) -> Part:
    found = client.share_consents.select_related("prescriber", "signed_by").order_by("signed_at")
    return Part(
        [
            facts(one, *SIGNED)
            | {"prescriber": one.prescriber.title, "signed_by": who(one.signed_by, client)}
            for one in found
        ]
    )


def named(client: Client) -> Part:
    """Doctors the client named whom clinic staff have not checked."""
    found = Prescriber.objects.filter(named_by=client).order_by("created_at")
    return Part(
        [facts(one, *DOCTOR) | {"phone": str(one.telephone), "fax": str(one.fax)} for one in found]
    )


def current_consents(client: Client) -> list[Given]:
    """Consents to share with a doctor; withdrawn on the page that also shows requests."""
    return [
        Given(
            title=one.prescriber.title,
            text=one.text,
            signed_name=one.signed_name,
            relationship=one.get_relationship_display() if one.relationship else "",
            signed_at=one.signed_at,
            withdraw_url=reverse("prescriptions:consent-withdraw", args=[one.pk]),
        )
        for one in selectors.consents_in_force(client).values()
    ]


# ---- Retention: what may be deleted ----


def became_nothing(now: datetime) -> QuerySet[Upload]:
    """Refused uploads that never became a prescription."""
    return Upload.objects.filter(
        status=Upload.Status.REFUSED,
        prescription__isnull=True,
        updated_at__lt=PERIODS["uploads"].before(now),
    )


@transaction.atomic
def remove_upload(upload: Upload) -> None:
    """Deletes the files too, unless a prescription or another upload also has them."""
    audit.record(None, "upload.removed", upload)
    sent = list(Document.objects.filter(pk__in=upload.originals.values("pk")))
    upload.delete()
    for document in sent:
        kept = Upload.objects.filter(originals=document).exists()
        if not kept and not Prescription.objects.filter(originals=document).exists():
            documents.remove(actor=None, document=document)
