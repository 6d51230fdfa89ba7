"""The page behind the link, the account, the desk, and the therapist's day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, Message
from clinic.privacy import export
from tests.billing.factories import plain_visit
from tests.treatment.factories import hands_of
from tests.treatment.followups.test_asking import agree, key_of
from tests.treatment.outcomes.test_progress import noted
from treatment.followups import asking, by_link, rules, selectors
from treatment.models import FollowUp, Visit
from treatment.notes.relief import Relief
from treatment.outcomes import selectors as outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.test import Client as Browser

    from clinic.models import Client, Therapist, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def visit(client_record: Client, therapist: Therapist) -> Visit:
    agree(client_record)
    made = plain_visit(client_record)
    hands_of(made.appointment)
    return made


@pytest.fixture
def link(visit: Visit) -> Iterator[str]:
    """Of the message a day after; and that day stays."""
    with time_machine.travel(timezone.now() + timedelta(hours=24)):
        asking.ask()
        yield reverse("treatment:after", args=[key_of(Message.objects.get(kind="follow_up"))])


def row() -> FollowUp:
    return FollowUp.objects.get()


def test_two_taps(anonymous: Browser, link: str) -> None:
    page = anonymous.get(link).text
    assert "How long did it help?" in page
    assert "Pain now" not in page
    first = anonymous.post(link, {"relief": "still"})
    assert (first.status_code, first["Location"]) == (302, link)
    page = anonymous.get(link).text
    assert "Pain now, 0 to 10" in page
    assert "It still helps" in page
    anonymous.post(link, {"pain": "3"})
    assert "Thank you" in anonymous.get(link).text
    assert (row().relief, row().pain) == ("still", "3")


def test_looking_changes_nothing(anonymous: Browser, link: str) -> None:
    before = FollowUp.objects.values_list().get()
    events = AuditEvent.objects.count()
    for query in ("", "?relief=still", "?pain=9&stop=1"):
        assert anonymous.get(link + query).status_code == 200
        assert anonymous.head(link + query).status_code == 200
    assert FollowUp.objects.values_list().get() == before
    assert AuditEvent.objects.count() == events


def test_it_says_no_more_than_it_must(anonymous: Browser, link: str, visit: Visit) -> None:
    answer = anonymous.get(link)
    client = visit.appointment.client
    assert client is not None
    assert client.first_name in answer.text
    assert client.last_name not in answer.text
    assert visit.therapist.name not in answer.text
    assert visit.appointment.option.service.name not in answer.text
    assert visit.appointment.location.name in answer.text
    assert "no-store" in answer["Cache-Control"]
    assert "noindex" in answer["X-Robots-Tag"]
    assert answer["Referrer-Policy"] == "same-origin"
    assert "http://" not in answer.text.replace("http://testserver", "").replace("/svg", "")


def test_at_a_day_only_what_is_possible(anonymous: Browser, link: str) -> None:
    page = anonymous.get(link).text
    assert 'value="under-1"' in page
    assert 'value="1-3"' not in page
    refused = anonymous.post(link, {"relief": "over-7"})
    assert refused.status_code == 422
    assert "Please choose one of the answers" in refused.text
    assert row().relief == ""


@pytest.mark.parametrize("pain", ["11", "-1", "x", "", "3.5"])
def test_a_score_that_is_none_is_refused(anonymous: Browser, link: str, pain: str) -> None:
    assert anonymous.post(link, {"pain": pain}).status_code == 422
    assert row().pain == ""


def test_an_answer_can_be_put_right_while_the_link_lives(anonymous: Browser, link: str) -> None:
    anonymous.post(link, {"relief": "none"})
    anonymous.post(link, {"pain": "8"})
    with time_machine.travel(timezone.now() + timedelta(days=13)):
        anonymous.post(link, {"relief": "over-7"})
        anonymous.post(link, {"pain": "2"})
    assert (row().relief, row().pain) == ("over-7", "2")


def test_an_old_link_says_so(anonymous: Browser, link: str, visit: Visit) -> None:
    with time_machine.travel(timezone.now() + rules.LIFE):
        for answer in (anonymous.get(link), anonymous.post(link, {"relief": "still"})):
            assert answer.status_code == 410
            assert visit.appointment.location.phone.as_national in answer.text
    assert row().relief == ""


def test_a_wrong_key_is_nothing(anonymous: Browser, link: str) -> None:
    for key in ("x", link.split("/")[2][:-1], "%00"):
        there = f"/after/{key}/"
        assert anonymous.get(there).status_code == 404
        assert anonymous.post(there, {"relief": "still"}).status_code == 404


def test_the_link_opens_nothing_else(anonymous: Browser, link: str) -> None:
    anonymous.post(link, {"relief": "still"})
    assert anonymous.get(reverse("treatment:portal-progress")).status_code == 302


def test_too_many_tries(anonymous: Browser, link: str) -> None:
    with patch.object(by_link, "TRIES", 0):
        assert anonymous.get(link).status_code == 429


def test_they_can_stop_it_there(anonymous: Browser, link: str, client_record: Client) -> None:
    anonymous.post(link, {"stop": "1"})
    assert not selectors.is_asked(client_record)
    newest = client_record.follow_up_choices.all()[0]
    assert (newest.how, newest.by) == ("link", None)
    assert "We will not ask" in anonymous.get(link).text


def test_the_choice_in_the_account(as_client: Browser, client_record: Client) -> None:
    here = reverse("treatment:portal-follow-ups")
    page = as_client.get(here).text
    assert "checked" not in page
    as_client.post(here, {"is_asked": "on"})
    assert selectors.is_asked(client_record)
    assert here in as_client.get(reverse("treatment:portal-progress")).text
    as_client.post(here, {})
    assert not selectors.is_asked(client_record)


def test_the_choice_at_the_desk(
    as_desk: Browser, desk_user: User, client_record: Client, visit: Visit
) -> None:
    here = reverse("treatment:follow-ups", args=[client_record.pk])
    assert here in as_desk.get(reverse("client-detail", args=[client_record.pk])).text
    as_desk.post(here, {})
    newest = client_record.follow_up_choices.all()[0]
    assert (newest.is_asked, newest.how, newest.by) == (False, "desk", desk_user)
    assert desk_user.display_name in as_desk.get(here).text


def test_in_the_account_without_a_link(
    as_client: Browser, as_other: Browser, visit: Visit, client_record: Client
) -> None:
    here, there = reverse("treatment:portal-progress"), reverse("treatment:portal-last-visit")
    assert "How long did it help?" in as_client.get(here).text
    as_client.post(there, {"relief": "still"})
    as_client.post(there, {"pain": "4"})
    assert (row().relief, row().pain, row().hours, row().visit) == ("still", "4", 0, visit)
    assert "Thank you" in as_client.get(here).text
    assert as_other.post(there, {"relief": "none"}).status_code == 404
    refused = as_client.post(there, {"relief": "over-7"}, follow=True)
    assert "Please choose one of the answers" in refused.text


def test_much_pain_stands_on_the_therapists_day(
    anonymous: Browser, link: str, as_therapist: Browser, client_record: Client
) -> None:
    day, title = reverse("treatment:today"), "Asked after a visit: pain 7 or more"
    anonymous.post(link, {"pain": "6"})
    assert title not in as_therapist.get(day).text
    anonymous.post(link, {"pain": "7"})
    page = as_therapist.get(day).text
    assert title in page
    assert client_record.name in page
    look = reverse("treatment:follow-up-look", args=[row().pk])
    assert as_therapist.get(look).status_code == 405
    progress = reverse("treatment:progress", args=[client_record.pk])
    assert as_therapist.post(look)["Location"] == progress
    assert title not in as_therapist.get(day).text
    anonymous.post(link, {"pain": "9"})  # said again
    assert title in as_therapist.get(day).text


def test_a_colleague_who_does_not_treat_them_cannot_look(
    anonymous: Browser, link: str, as_colleague: Browser
) -> None:
    anonymous.post(link, {"pain": "9"})
    look = reverse("treatment:follow-up-look", args=[row().pk])
    assert as_colleague.post(look).status_code == 404
    assert row().looked_at is None


@pytest.fixture
def told(anonymous: Browser, client_record: Client, therapist: Therapist) -> Visit:
    """Seven to three a week ago, and two days later "still"."""
    agree(client_record)
    visit = noted(client_record, 24 * 7 + 2, pain_now="7", pain_after="3")
    at = visit.appointment.starts_at + timedelta(days=2)
    FollowUp.objects.create(
        visit=visit, hours=0, on=at.date(), relief="still", relief_at=at, pain="4", pain_at=at
    )
    return visit


def test_until_the_next_visit_the_answer_counts(
    as_client: Browser, as_therapist: Browser, client_record: Client, told: Visit
) -> None:
    (known,) = outcomes.rows_of(client_record)
    assert known.relief == Relief(2, is_censored=True)
    assert known.source is not None
    assert not known.source.is_note
    assert [score for _day, score in known.later] == [4]
    for browser, here in (
        (as_client, reverse("treatment:portal-progress")),
        (as_therapist, reverse("treatment:progress", args=[client_record.pk])),
    ):
        assert "account, " in browser.get(here).text
    noted(client_record, 26, pain_now="5", pain_after="4", relief="4-7")
    first, _second = outcomes.rows_of(client_record)
    assert first.relief == Relief(5.5)
    assert first.source is not None
    assert first.source.is_note


def test_a_next_visit_that_says_nothing_ends_it_still(client_record: Client, told: Visit) -> None:
    FollowUp.objects.update(relief_at=timezone.now())
    noted(client_record, 24 * 4 + 2, pain_now="5", pain_after="4")
    first, _second = outcomes.rows_of(client_record)
    assert first.relief == Relief(3, is_censored=True)


def test_what_came_after_the_days_is_not_known_in_them(client_record: Client, told: Visit) -> None:
    day = told.appointment.local_date
    (known,) = outcomes.rows_between(client_record, day, day + timedelta(days=1))
    assert (known.relief, known.later) == (None, ())
    (known,) = outcomes.rows_between(client_record, day, day + timedelta(days=2))
    assert known.relief == Relief(2, is_censored=True)


def test_what_was_said_of_a_session_that_was_taken_back(client_record: Client, told: Visit) -> None:
    FollowUp.objects.update(relief_at=told.arrived_at - timedelta(days=1))
    (known,) = outcomes.rows_of(client_record)
    assert known.relief is None


def test_it_is_theirs_to_take_along(client_record: Client, told: Visit) -> None:
    data = export._parts["follow-ups"](client_record).data
    assert [one["relief"] for one in data["answers"]] == ["still"]
    assert [one["is_asked"] for one in data["choices"]] == [True]
