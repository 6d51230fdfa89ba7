"""The requests we measure. Each unit is what one visitor does; outcome "ok" is a success."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from itertools import count, cycle
from random import Random
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from bench import people, treatment
from bench.load import ask, get, post
from bench.rows import DAYS, HORIZON, SEED, WEEKDAYS, ZONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from bench.load import Address, Unit
    from bench.rows import Clinic

OK, FOUND, REFUSED = 200, 302, 422
APART, APART_PLACES = 90, 6  # minutes from start to start, and how many fit a day
COUNTED = {"X-Bench-Count": "1"}
UNAUDITED = {"X-Bench-Unaudited": "1"}
COUNTS = 9  # requests


@dataclass(frozen=True, slots=True)
class Reading:
    """A request made over and over, cycling through URLs or typed text."""

    name: str
    paths: list[str]
    # What changes before each request, outside its timing: "bookings" or "rules".
    changing: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    typed: Sequence[str] = ()  # posted to the first address
    forms: Sequence[tuple[str, dict[str, str]]] = ()  # posted, each to its own address
    partner: Reading | None = None  # measured alternately with this one

    def units(self) -> Iterator[Unit]:
        for request in cycle(self.requests(self.headers)):
            yield one(request, OK)

    def requests(self, headers: dict[str, str]) -> list[bytes]:
        if self.forms:
            return [post(path, form, headers) for path, form in self.forms]
        if self.typed:
            return [post(self.paths[0], {"q": words}, headers) for words in self.typed]
        return [get(path, headers) for path in self.paths]


def one(request: bytes, wanted: int) -> Unit:
    answer = yield request
    return "ok" if answer.status == wanted else str(answer.status)


def readings(clinic: Clinic) -> list[Reading]:
    """The yardsticks first, then the product's answers, both uncached and as they come."""
    chance = Random(SEED)
    days = [clinic.first + timedelta(days=number) for number in range(DAYS)]
    days = [day for day in days if day.weekday() < WEEKDAYS]
    slots = f"/book/slots.json?option={clinic.option}"

    def of(therapist: str) -> list[str]:
        person = f"&therapist={therapist}" if therapist else ""
        return [f"{slots}&from={day}&to={day}{person}" for day in days]

    one_day = [path for therapist in clinic.therapists for path in of(therapist)]
    chance.shuffle(one_day)
    any_day = of("")
    month = [f"{slots}&from={clinic.first}&to={clinic.last}"]
    page = [f"/book/{clinic.option}/"]
    csrf = "x" * 32
    desk = {"Cookie": f"session={clinic.desk}; csrf={csrf}"}
    report = [f"/desk/money/report/?{clinic.year}"]
    books = {"Cookie": f"session={clinic.manager}; csrf={csrf}"}
    hands = {"Cookie": f"session={clinic.treated.session}; csrf={csrf}"}
    write = {**books, "X-CSRFToken": csrf}
    part = {**desk, "X-CSRFToken": csrf, "HX-Request": "true"}
    return [
        Reading("bare_view", ["/healthz/bench/bare/"]),
        Reading("one_query", [f"/healthz/bench/one-query/{pk}/" for pk in clinic.therapists]),
        Reading("one_therapist_one_day_afresh", one_day, changing="bookings"),
        Reading("one_therapist_one_day", one_day),
        Reading("any_therapist_one_day_afresh", any_day, changing="bookings"),
        Reading("any_therapist_one_day", any_day),
        Reading("any_therapist_30_days_afresh", month, changing="bookings"),
        Reading("any_therapist_30_days_new_rules", month, changing="rules"),
        Reading("any_therapist_30_days", month),
        Reading("booking_page_afresh", page, changing="bookings"),
        Reading("booking_page", page),
        Reading("sessions_page", ["/book/"]),
        Reading("signed_in", ["/bench/signed-in/"], headers=desk),
        Reading("diagnosis_search", ["/desk/diagnoses/"], headers=part, typed=clinic.searches),
        Reading("client_search", ["/desk/clients/"], headers=part, typed=people.searches()),
        Reading("prescription_queue", ["/desk/prescriptions/"], headers=desk),
        Reading("therapist_day", [f"/desk/today/?day={clinic.treated.on}"], headers=hands),
        Reading("note_field", [], headers=write, forms=treatment.typed(clinic.treated)),
        Reading("report_year_afresh", report, headers=books, changing="bookings"),
        Reading("report_year", report, headers=books),
        guarded("client_page", [f"/desk/clients/{pk}/" for pk in clinic.clients], desk),
        guarded("prescription_page", [f"/desk/prescriptions/{clinic.prescription}/"], desk),
    ]


def guarded(name: str, paths: list[str], desk: dict[str, str]) -> Reading:
    """A page that logs who opened it, alternating with the same page without the log."""
    without = Reading(f"{name}_unaudited", paths, headers={**desk, **UNAUDITED})
    return Reading(name, paths, headers=desk, partner=without)


@dataclass(frozen=True, slots=True)
class Time:
    therapist: str
    start: str  # ISO 8601 with its offset


def free_places(clinic: Clinic) -> list[Time]:
    """Times after the booked month that do not block each other, in the order people might choose.

    A first visit blocks 15 minutes more: 90 from start to start.
    """
    zone = ZoneInfo(ZONE)
    places = []
    for number in range(DAYS + 1, HORIZON):
        day = clinic.today + timedelta(days=number)
        if day.weekday() >= WEEKDAYS:
            continue
        for place in range(APART_PLACES):
            clock = (datetime.combine(day, time(9)) + timedelta(minutes=APART * place)).time()
            start = datetime.combine(day, clock, zone).isoformat()
            places += [Time(therapist, start) for therapist in clinic.therapists]
    Random(SEED).shuffle(places)
    return places


@dataclass(slots=True)
class Visitors:
    """People without a login, each new to the clinic and with their own IP address."""

    clinic: Clinic
    csrf: str
    numbers: Iterator[int]

    @classmethod
    def arrive(cls, address: Address, clinic: Clinic) -> Visitors:
        page = ask(address, get(f"/book/{clinic.option}/"))
        return cls(clinic, page.cookie("csrf"), count(1))

    def headers(self, number: int, session: str = "", *, counted: bool = False) -> dict[str, str]:
        address = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        cookie = f"csrf={self.csrf}" + (f"; session={session}" if session else "")
        more = COUNTED if counted else {}
        return {"X-Bench-Visitor": address, "Cookie": cookie, **more}

    def hold(self, number: int, wanted: Time, *, counted: bool = False) -> bytes:
        """Choose a time."""
        form = {
            "csrfmiddlewaretoken": self.csrf,
            "therapist": wanted.therapist,
            "start": wanted.start,
        }
        return post(f"/book/{self.clinic.option}/", form, self.headers(number, counted=counted))

    def describe(self, number: int, session: str, *, counted: bool = False) -> bytes:
        """Enter who is coming, and book."""
        form = {
            "csrfmiddlewaretoken": self.csrf,
            "first_name": "Visitor",
            "last_name": f"Number {number}",
            "birth_date": "04/12/1981",
            "phone": "(212) 555-0142",
            "email": f"visitor{number}@clinic.example",
            "relationship": "",
        }
        return post("/book/details/", form, self.headers(number, session, counted=counted))

    def book(self, wanted: Time) -> Unit:
        """Two requests: the chosen time, and the name. Pages are not counted here."""
        number = next(self.numbers)
        answer = yield self.hold(number, wanted)
        if answer.status != FOUND:
            return f"hold {answer.status}"
        answer = yield self.describe(number, answer.cookie("session"))
        ok = answer.status == FOUND and answer.header("Location").startswith("/book/done/")
        return "ok" if ok else f"book {answer.status}"

    def visit(self, wanted: Time) -> Unit:
        """The same with every page a visitor sees on the way: six requests."""
        number = next(self.numbers)
        page = f"/book/{self.clinic.option}/"
        for path in ("/book/", f"{page}?therapist={wanted.therapist}&day={wanted.start[:10]}"):
            answer = yield get(path, self.headers(number))
            if answer.status != OK:
                return f"page {answer.status}"
        answer = yield self.hold(number, wanted)
        if answer.status != FOUND:
            return f"hold {answer.status}"
        session = answer.cookie("session")
        answer = yield get("/book/details/", self.headers(number, session))
        if answer.status != OK:
            return f"page {answer.status}"
        answer = yield self.describe(number, session)
        if answer.status != FOUND:
            return f"book {answer.status}"
        answer = yield get("/book/done/", self.headers(number, session))
        return "ok" if answer.status == OK else f"page {answer.status}"

    def each(
        self,
        wanted: Iterable[Time],
        what: Callable[[Time], Unit],
    ) -> Iterator[Unit]:
        for place in wanted:
            yield what(place)

    def count_queries(self, address: Address, wanted: Time) -> int:
        """Queries of one booking, over both of its requests."""
        number = next(self.numbers)
        held = ask(address, self.hold(number, wanted, counted=True))
        booked = ask(address, self.describe(number, held.cookie("session"), counted=True))
        if booked.status != FOUND:
            raise RuntimeError(f"the counted booking was refused: {booked.status}")
        return int(held.header("X-Bench-Queries")) + int(booked.header("X-Bench-Queries"))


def count_queries(address: Address, reading: Reading) -> int:
    """Queries of one request, with caches as the timed ones find them; the maximum."""
    most = 0
    for request in reading.requests({**reading.headers, **COUNTED})[:COUNTS]:
        answer = ask(address, request)
        if answer.status != OK:
            raise RuntimeError(f"{reading.name}: {answer.status}")
        most = max(most, int(answer.header("X-Bench-Queries")))
    return most
