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
from billing.estimates import services as estimates
from billing.extras import services as extras
from billing.issuing import services as issuing
from billing.models import Drawer
from booking.models import Appointment, ClosedDate, TimeOff
from clinic.accounts.staff import services as staff
from clinic.models import (
    AuditEvent,
    Client,
    Guardian,
    Location,
    Message,
    Role,
    ServiceOption,
    Training,
)
from clinic.privacy import corrections
from clinic.privacy import services as privacy
from clinic.selectors import clinic_today
from intake.models import Consent
from intake.tablet import services as tablet
from prescriptions.models import Prescription, Upload
from prescriptions.prescribers.tasks import draw_request
from tests.billing.factories import plain_visit
from tests.booking.waiting import in_line
from tests.clinic.merging import join
from tests.clinic.roles import (
    BOSS,
    FRONT,
    HANDS,
    LOGINS,
    PAGES,
    POSTS,
    SHARED,
)
from tests.factories import make_client, make_user
from tests.intake.factories import loaded_questionnaire
from tests.intake.scans.factories import attached
from tests.prescriptions.prescribers.factories import make_prescriber, make_request
from tests.treatment.factories import finished_visit, hands_of, mid_afternoon
from tests.treatment.letters.factories import plain_letter
from tests.treatment.notes.test_services import signed
from tests.treatment.selfcare.factories import given, library

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse
    from django.test import Client as Browser

    from clinic.models import Therapist, User
    from treatment.models import Exercise, TreatmentNote


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
    receipt = issuing.issue_current(actor=desk_user, visit=paid(desk_user, visit))
    tasks.render_document.run(str(receipt.pk))
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
        "group": "phone",
        "partner_id": child.pk,
        "other_id": child.pk,
        "merge_id": join(desk_user, make_client("Eve", "Low"), make_client("Eva", "Low")).pk,
        "appointment_id": visit.appointment.pk,
        "series_id": series,
        "visit_id": visit.pk,
        "note_id": readable_note(client_record).pk,
        "follow_up_id": visit.follow_ups.create(hours=0, on=clinic_today()).pk,
        "activity_id": client_record.activities.create(text="Carrying groceries").pk,
        "receipt_id": receipt.pk,
        "estimate_id": estimates.ask(
            actor=desk_user, client=client_record, option=option, visits=2, form_token=uuid4()
        ).pk,
        "extra_id": extras.add_tip(actor=desk_user, visit=visit, cents=500, form_token=uuid4()).pk,
        "payment_id": client_record.payments.get().pk,
        "drawer_id": Drawer.objects.of(location).pk,
        "prescription_id": prescription.pk,
        "upload_id": Upload.objects.create(client=client_record, token=uuid4()).pk,
        "response_id": response.pk,
        "scan_id": attached(client_record, desk_user).pk,
        "handover_id": tablet.hand_over(actor=desk_user, client=client_record).pk,
        "section_id": response.section,
        "number": 1,
        "message_id": message.pk,
        "option_id": option.pk,
        "exercise_id": loaded_exercise(client_record).pk,
        "entry_id": in_line(client_record, option, clinic_today(), days=9).pk,
        "guardian_id": guardian.pk,
        **own_things(client_record),
        **staff_things(),
        **doctor_things(client_record),
        **letter_things(client_record),
        **diary_things(visit.appointment),
    }


def readable_note(client: Client) -> TreatmentNote:
    """Of an earlier visit, signed, in a clinic that shows its clients what was signed."""
    Location.objects.update(notes_in_portal=True)
    visit = plain_visit(client, hours_ago=24 * 9)
    return signed(hands_of(visit.appointment), visit)


def loaded_exercise(client: Client) -> Exercise:
    """Given to the client at a visit that was signed."""
    heat = library()["heat"]
    given(client, heat, hours=24 * 8)
    return heat


def own_things(client: Client) -> dict[str, Any]:
    """What a client asked about the own record, and a consent that may be withdrawn."""
    assert client.user is not None
    export = privacy.ask_export(actor=client.user, client=client)
    privacy.create_archive(str(export.pk))
    asked = corrections.ask_correction(actor=client.user, client=client, about="contact", text="x")
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


def letter_things(client: Client) -> dict[str, Any]:
    letter, sending = plain_letter(client, make_user("signer@clinic.test", HANDS))
    return {"letter_id": letter.pk, "sending_id": sending.pk}


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
        "payer_id": apps.get_model("clinic.Payer").objects.create(name="Community Care").pk,
        "technique_id": apps.get_model("clinic.Technique").objects.create(name="Cupping").pk,
        "coupon_id": apps.get_model("billing.Coupon")
        .objects.create(code="NEW10", off_cents=1000)
        .pk,
        "product_id": apps.get_model("billing.Product")
        .objects.create(name="Oil", price_cents=900)
        .pk,
        "procedure_id": apps.get_model("billing.Procedure").objects.create(code="97112").pk,
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
    """The status of the answer; what it changed is taken back, a new session too."""
    session = {name: cookie.value for name, cookie in browser.cookies.items()}
    with transaction.atomic():
        answer: HttpResponse = getattr(browser, method)(url)
        transaction.set_rollback(True)
    for name, value in session.items():
        browser.cookies[name] = value
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
