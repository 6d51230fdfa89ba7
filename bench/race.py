"""Fifty visitors want one therapist's time: one gets it, the others are told."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from bench.load import Connection, ask, closed_loop
from bench.workloads import FOUND, REFUSED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Database

    from bench.load import Address, Unit
    from bench.workloads import Time, Visitors

CROWD = 50
MOST_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Race:
    """`written` is what the database holds afterwards, whatever the answers said."""

    tried: int
    accepted: int
    refused: int
    other: int  # neither: most likely a server error
    slowest_ms: float
    written: int

    @property
    def as_json(self) -> dict[str, float]:
        return asdict(self)


def at_the_hold(address: Address, database: Database, visitors: Visitors, wanted: Time) -> Race:
    """All choose the same time at once."""

    def press() -> Unit:
        answer = yield visitors.hold(next(visitors.numbers), wanted)
        return {FOUND: "accepted", REFUSED: "refused"}.get(answer.status, str(answer.status))

    return _run(address, database, wanted, [press() for _visitor in range(CROWD)])


def at_the_booking(address: Address, database: Database, visitors: Visitors, wanted: Time) -> Race:
    """All held the time and let it lapse; now they press "Book" together."""
    sessions = []
    for _visitor in range(CROWD):
        number = next(visitors.numbers)
        held = ask(address, visitors.hold(number, wanted))
        if held.status != FOUND:
            raise RuntimeError(f"the time could not be held beforehand: {held.status}")
        sessions.append((number, held.cookie("session")))
        with database.cursor() as cursor:  # what the sweep does to a hold that lapsed long ago
            cursor.execute("DELETE FROM booking_appointment WHERE status = 'held'")

    def press(number: int, session: str) -> Unit:
        answer = yield visitors.describe(number, session)
        return {FOUND: "accepted", REFUSED: "refused"}.get(answer.status, str(answer.status))

    return _run(address, database, wanted, [press(*who) for who in sessions])


def _run(
    address: Address,
    database: Database,
    wanted: Time,
    crowd: list[Unit],
) -> Race:
    # Connect only when sending: a server may close an idle connection.
    lines: list[Connection] = []

    def connect() -> Iterator[Connection]:
        for _visitor in crowd:
            lines.append(Connection(address))
            yield lines[-1]

    try:
        sample = closed_loop(connect(), iter(crowd), MOST_SECONDS)
    finally:
        for line in lines:
            line.close()
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM booking_appointment WHERE therapist_id = %s AND starts_at = %s"
            " AND status NOT IN ('cancelled', 'noshow')",
            [wanted.therapist, wanted.start],
        )
        row = cursor.fetchone()
    accepted, refused = sample.outcomes["accepted"], sample.outcomes["refused"]
    return Race(
        tried=len(crowd),
        accepted=accepted,
        refused=refused,
        other=len(crowd) - accepted - refused,
        slowest_ms=round(max(sample.times) * 1000, 1),
        written=row[0] if row else 0,
    )
