"""A database of the version before the migrations began again is carried over, or refused."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState

from clinic.management.migrating import SchemaAutodetector
from clinic.runtime import prepare
from clinic.runtime.config import ROOT
from tests import databases

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.backends.base.base import BaseDatabaseWrapper
    from pytest_django import DjangoDbBlocker

OURS = ("clinic", "intake", "prescriptions", "booking", "treatment", "billing")
BEFORE = Path(__file__).parent / "fixtures" / "before_migrations_began_again.sql"
ALIAS = "carried"
FRESH = "fresh"

# What the catalogs say of everything that is neither PostgreSQL's nor an extension's own. The order
# of columns is left out, and so are the names of NOT NULL constraints, which PostgreSQL makes up.
WITHIN = """
WITH c AS (
    SELECT * FROM pg_class WHERE relnamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_class.oid AND deptype = 'e')
), p AS (
    SELECT * FROM pg_proc WHERE pronamespace = 'public'::regnamespace
    AND NOT EXISTS (SELECT FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
)
"""
CATALOGS = {
    "extensions": "SELECT extname FROM pg_extension",
    "tables": """
        SELECT relname, relkind, relpersistence, reloptions::text FROM c
        WHERE relkind NOT IN ('i', 'S')
    """,
    "columns": """
        SELECT relname, attname, format_type(atttypid, atttypmod), attnotnull, attidentity,
               attgenerated, attcollation::regcollation::text, pg_get_expr(adbin, adrelid)
        FROM c JOIN pg_attribute ON attrelid = c.oid
        LEFT JOIN pg_attrdef ON (adrelid, adnum) = (attrelid, attnum)
        WHERE attnum > 0 AND NOT attisdropped AND relkind = 'r'
    """,
    "sequences": """
        SELECT sequencename, data_type::text, start_value, min_value, max_value, increment_by, cycle
        FROM pg_sequences WHERE schemaname = 'public'
    """,
    "constraints": """
        SELECT relname, conname, contype, condeferrable, condeferred, pg_get_constraintdef(o.oid)
        FROM c JOIN pg_constraint o ON conrelid = c.oid WHERE contype <> 'n'
    """,
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public'",
    "triggers": """
        SELECT relname, tgenabled, pg_get_triggerdef(t.oid)
        FROM c JOIN pg_trigger t ON tgrelid = c.oid WHERE NOT tgisinternal
    """,
    "functions": "SELECT pg_get_functiondef(oid) FROM p",
    "stamps": "SELECT DISTINCT about FROM booking_diarystamp",
}

Rows = set[tuple[object, ...]]


def rows_of(database: BaseDatabaseWrapper, query: str) -> Rows:
    with database.cursor() as cursor:
        cursor.execute(f"{WITHIN} {query}")
        return set(cursor.fetchall())


def schema_of(database: BaseDatabaseWrapper) -> dict[str, Rows]:
    return {what: rows_of(database, query) for what, query in CATALOGS.items()}


def applied_in(database: BaseDatabaseWrapper) -> set[tuple[str, str]]:
    return set(MigrationRecorder(database).applied_migrations())


@dataclass(frozen=True)
class Seen:
    schema: dict[str, Rows]
    applied: set[tuple[str, str]]


def seen_in(database: BaseDatabaseWrapper) -> Seen:
    return Seen(schema_of(database), applied_in(database))


@dataclass(frozen=True)
class Carried:
    database: BaseDatabaseWrapper
    before: Seen
    after: Seen
    left_to_do: int


@pytest.fixture(scope="module")
def carried(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Carried]:
    """A database with the tables of the version before, and what it had noted as applied; then
    migrated.
    """
    # A test with `django_db` may use no database that was not there when it began.
    with django_db_blocker.unblock(), databases.one_more(ALIAS) as database:
        with database.cursor() as cursor:
            cursor.execute(BEFORE.read_text(encoding="utf-8"))
        before = seen_in(database)
        migrate()
        executor = MigrationExecutor(database)
        left = executor.migration_plan(executor.loader.graph.leaf_nodes())
        yield Carried(database, before, seen_in(database), len(left))


@pytest.fixture(scope="module")
def fresh(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Seen:
    """A database made from nothing. Not the tests' own: race tests drop a constraint of it, and
    PostgreSQL spells what they put back in other words.
    """
    with (
        django_db_blocker.unblock(),
        databases.one_more(FRESH, template=databases.migrated()) as database,
    ):
        return seen_in(database)


def migrate(*target: str) -> None:
    call_command("migrate", *target, database=ALIAS, interactive=False, verbosity=0)


def test_a_database_of_the_version_before_is_carried_over(carried: Carried, fresh: Seen) -> None:
    assert not {name for name in carried.before.applied if name[1] == "0001_tables"}

    schema = carried.after.schema
    assert {what: odd for what in CATALOGS if (odd := schema[what] ^ fresh.schema[what])} == {}
    assert all(schema.values())
    assert len(schema["triggers"]) > 90
    assert carried.after.applied == fresh.applied
    assert carried.left_to_do == 0


@pytest.mark.slow
def test_all_migrations_can_be_taken_back_and_done_again(carried: Carried, fresh: Seen) -> None:
    database = carried.database

    migrate("clinic", "zero")

    assert not {name for name in applied_in(database) if name[0] in OURS}
    assert rows_of(database, CATALOGS["triggers"]) == set()
    assert rows_of(database, CATALOGS["functions"]) == set()
    # No app knows whether it is the last to need pg_trgm, so it stays.
    extensions = {name for (name,) in rows_of(database, CATALOGS["extensions"])}
    assert extensions == {"plpgsql", "pg_trgm"}
    left = {str(row[0]) for row in rows_of(database, CATALOGS["tables"])}
    assert not {name for name in left if name.startswith(OURS)}

    migrate()

    assert seen_in(database) == fresh


HALF = [
    ("intake", "0005_sealed_marks_and_rules", "intake 4 of 5"),
    ("clinic", "0001_initial", "clinic 12 of 13"),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("app", "name", "told"), HALF)
def test_a_database_left_half_way_is_refused_and_told_what_to_do(
    app: str, name: str, told: str
) -> None:
    MigrationRecorder(connection).record_unapplied(app, name)
    schema, applied = schema_of(connection), applied_in(connection)

    with pytest.raises(CommandError, match=told) as refused:
        call_command("migrate", interactive=False, verbosity=0)
    with pytest.raises(SystemExit, match=told):  # as `make run` does
        prepare.database()

    assert "\n" not in str(refused.value)
    assert "docs/run.md" in str(refused.value)
    assert "## Carrying data over" in (ROOT / "docs" / "run.md").read_text(encoding="utf-8")
    assert (schema_of(connection), applied_in(connection)) == (schema, applied)


@pytest.mark.django_db
def test_an_app_that_was_never_begun_is_made_beside_those_that_were() -> None:
    """As where a first start was cut short between two apps."""
    recorder = MigrationRecorder(connection)
    for app, name in applied_in(connection):
        if app == "billing":
            recorder.record_unapplied(app, name)

    executor = MigrationExecutor(connection)
    plan = executor.migration_plan(executor.loader.graph.leaf_nodes())

    assert [str(migration) for migration, _ in plan] == [
        "billing.0001_tables",
        "billing.0002_guards",
        "billing.0003_work_to_do",
        "billing.0004_corrections",
        "billing.0005_corrections_guards",
        "billing.0006_retired_drawers",
        "billing.0007_documents",
        "billing.0008_coupons",
        "billing.0009_extras",
        "billing.0010_estimates",
        "billing.0011_hand_on",
    ]


# ---- What migrations know of us ----


def test_no_migration_imports_our_code() -> None:
    files = [path for app in OURS for path in (ROOT / app / "migrations").glob("*.py")]
    ours = {
        (path.relative_to(ROOT).as_posix(), name)
        for path in files
        for name in imported(ast.parse(path.read_text(encoding="utf-8")))
        if name.partition(".")[0] in {*OURS, "tests", "bench"}
    }

    assert len(files) > 2 * len(OURS)
    assert ours == set()


def imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "clinic" if node.level else node.module or ""


@pytest.mark.django_db
def test_the_migrations_make_what_the_models_say() -> None:
    call_command("makemigrations", check_changes=True, dry_run=True, verbosity=0)


def test_a_new_label_needs_no_migration_and_a_new_length_does() -> None:
    def changed(**attributes: object) -> set[str]:
        loader = MigrationLoader(None)
        state = ProjectState.from_apps(apps)
        vars(state.models["clinic", "location"].fields["name"]).update(attributes)
        detector = SchemaAutodetector(loader.project_state(), state)
        return set(detector.changes(loader.graph))

    assert changed(_verbose_name="branch", help_text="As on the door.") == set()
    assert changed(max_length=121) == {"clinic"}
