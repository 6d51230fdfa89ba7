"""What somebody learns who steals the database, the folder of documents, or the logs."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

import psycopg2
from psycopg2 import sql

from clinic import body
from intake import screening

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.runtime.product import Product

SECRETS = "secrets"
# A PDF, a JPEG, a PNG and a HEIC, each by its first bytes.
KINDS = re.compile(rb"^(%PDF|\xff\xd8\xff|\x89PNG|.{4}ftyp)", re.DOTALL)
# Of everybody in the clinic, from the columns in which it is kept.
PEOPLE = {
    "clinic_client": ("first_name || ' ' || last_name", "last_name", "email", "phone"),
    "clinic_user": ("email", "display_name"),
    "clinic_message": ("recipient",),
    "prescriptions_prescriber": ("name", "npi"),
    "prescriptions_prescribeddiagnosis": ("code_id",),
}
# What is published, and where parts of the body stand openly (docs/security.md).
PUBLISHED = {
    "intake_questionnaire",
    "prescriptions_diagnosiscode",
    "prescriptions_diagnosisstart",
    "prescriptions_prescribedregion",
    "treatment_exercise",  # what can be given to anybody
}
SHORT = 4  # signs; less than that is found in anything


def dump(product: Product) -> Iterator[tuple[str, str]]:
    """Each table of the database as COPY writes it, bytes in hexadecimal."""
    with psycopg2.connect(product.environment["DATABASE_URL"]) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        for (table,) in cursor.fetchall():
            cursor.execute(sql.SQL("SELECT t::text FROM {} t").format(sql.Identifier(table)))
            yield table, "\n".join(text for (text,) in cursor)


@cache
def codes() -> re.Pattern[str]:
    """What answers are called in tables: rules, places and kinds of pain, alone in a column."""
    rules = {rule.alert.rule for rule in screening.RULES}
    places = {place.region for place in body.places()} | set(body.places_by_key())
    names = "|".join(map(re.escape, rules | places | set(body.PainType.values)))
    return re.compile(rf"(?<=[(,])({names})(?=[),])", re.MULTILINE)


def coded_in_a_dump(product: Product) -> set[tuple[str, str]]:
    """Anybody's answers by their codes."""
    return {
        (table, found)
        for table, text in dump(product)
        if table not in PUBLISHED
        for found in codes().findall(text)
    }


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def told_by_a_dump(product: Product, words: Iterable[str]) -> set[tuple[str, str]]:
    """The words that stand in a table, plainly or as bytes."""
    words = list(words)
    return {
        (table, word)
        for table, text in dump(product)
        for word in words
        if word in text or word.encode().hex() in text
    }


def told_by_the_files(product: Product, words: Iterable[str]) -> set[tuple[str, str]]:
    """The words in any file beside the database's own and the keys, and files that open."""
    encoded = [word.encode() for word in words]
    found = set()
    for path in files(product.data):
        place = path.relative_to(product.data)
        if place.parts[0] in {SECRETS, "postgres"}:
            continue
        content = path.read_bytes()
        found |= {(str(place), word.decode()) for word in encoded if word in content}
        if place.parts[0] == "documents" and KINDS.match(content):
            found.add((str(place), "is a file that opens"))
    return found


def told_by_the_logs(product: Product, words: Iterable[str]) -> set[tuple[str, str]]:
    """Names, addresses, numbers and codes of anybody in the clinic, and the words, in any log."""
    known = set(words)
    with psycopg2.connect(product.environment["DATABASE_URL"]) as connection:
        cursor = connection.cursor()
        for table, columns in PEOPLE.items():
            for column in columns:
                cursor.execute(f"SELECT DISTINCT {column} FROM {table}")  # noqa: S608 - ours, above
                known |= {str(value).strip() for (value,) in cursor if value}
    assert len(known) > 100, "the seeded people were not read"
    logs = {path.name: path.read_text(errors="replace") for path in files(product.data / "logs")}
    assert {"web.log", "worker.log"} <= set(logs)
    return {
        (name, word)
        for name, text in logs.items()
        for word in known
        if len(word) > SHORT and re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)
    }
