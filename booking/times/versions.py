"""The diary's versions: two words, one for its rules and one for what is booked.

The database changes them, in the transaction that changes the diary (docs/adr/0005). Read them
first and the diary afterward: what is cached under them is then never older than they say.
"""

from __future__ import annotations

from typing import NamedTuple

from django.db import connection

QUERY = """
SELECT md5(string_agg(stamp::text, ',' ORDER BY id) FILTER (WHERE about = 'rules')),
       md5(string_agg(stamp::text, ',' ORDER BY id) FILTER (WHERE about = 'bookings'))
FROM booking_diarystamp
"""


class Versions(NamedTuple):
    rules: str
    bookings: str


def read() -> Versions:
    """One small query."""
    with connection.cursor() as cursor:
        cursor.execute(QUERY)
        rules, bookings = cursor.fetchone()
    return Versions(rules, bookings)
