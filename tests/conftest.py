"""The cast every test may call on: a client, a stranger, and one of each staff role."""

from __future__ import annotations

import gc
import logging
from io import StringIO
from typing import TYPE_CHECKING, Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client as Browser
from django.test import TransactionTestCase

from clinic.celery import app
from clinic.models import Role
from tests import databases, factories, pages
from tests.booking.factories import booked_appointment
from tests.flushing import empty_what_was_filled
from tests.treatment.factories import mid_afternoon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker

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

# What a process of the suite makes is small and soon gone, or stays as long as it does: to look
# through all of it every few hundred objects took a third of its time.
gc.set_threshold(100_000, 50, 100)

# By the seconds they take. Each goes to one process whole, so none may begin near the end.
FIRST = (
    *("test_main_job", "test_sealing_what_was_open", "test_bench", "test_quiet_logs", "test_up"),
    *("test_route_table", "test_two_step", "test_roles", "test_crawl", "in_browser"),
)


def pytest_collection_finish() -> None:
    """All modules and cases are there to stay: never look through them again."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest first, so that in a parallel run nobody waits for them in the end."""
    items.sort(
        key=lambda item: next(
            (n for n, name in enumerate(FIRST) if name in item.path.stem), len(FIRST)
        )
    )


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


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, django_db_blocker: DjangoDbBlocker
) -> None:
    """The tests' database is a copy of one that is migrated already."""
    with django_db_blocker.unblock():
        connection.settings_dict["TEST"]["TEMPLATE"] = databases.migrated()


@pytest.fixture(autouse=True)
def _clean_cache() -> Iterator[None]:
    """Throttles count in Redis; one test's tries must not block the next."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def afternoon() -> Iterator[None]:
    """For a visit earlier today, at whatever hour the suite runs. Named with `usefixtures`, which
    comes before a browser signs in."""
    with mid_afternoon():
        yield


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
