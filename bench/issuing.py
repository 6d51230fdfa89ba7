"""Receipts issued at the desk, up to the task that prints them: no worker takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.load import ask, post
from bench.workloads import COUNTED, FOUND, one

if TYPE_CHECKING:
    from collections.abc import Iterator

    from psycopg2.extensions import connection as Database

    from bench.load import Address, Unit
    from bench.rows import Clinic

CSRF = "x" * 32


# Without those of `bench.treatment`, which have a note and no minutes.
_BILLABLE = """
    SELECT id FROM treatment_visit AS visit
     WHERE NOT EXISTS (SELECT FROM treatment_treatmentnote AS note WHERE note.visit_id = visit.id)
"""


class Desk:
    """A front-desk user who issues one receipt after the other."""

    def __init__(self, clinic: Clinic, between: Database) -> None:
        cookie = f"session={clinic.desk}; csrf={CSRF}"
        self._headers = {"Cookie": cookie, "X-CSRFToken": CSRF}
        self._between = between
        self._visits = iter(str(pk) for (pk,) in self._read(_BILLABLE))

    def _read(self, query: str) -> list[tuple[object, ...]]:
        with self._between.cursor() as cursor:
            cursor.execute(query)
            return cursor.fetchall()

    def _next(self, *, counted: bool = False) -> bytes:
        more = COUNTED if counted else {}
        path = f"/desk/visits/{next(self._visits)}/receipt/"
        return post(path, {}, {**self._headers, **more})

    def each(self) -> Iterator[Unit]:
        while True:
            yield one(self._next(), FOUND)

    def count_queries(self, address: Address) -> int:
        answer = ask(address, self._next(counted=True))
        if answer.status != FOUND:
            raise RuntimeError(f"the counted receipt was refused: {answer.status}")
        return int(answer.header("X-Bench-Queries"))

    def issued(self) -> int:
        """Receipts in the database: a refusal leads back to the visit's page as well."""
        ((count,),) = self._read("SELECT count(*) FROM billing_billingdocument")
        return int(str(count))
