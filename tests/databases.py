"""Databases beside the tests' own, and the one that all of them are copied from.

To migrate an empty database takes as long as hundreds of tests. One process of a run does it, once;
the tests' databases are copies of what it made, which takes PostgreSQL a blink.
"""

from __future__ import annotations

import hashlib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from django import get_version
from django.apps import apps
from django.core.management import call_command
from django.db import connection, connections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

PREFIX = "migrated_"
LOCK = 5492


def migrated() -> str:
    """The name of a database with every migration and nothing else; made if it is not there.

    It bears the sum of all migrations: a server that outlives a run never serves an old one.
    """
    name = PREFIX + _sum_of_migrations()
    with connection._nodb_cursor() as cursor:
        # The other processes of the run wait here for the one that makes it.
        cursor.execute("SET statement_timeout = 0; SET lock_timeout = 0")
        cursor.execute("SELECT pg_advisory_lock(%s)", [LOCK])
        try:
            cursor.execute("SELECT datname FROM pg_database WHERE datname ^@ %s", [PREFIX])
            there = {found for (found,) in cursor.fetchall()}
            for old in there - {name}:
                cursor.execute(f'DROP DATABASE "{old}" WITH (FORCE)')
            if name not in there:
                _make(cursor, name)
        finally:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK])
    return name


def _sum_of_migrations() -> str:
    paths = (
        path
        for app in apps.get_app_configs()
        for path in sorted((Path(app.path) / "migrations").glob("*.py"))
    )
    digest = hashlib.sha256(get_version().encode())
    for path in paths:
        digest.update(b"%s\0%s\0" % (path.name.encode(), path.read_bytes()))
    return digest.hexdigest()[:16]


def _make(cursor: CursorWrapper, name: str) -> None:
    """Under another name until it is whole."""
    with one_more("unfinished", keep=True) as database:
        call_command("migrate", database=database.alias, interactive=False, verbosity=0)
        unfinished = database.settings_dict["NAME"]
    cursor.execute(f'ALTER DATABASE "{unfinished}" RENAME TO "{name}"')


@contextmanager
def one_more(
    alias: str, *, template: str = "template1", keep: bool = False
) -> Iterator[BaseDatabaseWrapper]:
    """A database of its own beside the tests', empty or a copy."""
    name = f"{connection.settings_dict['NAME']}_{alias}"
    with connection._nodb_cursor() as cursor:
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
    connections.databases[alias] = {**connection.settings_dict, "NAME": name}
    try:
        yield connections[alias]
    finally:
        connections[alias].close()
        del connections[alias]
        del connections.databases[alias]
        if not keep:
            with connection._nodb_cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
