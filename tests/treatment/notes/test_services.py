"""A note is written, kept and signed; after that it takes addenda, and nothing else."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from clinic.models import AuditEvent, Role
from clinic.rotation import keys
from clinic.rotation import services as rotation
from tests.factories import make_user
from tests.treatment.factories import earlier_today, finished_visit, started_visit
from tests.treatment.notes.test_content import whole
from treatment import corrections, takebacks
from treatment.models import NoteAddendum, TreatmentNote, VisitCorrection, VisitMinutes
from treatment.notes import content, services
from treatment.notes.errors import (
    ChangedMeanwhile,
    NoteIncomplete,
    NoteNotSigned,
    NoteOfUnfinished,
    NoteSigned,
    NotForThisField,
    NothingSaid,
)
from treatment.notes.services import mark_of
from treatment.sessions import Session

if TYPE_CHECKING:
    from uuid import UUID

    from pytest_django.fixtures import Settings

    from clinic.models import Client, ServiceOption, Therapist, User
    from treatment.models import Visit

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(client_record: Client, therapist: Therapist) -> Visit:
    return finished_visit(client_record)


@pytest.fixture
def author(therapist: Therapist) -> User:
    assert therapist.user is not None
    return therapist.user


def write(actor: User, visit: Visit, said: dict[str, str] | None = None) -> TreatmentNote:
    for name, value in (whole(tuple(services.fields_of(visit))) if said is None else said).items():
        note = services.save_field(
            actor=actor, visit=visit, name=name, value=value, seen=mark_of("")
        )
    return note


def signed(actor: User, visit: Visit) -> TreatmentNote:
    write(actor, visit)
    return services.sign(actor=actor, visit=visit)


def add(actor: User, visit: Visit, text: str = "The knee, too") -> NoteAddendum:
    return services.add(actor=actor, visit=visit, text=text, form_token=uuid4())


def sql(statement: str, *values: UUID) -> None:
    """As somebody at the database would, up to the commit."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_fields_are_kept_one_by_one(author: User, visit: Visit) -> None:
    write(author, visit, {"findings": "  Tight on both sides ", "pain_now": "6"})
    note = TreatmentNote.objects.get()
    assert note.said == {"findings": "Tight on both sides", "pain_now": "6"}
    assert note.begun_by == author
    assert not note.is_signed
    assert AuditEvent.objects.filter(action="note.begun").count() == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("pain_now", "11"),
        ("nonsense", "x"),
        ("recommendation", "medical"),  # of a consultation
        ("findings", "x" * (content.LONGEST + 1)),
    ],
)
def test_what_a_field_does_not_take_is_refused(
    author: User, visit: Visit, name: str, value: str
) -> None:
    with pytest.raises(NotForThisField):
        services.save_field(actor=author, visit=visit, name=name, value=value, seen=mark_of(""))


def test_of_two_windows_the_second_is_told_and_nothing_is_lost(author: User, visit: Visit) -> None:
    write(author, visit, {"findings": "From the tablet"})
    with pytest.raises(ChangedMeanwhile) as refused:
        write(author, visit, {"findings": "From the phone"})
    assert refused.value.theirs == "From the tablet"
    assert TreatmentNote.objects.get().said["findings"] == "From the tablet"
    seen = mark_of(refused.value.theirs)
    services.save_field(
        actor=author, visit=visit, name="findings", value="From the phone", seen=seen
    )
    assert TreatmentNote.objects.get().said["findings"] == "From the phone"
    write(author, visit, {"plan": "Another field is nobody's business"})


def test_the_words_of_the_last_note_are_copied(
    author: User, client_record: Client, visit: Visit
) -> None:
    earlier = finished_visit(client_record, starts_at=earlier_today(5), ready=False)
    signed(author, earlier)
    write(author, visit, {"plan": "Something new"})
    said = services.copy_last(actor=author, visit=visit).said
    assert said["findings"] == whole()["findings"]
    assert said["plan"] == "Something new"
    assert "pain_now" not in said
    assert "response" not in said


def test_line_ends_of_a_form_and_of_a_script_are_the_same(author: User, visit: Visit) -> None:
    write(author, visit, {"plan": "One\r\nTwo"})
    assert TreatmentNote.objects.get().said["plan"] == "One\nTwo"
    write(author, visit, {"plan": "One\nTwo\r\n"})  # no other text, so no one is told


def test_another_clients_note_is_never_copied(
    author: User, other_client: Client, visit: Visit
) -> None:
    signed(author, finished_visit(other_client, starts_at=earlier_today(5)))
    assert services.last_signed(visit) is None


def test_it_is_signed_by_who_is_signed_in(author: User, therapist: Therapist, visit: Visit) -> None:
    note = signed(author, visit)
    assert (note.signed_by, note.signed_name) == (author, therapist.title)
    assert note.figures["minutes"]
    assert services.is_as_signed(TreatmentNote.objects.get())
    assert services.sign(actor=author, visit=visit) == note  # pressed twice
    assert AuditEvent.objects.filter(action="note.signed").count() == 1
    colleague = make_user("other@clinic.test", Role.THERAPIST)
    with pytest.raises(NoteSigned):
        services.sign(actor=colleague, visit=visit)


def test_what_is_missing_is_named_before_it_is_signed(author: User, visit: Visit) -> None:
    write(author, visit, {**whole(), "response": "", "pain_after": ""})
    with pytest.raises(NoteIncomplete) as refused:
        services.sign(actor=author, visit=visit)
    assert [field.name for field in refused.value.fields] == ["response", "pain_after"]
    assert "How the client responded" in str(refused.value)


def test_an_open_session_has_a_draft_only(
    author: User, client_record: Client, therapist: Therapist
) -> None:
    visit = started_visit(client_record)
    write(author, visit)
    with pytest.raises(NoteOfUnfinished):
        services.sign(actor=author, visit=visit)


def test_a_free_consultation_leads_to_a_recommendation(
    author: User, client_record: Client, options: dict[tuple[str, int], ServiceOption]
) -> None:
    visit = finished_visit(client_record, option=options["consultation", 30])
    write(author, visit, {"history": "A fall", "findings": "Sound", "plan": "Book"})
    with pytest.raises(NoteIncomplete) as refused:
        services.sign(actor=author, visit=visit)
    assert [field.name for field in refused.value.fields] == ["recommendation"]
    write(author, visit, {"recommendation": "physician"})
    assert services.sign(actor=author, visit=visit).is_signed


def test_a_signed_note_takes_addenda_by_anybody_who_treats(author: User, visit: Visit) -> None:
    note = signed(author, visit)
    colleague = make_user("other@clinic.test", Role.THERAPIST, display_name="Theo Park")
    with pytest.raises(NoteSigned):
        write(author, visit, {"plan": "Another plan"})
    first, second = add(author, visit), add(colleague, visit, "Seen by me as well")
    assert [(one.number, one.by, one.name) for one in note.addenda.all()] == [
        (1, author, note.signed_name),
        (2, colleague, "Theo Park"),
    ]
    assert first.sha256 != second.sha256
    assert services.is_as_signed(TreatmentNote.objects.get())
    assert AuditEvent.objects.filter(action="note.added_to").count() == 2


def test_a_form_sent_twice_is_one_addendum(author: User, visit: Visit) -> None:
    signed(author, visit)
    token = uuid4()
    made = [
        services.add(actor=author, visit=visit, text="Once", form_token=token) for _ in range(2)
    ]
    assert made[0] == made[1]
    with pytest.raises(NothingSaid):
        add(author, visit, "   ")
    with pytest.raises(NotForThisField):
        add(author, visit, "x" * (content.LONGEST + 1))


def test_a_draft_takes_no_addenda(author: User, visit: Visit) -> None:
    write(author, visit)
    with pytest.raises(NoteNotSigned):
        add(author, visit)


def test_the_desk_and_clients_write_none(
    desk_user: User, client_user: User, author: User, visit: Visit
) -> None:
    signed(author, visit)
    for actor in (desk_user, client_user):
        with pytest.raises(PermissionDenied):
            write(actor, visit, {"plan": "x"})
        with pytest.raises(PermissionDenied):
            services.sign(actor=actor, visit=visit)
        with pytest.raises(PermissionDenied):
            add(actor, visit)
        with pytest.raises(PermissionDenied):
            services.copy_last(actor=actor, visit=visit)


NOTE, ADDENDUM = "treatment_treatmentnote", "treatment_noteaddendum"
MINUTES, VISIT = "treatment_visitminutes", "treatment_visit"
ATTACKS = {
    "its words": f"UPDATE {NOTE} SET said = ''",  # noqa: S608
    "who signed": f"UPDATE {NOTE} SET signed_name = 'Somebody else'",  # noqa: S608
    "unsigned": (
        f"UPDATE {NOTE} SET signed_at = NULL, signed_by_id = NULL, signed_name = '', sha256 = ''"  # noqa: S608
    ),
    "gone": f"DELETE FROM {NOTE}",  # noqa: S608
    "an addendum's words": f"UPDATE {ADDENDUM} SET text = 'x'",  # noqa: S608
    "an addendum gone": f"DELETE FROM {ADDENDUM}",  # noqa: S608
    "a minute more": f"UPDATE {MINUTES} SET minutes = minutes + 1",  # noqa: S608
    "minutes gone": f"DELETE FROM {MINUTES}",  # noqa: S608
    "a later start": f"UPDATE {VISIT} SET started_at = started_at + interval '1 minute'",  # noqa: S608
    "an earlier arrival": f"UPDATE {VISIT} SET arrived_at = arrived_at - interval '1 minute'",  # noqa: S608
    "never finished": f"UPDATE {VISIT} SET status = 'arrived'",  # noqa: S608
}


@pytest.mark.parametrize("attack", ATTACKS.values(), ids=ATTACKS.keys())
def test_what_is_signed_stays_as_it_is(author: User, visit: Visit, attack: str) -> None:
    signed(author, visit)
    add(author, visit)
    with pytest.raises(DatabaseError, match=r"never|correction only"):
        sql(attack)


def test_a_technique_slipped_in_is_refused(author: User, visit: Visit) -> None:
    signed(author, visit)
    row = visit.minutes.first()
    assert row is not None
    other = row.technique
    other.pk, other.name = uuid4(), "Slipped in"
    other.save(force_insert=True)
    with pytest.raises(DatabaseError, match="correction only"):
        sql(
            f"INSERT INTO {MINUTES} (id, created_at, updated_at, visit_id, technique_id, minutes,"  # noqa: S608
            " position) VALUES (gen_random_uuid(), now(), now(), %s, %s, 5, 9)",
            visit.pk,
            other.pk,
        )


def test_nobody_signs_or_adds_in_anothers_name(author: User, desk_user: User, visit: Visit) -> None:
    note = write(author, visit)
    forged = (
        f"UPDATE {NOTE} SET signed_by_id = %s, signed_name = 'x', sha256 = 'x', signed_at = now()"  # noqa: S608
    )
    with pytest.raises(DatabaseError, match="signed by who is signed in"):
        sql(forged, author.pk)
    services.sign(actor=author, visit=visit)
    one = NoteAddendum(
        note=note,
        number=1,
        by=desk_user,
        name="Somebody",
        at=timezone.now(),
        text="Forged",
        sha256="x",
        form_token=uuid4(),
    )
    with pytest.raises(DatabaseError, match="by who is signed in"), transaction.atomic():
        one.save(force_insert=True)


def test_a_forged_correction_is_refused(author: User, desk_user: User, visit: Visit) -> None:
    signed(author, visit)
    forged = VisitCorrection(
        visit=visit, number=1, by=author, at=timezone.now(), reason="x", form_token=uuid4()
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('clinic.actor', '', true)")
    with pytest.raises(DatabaseError, match="by who is signed in"), transaction.atomic():
        forged.save(force_insert=True)


def test_minutes_are_corrected_beside_what_was_signed(author: User, visit: Visit) -> None:
    note = signed(author, visit)
    assert visit.started_at is not None
    assert visit.stopped_at is not None
    counts = {row.technique: row.minutes - 3 for row in visit.minutes.select_related("technique")}
    corrections.correct(
        actor=author,
        visit=visit,
        session=Session(visit.started_at, visit.stopped_at, counts),
        reason="Read off wrong",
        form_token=uuid4(),
    )
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    told = TreatmentNote.objects.get(pk=note.pk).figures["minutes"]
    assert [row["minutes"] for row in told] != list(counts.values())
    assert set(VisitMinutes.objects.values_list("minutes", flat=True)) == set(counts.values())
    assert services.is_as_signed(TreatmentNote.objects.get())
    with pytest.raises(DatabaseError, match="correction only"):  # the correction counts now
        sql(f"UPDATE {MINUTES} SET minutes = minutes + 3")  # noqa: S608


def test_the_chain_shows_what_a_switched_off_trigger_would_hide(author: User, visit: Visit) -> None:
    note = signed(author, visit)
    add(author, visit)
    changed = note.addenda.get()
    changed.text = "Something else"
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(f"ALTER TABLE {ADDENDUM} DISABLE TRIGGER treatment_addendum_is_final")
        changed.save(update_fields=["text"])
        cursor.execute(f"ALTER TABLE {ADDENDUM} ENABLE TRIGGER treatment_addendum_is_final")
    assert not services.is_as_signed(TreatmentNote.objects.get())


def test_another_key_encrypts_the_same_words_again(
    author: User, visit: Visit, settings: Settings
) -> None:
    keys.require()
    note = signed(author, visit)
    add(author, visit)
    new = "new:" + base64.b64encode(b"n" * 32).decode()
    settings.DOCUMENT_KEYS = f"{new},{settings.DOCUMENT_KEYS}"
    keys.require()
    list(rotation.reencrypt_all())
    settings.DOCUMENT_KEYS = new  # the old key is gone
    again = TreatmentNote.objects.get()
    assert again.said == note.said
    assert services.is_as_signed(again)


def test_a_session_that_was_taken_back_keeps_its_note(author: User, visit: Visit) -> None:
    note = signed(author, visit)
    takebacks.take_back(actor=author, visit=visit, reason="Wrong client")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    assert TreatmentNote.objects.get(pk=note.pk).is_signed
