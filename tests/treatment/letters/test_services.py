"""A letter is drafted from signed notes, signed by a person, and then stays as it is."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core.exceptions import PermissionDenied
from django.db import DatabaseError, connection, transaction

from clinic.models import AuditEvent, Client, Disclosure, Message, Role
from clinic.rotation import keys
from clinic.rotation import services as rotation
from clinic.selectors import clinic_today
from prescriptions.models import Prescriber
from prescriptions.prescribers import services as prescribers
from tests.factories import make_user
from tests.prescriptions.factories import approved_prescription
from tests.prescriptions.prescribers.factories import EMAIL, owner
from tests.treatment.factories import finished_visit, hands_of
from tests.treatment.letters.factories import (
    SAID,
    Way,
    agreed,
    drafted,
    order_of,
    sent,
    sign,
    signed,
    treated,
)
from tests.treatment.notes.test_content import whole
from tests.treatment.notes.test_services import write
from treatment.letters import record, sending, services
from treatment.letters.due import Why
from treatment.letters.errors import (
    LetterGone,
    LetterIncomplete,
    LetterNotRead,
    LetterNotSigned,
    LetterSigned,
    NoFax,
    NoLetterConsent,
    NoMail,
    NothingToReport,
    NotPrintable,
    ReasonNeeded,
)
from treatment.letters.facts import Facts, mark_of
from treatment.models import LetterSending, ProgressLetter, TreatmentNote

if TYPE_CHECKING:
    from pytest_django.fixtures import Settings

    from clinic.models import User

pytestmark = pytest.mark.django_db


def actions(letter: ProgressLetter) -> list[str]:
    found = AuditEvent.objects.filter(action__startswith="letter.")
    return list(found.order_by("id").values_list("action", flat=True))


def sql(statement: str, *values: Any) -> None:
    """As somebody at the database would, up to the commit."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT set_config('clinic.actor', '', true)")
        cursor.execute(statement, values)


def test_a_draft_tells_what_the_record_says(client_record: Client, author: User) -> None:
    treated(client_record, hours_ago=5)
    letter = drafted(client_record, author)
    facts = services.facts_of(letter)
    order = order_of(client_record)
    assert (facts.patient, facts.born) == (client_record.name, client_record.birth_date)
    assert (facts.prescriber, facts.prescriber_npi) == ("Kofi Osei, MD", "1234567893")
    assert facts.order_text == "2 sessions per week for 6 weeks"
    assert facts.codes == (("M54.2", "Cervicalgia"),)
    assert (facts.written_on, facts.starts_on, facts.through_on) == (
        order.issued_on,
        order.starts_on,
        order.through_on,
    )
    assert (facts.used, facts.authorized) == (2, 12)
    assert facts.pain == (int(whole()["pain_now"]), int(whole()["pain_now"]))
    assert facts.techniques == (("Neuromuscular", 40), ("Relaxation strokes", 13))
    assert not facts.is_hurt_known
    said = letter.said
    assert said["treated"] == whole()["treated"]
    assert said["response"] == whole()["response"]
    assert said["ask"] == whole()["plan"]
    assert said["request"] == ""  # what to suggest is for the therapist to say
    assert letter.why == Why.WANTED
    assert actions(letter) == ["letter.begun"]


def test_where_it_hurts_is_told_if_the_first_and_the_latest_note_say_it(
    client_record: Client, author: User
) -> None:
    facts = services.facts_of(drafted(client_record, author))
    first, latest = (
        "back-neck-middle front-chest-middle",
        "back-neck-middle gone-place front-head-middle",
    )
    notes = [TreatmentNote(said={"hurts": one}) for one in (first, "front-chest-middle", latest)]
    hurt = dict(zip(("hurt_first", "hurt_latest"), record.places(notes), strict=True))
    told = replace(facts, **hurt)
    assert told.still == ["Back of the neck"]
    assert told.gone == ["Chest"]
    assert told.new == ["Head and face"]
    notes.append(TreatmentNote(said={"pain_now": "3"}))
    assert record.places(notes) == record.places(notes[:1]) == ((), ())


def test_what_is_kept_of_the_record_is_read_back_as_it_was(
    client_record: Client, author: User
) -> None:
    facts = services.facts_of(drafted(client_record, author))
    assert Facts.from_data(facts.as_data()) == facts


def test_drafts_of_notes_are_not_used(client_record: Client, author: User) -> None:
    visit = finished_visit(client_record)
    write(hands_of(visit.appointment), visit)
    with pytest.raises(NothingToReport):
        services.begin(actor=author, prescription=order_of(client_record))
    assert not ProgressLetter.objects.exists()


def test_an_order_has_one_draft(client_record: Client, author: User) -> None:
    letter = drafted(client_record, author)
    assert services.begin(actor=author, prescription=order_of(client_record)) == letter
    sign(author, letter)
    assert services.begin(actor=author, prescription=order_of(client_record)) != letter


@pytest.mark.parametrize("role", [Role.FRONT_DESK, Role.BILLER, Role.CLIENT])
def test_only_who_treats_writes_and_signs(client_record: Client, author: User, role: Role) -> None:
    letter = drafted(client_record, author)
    other = make_user(f"{role}@other.test", role)
    for work in (
        lambda: services.begin(actor=other, prescription=order_of(client_record)),
        lambda: services.keep(actor=other, letter=letter, said=SAID),
        lambda: services.sign(actor=other, letter=letter, seen=""),
        lambda: services.withdraw(actor=other, letter=letter, reason="x"),
    ):
        with pytest.raises(PermissionDenied):
            work()


def test_nobody_writes_about_themselves(client_record: Client, author: User) -> None:
    treated(client_record)
    Client.objects.filter(pk=client_record.pk).update(user=author)
    order = order_of(client_record)
    with pytest.raises(PermissionDenied):
        services.begin(actor=author, prescription=order)


def test_it_is_signed_as_who_is_signed_in_and_as_it_was_read(
    client_record: Client, author: User
) -> None:
    letter = drafted(client_record, author)
    services.keep(actor=author, letter=letter, said=SAID)
    with pytest.raises(LetterNotRead):
        services.sign(actor=author, letter=letter, seen="something else")
    done = sign(author, letter)
    assert (done.signed_by, done.through) == (author, clinic_today())
    assert done.signed_name == author.therapist.title
    assert services.is_as_signed(done)
    assert services.sign(actor=author, letter=letter, seen="") == done  # a second click
    with pytest.raises(LetterSigned):
        services.keep(actor=author, letter=letter, said=SAID)
    assert actions(done) == ["letter.begun", "letter.signed"]


def test_another_visit_between_reading_and_signing_is_told(
    client_record: Client, author: User
) -> None:
    letter = drafted(client_record, author)
    services.keep(actor=author, letter=letter, said=SAID)
    seen = mark_of(services.facts_of(letter))
    treated(client_record, hours_ago=5)
    with pytest.raises(LetterNotRead):
        services.sign(actor=author, letter=letter, seen=seen)


@pytest.mark.parametrize("name", ["opening", "request"])
def test_what_is_needed_is_there_before_it_is_signed(
    client_record: Client, author: User, name: str
) -> None:
    letter = drafted(client_record, author)
    with pytest.raises(LetterIncomplete) as refusal:
        sign(author, letter, **{name: " "})
    assert refusal.value.fields == [name]


def test_letters_without_a_font_are_named_before_it_is_signed(
    client_record: Client, author: User
) -> None:
    letter = drafted(client_record, author)
    with pytest.raises(NotPrintable) as refusal:
        sign(author, letter, ask="Ana \U00012000")
    assert "U+12000" in str(refusal.value)
    sign(author, letter, ask="按摩 มาก Ελλάδα")


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE treatment_progressletter SET said = 'x' WHERE id = %s",
        "UPDATE treatment_progressletter SET facts = 'x' WHERE id = %s",
        "UPDATE treatment_progressletter SET signed_name = 'x' WHERE id = %s",
        "UPDATE treatment_progressletter SET signed_at = now() WHERE id = %s",
        "UPDATE treatment_progressletter SET signed_at = NULL, signed_by_id = NULL,"
        " signed_name = '', sha256 = '', through = NULL WHERE id = %s",
        "UPDATE treatment_progressletter SET withdrawn_at = now(), withdrawn_by_id = begun_by_id,"
        " withdrawn_name = 'x', withdrawn_reason = 'x' WHERE id = %s",
        "DELETE FROM treatment_progressletter WHERE id = %s",
    ],
)
def test_with_sql_a_signed_letter_does_not_change(
    client_record: Client, author: User, change: str
) -> None:
    letter = signed(client_record, author)
    with pytest.raises(DatabaseError):
        sql(change, letter.pk)


def test_with_sql_nobody_signs_for_somebody_else(client_record: Client, author: User) -> None:
    letter = drafted(client_record, author)
    with pytest.raises(DatabaseError):
        sql(
            "UPDATE treatment_progressletter SET signed_at = now(), signed_by_id = begun_by_id,"
            " signed_name = 'x', sha256 = 'x', through = current_date WHERE id = %s",
            letter.pk,
        )


def test_a_wrong_letter_is_withdrawn_with_a_reason_once(
    client_record: Client, author: User
) -> None:
    letter = drafted(client_record, author)
    with pytest.raises(LetterNotSigned):
        services.withdraw(actor=author, letter=letter, reason="Wrong side")
    done = sign(author, letter)
    with pytest.raises(ReasonNeeded):
        services.withdraw(actor=author, letter=done, reason=" ")
    services.withdraw(actor=author, letter=done, reason="Wrong side")
    done.refresh_from_db()
    assert (done.is_withdrawn, done.withdrawn_reason) == (True, "Wrong side")
    assert services.is_as_signed(done)
    with pytest.raises(LetterGone):
        services.withdraw(actor=author, letter=done, reason="Again")
    with pytest.raises(DatabaseError):
        sql("UPDATE treatment_progressletter SET withdrawn_at = NULL WHERE id = %s", done.pk)
    again = services.begin(actor=author, prescription=order_of(client_record))
    assert again != done


def test_another_key_encrypts_the_same_words(
    client_record: Client, author: User, settings: Settings
) -> None:
    letter = signed(client_record, author)
    before = bytes(_stored(letter))
    new = "new:" + base64.b64encode(b"n" * 32).decode()
    settings.DOCUMENT_KEYS = f"{new},{settings.DOCUMENT_KEYS}"
    keys.require()
    list(rotation.reencrypt_all())
    settings.DOCUMENT_KEYS = new  # the old key is gone
    assert bytes(_stored(letter)) != before
    letter.refresh_from_db()
    assert letter.said == SAID
    assert services.is_as_signed(letter)


def _stored(letter: ProgressLetter) -> bytes:
    with connection.cursor() as cursor:
        cursor.execute("SELECT said FROM treatment_progressletter WHERE id = %s", [letter.pk])
        found: bytes = cursor.fetchone()[0]
    return found


# ---- Sending ----


def test_nothing_goes_out_without_the_clients_consent(client_record: Client, author: User) -> None:
    letter = signed(client_record, author)
    for way in Way:
        with pytest.raises(NoLetterConsent):
            sent(author, letter, way)
    assert not LetterSending.objects.exists()
    assert not Disclosure.objects.exists()
    assert not Message.objects.filter(kind="letter_link").exists()


def test_a_withdrawn_consent_is_none(client_record: Client, author: User) -> None:
    letter = signed(client_record, author)
    agreed(client_record)
    consent = client_record.share_consents.get()
    prescribers.withdraw_consent(actor=owner(client_record), consent=consent)
    with pytest.raises(NoLetterConsent):
        sent(author, letter)


@pytest.mark.parametrize(("way", "to"), [(Way.LINK, EMAIL), (Way.FAX, "(845) 555-0199")])
def test_each_sending_is_a_disclosure_and_in_the_audit_log(
    client_record: Client, author: User, way: Way, to: str
) -> None:
    letter = signed(client_record, author)
    agreed(client_record)
    made = sent(author, letter, way)
    assert (made.to, made.sent_by) == (to, author)
    row = Disclosure.objects.get()
    assert (row.client, row.recorded_by) == (client_record, author)
    assert to in row.recipient
    assert "Kofi Osei" in row.recipient
    assert "Letter on how treatment goes" in row.what
    event = AuditEvent.objects.get(action="letter.sent")
    assert (event.client_id, event.detail["way"]) == (client_record.pk, way)


def test_a_form_sent_twice_is_one_sending(client_record: Client, author: User) -> None:
    letter, token = signed(client_record, author), uuid4()
    agreed(client_record)
    for _ in range(2):
        sending.send(actor=author, letter=letter, way=Way.PRINT, form_token=token)
    assert LetterSending.objects.count() == Disclosure.objects.count() == 1


def test_only_a_signed_letter_that_was_not_withdrawn_is_sent(
    client_record: Client, author: User
) -> None:
    letter = drafted(client_record, author)
    agreed(client_record)
    with pytest.raises(LetterNotSigned):
        sent(author, letter)
    sign(author, letter)
    done = sent(author, letter, Way.PRINT)
    services.withdraw(actor=author, letter=letter, reason="Wrong side")
    with pytest.raises(LetterGone):
        sent(author, letter)
    with pytest.raises(DatabaseError):  # not with SQL either
        sql(
            "INSERT INTO treatment_lettersending SELECT (x).* FROM (SELECT jsonb_populate_record("
            "s, jsonb_build_object('id', gen_random_uuid(), 'form_token', gen_random_uuid()))"
            " AS x FROM treatment_lettersending AS s WHERE id = %s) AS y",
            done.pk,
        )


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE treatment_lettersending SET \"to\" = 'x' WHERE id = %s",
        "UPDATE treatment_lettersending SET sent_at = now() WHERE id = %s",
        "DELETE FROM treatment_lettersending WHERE id = %s",
    ],
)
def test_with_sql_what_was_sent_stays(client_record: Client, author: User, change: str) -> None:
    letter = signed(client_record, author)
    agreed(client_record)
    made = sent(author, letter, Way.PRINT)
    with pytest.raises(DatabaseError):
        sql(change, made.pk)


def test_the_desk_sends_the_link_and_makes_no_paper(
    client_record: Client, author: User, desk_user: User
) -> None:
    letter = signed(client_record, author)
    agreed(client_record)
    for way in (Way.PRINT, Way.FAX):
        with pytest.raises(PermissionDenied):
            sent(desk_user, letter, way)
    assert sent(desk_user, letter).sent_by == desk_user
    with pytest.raises(PermissionDenied):
        sent(make_user("bill@clinic.test", Role.BILLER), letter)


def test_without_an_address_or_a_number_the_way_is_refused(
    client_record: Client, author: User
) -> None:
    letter = signed(client_record, author)
    agreed(client_record)
    Prescriber.objects.update(email="", fax="")
    with pytest.raises(NoMail):
        sent(author, letter)
    with pytest.raises(NoFax):
        sent(author, letter, Way.FAX)
    assert sent(author, letter, Way.PRINT).to


def test_an_address_that_another_client_typed_gets_no_letter(
    client_record: Client, other_client: Client, author: User
) -> None:
    letter = signed(client_record, author)
    agreed(client_record)
    Prescriber.objects.update(named_by=other_client, is_checked=False)
    with pytest.raises(NoMail):
        sent(author, letter)


def test_the_mail_says_nothing_of_the_patient(client_record: Client, author: User) -> None:
    letter = signed(client_record, author)
    agreed(client_record)
    sent(author, letter)
    message = Message.objects.get(kind="letter_link")
    for secret in ("Ana", "Lima", "1981", "massage", "M54", "Neck"):
        assert secret not in message.subject + message.body.replace("medical-massage", "")
    assert message.is_secret


def test_a_letter_of_one_order_says_nothing_of_another(client_record: Client, author: User) -> None:
    letter = signed(client_record, author)
    other = approved_prescription(client_record, codes=("M79.18",), order_text="6 visits")
    with pytest.raises(NothingToReport):
        services.begin(actor=author, prescription=other)
    assert services.facts_of(letter).codes == (("M54.2", "Cervicalgia"),)
