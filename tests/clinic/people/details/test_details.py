"""My details: what clients change themselves, what they ask for, and that both are noticed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import pytest
from django.core import mail
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from clinic.models import AuditEvent, Client, CorrectionRequest, Guardian, Message, Payer, Therapist
from clinic.people.details import services as details
from tests.editing import CHANGED, open_and_save, version_on
from tests.factories import make_client, make_therapist, make_user

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.test import Client as Browser

    from clinic.models import Location, User

pytestmark = pytest.mark.django_db
PAGE, NAME = "/portal/details/", "/portal/details/name/"


def typed(**fields: Any) -> dict[str, Any]:
    return {
        "pronouns": "",
        "phone": "(212) 555-0142",
        "contact_by": "email",
        "address": "",
        "preferred_therapist": "",
        **fields,
    }


# ---- The client's own ----


def test_a_client_changes_what_is_theirs_and_both_sides_are_on_record(
    as_client: Browser,
    client_record: Client,
    therapist: Therapist,
    location: Location,
    django_capture_on_commit_callbacks: Callable[..., Any],
) -> None:
    new = {
        "pronouns": "she/her",
        "phone": "(845) 555-0177 ext. 89",
        "address": "12 Mill Street\nRhinebeck, NY 12572",
        "preferred_therapist": str(therapist.pk),
    }
    with django_capture_on_commit_callbacks(execute=True):
        assert open_and_save(as_client, PAGE, typed(**new))["Location"] == PAGE
    client_record.refresh_from_db()
    assert client_record.phone.as_e164 == "+18455550177"
    assert client_record.phone_extension == "89"
    assert client_record.preferred_therapist == therapist
    [event] = AuditEvent.objects.filter(action="client.details_changed", client=client_record)
    assert event.detail["changes"]["phone"] == {
        "before": "(212) 555-0142",
        "after": "(845) 555-0177",
    }
    assert event.detail["changes"]["pronouns"] == {"before": "", "after": "she/her"}
    assert event.detail["changes"]["preferred_therapist"]["after"] == str(therapist.pk)
    [sent] = mail.outbox
    assert sent.to == ["ana@example.test"]
    assert "telephone number" in sent.body
    assert "address" in sent.body
    for value in ("0177", "89", "Mill Street", "she/her", "pronouns"):
        assert value not in str(sent.body)
    page = as_client.get(PAGE).text
    assert 'value="(845) 555-0177 ext. 89"' in page
    assert "Saved: address, telephone number, preferred therapist, pronouns." in page


def test_one_detail_is_named_in_the_subject(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    open_and_save(as_client, PAGE, typed(phone="(845) 555-0177"))
    message = Message.objects.get()
    assert message.subject == "Your telephone number at Stillwater Medical Massage was changed"


def test_who_is_called_is_warned_by_mail_all_the_same(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    """The number may be a stranger's by now: a call to it would warn the wrong person."""
    open_and_save(as_client, PAGE, typed(phone="(845) 555-0177", contact_by="call"))
    [message] = Message.objects.all()
    assert (message.channel, message.recipient) == ("email", "ana@example.test")


def test_nothing_different_is_no_change_and_no_mail(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    page = as_client.post(PAGE, typed(version=version_on(as_client.get(PAGE).text)), follow=True)
    assert "nothing was changed" in page.text
    assert not AuditEvent.objects.filter(action="client.details_changed").exists()
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"phone": "555-01"}, "Enter one phone number"),
        ({"phone": "", "contact_by": "call"}, "Add the telephone number to call"),
        ({"contact_by": "pigeon"}, "Select a valid choice"),
        ({"pronouns": "x" * 41}, "at most 40 characters"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_stays(
    as_client: Browser, client_record: Client, location: Location, wrong: dict[str, str], said: str
) -> None:
    page = open_and_save(as_client, PAGE, typed(address="9 Elm Road") | wrong)
    assert page.status_code == 422
    assert said in page.text
    assert "9 Elm Road" in page.text
    client_record.refresh_from_db()
    assert client_record.address == ""


def test_a_telephone_stays_if_there_is_no_date_of_birth(client_record: Client) -> None:
    Client.objects.update(birth_date=None)
    assert client_record.user is not None
    with pytest.raises(details.NothingToKnowThemBy):
        details.change_details(actor=client_record.user, client=client_record, phone="")


def test_an_extension_goes_with_its_number(client_record: Client, client_user: User) -> None:
    Client.objects.update(phone_extension="12")
    details.change_details(actor=client_user, client=client_record, phone="")
    client_record.refresh_from_db()
    assert (str(client_record.phone), client_record.phone_extension) == ("", "")


def test_of_two_windows_the_second_is_told(
    as_client: Browser, as_desk: Browser, client_record: Client, desk_user: User, location: Location
) -> None:
    version = version_on(as_client.get(PAGE).text)
    details.change_details(actor=desk_user, client=client_record, address="1 Main Street")
    page = as_client.post(PAGE, typed(address="9 Elm Road", version=version))
    assert page.status_code == 422
    assert CHANGED in page.text
    assert "9 Elm Road" in page.text
    client_record.refresh_from_db()
    assert client_record.address == "1 Main Street"


def test_a_guardian_changes_a_childs_but_only_once_confirmed(
    as_client: Browser, client_record: Client, client_user: User, location: Location
) -> None:
    leo = Client.objects.create(
        first_name="Leo", last_name="Lima", birth_date="2015-06-01", phone="+12125550142"
    )
    acts = Guardian.objects.create(
        user=client_user, client=leo, relationship="parent", confirmed_at=None
    )
    send = typed(phone="(845) 555-0177", acting_for=str(leo.pk))
    with pytest.raises(PermissionDenied):
        details.change_details(actor=client_user, client=leo, pronouns="he/him")
    acts.confirmed_at = acts.created_at
    acts.save()
    as_client.post(reverse("act-for"), {"client": leo.pk})
    page = as_client.get(PAGE).text
    assert "Leo Lima" in page
    assert "Only Leo can change this address" in page
    assert as_client.post(PAGE, send | {"version": version_on(page)})["Location"] == PAGE
    leo.refresh_from_db()
    client_record.refresh_from_db()
    assert leo.phone.as_e164 == "+18455550177"
    assert client_record.phone.as_e164 == "+12125550142"


def test_it_exists_for_nobody_else(
    as_other: Browser, as_desk: Browser, client_record: Client, location: Location
) -> None:
    other = Client.objects.exclude(pk=client_record.pk).get()
    second = make_client("Ida", "Haddad", user=other.user)
    assert second.user is not None
    for path in (PAGE, NAME):
        assert as_desk.get(path).status_code == 404  # acts for nobody
        answer = as_other.post(path, typed(acting_for=str(client_record.pk)))
        assert answer.status_code == 404
    client_record.refresh_from_db()
    assert client_record.phone.as_e164 == "+12125550142"


def test_payer_and_login_are_shown_and_not_changed_here(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    Client.objects.update(payer=Payer.objects.create(name="State Fund", kind="workers_comp"))
    page = as_client.get(PAGE).text
    assert "State Fund" in page
    assert "To change it, call us at (845) 555-0100" in page
    assert reverse("address") in page
    open_and_save(as_client, PAGE, typed(payer="", email="x@example.test", first_name="Eve"))
    client_record.refresh_from_db()
    assert client_record.payer is not None
    assert (client_record.first_name, client_record.email) == ("Ana", "ana@example.test")


def test_a_therapist_who_left_stays_chosen_and_nobody_else_may_choose_them(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    gone = make_therapist("Gil Gone", is_active=False)
    refused = open_and_save(as_client, PAGE, typed(preferred_therapist=str(gone.pk)))
    assert refused.status_code == 422
    Client.objects.update(preferred_therapist=gone)
    kept = open_and_save(as_client, PAGE, typed(preferred_therapist=str(gone.pk)))
    assert kept.status_code == 302


# ---- Asked for ----


def named(**fields: str) -> dict[str, str]:
    return {
        "first_name": "Ana",
        "last_name": "Lima",
        "legal_name": "",
        "birth_date": "04/12/1981",
        "text": "",
        **fields,
    }


def test_a_name_is_asked_for_and_stays_until_the_desk_corrects_it(
    as_client: Browser, client_record: Client, location: Location
) -> None:
    assert as_client.post(NAME, named(last_name=" Lyma "))["Location"] == PAGE
    assert as_client.post(NAME, named(last_name="Lyma"))["Location"] == PAGE  # twice is once
    made = CorrectionRequest.objects.get()
    assert (made.about, made.asked_for) == ("contact", {"last_name": "Lyma"})
    client_record.refresh_from_db()
    assert client_record.last_name == "Lima"
    assert "You asked us to correct this on" in as_client.get(PAGE).text


@pytest.mark.parametrize("fields", [{}, {"first_name": ""}, {"birth_date": "04/12/2999"}])
def test_a_wish_that_cannot_be_keeps_what_was_typed(
    as_client: Browser, client_record: Client, location: Location, fields: dict[str, str]
) -> None:
    page = as_client.post(NAME, named(text="It is on my passport") | fields)
    assert page.status_code == 422
    assert "It is on my passport" in page.text
    assert not CorrectionRequest.objects.exists()


# ---- Staff ----


def test_what_is_encrypted_is_on_record_without_its_words(
    client_record: Client, desk_user: User, location: Location
) -> None:
    changed = details.change_details(
        actor=desk_user, client=client_record, note="Knocks twice", birth_date=date(1981, 4, 13)
    )
    assert changed == ["birth_date", "note"]
    [event] = AuditEvent.objects.filter(action="client.details_changed")
    assert "Knocks" not in str(event.detail)
    assert event.detail["also"] == ["note"]
    assert event.detail["changes"] == {
        "birth_date": {"before": "1981-04-12", "after": "1981-04-13"}
    }
    [message] = Message.objects.all()
    assert message.subject.startswith("Your date of birth at")


@pytest.mark.parametrize("who", ["desk_user", "manager_user", "client_user"])
def test_an_address_that_proved_nothing_is_refused_whoever_asks(
    client_record: Client, location: Location, request: pytest.FixtureRequest, who: str
) -> None:
    """Whichever form leads here: an e-mail changes by its own way alone."""
    actor, before = request.getfixturevalue(who), client_record.email
    with pytest.raises(PermissionDenied):
        details.change_details(
            actor=actor, client=client_record, email="new@example.test", pronouns="x"
        )
    client_record.refresh_from_db()
    assert (client_record.email, client_record.pronouns) == (before, "")
    assert not AuditEvent.objects.filter(action="client.details_changed").exists()
    assert not Message.objects.exists()


def test_a_stranger_changes_nothing(client_record: Client) -> None:
    stranger = make_user("stranger@example.test")
    with pytest.raises(PermissionDenied):
        details.change_details(actor=stranger, client=client_record, pronouns="x")
