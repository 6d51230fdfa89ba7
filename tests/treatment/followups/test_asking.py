"""Who is written to after a visit, and what a message says: nothing of health."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import time_machine
from django.utils import timezone

from booking.models import Appointment
from clinic.messaging import outbox
from clinic.models import Client, Message, Service, ServiceOption
from tests.billing.factories import plain_visit
from tests.factories import make_user
from tests.treatment.factories import hands_of
from treatment import takebacks
from treatment.followups import asking, services
from treatment.models import FollowUp

if TYPE_CHECKING:
    from pytest_django import DjangoAssertNumQueries

    from clinic.models import User
    from treatment.models import Visit

pytestmark = pytest.mark.django_db
PORTAL, DESK = services.How.PORTAL, services.How.DESK


def agree(client: Client, *, is_asked: bool = True) -> bool:
    assert client.user is not None
    return services.choose(actor=client.user, client=client, is_asked=is_asked, how=PORTAL)


@pytest.fixture
def visit(client_record: Client) -> Visit:
    """It ended about two o'clock; it is three in the afternoon. Its client wants to be asked."""
    agree(client_record)
    return plain_visit(client_record)


def mails() -> list[Message]:
    return list(Message.objects.filter(kind=services.KIND).order_by("created_at"))


def after(hours: float) -> int:
    with time_machine.travel(timezone.now() + timedelta(hours=hours), tick=False):
        return asking.ask()


def key_of(message: Message) -> str:
    found = re.search(r"/after/([^/\s]+)/", message.body)
    assert found
    return found.group(1)


def test_a_day_after_and_three_once_each(visit: Visit) -> None:
    assert [after(hours) for hours in (20, 24, 24.5, 41, 65, 72, 72.5, 93)] == [
        *(0, 1, 0, 0),
        *(0, 1, 0, 0),
    ]
    assert [one.hours for one in FollowUp.objects.order_by("hours")] == [24, 72]
    assert len({one.key for one in mails()}) == 2


def test_nothing_of_health_is_in_it(visit: Visit, client_record: Client) -> None:
    after(24)
    (mail,) = mails()
    words = f"{mail.subject} {mail.body}".lower()
    assert client_record.first_name.lower() in words
    assert client_record.last_name.lower() not in words
    said = ("pain", "help", "massage therapy", "treat", "relief", "body", "therapist", "session")
    clinic = visit.appointment.location.name.lower()
    assert not [word for word in said if word in words.replace(clinic, "")]
    assert visit.appointment.location.phone.as_national in mail.body


def test_the_key_is_long_and_only_its_hash_is_kept(visit: Visit) -> None:
    after(24)
    (mail,), row = mails(), FollowUp.objects.get()
    key = key_of(mail)
    assert len(key) >= 43  # 256 bits in base64
    assert row.token_sha256 is not None
    assert key not in {str(value) for value in FollowUp.objects.values_list().get()}
    outbox.sent(mail)
    mail.refresh_from_db()
    assert key not in mail.body


def test_who_did_not_agree_is_not_asked(client_record: Client, visit: Visit) -> None:
    agree(client_record, is_asked=False)
    assert after(24) == 0
    agree(client_record)
    assert after(24) == 1


def test_it_begins_with_no(client_record: Client) -> None:
    plain_visit(client_record)
    assert after(24) == 0


def test_who_is_called_gets_neither_mail_nor_call(client_record: Client, visit: Visit) -> None:
    Client.objects.update(contact_by=Client.ContactBy.CALL)
    assert after(24) == 0
    assert mails() == []
    assert not FollowUp.objects.exists()


def test_a_consultation_is_not_asked_about(client_record: Client) -> None:
    agree(client_record)
    visit = plain_visit(client_record)
    free = ServiceOption.objects.filter(service__kind=Service.Kind.CONSULTATION).first()
    assert free is not None
    Appointment.objects.filter(pk=visit.appointment.pk).update(option=free)
    assert after(24) == 0


def test_what_is_over_is_not_asked_about(client_record: Client) -> None:
    """Another visit has taken place since."""
    agree(client_record)
    plain_visit(client_record, hours_ago=26)
    plain_visit(client_record, hours_ago=3)
    assert after(0) == 0
    assert after(24) == 1  # of the second


def test_what_was_taken_back_is_not_asked_about(visit: Visit, manager_user: User) -> None:
    after(24)
    (mail,) = mails()
    hands_of(visit.appointment)
    takebacks.take_back(actor=manager_user, visit=visit, reason="Another client")
    mail.refresh_from_db()
    assert mail.status == Message.Status.CANCELLED
    assert after(72) == 0


def test_stopping_withdraws_what_waits(client_record: Client, visit: Visit) -> None:
    after(24)
    agree(client_record, is_asked=False)
    (mail,) = mails()
    assert mail.status == Message.Status.CANCELLED


def test_the_choice_is_kept_with_who_and_when(client_record: Client) -> None:
    desk = make_user("second@clinic.test")
    assert agree(client_record)
    assert not agree(client_record)  # nothing new
    services.choose(actor=desk, client=client_record, is_asked=False, how=DESK)
    newest, first = client_record.follow_up_choices.all()
    assert (first.is_asked, first.how, first.by) == (True, PORTAL, client_record.user)
    assert (newest.is_asked, newest.how, newest.by) == (False, DESK, desk)


def test_more_visits_take_no_more_queries_to_find(
    visit: Visit, other_client: Client, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    agree(other_client)
    plain_visit(other_client, hours_ago=4)
    assert after(25) == 2
    with django_assert_max_num_queries(4):
        assert after(25.5) == 0
