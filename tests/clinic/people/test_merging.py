"""Two records of one person are made one, and two again."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from billing.models import BillingDocument
from booking.merging import AtTwoPlaces, BothHere
from booking.models import CalendarFeed, WaitlistEntry
from booking.visits import services as booking
from clinic import access, selectors
from clinic.documents import store as documents
from clinic.models import AuditEvent, Client, ClientMerge, Disclosure, Guardian, Message, Room
from clinic.people import services as people
from clinic.people.merging import errors, rows, services
from clinic.people.merging.services import Choice
from clinic.people.search import search_clients
from clinic.people.similar import perhaps_the_same
from clinic.privacy import corrections, export
from clinic.privacy import services as privacy
from clinic.selectors import clinic_today
from intake import services as intake
from prescriptions.models import Prescription
from tests.billing.factories import plain_visit
from tests.booking.factories import at, booked_appointment
from tests.booking.waiting import in_line
from tests.clinic.merging import holdings, join, pay, printed, totals, visit_with_history
from tests.factories import make_client, make_user
from tests.intake.factories import loaded_questionnaire
from tests.prescriptions.factories import approved_prescription
from tests.prescriptions.prescribers.factories import make_prescriber, make_request
from tests.treatment.factories import earlier_today, mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clinic.models import Location, ServiceOption, Therapist, User

pytestmark = pytest.mark.django_db
COUNTS = Prescription.objects.order_by("pk").values("pk", "authorized", "used", "reserved")


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


@pytest.fixture
def twin(location: Location) -> Client:
    """The same person under a slip of the keyboard, with a login of its own."""
    return make_client("Anna", "Lima", phone="+12125550199", address="1 Main St")


# ---- What moves ----


def test_every_key_to_a_client_moves_or_is_said_to_stay() -> None:
    known = {rows.name_of(key) for key in rows.foreign_keys()}
    assert set(rows.STAYS) <= known
    assert "clinic.AuditEvent.client" in known
    assert {"prescriptions.Prescriber.named_by", "billing.BillingDocument.client"} <= {
        rows.name_of(key) for key in rows.moving()
    }


def test_the_database_hands_on_rows_of_every_table_that_moves() -> None:
    """A new table needs `clinic_hand_on` in its migration (docs/adr/0009)."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text, tgname FROM pg_trigger")
        triggers = set(cursor.fetchall())
    missing = [
        rows.name_of(key)
        for key in rows.moving()
        if (key.model._meta.db_table, f"after_merge_hand_on_{key.column}") not in triggers
    ]
    assert missing == []


def test_all_of_two_lives_is_in_one_record_and_goes_back(
    location: Location, therapist: Therapist, client_record: Client, twin: Client, desk_user: User
) -> None:
    for number, client in enumerate((client_record, twin)):
        visit_with_history(client, desk_user, 2 + 3 * number)
        make_request(client, make_prescriber(f"Dr {number}", npi=""))
        corrections.ask_correction(actor=desk_user, client=client, about="other", text="x")
    mine, theirs = holdings(client_record), holdings(twin)
    mine_of, theirs_of = totals(client_record), totals(twin)
    receipts = {receipt.pk: printed(receipt) for receipt in BillingDocument.objects.all()}
    orders = list(COUNTS.all())

    made = join(desk_user, client_record, twin)

    assert holdings(client_record) == {name: mine[name] | theirs[name] for name in mine}
    assert not any(holdings(twin).values())
    assert totals(client_record) == tuple(map(sum, zip(mine_of, theirs_of, strict=True)))
    check_proofs(receipts, orders)
    assert archived(client_record, "appointments") == 2
    assert archived(client_record, "billing-documents") == 2

    services.undo(actor=desk_user, merge=made)

    assert (holdings(client_record), holdings(twin)) == (mine, theirs)
    assert (totals(client_record), totals(twin)) == (mine_of, theirs_of)
    check_proofs(receipts, orders)


def archived(client: Client, part: str) -> int:
    """How many of a part are in the archive of everything about a client."""
    with zipfile.ZipFile(io.BytesIO(export.archive(client))) as packed:
        assert len([name for name in packed.namelist() if name.startswith("files/")]) >= 4
        return len(json.loads(packed.read(f"data/{part}.json")))


def check_proofs(receipts: dict[Any, Any], orders: list[Any]) -> None:
    """What was issued, signed and counted reads as before, and every file opens."""
    assert {receipt.pk: printed(receipt) for receipt in BillingDocument.objects.all()} == receipts
    assert list(COUNTS.all()) == orders
    for client in Client.objects.all():
        for response in client.intakes.filter(status="completed"):
            assert intake.is_intact(response)
        for document in client.document_set.all():
            assert documents.read(document)


def test_what_came_since_stays_and_what_hangs_on_a_visit_goes_with_it(
    location: Location, therapist: Therapist, client_record: Client, twin: Client, desk_user: User
) -> None:
    visit = visit_with_history(twin, desk_user, 5, cents=2000)
    paid, owed = totals(twin)
    made = join(desk_user, client_record, twin)
    new = plain_visit(client_record)
    pay(desk_user, new, 700)
    pay(desk_user, visit, 1500)
    corrections.ask_correction(actor=desk_user, client=client_record, about="other", text="since")
    services.undo(actor=desk_user, merge=made)
    assert totals(twin) == (paid + 1500, owed - 1500)
    assert totals(client_record)[0] == 700
    assert new.appointment.client_id == client_record.pk
    assert client_record.correction_requests.count() == 1
    assert not twin.correction_requests.exists()


def test_a_visit_booked_since_goes_with_the_prescription_it_is_counted_on(
    location: Location, therapist: Therapist, client_record: Client, twin: Client, desk_user: User
) -> None:
    order = approved_prescription(twin)
    made = join(desk_user, client_record, twin)
    visit = booked_appointment(client_record, starts_at=timezone.now() + timedelta(days=2))
    booking.tie_prescription(appointment=visit)
    services.undo(actor=desk_user, merge=made)
    order.refresh_from_db()
    visit.refresh_from_db()
    assert order.reserved == 1
    assert (order.client, visit.client) == (twin, twin)


# ---- One login, and who hears of it ----


def test_the_chosen_login_reaches_the_record_and_the_other_reaches_nothing(
    client_record: Client, client_user: User, twin: Client, desk_user: User
) -> None:
    other = twin.user
    assert other is not None
    made = join(desk_user, client_record, twin, user_id=twin, email=twin)
    client_record.refresh_from_db()
    assert client_record.user == other
    assert set(access.clients_for(other)) == {client_record}
    assert not access.clients_for(client_user).exists()
    services.undo(actor=desk_user, merge=made)
    client_record.refresh_from_db()
    assert set(access.clients_for(client_user)) == {client_record}
    assert set(access.clients_for(other)) == {twin}
    assert client_record.email == client_user.email


@pytest.mark.parametrize("is_kept", [True, False])
def test_a_guardian_of_one_record_is_let_in_only_if_the_desk_says_so(
    client_record: Client, twin: Client, desk_user: User, is_kept: bool
) -> None:
    """Else anyone who books in somebody's name would come to read their record."""
    parent, stranger = make_user("parent@example.test"), make_user("mallory@example.test")
    Guardian.objects.create(user=parent, client=twin, relationship="parent")
    Guardian.objects.create(user=stranger, client=twin, relationship="other", confirmed_at=None)
    kept, merged = (twin, client_record) if is_kept else (client_record, twin)
    made = join(desk_user, kept, merged)
    assert not access.clients_for(parent).exists()
    told = AuditEvent.objects.get(action="client.merged").detail["shut_out"]
    assert {one["login"] for one in told} == {str(parent.pk), str(stranger.pk)}
    assert {one["of"] for one in told} == {str(twin.pk)}
    assert "does not open" in Message.objects.get(recipient=parent.email).body
    services.undo(actor=desk_user, merge=made)
    assert set(access.clients_for(parent)) == {twin}
    services.merge(actor=desk_user, choice=Choice(kept, merged, {}, let_in=True))
    assert set(access.clients_for(parent)) == {kept}
    assert not people.unconfirmed(stranger).exists()
    assert not kept.guardians.filter(user=stranger).exists()


def test_what_was_written_since_about_a_visit_that_goes_back_is_not_sent_to_the_other(
    location: Location, client_record: Client, twin: Client, desk_user: User
) -> None:
    visit = booked_appointment(twin)
    made = join(desk_user, client_record, twin)
    reminder = Message.objects.create(
        kind="reminder",
        key="a",
        about=visit.pk,
        client=client_record,
        recipient=client_record.email,
        subject="x",
        work_due_at=timezone.now() + timedelta(days=1),
    )
    services.undo(actor=desk_user, merge=made)
    reminder.refresh_from_db()
    assert (reminder.client, reminder.recipient) == (twin, twin.email)


def test_whoever_had_booked_for_themselves_as_another_is_no_guardian_of_themselves(
    client_record: Client, client_user: User, location: Location, desk_user: User
) -> None:
    twin = make_client("Anna", "Lima", user=make_user("x@example.test"), email="")
    Client.objects.filter(pk=twin.pk).update(user=None)
    twin.refresh_from_db()
    Guardian.objects.create(user=client_user, client=twin, relationship="other")
    made = services.merge(actor=desk_user, choice=Choice(client_record, twin, {}, let_in=True))
    assert not client_record.guardians.exists()
    services.undo(actor=desk_user, merge=made)
    assert twin.guardians.get().user == client_user


def test_both_addresses_are_told_and_nothing_about_health(
    client_record: Client, twin: Client, desk_user: User
) -> None:
    made = join(desk_user, client_record, twin)
    told = {one.recipient: one.body for one in Message.objects.filter(kind=services.MAIL)}
    assert set(told) == {client_record.email, twin.email}
    assert "as before" in told[client_record.email]
    assert "does not open the record" in told[twin.email]
    assert not any(name in text for text in told.values() for name in ("Ana", "Lima"))
    services.undo(actor=desk_user, merge=made)
    assert Message.objects.filter(kind=services.MAIL).count() == 4


def test_what_waits_to_go_out_goes_to_the_one_address(
    client_record: Client, twin: Client, desk_user: User
) -> None:
    values = {"kind": "reminder", "client": twin, "recipient": twin.email, "subject": "x"}
    later = timezone.now() + timedelta(days=1)
    waits = Message.objects.create(**values, key="a", work_due_at=later)
    sent = Message.objects.create(**values, key="b", work_due_at=later, status="sent")
    made = join(desk_user, client_record, twin)
    waits.refresh_from_db()
    sent.refresh_from_db()
    assert (waits.recipient, sent.recipient) == (client_record.email, twin.email)
    services.undo(actor=desk_user, merge=made)
    waits.refresh_from_db()
    assert waits.recipient == twin.email


def test_details_are_taken_from_either_record_and_go_back_unless_changed_since(
    client_record: Client, twin: Client, desk_user: User
) -> None:
    phone = client_record.phone
    made = join(desk_user, client_record, twin, phone=twin, address=twin)
    client_record.refresh_from_db()
    assert (client_record.phone, client_record.address) == (twin.phone, "1 Main St")
    services.undo(actor=desk_user, merge=made)
    client_record.refresh_from_db()
    assert (client_record.phone, client_record.address) == (phone, "")


# ---- One of each ----


def test_what_there_may_be_one_of_is_the_kept_records(
    location: Location,
    client_record: Client,
    twin: Client,
    desk_user: User,
    option60: ServiceOption,
) -> None:
    doctor = make_prescriber("Lena Marsh", npi="1987654328")
    mine, theirs = make_request(client_record, doctor), make_request(twin, doctor)
    for client in (client_record, twin):
        in_line(client, option60, clinic_today(), days=9)
        privacy.ask_export(actor=desk_user, client=client)
        CalendarFeed.objects.create(client=client, token_hash=str(uuid4()), created_by=desk_user)
    before = holdings(client_record), holdings(twin)
    made = join(desk_user, client_record, twin)
    theirs.refresh_from_db()
    mine.refresh_from_db()
    assert (mine.status, theirs.status) == ("open", "withdrawn")
    assert client_record.waitlist.filter(status="waiting").count() == 1
    assert client_record.exports.filter(status="waiting").count() == 1
    assert client_record.feeds.filter(revoked_at=None).count() == 1
    services.undo(actor=desk_user, merge=made)
    theirs.refresh_from_db()
    assert theirs.status == "open"
    assert (holdings(client_record), holdings(twin)) == before
    assert WaitlistEntry.objects.filter(status="waiting").count() == 2


def test_a_questionnaire_half_filled_in_waits_for_an_undo(
    client_record: Client, twin: Client, desk_user: User
) -> None:
    loaded_questionnaire()
    for client in (client_record, twin):
        assert client.user is not None
        intake.start(actor=client.user, client=client)
    draft = twin.intakes.get()
    made = join(desk_user, client_record, twin)
    assert client_record.intakes.count() == 1
    assert twin.intakes.get() == draft
    services.undo(actor=desk_user, merge=made)
    assert twin.intakes.get() == draft


def test_a_draft_without_a_rival_moves(
    client_record: Client, twin: Client, desk_user: User
) -> None:
    loaded_questionnaire()
    assert twin.user is not None
    draft = intake.start(actor=twin.user, client=twin)
    join(desk_user, client_record, twin)
    assert client_record.intakes.get() == draft


def test_what_came_since_may_stand_in_the_way_of_what_was_and_stays(
    client_record: Client, twin: Client, desk_user: User, option60: ServiceOption
) -> None:
    first = in_line(twin, option60, clinic_today(), days=9)
    second = in_line(client_record, option60, clinic_today(), days=9)
    made = join(desk_user, client_record, twin)
    WaitlistEntry.objects.filter(pk=first.pk).update(status="withdrawn")
    third = in_line(client_record, option60, clinic_today(), days=9)
    services.undo(actor=desk_user, merge=made)
    waiting = WaitlistEntry.objects.filter(status="waiting")
    assert waiting.get() == third
    assert second.client == third.client == client_record


# ---- The merged record is out of sight ----


def test_a_merged_record_is_in_no_list_and_the_kept_ones_history_has_both(
    client_record: Client, twin: Client, desk_user: User
) -> None:
    join(desk_user, client_record, twin)
    assert twin not in search_clients("Lima")
    assert perhaps_the_same(client_record) == []
    assert not Client.objects.filter(pk=twin.pk).exists()
    assert set(selectors.record_ids(client_record)) == {client_record.pk, twin.pk}
    assert access.client(desk_user, twin.pk) == client_record


def test_a_row_that_names_a_merged_record_lands_at_the_kept_one(
    location: Location, client_record: Client, twin: Client, desk_user: User
) -> None:
    stale = booked_appointment(twin)
    join(desk_user, client_record, twin)
    stale.save()
    Disclosure.objects.create(
        client=twin,
        disclosed_on=date(2026, 1, 2),
        recipient="x",
        what="x",
        why="x",
        recorded_by=desk_user,
    )
    stale.refresh_from_db()
    assert stale.client == client_record
    assert client_record.disclosures.count() == 1
    with pytest.raises(people.RecordMerged):
        people.lock(twin)


def test_receipts_and_signatures_change_hands_in_no_other_way(
    location: Location, therapist: Therapist, client_record: Client, twin: Client, desk_user: User
) -> None:
    visit = visit_with_history(twin, desk_user, 2)
    made = join(desk_user, client_record, twin)
    services.undo(actor=desk_user, merge=made)
    receipt = BillingDocument.objects.filter(visit=visit)

    def refused(**changes: object) -> bool:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if changes.pop("merging", None):
                    cursor.execute("SELECT set_config('clinic.merge', %s, true)", [str(made.pk)])
                receipt.update(**changes)
                transaction.set_rollback(True)
        except DatabaseError:
            return True
        return False

    stranger = make_client("Omar", "Haddad")
    assert not refused(client=client_record, merging=True)
    assert refused(client=client_record, net_cents=1, merging=True)
    assert refused(client=stranger, merging=True)


# ---- What is refused ----


def test_the_same_record_and_a_merged_one_are_refused(
    client_record: Client, twin: Client, other_client: Client, desk_user: User
) -> None:
    with pytest.raises(errors.SameRecord):
        join(desk_user, client_record, client_record)
    join(desk_user, client_record, twin)
    with pytest.raises(errors.AlreadyMerged):
        join(desk_user, other_client, twin)
    with pytest.raises(errors.AlreadyMerged):
        join(desk_user, client_record, twin)


def test_differing_dates_of_birth_need_an_id(
    client_record: Client, location: Location, desk_user: User
) -> None:
    twin = make_client("Anna", "Lima", birth_date=date(1981, 12, 4))
    with pytest.raises(errors.IdNotChecked):
        join(desk_user, client_record, twin)
    services.merge(actor=desk_user, choice=Choice(client_record, twin, {}, checked_id=True))


def test_two_who_come_at_the_same_time_are_two(
    location: Location,
    therapists: list[Therapist],
    client_record: Client,
    twin: Client,
    desk_user: User,
) -> None:
    booked_appointment(client_record)
    booked_appointment(
        twin,
        therapist=therapists[1],
        room=Room.objects.order_by("position").last(),
        starts_at=at(location) + timedelta(minutes=30),
    )
    with pytest.raises(AtTwoPlaces):
        join(desk_user, client_record, twin)
    assert not ClientMerge.objects.exists()


def test_two_who_are_both_in_the_clinic_are_two(
    location: Location,
    therapists: list[Therapist],
    client_record: Client,
    twin: Client,
    desk_user: User,
) -> None:
    now = earlier_today(1)
    booked_appointment(client_record, status="arrived", starts_at=now)
    booked_appointment(
        twin, therapist=therapists[1], room=Room.objects.last(), status="arrived", starts_at=now
    )
    with pytest.raises(BothHere):
        join(desk_user, client_record, twin)


def test_the_later_merge_is_undone_first(
    client_record: Client, twin: Client, other_client: Client, desk_user: User
) -> None:
    first = join(desk_user, client_record, twin)
    choice = Choice(other_client, client_record, {}, checked_id=True)
    second = services.merge(actor=desk_user, choice=choice)
    assert len(selectors.record_ids(other_client)) == 3
    assert selectors.kept_record_id(twin.pk) == other_client.pk
    with pytest.raises(errors.LaterMerge):
        services.undo(actor=desk_user, merge=first)
    services.undo(actor=desk_user, merge=second)
    services.undo(actor=desk_user, merge=first)
    with pytest.raises(errors.AlreadyUndone):
        services.undo(actor=desk_user, merge=first)
    assert Client.objects.count() == 3


def test_both_ways_are_on_record_with_before_and_after(
    client_record: Client, twin: Client, desk_user: User
) -> None:
    made = join(desk_user, client_record, twin, phone=twin)
    event = AuditEvent.objects.get(action="client.merged")
    assert event.detail["before"]["phone"] == "+12125550142"
    assert event.detail["after"]["phone"] == "+12125550199"
    services.undo(actor=desk_user, merge=made)
    assert AuditEvent.objects.filter(action="client.parted").count() == 2
