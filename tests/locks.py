"""What another connection may do to a row right now."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

from django.db import connection, transaction

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.db.models import Model

_Result = TypeVar("_Result")


def elsewhere(work: Callable[[], _Result]) -> _Result:
    """Run it on a connection of its own."""

    def run() -> _Result:
        try:
            return work()
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(run).result(timeout=20)


def expect_nothing_held(row: Model) -> None:
    """The row can be locked and changed at once, and no transaction is open anywhere."""

    def look() -> int:
        with transaction.atomic():
            rows = type(row)._default_manager.select_for_update(nowait=True)
            rows.get(pk=row.pk).save(update_fields=["updated_at"])
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND pid <> pg_backend_pid() AND state LIKE 'idle in transaction%'"
            )
            return int(cursor.fetchone()[0])

    assert elsewhere(look) == 0
