"""Two clients and each role walk every link they find; each walk is made again as everybody else.

Nothing with a name, an address, a number, an answer or a file of somebody comes back to who may
not see it. The table of routes (`test_route_table.py`) asks one object of each kind; here what is
asked is what the pages themselves offer.
"""

from __future__ import annotations

from html.parser import HTMLParser
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

import pytest
from django.core.cache import cache
from django.db import transaction
from django.test import Client as Browser
from django.urls import Resolver404, resolve
from pypdf import PdfReader

from billing import tasks
from billing.issuing import services as issuing
from clinic.models import Client, Role
from prescriptions.prescribers.tasks import draw_request
from tests.clinic.test_roles import (
    _afternoon,  # noqa: F401 - a fixture: three in the afternoon
    own_things,
    paid,
)
from tests.factories import make_client, make_therapist, make_user
from tests.prescriptions.prescribers.factories import make_prescriber, make_request
from tests.treatment.factories import finished_visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpResponse

    from clinic.models import Room, Therapist, User

STARTS = ("/", "/accounts/sessions/", "/portal/", "/desk/", "/desk/today/", "/admin/")
LEADS = {"href", "src", "action", "hx-get", "hx-post", "formaction", "data-url", "data-src"}
LEAVE = {"account_logout", "stay", "ready"}
ENOUGH = 15  # pages that anybody's walk must have found, for the test to mean anything
# Answers of the questionnaire, which only the client and who treats them may read.
KIN = {"Ana": "Rosalinda Teixeira", "Omar": "Ibtisam Mansour"}
# What tells each of the two: name, address, number.
TELLS = {
    "Ana": ("Ana Lima", "ana.lima@example.test", "555-0146", "5550146"),
    "Omar": ("Omar Haddad", "omar.haddad@example.test", "555-0177", "5550177"),
}


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [value for name, value in attrs if name in LEADS and value]


def text_of(answer: Any) -> str:
    """The whole answer with its headers, of a PDF what can be read in it."""
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    if answer.get("Content-Type", "") == "application/pdf":
        pages = PdfReader(BytesIO(content)).pages
        content = "\n".join(page.extract_text() for page in pages).encode()
    return f"{answer.headers}\n{content.decode(errors='replace')}"


def ask(browser: Browser, method: str, url: str) -> tuple[HttpResponse, str]:
    """The answer and its text; what it changed is taken back, a signing out too."""
    cookies = {name: cookie.value for name, cookie in browser.cookies.items()}
    cache.clear()  # throttles
    with transaction.atomic():
        answer = getattr(browser, method)(url)
        text = text_of(answer)
        transaction.set_rollback(True)
    browser.cookies.clear()
    for name, value in cookies.items():
        browser.cookies[name] = value
    return answer, text


def route(url: str) -> str:
    """What an address leads to without its query: each is walked once. Empty: not a page."""
    path = urlsplit(url).path
    try:
        found = resolve(path)
    except Resolver404:
        return ""
    return "" if found.view_name in LEAVE else path


def walk(browser: Browser) -> dict[str, str]:
    """Each address that can be reached by following links, with what came back."""
    waiting, known, seen = list(STARTS), set(STARTS), {}
    while waiting:
        url = waiting.pop(0)
        answer, text = ask(browser, "get", url)
        seen[url] = text
        links = Links()
        if "text/html" in answer.get("Content-Type", ""):
            links.feed(text)
        for link in [*links.found, answer.get("Location", "")]:
            joined = urljoin(url, link)
            place = "" if urlsplit(joined).netloc else route(joined)
            if place and place not in known:
                known.add(place)
                waiting.append(joined)
    return seen


def everything_of(client: Client, therapist: Therapist, room: Room, boss: User) -> None:
    """A visit that was paid, its receipt, answers, a prescription, a letter, an archive."""
    visit = finished_visit(
        client,
        therapist=therapist,
        room=room,
        answers={"emergency_name": KIN[client.first_name]},
    )
    receipt = issuing.issue_current(actor=boss, visit=paid(boss, visit))
    tasks.render_document.run(str(receipt.pk))
    own_things(client)
    letter = make_request(client, make_prescriber(f"Lena of {client.first_name}", npi=""))
    draw_request.run(str(letter.pk))


@pytest.fixture
def people(rooms: list[Room], therapist: Therapist, therapist_user: User) -> dict[str, User]:
    """Ana, whom Dana treats, and Omar, whom Theo treats, and the rest of the house."""
    users = {
        "Ana": make_user(TELLS["Ana"][1]),
        "Omar": make_user(TELLS["Omar"][1]),
        "Dana": therapist_user,
        "Theo": make_user("theo@clinic.test", Role.THERAPIST, display_name="Theo Park"),
        "desk": make_user("desk@clinic.test", Role.FRONT_DESK),
        "biller": make_user("biller@clinic.test", Role.BILLER),
        "boss": make_user("boss@clinic.test", Role.MANAGER, is_staff=True),
    }
    theo = make_therapist("Theo Park", user=users["Theo"], position=1)
    ana = make_client("Ana", "Lima", user=users["Ana"], phone="+12125550146")
    omar = make_client("Omar", "Haddad", user=users["Omar"], phone="+12125550177")
    everything_of(ana, therapist, rooms[0], users["boss"])
    everything_of(omar, theo, rooms[1], users["boss"])
    return users


def browser_of(users: dict[str, User], who: str) -> Browser:
    browser = Browser(raise_request_exception=False)
    if who in users:
        browser.force_login(users[who])
    return browser


# Whose names and numbers, and whose answers, somebody may see.
NAMES = {"Ana": {"Ana"}, "Omar": {"Omar"}, "Dana": {"Ana"}, "Theo": {"Omar"}}
NAMES |= {who: {"Ana", "Omar"} for who in ("desk", "biller", "boss")}
ANSWERS = {who: NAMES[who] for who in ("Ana", "Omar", "Dana", "Theo")}


def told(text: str, who: str) -> Iterator[str]:
    """What this answer tells that it must not."""
    for whose, words in TELLS.items():
        if whose not in NAMES.get(who, set()):
            yield from (word for word in words if word in text)
        if whose not in ANSWERS.get(who, set()) and KIN[whose] in text:
            yield KIN[whose]


def test_nobody_gets_anothers_by_walking_where_others_walk(people: dict[str, User]) -> None:
    browsers = {who: browser_of(people, who) for who in [*people, "nobody"]}
    walks = {who: walk(browser) for who, browser in browsers.items()}
    for who, seen in walks.items():
        reached = "\n".join(seen.values())
        assert len(seen) > ENOUGH, who
        for whose in NAMES.get(who, set()):
            assert TELLS[whose][0] in reached, f"{who} does not find {whose}"
        for whose in ANSWERS.get(who, set()):
            assert KIN[whose] in reached, f"{who} does not find the answers of {whose}"

    wrong = [
        (who, "walk", url, word)
        for who, seen in walks.items()
        for url, text in seen.items()
        for word in told(text, who)
    ]
    every = {url for seen in walks.values() for url in seen}
    for who, seen in walks.items():
        for url in sorted(every - set(seen)):
            for method in ("get", "post"):
                answer, text = ask(browsers[who], method, url)
                assert answer.status_code < 500 or url == "/healthz/ready", (who, method, url)
                wrong += [(who, method, url, word) for word in told(text, who)]
    assert wrong == []
