"""No name, address or code of anybody in the logs, whatever is done: a small run of everything."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest
from django.core import mail
from django.test import Client as Browser

from clinic.privacy import services as privacy
from tests import factories
from tests.clinic import test_roles
from tests.clinic.test_roles import ALL, url_of
from tests.prescriptions import paper
from tests.prescriptions.sending import as_file
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import StringIO

    from clinic.models import Client, User

things = test_roles.things  # the fixture: one of everything
pytestmark = pytest.mark.django_db(transaction=True)
# What is known of the people in it: names, addresses, phones, birthdays, codes, answers.
PRIVATE = (
    *("Lima", "ana@", "example.test", "clinic.test", "5550142", "1981", "Rui", "Ruiz", "Ortiz"),
    *("M54", "Cervicalgia", "Neck pain", "Osei", "1234567893", "Marsh", "a long test password"),
    *("knee", "Dutchess"),
)
# Of a row, a request or a task, with dashes or without: longer than any date or telephone number.
ID = re.compile(r"[0-9a-f-]{16,}")


@pytest.fixture(autouse=True)
def _afternoon() -> Iterator[None]:
    with mid_afternoon():
        yield


@pytest.fixture
def everything_is_logged() -> Iterator[None]:
    """At the most talkative level that a clinic could set, but for SQL, which nobody turns on."""
    root = logging.getLogger()
    before = root.level
    root.setLevel(logging.INFO)
    yield
    root.setLevel(before)


def sign_in(browser: Browser, user: User) -> None:
    """Wrongly, by password, and by a code from an e-mail."""
    browser.post("/accounts/login/", {"login": user.email, "password": "wrong"})
    browser.post("/accounts/login/", {"login": "nobody@example.test", "password": "wrong"})
    browser.post("/accounts/login/", {"login": user.email, "password": factories.PASSWORD})
    browser.post("/accounts/logout/")
    answer = browser.post("/accounts/login/code/", {"email": user.email}, follow=True)
    code = re.search(r"^\s*([A-Z0-9]{3,}-?[A-Z0-9]{3,})\s*$", str(mail.outbox[-1].body), re.M)
    assert code
    browser.post(answer.redirect_chain[-1][0], {"code": code[1]})


def open_all(browser: Browser, things: dict[str, Any]) -> int:
    """Every page there is; how many opened."""
    opened = 0
    for path, name in ALL:
        if path.startswith(("desk/", "portal/", "prescriptions/")):
            opened += browser.get(url_of(name, things)).status_code == 200
    return opened


def test_a_run_through_everything_leaves_nobody_in_the_logs(
    things: dict[str, Any],
    client_record: Client,
    client_user: User,
    desk_user: User,
    as_other: Browser,
    as_manager: Browser,
    as_therapist: Browser,
    console: StringIO,
    everything_is_logged: None,
) -> None:
    own, desk = Browser(raise_request_exception=False), Browser(raise_request_exception=False)
    sign_in(own, client_user)
    sign_in(desk, desk_user)
    assert open_all(own, things) > 15
    assert open_all(desk, things) > 25
    for browser in (as_other, as_manager, as_therapist):
        open_all(browser, things)
    desk.post("/desk/clients/", {"q": "Ana Lima 04/12/1981"})
    own.post(
        "/portal/prescriptions/upload/",
        {"document": as_file(paper.pdf(paper.ORDER)), "token": str(uuid4()), "note": "my knee"},
    )
    own.post("/portal/my-data/", {"about": "health", "text": "my knee"})
    privacy.ask_export(actor=client_user, client=client_record)
    own.get("/nowhere/")
    own.get(f"/portal/receipts/{uuid4()}/")
    # An id is nobody's, and now and then four of its digits are a year of birth.
    written = ID.sub("", console.getvalue())
    assert "clinic" in written or "django" in written, "nothing was logged: the test proves nothing"
    assert {word for word in PRIVATE if word.lower() in written.lower()} == set()
