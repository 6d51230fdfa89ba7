"""The table in docs/reference/routes.md is what the routes do: asked of each, as everybody.

`make routes` writes the table again; read the difference before it is committed.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.cache import cache
from django.db import transaction
from django.urls import NoReverseMatch, reverse

from tests.clinic.test_roles import ALL, _afternoon, things  # noqa: F401 - its fixtures

if TYPE_CHECKING:
    import pytest
    from django.test import Client as Browser

DOCUMENT = Path(settings.BASE_DIR) / "docs" / "reference" / "routes.md"
START, END = "<!-- routes: written by `make routes` -->", "<!-- /routes -->"
WHO = {
    "anonymous": "Nobody signed in",
    "as_client": "Client",
    "as_other": "Another client",
    "as_desk": "Front desk",
    "as_therapist": "Therapist",
    "as_colleague": "Other therapist",
    "as_biller": "Biller",
    "as_manager": "Manager",
}
YES, NOT_SO = "yes", "no such"
# What only a made-up key can be put into: the true ones are hashes in the database.
MADE_UP: dict[str, Any] = {
    "token": "x" * 43,
    "key": "x-y",
    "uidb36": "1",
    "layout": "one",
    "seat": 0,
    "session_id": 1,
}
NO_OBJECT = "00000000-0000-0000-0000-000000000001"
# Django's own configuration pages; what is behind each is guarded by the same door.
ADMIN = ("admin/", "admin:index")
Row = dict[str, str]


def address(path: str, name: str, ids: dict[str, Any]) -> str:
    """Where a route is, with a real object behind it."""
    ids = {**MADE_UP, "pk": NO_OBJECT, **ids}
    if "<uuid:token>" in path:
        ids["token"] = NO_OBJECT
    if "<int:pk>" in path:
        ids["pk"] = 1
    wanted = re.findall(r"<(?:\w+:)?(\w+)>", path)
    try:
        return reverse(name, kwargs={key: ids[key] for key in wanted})
    except NoReverseMatch:  # it has no name: a closed door
        return "/" + re.sub(r"[\^$\\]", "", path)


def outcome(answer: Any) -> str:
    status = answer.status_code
    if status in {301, 302} and "login/?next=" in answer["Location"]:
        return "sign in"  # the configuration pages ask who may not open them for another login
    if status in {403, 404}:
        return str(status)
    if status == 405:
        return NOT_SO
    # Without a worker beside the tests one is not ready; anything else is a fault.
    assert status < 500 or answer.request["PATH_INFO"] == "/healthz/ready"
    return YES  # also where the page says that the form is empty


def ask(browser: Browser, method: str, url: str) -> str:
    """What the answer comes to; what it changed is taken back, a signing out too."""
    cookies = {name: cookie.value for name, cookie in browser.cookies.items()}
    with transaction.atomic():
        found = outcome(getattr(browser, method)(url))
        transaction.set_rollback(True)
    browser.cookies.clear()
    for name, value in cookies.items():
        browser.cookies[name] = value
    return found


def measured(request: pytest.FixtureRequest, ids: dict[str, Any]) -> dict[tuple[str, str], Row]:
    """For each route and person what GET and POST come to."""
    rows: dict[tuple[str, str], Row] = {}
    for who in WHO:
        browser: Browser = request.getfixturevalue(who)
        cache.clear()  # throttles
        for path, name in [*ALL, ADMIN]:
            url = address(path, name, ids)
            both = [ask(browser, method, url) for method in ("get", "post")]
            cell = both[0] if both[0] == both[1] else " / ".join(both)
            rows.setdefault((path, name), {})[who] = cell
    return rows


def table(rows: dict[tuple[str, str], Row]) -> str:
    heads = ["Path", "Name", *WHO.values()]
    lines = [f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"]
    for (path, name), cells in sorted(rows.items()):
        shown = f"`/{path.replace('|', chr(92) + '|')}`"
        called = "" if name.endswith("None") else f"`{name}`"
        lines.append(f"| {' | '.join([shown, called, *(cells[who] for who in WHO)])} |")
    return "\n".join(lines)


def test_every_route_does_what_the_table_says(
    request: pytest.FixtureRequest,
    things: dict[str, Any],  # noqa: F811 - the fixture
) -> None:
    fresh = table(measured(request, things))
    text = DOCUMENT.read_text()
    before, rest = text.split(START)
    written, after = rest.split(END)
    if os.environ.get("WRITE_ROUTES"):
        DOCUMENT.write_text(f"{before}{START}\n\n{fresh}\n\n{END}{after}")
        return
    wrong = set(fresh.splitlines()) ^ set(written.strip().splitlines())
    assert not wrong, "run `make routes` and read the difference"


def test_the_table_lets_nobody_unsigned_or_unrelated_at_a_clients_things() -> None:
    """Rules that must hold of the table itself, no matter who writes it."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in DOCUMENT.read_text().split(START)[1].split(END)[0].splitlines()
        if line.startswith("| `/")
    ]
    assert len(rows) > 150
    for path, name, nobody, _client, another, *_staff in rows:
        if path.startswith(("`/desk/", "`/portal/", "`/prescriptions/")):
            assert YES not in nobody, name
        if path.startswith("`/desk/"):
            assert another in {"404", f"404 / {NOT_SO}", f"{NOT_SO} / 404"}, name
