"""Every page that shows staff a client writes down who looked: asked of each route there is.

A page that is new is asked too, by itself. One that shows a client and records nothing has to be
named in `NO_LOOK`, with the reason; the list may not hold more than it must.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import transaction

from clinic.models import AuditEvent
from tests.clinic.roles import LOGINS, PAGES, SHARED
from tests.clinic.test_roles import (
    ALL,
    _afternoon,  # noqa: F401 - a fixture: three in the afternoon
    things,  # noqa: F401 - a fixture
    url_of,
)

if TYPE_CHECKING:
    from django.test import Client as Browser

    from clinic.models import Client

LIST = "names, dates and sums, to find who is next; opening one of them is the look"
NO_LOOK: dict[str, str] = {
    "booking:day": "names, times and lights of the working day; opening a visit is the look",
    "booking:desk-waitlist": LIST,
    "billing:desk": LIST,
    "correction-list": LIST,
    "message-list": "names and subjects, which say nothing of health",
    "merge-find": "names and dates of birth, as a search; comparing two records is the look",
    "audit": "what others did, not the record; that it was searched is written down",
}
ENOUGH = 8  # pages that each role must have been shown a client on, for this to mean anything
# Whose own objects hang on a client, so that a page about one shows the client.
ABOUT = (
    *("client_id", "appointment_id", "visit_id", "receipt_id", "prescription_id", "response_id"),
    *("request_id", "correction_id", "entry_id", "upload_id", "series_id", "scan_id"),
    *("estimate_id", "note_id", "letter_id", "sending_id"),
)


def recorded(
    browser: Browser, url: str, client: Client, headers: dict[str, str]
) -> tuple[Any, bool]:
    """The answer, and whether a look at the client was written; all of it is taken back."""
    cache.clear()  # nothing was opened before
    last = AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    user = browser.session["_auth_user_id"]
    with transaction.atomic():
        answer = browser.get(url, headers=headers)
        looks = AuditEvent.objects.filter(pk__gt=last, client=client, actor=user)
        found = looks.filter(action__regex=r"\.(viewed|listed|downloaded)$").exists()
        transaction.set_rollback(True)
    return answer, found


def shows(answer: Any, path: str, client: Client) -> bool:
    """Whether somebody is told something of the client: by name, or by what hangs on them."""
    if answer.status_code != 200:
        return False
    if any(f":{key}>" in path for key in ABOUT):
        return True
    return client.name in answer.content.decode(errors="replace")


@pytest.mark.parametrize("headers", [{}, {"HX-Request": "true", "X-Background": "1"}])
def test_staff_see_no_client_without_a_look_in_the_record(
    request: pytest.FixtureRequest,
    things: dict[str, Any],  # noqa: F811 - the fixture
    client_record: Client,
    headers: dict[str, str],
) -> None:
    readers = PAGES | SHARED
    unrecorded: set[str] = set()
    for role in LOGINS:
        browser: Browser = request.getfixturevalue(LOGINS[role])
        asked = 0
        for path, name in ALL:
            if role not in readers.get(name, set()):
                continue
            answer, is_recorded = recorded(browser, url_of(name, things), client_record, headers)
            if shows(answer, path, client_record):
                asked += 1
                unrecorded |= set() if is_recorded else {name}
        assert asked > ENOUGH, role
    assert sorted(unrecorded) == sorted(NO_LOOK)
