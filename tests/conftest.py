"""The cast every test may call on: a client, a stranger, and one of each staff role."""

from __future__ import annotations

import logging
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.test import Client as Browser
from django.test import TransactionTestCase

from clinic.celery import app
from clinic.models import Role
from tests import factories, pages
from tests.booking.factories import booked_appointment
from tests.flushing import empty_what_was_filled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from booking.models import Appointment
    from clinic.models import (
        Client,
        Location,
        Room,
        Service,
        ServiceOption,
        Technique,
        Therapist,
        User,
    )

pytest_plugins = ["tests.browser"]

OPENED = "opened"

TransactionTestCase._fixture_teardown = empty_what_was_filled  # type: ignore[attr-defined]

# Eager mode silently skips tasks it has not loaded.
app.loader.import_default_modules()


FIRST = ("tests/e2e/", "tests/runtime/")


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that in a parallel run nobody waits for them in the end."""
    items.sort(key=lambda item: not item.nodeid.startswith(FIRST))


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """A process of a parallel run is done: what it has opened counts for the whole."""
    pages.opened.update(getattr(node, "workeroutput", {}).get(OPENED, ()))


def pytest_sessionfinish(session: pytest.Session, exitstatus: int) -> None:
    """A whole run that passed must have opened every page with success."""
    if (output := getattr(session.config, "workeroutput", None)) is not None:
        output[OPENED] = sorted(pages.opened)
        return
    whole = not session.config.option.file_or_dir and not session.config.option.keyword
    if exitstatus == pytest.ExitCode.OK and whole and (missing := pages.never_opened()):
        if reporter := session.config.pluginmanager.get_plugin("terminalreporter"):
            reporter.write_line(f"\nNo test opened: {', '.join(missing)}", red=True)
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    """Throttles count in Redis; one test's tries must not block the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def location(db: None) -> Location:
    return factories.make_location()


@pytest.fixture
def rooms(location: Location) -> list[Room]:
    return factories.make_rooms(location)


@pytest.fixture
def services(db: None) -> dict[str, Service]:
    return factories.make_services()


@pytest.fixture
def options(services: dict[str, Service]) -> dict[tuple[str, int], ServiceOption]:
    """Every option by (kind, minutes)."""
    return {
        (kind, option.minutes): option
        for kind, service in services.items()
        for option in service.options.all()
    }


@pytest.fixture
def option60(options: dict[tuple[str, int], ServiceOption]) -> ServiceOption:
    return options["medical", 60]


@pytest.fixture
def techniques(db: None) -> list[Technique]:
    return factories.make_techniques()


@pytest.fixture
def therapist_user(db: None) -> User:
    return factories.make_user("therapist@clinic.test", Role.THERAPIST, display_name="Dana Ruiz")


@pytest.fixture
def therapist(therapist_user: User) -> Therapist:
    return factories.make_therapist(user=therapist_user)


@pytest.fixture
def therapists(therapist: Therapist) -> list[Therapist]:
    names = ["Theo Park", "Imani Cole", "Sol Reyes"]
    others = [
        factories.make_therapist(name, position=place) for place, name in enumerate(names, start=1)
    ]
    return [therapist, *others]


@pytest.fixture
def client_user(db: None) -> User:
    return factories.make_user("ana@example.test")


@pytest.fixture
def client_record(client_user: User) -> Client:
    return factories.make_client(user=client_user)


@pytest.fixture
def other_user(db: None) -> User:
    return factories.make_user("stranger@example.test")


@pytest.fixture
def other_client(other_user: User) -> Client:
    return factories.make_client("Omar", "Haddad", user=other_user)


@pytest.fixture
def desk_user(db: None) -> User:
    return factories.make_user("desk@clinic.test", Role.FRONT_DESK, display_name="June Ortiz")


@pytest.fixture
def biller_user(db: None) -> User:
    return factories.make_user("biller@clinic.test", Role.BILLER, display_name="Bea Lund")


@pytest.fixture
def in_care(client_record: Client, therapist: Therapist, location: Location) -> Appointment:
    """An appointment that makes the client one whom the therapist treats."""
    return booked_appointment(client_record, therapist=therapist, location=location)


@pytest.fixture
def manager_user(db: None) -> User:
    return factories.make_user("manager@clinic.test", Role.MANAGER, is_staff=True)


def browser_for(user: User) -> Browser:
    browser = Browser()
    browser.force_login(user)
    return browser


@pytest.fixture
def anonymous(db: None) -> Browser:
    return Browser()


@pytest.fixture
def as_client(client_record: Client, client_user: User) -> Browser:
    return browser_for(client_user)


@pytest.fixture
def as_other(other_client: Client, other_user: User) -> Browser:
    return browser_for(other_user)


@pytest.fixture
def as_desk(desk_user: User) -> Browser:
    return browser_for(desk_user)


@pytest.fixture
def as_therapist(therapist: Therapist, therapist_user: User) -> Browser:
    return browser_for(therapist_user)


@pytest.fixture
def as_biller(biller_user: User) -> Browser:
    return browser_for(biller_user)


@pytest.fixture
def as_colleague(db: None) -> Browser:
    """A therapist who treats nobody yet."""
    user = factories.make_user("theo@clinic.test", Role.THERAPIST, display_name="Theo Park")
    factories.make_therapist("Theo Park", user=user, position=9)
    return browser_for(user)


@pytest.fixture
def as_manager(manager_user: User) -> Browser:
    return browser_for(manager_user)


@pytest.fixture
def console() -> Iterator[StringIO]:
    """What the console handler of the settings writes."""
    handler = next(
        one for one in logging.getLogger().handlers if type(one) is logging.StreamHandler
    )
    written = StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)
