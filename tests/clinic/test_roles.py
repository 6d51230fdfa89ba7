"""Who gets in where, asked of every route with a real object behind it.

With a made-up id a page that lost its guard still answers 404, because nothing is there. Here
everything is there: the record of a client who came, paid and holds a receipt.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.apps import apps
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone

from billing import services as billing
from billing import tasks
from booking.models import Appointment, ClosedDate, TimeOff
from clinic import rights, staff
from clinic.models import AuditEvent, Client, Guardian, Message, Role, ServiceOption, Training
from intake.models import Consent
from prescriptions.models import Prescription, Upload
from prescriptions.prescribers.tasks import draw_request
from tests.booking.waiting import in_line
from tests.clinic.merging import join
from tests.factories import make_client, make_user
from tests.intake.factories import loaded_questionnaire
from tests.prescriptions.prescribers.factories import make_prescriber, make_request
from tests.treatment.factories import finished_visit, mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse
    from django.test import Client as Browser

    from clinic.models import Location, Therapist, User

FRONT, HANDS, BOSS, BILL = Role.FRONT_DESK, Role.THERAPIST, Role.MANAGER, Role.BILLER
STAFF, DESK = {FRONT, HANDS, BOSS}, {FRONT, BOSS}
MONEY, ALL_STAFF = {FRONT, BOSS, BILL}, {FRONT, HANDS, BOSS, BILL}
LOGINS = {FRONT: "as_desk", HANDS: "as_therapist", BOSS: "as_manager", BILL: "as_biller"}

# Who may open a page of the desk. Whoever is not named gets 403, a client 404.
PAGES: dict[str, set[Role]] = {
    "client-search": ALL_STAFF,
    "client-detail": ALL_STAFF,
    "client-second-step": {BOSS},
    "client-people": DESK,
    "guardian-remove": DESK,
    "merge-find": DESK,
    "merge": DESK,
    "merge-detail": DESK,
    "message-list": DESK,
    "message-retry": DESK,
    "staff-list": {BOSS},
    "staff-invite": {BOSS},
    "staff-invite-again": {BOSS},
    "staff-withdraw": {BOSS},
    "staff-person": {BOSS},
    "staff-active": {BOSS},
    "staff-second-step": {BOSS},
    "audit": {BOSS},
    "correction-list": STAFF,
    "correction": DESK,
    "disclosure-list": DESK,
    "billing:desk": MONEY,
    "billing:client-panel": ALL_STAFF,
    "billing:desk-receipt": MONEY,
    "billing:panel": ALL_STAFF,
    "billing:pay": MONEY,
    "billing:pay-fee": MONEY,
    "billing:waive-fee": MONEY,
    "billing:issue": MONEY,
    "booking:day": STAFF,
    "booking:walk-in": DESK,
    "booking:desk-who": DESK,
    "booking:desk-what": DESK,
    "booking:desk-partner": DESK,
    "booking:desk-two": DESK,
    "booking:appointment-move-both": DESK,
    "booking:appointment-cancel-both": DESK,
    "booking:desk-series": DESK,
    "booking:desk-series-detail": DESK,
    "booking:desk-series-cancel": DESK,
    "booking:client-panel": STAFF,
    "booking:desk-waitlist": DESK,
    "booking:desk-waitlist-find": DESK,
    "booking:desk-waitlist-add": DESK,
    "booking:desk-waitlist-remove": DESK,
    "booking:desk-waitlist-offer": DESK,
    "booking:waitlist-client-panel": STAFF,
    "booking:appointment": STAFF,
    "booking:appointment-mark": STAFF,
    "booking:appointment-move": DESK,
    "booking:appointment-cancel": DESK,
    "booking:appointment-self-pay": DESK,
    "booking:desk-calendar": {HANDS, BOSS},
    "booking:desk-calendar-make": {HANDS, BOSS},
    "booking:desk-calendar-revoke": {HANDS, BOSS},
    "booking:external-connect": {HANDS, BOSS},
    "booking:external-again": {HANDS, BOSS},
    "booking:external-disconnect": {HANDS, BOSS},
    "diary:overview": DESK,
    "diary:hours-list": DESK,
    "diary:hours": DESK,
    "diary:closed": DESK,
    "diary:time-off": DESK,
    "diary:time-off-new": DESK,
    "diary:time-off-change": DESK,
    "diary:time-off-remove": DESK,
    "diary:week": {BOSS},
    "diary:date": {BOSS},
    "diary:closed-new": {BOSS},
    "diary:closed-open": {BOSS},
    "diary:holidays": {BOSS},
    "diary:rooms": {BOSS},
    "diary:room-new": {BOSS},
    "diary:room": {BOSS},
    "diary:therapists": {BOSS},
    "diary:therapist-new": {BOSS},
    "diary:therapist": {BOSS},
    "diary:training-new": {BOSS},
    "diary:training": {BOSS},
    "diary:services": {BOSS},
    "diary:service-new": {BOSS},
    "diary:service": {BOSS},
    "diary:option-new": {BOSS},
    "diary:option": {BOSS},
    "diary:rules": {BOSS},
    "treatment:today": {HANDS},
    "treatment:panel": STAFF,
    "treatment:check-in": STAFF,
    "treatment:start": {HANDS, BOSS},
    "treatment:record": {HANDS, BOSS},
    "prescriptions:queue": DESK,
    "prescriptions:queue-count": STAFF,
    "prescriptions:order-hint": DESK,
    "prescriptions:codes-hint": DESK,
    "prescriptions:npi-hint": DESK,
    "prescriptions:review": ALL_STAFF,
    "prescriptions:policy": {BOSS},
    "prescriptions:checklist": DESK,
    "prescriptions:take-over": DESK,
    "prescriptions:put-back": DESK,
    "prescriptions:reopen": DESK,
    "prescriptions:preview": DESK,
    "prescriptions:diagnoses": DESK,
    "prescriptions:client-panel": ALL_STAFF,
    "prescriptions:desk-upload": DESK,
    "prescriptions:prescriber-list": DESK,
    "prescriptions:prescriber-new": DESK,
    "prescriptions:prescriber-hint": DESK,
    "prescriptions:prescriber": DESK,
    "prescriptions:prescriber-retire": DESK,
    "prescriptions:desk-ask-who": DESK,
    "prescriptions:desk-ask": DESK,
    "prescriptions:desk-request": DESK,
    "prescriptions:desk-upload-progress": DESK,
    "intake:desk": STAFF,
    "intake:desk-response": {HANDS},
    "intake:client-panel": STAFF,
}
# Where reading and deciding differ.
POSTS: dict[str, set[Role]] = {"prescriptions:review": DESK}

# Files that the desk's pages show as well; every other page of a client is the client's alone.
SHARED: dict[str, set[Role]] = {
    "prescriptions:document": ALL_STAFF,
    "prescriptions:page": ALL_STAFF,
    "prescriptions:request-document": STAFF,
    "billing:receipt": ALL_STAFF,
    "billing:download": ALL_STAFF,
}


def routes(resolver: URLResolver, prefix: str = "", space: str = "") -> Iterator[tuple[str, str]]:
    """The path and name of every route of ours."""
    for entry in resolver.url_patterns:
        path = prefix + str(entry.pattern)
        if isinstance(entry, URLPattern):
            yield path, f"{space}{entry.name}"
        elif entry.app_name != "admin":
            yield from routes(entry, path, f"{entry.namespace}:" if entry.namespace else "")


ALL = list(routes(get_resolver()))
OF_THE_DESK = {name for path, name in ALL if path.startswith("desk/")}
OF_A_CLIENT = sorted(
    name for path, name in ALL if path.startswith(("portal/", "prescriptions/")) and "<" in path
)


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


@pytest.fixture
def things(
    location: Location, therapist: Therapist, client_record: Client, desk_user: User
) -> dict[str, Any]:
    """An id for each name that a route may ask for, all of one client's."""
    loaded_questionnaire()
    visit = finished_visit(client_record)
    series = uuid4()
    Appointment.objects.filter(pk=visit.appointment.pk).update(series=series)
    receipt = billing.issue_current(actor=desk_user, visit=paid(desk_user, visit))
    tasks.render_receipt.run(str(receipt.pk))
    prescription = Prescription.objects.get(client=client_record)
    child = Client.objects.create(first_name="Leo", last_name="Lima", birth_date="2015-06-01")
    assert client_record.user is not None
    guardian = Guardian.objects.create(
        user=client_record.user, client=child, relationship="parent", confirmed_at=None
    )
    message = Message.objects.filter(client=client_record).first()
    option = ServiceOption.objects.first()
    response = client_record.intakes.get()
    assert message is not None
    assert option is not None
    return {
        "client_id": client_record.pk,
        "partner_id": child.pk,
        "other_id": child.pk,
        "merge_id": join(desk_user, make_client("Eve", "Low"), make_client("Eva", "Low")).pk,
        "appointment_id": visit.appointment.pk,
        "series_id": series,
        "visit_id": visit.pk,
        "receipt_id": receipt.pk,
        "prescription_id": prescription.pk,
        "upload_id": Upload.objects.create(client=client_record, token=uuid4()).pk,
        "response_id": response.pk,
        "section_id": response.section,
        "number": 1,
        "message_id": message.pk,
        "option_id": option.pk,
        "entry_id": in_line(client_record, option, timezone.localdate(), days=9).pk,
        "guardian_id": guardian.pk,
        **own_things(client_record),
        **staff_things(),
        **doctor_things(client_record),
        **diary_things(visit.appointment),
    }


def own_things(client: Client) -> dict[str, Any]:
    """What a client asked about the own record, and a consent that may be withdrawn."""
    assert client.user is not None
    export = rights.ask_export(actor=client.user, client=client)
    rights.put_together(str(export.pk))
    asked = rights.ask_correction(actor=client.user, client=client, about="other", text="x")
    given = Consent.objects.create(
        client=client, kind="sms", version="1", text="x", signed_name="x", signed_at=timezone.now()
    )
    return {"export_id": export.pk, "correction_id": asked.pk, "given_id": given.pk}


def staff_things() -> dict[str, Any]:
    somebody = make_user("leaving@clinic.test", FRONT)
    boss = make_user("owner@clinic.test", BOSS)
    invited = staff.invite(actor=boss, email="new@clinic.test", name="Nia Fox", role=FRONT)
    return {"user_id": somebody.pk, "invitation_id": invited.pk}


def doctor_things(client: Client) -> dict[str, Any]:
    asked = make_request(client, make_prescriber("Lena Marsh", npi="1987654328"))
    draw_request.run(str(asked.pk))
    return {
        "request_id": asked.pk,
        "consent_id": asked.consent_id,
        "prescriber_id": asked.prescriber_id,
    }


def diary_things(visit: Appointment) -> dict[str, Any]:
    ahead = timezone.now() + timedelta(days=1)
    off = TimeOff.objects.create(
        therapist=visit.therapist,
        location=visit.location,
        starts_at=ahead,
        ends_at=ahead + timedelta(hours=1),
    )
    closed = ClosedDate.objects.create(location=visit.location, day=ahead.date())
    return {
        "therapist_id": visit.therapist_id,
        "room_id": visit.room_id,
        "service_id": visit.option.service_id,
        "time_off_id": off.pk,
        "closed_id": closed.pk,
        "training_id": Training.objects.create(name="Oncology massage").pk,
    }


def paid(actor: User, visit: Any) -> Any:
    billing.take_payment(
        actor=actor, visit=visit, method="cash", amount_cents=2000, form_token=uuid4()
    )
    return visit


def url_of(name: str, things: dict[str, Any]) -> str:
    path = next(path for path, known in ALL if known == name)
    return reverse(name, kwargs={key: pk for key, pk in things.items() if f":{key}>" in path})


def ask(browser: Browser, method: str, url: str) -> int:
    """The status of the answer; what it changed is taken back."""
    with transaction.atomic():
        answer: HttpResponse = getattr(browser, method)(url)
        transaction.set_rollback(True)
    return answer.status_code


def everything() -> dict[str, list[dict[str, Any]]]:
    """All rows of all our tables."""
    ours = ("clinic", "intake", "prescriptions", "booking", "treatment", "billing")
    models = [model for app in ours for model in apps.get_app_config(app).get_models()]
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values()) for model in models
    }


def test_every_page_of_the_desk_says_who_may_open_it() -> None:
    assert set(PAGES) == OF_THE_DESK
    assert len(OF_A_CLIENT) > 12
    assert set(OF_A_CLIENT) >= set(SHARED)


def test_no_page_of_the_desk_exists_for_a_client(
    as_client: Browser, as_other: Browser, things: dict[str, Any]
) -> None:
    before = everything()
    found = {
        (name, method, who): status
        for name in PAGES
        for method in ("get", "post")
        for who, browser in (("owner", as_client), ("stranger", as_other))
        if (status := getattr(browser, method)(url_of(name, things)).status_code) != 404
    }
    assert found == {}
    assert everything() == before


@pytest.mark.parametrize("role", LOGINS)
def test_staff_open_the_pages_of_their_role_and_no_others(
    request: pytest.FixtureRequest, things: dict[str, Any], role: Role
) -> None:
    browser: Browser = request.getfixturevalue(LOGINS[role])
    wrong = {}
    for name, readers in PAGES.items():
        for method, allowed in (("get", readers), ("post", POSTS.get(name, readers))):
            status = ask(browser, method, url_of(name, things))
            refused = status == 403
            if refused == (role in allowed) or status == 404 or status >= 500:
                wrong[name, method] = status
    assert wrong == {}


@pytest.mark.parametrize("who", ["as_other", *LOGINS.values()])
def test_a_clients_own_pages_exist_for_nobody_else(
    request: pytest.FixtureRequest, things: dict[str, Any], who: str
) -> None:
    browser: Browser = request.getfixturevalue(who)
    shared = SHARED if who != "as_other" else {}
    before = everything()
    # A page that takes only the other method says 405 to anybody, whatever the object.
    wrong = {}
    for name in OF_A_CLIENT:
        if name in shared:
            continue
        statuses = {
            method: getattr(browser, method)(url_of(name, things)).status_code
            for method in ("get", "post")
        }
        if 404 not in statuses.values() or set(statuses.values()) - {404, 405}:
            wrong[name] = statuses
    assert wrong == {}
    assert everything() == before


def test_the_owner_does_open_them(as_client: Browser, things: dict[str, Any]) -> None:
    """Else the refusals above would prove nothing."""
    wrong = {}
    for name in OF_A_CLIENT:
        statuses = {ask(as_client, method, url_of(name, things)) for method in ("get", "post")}
        if not {status for status in statuses if status < 400 or status == 422}:
            wrong[name] = statuses
    assert wrong == {}


@pytest.mark.parametrize("role", LOGINS)
def test_staff_see_the_shared_files_and_each_look_is_recorded(
    request: pytest.FixtureRequest, things: dict[str, Any], role: Role
) -> None:
    browser: Browser = request.getfixturevalue(LOGINS[role])
    for name, readers in SHARED.items():
        before = AuditEvent.objects.count()
        status = browser.get(url_of(name, things)).status_code
        assert status == (200 if role in readers else 403), name
        assert AuditEvent.objects.count() == before + (role in readers)


def test_a_therapist_who_does_not_treat_them_finds_nothing_of_a_client(
    as_colleague: Browser, things: dict[str, Any]
) -> None:
    before = everything()
    about = [
        f":{thing}_id>"
        for thing in (
            "client",
            "appointment",
            "visit",
            "receipt",
            "prescription",
            "response",
            "request",
        )
    ]
    open_to = {name for name, readers in PAGES.items() if HANDS in readers} | set(SHARED)
    asked = 0
    for path, name in ALL:
        if name not in open_to or not any(key in path for key in about):
            continue
        asked += 1
        for method in ("get", "post"):
            answer = getattr(as_colleague, method)(url_of(name, things))
            assert answer.status_code in {404, 405, 403 if name in POSTS else 404}, (name, method)
            assert "Lima" not in answer.content.decode(errors="replace")
    assert asked > 12
    for page in ("/desk/", "/desk/clients/", "/desk/intake/", "/desk/today/"):
        assert "Lima" not in as_colleague.get(page).content.decode(), page
    assert everything() == before
