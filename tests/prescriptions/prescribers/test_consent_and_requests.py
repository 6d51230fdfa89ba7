"""Consent to share with one prescriber, and the requests that hang on it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.errors import InvalidTransition
from clinic.messaging import links
from clinic.models import AuditEvent, Client, Guardian, Message
from clinic.people.signing_name import NotYourName
from clinic.selectors import clinic_today
from prescriptions.models import DoctorRequest, Prescriber, ReviewPolicy, ShareConsent
from prescriptions.prescribers import consent, directory, errors, selectors, services
from tests import factories as clinic_factories
from tests.prescriptions.factories import approved_prescription
from tests.prescriptions.prescribers.factories import (
    EMAIL,
    link_of,
    make_consent,
    make_prescriber,
    make_request,
    owner,
    signature,
)

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Location, User


def ask(client: Client, prescriber: Prescriber) -> DoctorRequest:
    return services.ask(actor=owner(client), client=client, prescriber=prescriber)


def actions(obj: DoctorRequest | ShareConsent) -> list[str]:
    found = AuditEvent.objects.filter(object_id=str(obj.pk)).order_by("id")
    return list(found.values_list("action", flat=True))


def test_a_consent_keeps_its_words_and_who_signed(
    client_record: Client, prescriber: Prescriber
) -> None:
    given = make_consent(client_record, prescriber)
    assert given.text == services.consent_text(client_record, prescriber)
    assert given.text_sha256 == consent.digest(given.text)
    assert "Kofi Osei, MD" in given.text
    assert (given.version, given.signed_name, given.relationship) == (
        consent.VERSION,
        "Ana Lima",
        "",
    )
    assert not given.on_paper
    assert actions(given) == ["share_consent.given"]
    # Signing once more while it holds keeps the first one.
    assert make_consent(client_record, prescriber) == given


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"agreed": False}, errors.ConsentNeeded),
        ({"name": " . "}, errors.SignatureNeeded),
        ({"text_sha256": "0" * 64}, errors.ConsentChanged),
    ],
)
def test_what_is_not_ticked_signed_or_read_is_no_consent(
    client_record: Client,
    prescriber: Prescriber,
    fields: dict[str, object],
    refusal: type[Exception],
) -> None:
    said = signature(client_record, prescriber, **fields)
    with pytest.raises(refusal):
        services.ask(
            actor=owner(client_record), client=client_record, prescriber=prescriber, signature=said
        )
    assert not ShareConsent.objects.exists()
    assert not DoctorRequest.objects.exists()


def test_a_guardian_signs_for_a_minor_and_the_minor_cannot(
    prescriber: Prescriber, client_user: User
) -> None:
    born = clinic_today() - timedelta(days=15 * 365)
    teen = clinic_factories.make_client("Leo", "Lima", born)
    Guardian.objects.create(user=client_user, client=teen, relationship="parent")
    own = signature(teen, prescriber)
    as_child = signature(teen, prescriber, relationship="parent")
    with pytest.raises(NotYourName):
        services.give_consent(
            actor=client_user, client=teen, prescriber=prescriber, signature=as_child
        )
    parent = signature(teen, prescriber, relationship="parent", name="Ana Lima")
    for actor, said in ((owner(teen), parent), (client_user, own)):
        with pytest.raises(errors.GuardianNeeded):
            services.give_consent(actor=actor, client=teen, prescriber=prescriber, signature=said)
    given = services.give_consent(
        actor=client_user, client=teen, prescriber=prescriber, signature=parent
    )
    assert given.relationship == "parent"


def test_a_consent_ends_after_a_year_and_at_majority(
    client_record: Client, prescriber: Prescriber, client_user: User, location: Location
) -> None:
    given = make_consent(client_record, prescriber)
    last = consent.ends_on(given, location.zone)
    zone = location.zone
    assert consent.in_force(given, today=last, zone=zone)
    assert not consent.in_force(given, today=last + timedelta(days=1), zone=zone)
    signed_on = given.signed_at.astimezone(zone).date()
    given.client.birth_date = date(signed_on.year - 18, signed_on.month, 1) + timedelta(days=62)
    assert consent.in_force(given, today=signed_on, zone=zone)
    assert not consent.in_force(given, today=signed_on + timedelta(days=100), zone=zone)


def test_a_lapsed_consent_makes_room_for_a_new_one(
    client_record: Client, prescriber: Prescriber
) -> None:
    first = make_consent(client_record, prescriber)
    with time_machine.travel(timezone.now() + timedelta(days=400), tick=False):
        second = make_consent(client_record, prescriber)
    first.refresh_from_db()
    assert first.withdrawn_at is not None
    assert second != first


def test_the_desk_records_a_consent_on_paper(
    client_record: Client, prescriber: Prescriber, desk_user: User
) -> None:
    given = services.give_consent(
        actor=desk_user,
        client=client_record,
        prescriber=prescriber,
        signature=signature(client_record, prescriber),
        on_paper=True,
    )
    assert (given.on_paper, given.signed_by, given.signed_ip) == (True, desk_user, None)
    made = services.ask(actor=desk_user, client=client_record, prescriber=prescriber)
    assert made.consent == given


def test_without_a_consent_nobody_is_asked(
    client_record: Client, prescriber: Prescriber, desk_user: User
) -> None:
    with pytest.raises(errors.NoConsentOnFile):
        services.ask(actor=desk_user, client=client_record, prescriber=prescriber)
    assert not Message.objects.exists()


def test_a_request_sends_a_link_whose_secret_is_nowhere_kept(asked: DoctorRequest) -> None:
    message = Message.objects.get(kind="prescriber_request")
    token = link_of(asked).removeprefix("/rx/").strip("/")
    assert len(token) >= 43  # 256 bits
    assert asked.token_sha256 == links.hashed(token)
    assert token not in str(DoctorRequest.objects.values())
    assert (message.recipient, message.is_secret) == (EMAIL, True)
    assert timedelta(days=13) < asked.expires_at - timezone.now() <= timedelta(days=14)
    assert message.expires_at == asked.expires_at
    assert actions(asked) == ["doctor_request.made", "doctor_request.link_sent"]


def test_the_email_says_nothing_of_the_patient_nor_what_anybody_typed(
    client_record: Client, location: Location
) -> None:
    doctor = make_prescriber("Win Cash <http://evil.test>", practice="BUY NOW")
    make_request(client_record, doctor, note="neck pain http://evil.test")
    message = Message.objects.get(kind="prescriber_request")
    said = message.subject + message.body
    for secret in ("Ana", "Lima", "1981", "neck", "evil", "Cash", "BUY", "prescription"):
        assert secret not in said
    assert "Stillwater" in said
    assert "14 days" in said


def test_the_days_of_a_link_are_the_clinics_choice(
    client_record: Client, prescriber: Prescriber, location: Location
) -> None:
    ReviewPolicy.objects.create(location=location, request_days=3)
    asked = make_request(client_record, prescriber)
    assert asked.expires_at - timezone.now() <= timedelta(days=3)


def test_no_address_makes_a_form_for_paper_only(client_record: Client, location: Location) -> None:
    asked = make_request(client_record, make_prescriber(email=""))
    assert asked.sent_to == ""
    assert not Message.objects.exists()


def test_one_prescriber_is_asked_once_at_a_time(asked: DoctorRequest) -> None:
    with pytest.raises(errors.AlreadyAsked) as caught:
        ask(asked.client, asked.prescriber)
    assert caught.value.request == asked
    assert Message.objects.count() == 1


def test_the_database_keeps_one_open_request_of_each(asked: DoctorRequest) -> None:
    copy = DoctorRequest(
        client=asked.client,
        prescriber=asked.prescriber,
        consent=asked.consent,
        token_sha256="x",
        expires_at=asked.expires_at,
    )
    with pytest.raises(IntegrityError), transaction.atomic():
        copy.save()


def test_one_that_got_no_answer_makes_room(asked: DoctorRequest) -> None:
    with time_machine.travel(asked.expires_at + timedelta(minutes=1), tick=False):
        again = ask(asked.client, asked.prescriber)
    asked.refresh_from_db()
    assert (asked.status, again.status) == ("withdrawn", "open")


def test_five_open_requests_are_enough(client_record: Client, location: Location) -> None:
    for number in range(services.MOST_OPEN):
        make_request(client_record, make_prescriber(f"Doctor {number}", npi=""))
    with pytest.raises(errors.TooManyOpen):
        make_request(client_record, make_prescriber("One more", npi=""))


def test_nobody_is_sent_their_own_link(client_record: Client, location: Location) -> None:
    user = owner(client_record)
    mine = directory.add(
        actor=user, named_by=client_record, name="Dr. Me", email=user.email.upper()
    )
    with pytest.raises(errors.OwnAddress):
        make_request(client_record, mine)


def test_an_address_that_another_client_typed_gets_no_link_until_it_is_checked(
    client_record: Client, other_client: Client, location: Location, desk_user: User
) -> None:
    typed = directory.add(
        actor=desk_user, named_by=other_client, name="Dr. Osei", email="osei@practice.test"
    )
    made = make_request(client_record, typed)
    assert made.sent_to == ""
    assert not Message.objects.filter(recipient=typed.email).exists()
    with pytest.raises(errors.NotChecked):
        services.send_link(actor=desk_user, request=made)
    checked = {name: getattr(typed, name) for name in directory.FIELDS}
    directory.change(actor=desk_user, prescriber=typed, **checked)
    assert services.send_link(actor=desk_user, request=made).sent_to == typed.email
    assert make_request(other_client, typed).sent_to == typed.email


def test_an_order_of_another_client_is_not_renewed(
    client_record: Client, other_client: Client, prescriber: Prescriber
) -> None:
    theirs = approved_prescription(other_client)
    assert make_request(client_record, prescriber, renews=theirs).renews is None


def test_withdrawing_the_consent_ends_its_requests_and_unsent_mail(asked: DoctorRequest) -> None:
    ended = services.withdraw_consent(actor=owner(asked.client), consent=asked.consent)
    asked.refresh_from_db()
    assert (ended, asked.status) == (1, "withdrawn")
    assert asked.closed_at is not None
    assert Message.objects.get().status == Message.Status.CANCELLED
    assert actions(asked.consent) == ["share_consent.given", "share_consent.withdrawn"]
    assert actions(asked)[-1] == "doctor_request.withdrawn"
    step = AuditEvent.objects.get(action="doctor_request.withdrawn").detail["changes"]["status"]
    assert step == {"before": "open", "after": "withdrawn"}
    ended_at = AuditEvent.objects.get(action="share_consent.withdrawn").detail["changes"]
    assert ended_at["withdrawn_at"]["before"] is None
    assert selectors.consent_in_force(asked.client, asked.prescriber) is None
    with pytest.raises(InvalidTransition):
        services.withdraw_consent(actor=owner(asked.client), consent=asked.consent)


def test_a_request_is_withdrawn_once(asked: DoctorRequest) -> None:
    services.withdraw_request(actor=owner(asked.client), request=asked)
    with pytest.raises(InvalidTransition):
        services.withdraw_request(actor=owner(asked.client), request=asked)
    assert actions(asked).count("doctor_request.withdrawn") == 1


def test_a_new_link_kills_the_one_before(asked: DoctorRequest, desk_user: User) -> None:
    first = asked.token_sha256
    Prescriber.objects.filter(pk=asked.prescriber_id).update(email="new@riverside.test")
    sent = services.send_link(actor=desk_user, request=asked)
    assert sent.token_sha256 != first
    assert sent.sent_to == "new@riverside.test"
    states = Message.objects.order_by("created_at").values_list("recipient", "status")
    assert list(states) == [(EMAIL, "cancelled"), ("new@riverside.test", "queued")]


def test_a_new_link_needs_an_open_request_an_address_and_a_consent(
    asked: DoctorRequest, desk_user: User
) -> None:
    Prescriber.objects.filter(pk=asked.prescriber_id).update(email="")
    with pytest.raises(errors.NoAddress):
        services.send_link(actor=desk_user, request=asked)
    Prescriber.objects.filter(pk=asked.prescriber_id).update(email=EMAIL)
    ShareConsent.objects.update(withdrawn_at=timezone.now())
    with pytest.raises(errors.NoConsentOnFile):
        services.send_link(actor=desk_user, request=asked)
    services.withdraw_request(actor=desk_user, request=asked)
    with pytest.raises(InvalidTransition):
        services.send_link(actor=desk_user, request=asked)


def test_somebody_new_joins_the_directory_unchecked(
    client_record: Client, location: Location
) -> None:
    fields = {"name": "Lena Marsh", "credential": "NP", "npi": "", "email": "lena@hudson.test"}
    shown = Prescriber(name="Lena Marsh", credential="NP")
    made = services.ask_new(
        actor=owner(client_record),
        client=client_record,
        fields=fields,
        signature=signature(client_record, shown),
    )
    assert not made.prescriber.is_checked
    assert made.sent_to == "lena@hudson.test"


def test_a_known_number_is_the_directorys_entry_and_its_address(
    client_record: Client, prescriber: Prescriber
) -> None:
    fields = {"name": "Kofi Osei", "credential": "MD", "npi": prescriber.npi, "email": "me@x.test"}
    made = services.ask_new(
        actor=owner(client_record),
        client=client_record,
        fields=fields,
        signature=signature(client_record, prescriber),
    )
    assert (made.prescriber, made.sent_to) == (prescriber, EMAIL)


def earlier(given: ShareConsent) -> ShareConsent:
    """As it was signed before its text spoke of letters."""
    ShareConsent.objects.filter(pk=given.pk).update(version="2026-11-29")
    given.refresh_from_db()
    return given


def test_a_consent_to_the_earlier_text_is_for_orders_only(asked: DoctorRequest) -> None:
    client, prescriber = asked.client, asked.prescriber
    assert selectors.letter_consent(client, prescriber) == asked.consent
    old = earlier(asked.consent)
    assert selectors.consent_in_force(client, prescriber) == old
    assert selectors.letter_consent(client, prescriber) is None
    new = make_consent(client, prescriber)
    assert selectors.letter_consent(client, prescriber) == new != old
    asked.refresh_from_db()
    assert (asked.status, asked.consent) == ("open", new)


def test_who_asks_again_is_shown_the_new_text_and_signs_it(
    as_client: Browser, client_record: Client, prescriber: Prescriber
) -> None:
    old = earlier(make_consent(client_record, prescriber))
    as_client.post(reverse("prescriptions:ask"), {"who": str(prescriber.pk)})
    page = as_client.get(reverse("prescriptions:ask-sign"))
    assert "may also write letters" in page.text
    said = {
        "agreed": "on",
        "name": client_record.name,
        "text_sha256": page.context["form"].initial["text_sha256"],
    }
    as_client.post(reverse("prescriptions:ask-sign"), said)
    assert DoctorRequest.objects.get().consent == selectors.letter_consent(
        client_record, prescriber
    )
    old.refresh_from_db()
    assert old.withdrawn_at is not None


def test_the_desk_is_told_that_a_consent_is_for_orders_only(
    as_desk: Browser, client_record: Client, prescriber: Prescriber
) -> None:
    url = reverse("prescriptions:desk-ask", args=[client_record.pk, prescriber.pk])
    earlier(make_consent(client_record, prescriber))
    shown = as_desk.get(url).text
    assert "for orders only" in shown
    assert "Record the consent" in shown
    make_consent(client_record, prescriber)
    assert "for orders only" not in as_desk.get(url).text


def test_who_reads_a_letter_is_led_to_one_form_without_a_mail(asked: DoctorRequest) -> None:
    order = approved_prescription(asked.client)
    mails = Message.objects.count()
    same, token = services.open_form(consent=asked.consent, renews=order)
    assert (same, same.renews, same.token_sha256) == (asked, order, links.hashed(token))
    services.withdraw_request(actor=owner(asked.client), request=asked)
    made, _token = services.open_form(consent=asked.consent, renews=order)
    assert (made.renews, made.sent_to, made.asked_by) == (order, "", None)
    assert Message.objects.count() == mails
