"""People with the names that people have, and what the desk types to find them."""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as Cursor

SEARCHES, SEED = 100, 20_260_102
_FIRST = (
    "Ana Maria José Mary Ann James Robert John Michael David William Richard Thomas Chris Daniel"
    " Paul Mark Donald George Kenneth Steven Edward Brian Ronald Anthony Kevin Jason Matthew Gary"
    " Núria Siobhán Søren Łukasz Zoë Renée Thị Minh Hoa Linh Wei Jing Priya Arjun Fatima Omar"
    " Aaliyah Imani Kwame Chidi Olga Dmitri Yuki Hiroshi Leilani Kai Noa Eitan Rosa Carmen Luis"
)
_LAST = (
    "Smith Johnson Williams Brown Jones García Miller Davis Rodríguez Martínez Hernández López"
    " González Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Pérez Thompson White Harris"
    " Sánchez Clark Ramírez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyễn Hill"
    " Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts O'Brien O'Connor"
    " Müller Groß Øster Dvořák Kowalski Ivanov Tanaka Chen Patel Okafor Cohen Haddad Lima St.John"
)

FIRST, LAST = _FIRST.split(), _LAST.split()

# A third have two last names, a third of those with a hyphen; names repeat as they do in a town.
# What is not said here is as in the pattern, any other client.
CHANGED = {
    "id": "gen_random_uuid()",
    "first_name": "(%(first)s)[1 + floor(random() * %(firsts)s)]",
    "last_name": """(%(last)s)[1 + floor(random() * %(lasts)s)] || CASE k %% 9
        WHEN 0 THEN '-' || (%(last)s)[1 + floor(random() * %(lasts)s)]
        WHEN 1 THEN ' ' || (%(last)s)[1 + floor(random() * %(lasts)s)]
        WHEN 2 THEN ' ' || (%(last)s)[1 + floor(random() * %(lasts)s)]
        ELSE '' END""",
    "birth_date": "date '1930-01-01' + floor(random() * 30000)::int",
    "phone": "'+1' || 2000000000 + floor(random() * 7000000000)::bigint",
    "email": "'person' || k || '@mail.example'",
}
FILL = """
INSERT INTO clinic_client ({names})
SELECT {values} FROM generate_series(1, %(people)s) AS k,
    (SELECT * FROM clinic_client LIMIT 1) AS pattern
"""
COLUMNS = """
SELECT attname FROM pg_attribute
WHERE attrelid = 'clinic_client'::regclass AND attnum > 0 AND NOT attisdropped
"""


def fill_people(cursor: Cursor, people: int) -> None:
    cursor.execute(COLUMNS)
    names = [name for (name,) in cursor.fetchall()]
    values = ", ".join(CHANGED.get(name, f"pattern.{name}") for name in names)
    known = {"first": FIRST, "firsts": len(FIRST), "last": LAST, "lasts": len(LAST)}
    cursor.execute("SELECT setseed(0.5)")
    cursor.execute(FILL.format(names=", ".join(names), values=values), {**known, "people": people})
    cursor.execute("ANALYZE clinic_client")


def searches() -> list[str]:
    """Two letters, three from anywhere, a whole name, "Last, First", a number, a date of birth."""
    chance = Random(SEED)
    typed = []
    for _ in range(SEARCHES):
        first, last = chance.choice(FIRST), chance.choice(LAST)
        at = chance.randrange(len(last) - 2)
        typed += [last[:2], last[at : at + 3], f"{first} {last}", f"{last}, {first[:3]}"]
        typed.append(f"{chance.randrange(200, 999)}-{chance.randrange(1000, 9999)}")
        typed.append(
            f"{chance.randint(1, 12)}/{chance.randint(1, 28)}/{chance.randint(1930, 2010)}"
        )
    return typed
