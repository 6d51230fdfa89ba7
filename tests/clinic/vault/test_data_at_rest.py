"""Without the keys the tables tell no answer, mark, note or reason: docs/security.md."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import connection, models
from django.utils import timezone
from psycopg2 import sql

from booking.models import Appointment, TimeOff
from clinic import body
from clinic.models import CorrectionRequest
from clinic.privacy import corrections
from clinic.privacy import services as privacy
from clinic.rotation import services as rotation
from clinic.selectors import clinic_today
from clinic.vault.crypto import CannotDecrypt
from clinic.vault.fields import BLOCK
from intake import services as intake
from intake.models import QuestionnaireResponse, ScreenFlag
from prescriptions.models import Prescriber, Prescription, Upload
from prescriptions.reviewing import services as prescriptions
from tests.booking.factories import booked_appointment
from tests.intake.factories import answered_intake
from tests.prescriptions.factories import approved_prescription, submitted_prescription
from tests.prescriptions.prescribers.factories import make_request
from treatment.models import TreatmentNote, Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django.fixtures import Settings

    from clinic.models import Client, Location, Therapist, User

pytestmark = pytest.mark.django_db
APPS = ("clinic", "intake", "prescriptions", "booking", "treatment", "billing")
# Text that a dump shows. Anyone who adds a column here says why nobody's health is told by it.
OPEN = {
    # names and contact data
    "clinic.User": "password email role display_name",
    "clinic.Client": "first_name last_name legal_name pronouns email new_email phone"
    " phone_extension contact_by address",
    "clinic.Guardian": "relationship",
    "clinic.Therapist": "name credential license_number license_state npi",
    "clinic.Invitation": "email name role token_sha256",
    "clinic.Disclosure": "recipient",
    "prescriptions.Prescriber": "name credential npi practice phone phone_extension fax email",
    # how the clinic is set up, and what it publishes
    "clinic.Location": "name legal_name timezone street city state postal_code phone email ein npi"
    " logo_words",
    "clinic.Room": "name",
    "clinic.Training": "name",
    "clinic.Service": "name kind summary",
    "clinic.Technique": "name",
    "clinic.Payer": "name kind unit_rule week_rule required_modifiers",
    "intake.Questionnaire": "slug title definition",
    "prescriptions.DiagnosisCode": "code description release also",
    "prescriptions.DiagnosisStart": "start codes",
    "prescriptions.CodeRelease": "name file_name status",
    "booking.DateHours": "kind",
    "booking.ClosedDate": "name",
    "billing.Procedure": "code label modifiers",
    "billing.Coupon": "code label",
    "billing.Product": "name",
    # the record, messages and files: ids, and no health detail
    "clinic.AuditEvent": "action object_type object_id request_id detail key_id",
    "clinic.AuditSeal": "key_id",
    "clinic.EncryptionKey": "key_id",
    "clinic.Message": "kind key channel recipient subject body calendar status last_error outcome",
    "clinic.Document": "kind name content_type sha256 key_id",
    "clinic.Export": "status",
    "clinic.CorrectionRequest": "about status ground",
    # where it stands, who signed, and wordings that are the same for everybody
    "intake.QuestionnaireResponse": "status section rules_version signed_name signed_relationship"
    " sha256",
    "intake.Clearance": "decision",
    # the names of sections are the same for everyone, and say nothing of what was answered
    "intake.Handover": "sections how",
    "intake.PaperScan": "signed_name signed_relationship status refusal",
    "intake.OralScreening": "rules_version consent_version consent_sha256 consent_how consent_name"
    " consent_relationship",
    "intake.Consent": "kind version text text_sha256 signed_name relationship",
    "prescriptions.Prescription": "source text_source status modality prescriber_name"
    " prescriber_credential prescriber_npi prescriber_phone",
    "prescriptions.ReviewDecision": "decision reason",
    "prescriptions.VisitReservation": "status",
    "prescriptions.ShareConsent": "version text text_sha256 signed_name relationship",
    "prescriptions.DoctorRequest": "token_sha256 sent_to status signed_name attestation",
    "prescriptions.Upload": "source status refusal",
    # searched and counted: named in docs/security.md
    "prescriptions.PrescribedRegion": "place",
    # the diary; who holds a time are keyed digests, gone two days after it is booked
    "booking.Appointment": "status source cancel_cause held_by",
    "booking.CalendarFeed": "token_hash",
    "booking.ExternalCalendar": "etag error",
    "booking.WaitlistEntry": "part_of_day status",
    "booking.WaitlistOffer": "status",
    "treatment.Visit": "regions status",  # codes of places, as an order has them
    # times, and minutes by technique, as the visit itself has them; never a reason
    "treatment.VisitCorrection": "kind before after",
    # the hash of a link's key, and where a choice was made; never an answer
    "treatment.FollowUp": "token_sha256",
    "treatment.FollowUpChoice": "how",
    # who signed; times and minutes as the visit has them; never a word of the note
    "treatment.TreatmentNote": "signed_name figures sha256",
    "treatment.NoteAddendum": "name sha256",
    "treatment.ProgressLetter": "why signed_name sha256 withdrawn_name",
    "treatment.LetterSending": "way to token_sha256",
    # what the clinic gives to anybody, no client's words
    "treatment.Exercise": "key title purpose steps amount stop regions drawing",
    "treatment.NotePrint": "mark",
    "treatment.Phrase": "field",
    # what was done, as it stands in the visit and its corrections, and who signed for it
    "treatment.Acknowledgment": "shown sha256 name",
    # money
    "billing.Charge": "description",
    "billing.VisitExtra": "kind description",
    "billing.Estimate": "reason",
    "billing.Payment": "method reference",
    "billing.Refund": "method reference",
    "billing.Drawer": "name",
    "billing.DrawerCount": "pieces totals",
    "billing.BillingDocument": "kind status snapshot template_version verify_code",
    "billing.DocumentLine": "description code modifiers pointers",
    "billing.DocumentCounter": "kind",
}
SAID = "quokka"  # stands in everything that anybody types below
TOLD = (SAID, "clot_treated", "back-lower-back-middle", "lower-back", "burning", "hazelnut oil")


def test_every_column_of_open_text_is_known_and_tells_nobodys_health() -> None:
    found = {
        model._meta.label: {field.name for field in model._meta.concrete_fields if is_text(field)}
        for app in APPS
        for model in apps.get_app_config(app).get_models(include_auto_created=True)
    }
    assert {label: names for label, names in found.items() if names} == {
        label: set(names.split()) for label, names in OPEN.items()
    }


def is_text(field: models.Field[Any, Any]) -> bool:
    kinds = (models.CharField, models.TextField, models.JSONField)
    return isinstance(getattr(field, "base_field", field), kinds)


@pytest.fixture
def told(client_record: Client, location: Location, therapist: Therapist, desk_user: User) -> None:
    """One client of whom, and by whom, much is said."""
    assert client_record.user is not None
    assert therapist.user is not None
    answers = {"blood_clot": "treated", "allergies": "yes", "allergies_what": "hazelnut oil"}
    response = answered_intake(client_record, **answers)
    intake.save_section(
        actor=None,
        response=response,
        section="body",
        answers={},
        marks=[body.Mark("back-lower-back-middle", "burning", 9)],
    )
    intake.sign(
        actor=client_record.user,
        response=response,
        name=client_record.name,
        agreed=["treatment", "privacy"],
    )
    intake.decide_clearance(
        actor=therapist.user, response=response, decision="cleared", reason=f"{SAID} clearance"
    )
    approved_prescription(client_record, reason=f"{SAID} pain")
    asked = submitted_prescription(client_record, note=f"{SAID} note")
    prescriptions.ask_for_information(
        actor=desk_user, prescription=asked, reason="other", note=f"{SAID} question"
    )
    Upload.objects.create(client=client_record, token=uuid4(), note=f"{SAID} upload")
    make_request(client_record, Prescriber.objects.get(), note=f"{SAID} for the doctor")
    visit = booked_appointment(client_record)
    why = ("cancel_reason", "override_reason", "fee_waived_reason")
    Appointment.objects.filter(pk=visit.pk).update(**dict.fromkeys(why, f"{SAID} why"))
    now = timezone.now()
    seen = Visit.objects.create(appointment=visit, therapist=visit.therapist, arrived_at=now)
    TreatmentNote.objects.create(
        visit=seen, begun_by=therapist.user, said={"findings": f"{SAID} side", "pain_now": "9"}
    )
    TimeOff.objects.create(
        therapist=therapist,
        location=location,
        starts_at=now,
        ends_at=now + timedelta(hours=1),
        reason=f"{SAID} surgery",
    )
    corrections.ask_correction(
        actor=client_record.user, client=client_record, about="other", text=f"{SAID} is wrong"
    )
    privacy.record_disclosure(
        actor=desk_user,
        client=client_record,
        disclosed_on=clinic_today(),
        recipient="County Court",
        what=f"{SAID} file",
        why=f"{SAID} subpoena",
    )


def tables() -> Iterator[tuple[str, str]]:
    """Each table of ours as a dump shows it, bytes in hexadecimal."""
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names(cursor):
            cursor.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(name)))
            yield name, "\n".join(text for (text,) in cursor.fetchall())


@pytest.mark.usefixtures("told")
def test_no_table_tells_an_answer_a_mark_a_note_or_a_reason() -> None:
    # The published questionnaire lists what anybody may answer.
    dumped = dict(tables()) | {"intake_questionnaire": ""}
    assert "Lima" in dumped["clinic_client"], "a dump does show what is kept openly"
    found = {
        (table, word)
        for table, text in dumped.items()
        for word in TOLD
        if word in text or word.encode().hex() in text
    }
    assert found == set()


@pytest.mark.usefixtures("told")
def test_and_whoever_has_the_key_reads_it_all() -> None:
    signed = QuestionnaireResponse.objects.get(status="completed")
    assert signed.marks == [{"place": "back-lower-back-middle", "type": "burning", "intensity": 9}]
    assert "clot_treated" in {flag.rule for flag in ScreenFlag.objects.all()}
    assert intake.is_intact(signed)
    assert Appointment.objects.get().cancel_reason == f"{SAID} why"
    assert Prescription.objects.get(status="approved").reason == f"{SAID} pain"


@pytest.mark.usefixtures("told")
@pytest.mark.parametrize("source", ["cancel_reason", "override_reason"])
def test_a_value_moved_by_sql_to_another_column_or_table_does_not_open(source: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE booking_appointment SET fee_waived_reason = {source}")  # noqa: S608
        cursor.execute(
            "UPDATE clinic_correctionrequest"  # noqa: S608
            f" SET text = (SELECT {source} FROM booking_appointment)"
        )
    with pytest.raises(CannotDecrypt):
        Appointment.objects.get()
    with pytest.raises(CannotDecrypt):
        CorrectionRequest.objects.get()
    assert Appointment.objects.values_list(source, flat=True).get() == f"{SAID} why"


@pytest.mark.usefixtures("told")
def test_alerts_are_not_told_apart_by_their_length() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT length(rule), length(message) FROM intake_screenflag")
        [(rule, message)] = cursor.fetchall()
    assert ScreenFlag.objects.count() > 1
    assert rule == message > BLOCK


def test_what_was_not_said_is_empty_and_can_be_asked_for(client_record: Client) -> None:
    booked_appointment(client_record)
    assert Appointment.objects.filter(cancel_reason="").get().cancel_reason == ""
    assert not Appointment.objects.exclude(cancel_reason="").exists()


@pytest.mark.usefixtures("told")
def test_all_of_it_goes_along_when_the_key_changes(settings: Settings) -> None:
    new = "new:" + base64.b64encode(b"n" * 32).decode()
    settings.DOCUMENT_KEYS = f"{new},{settings.DOCUMENT_KEYS}"
    assert sum(column.remaining() for column in rotation.columns()) > len(TOLD)
    assert all(step.lost == 0 for column in rotation.columns() for step in column.reencrypt())
    settings.DOCUMENT_KEYS = new
    assert sum(column.remaining() for column in rotation.columns()) == 0
    assert intake.is_intact(QuestionnaireResponse.objects.get(status="completed"))
    assert Appointment.objects.get().cancel_reason == f"{SAID} why"
