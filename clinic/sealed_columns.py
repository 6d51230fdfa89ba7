"""Steps of migrations that seal what stood in the open, or was sealed for no column.

    bound("intake")                                   every sealed value, for its table and column
    sealed("prescriptions", "Upload", "note")         a column of text becomes a sealed one
    rewritten("prescriptions_upload")                 and no old row stays behind in the file

All can be undone. Triggers of the tables rest meanwhile: what is said does not change.
"""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.db import migrations, models
from psycopg2 import sql

from clinic.crypto import CannotDecrypt, keyring
from clinic.fields import EncryptedTextField, padded, unpadded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.apps.registry import Apps
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.operations.base import Operation

    Code = Callable[[Apps, BaseDatabaseSchemaEditor], None]

logger = logging.getLogger(__name__)

BEFORE = b"field"  # what every column was sealed for once
BATCH = 500


# ---- Values that were sealed for no column ----


def bound(app: str) -> Operation:
    """Seal anew, each for its column, the values of an app's tables."""
    return migrations.RunPython(_each(app, _bind), _each(app, _unbind))


def _bind(field: EncryptedTextField, old: bytes) -> bytes:
    return keyring().seal(padded(keyring().open(old, BEFORE)), field.context)


def _unbind(field: EncryptedTextField, new: bytes) -> bytes:
    return keyring().seal(unpadded(keyring().open(new, field.context)), BEFORE)


def _each(app: str, change: Callable[[EncryptedTextField, bytes], bytes]) -> Code:
    def run(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        for model in apps.get_app_config(app).get_models():
            table, key = model._meta.db_table, model._meta.pk.column
            for field in model._meta.local_concrete_fields:
                if isinstance(field, EncryptedTextField):
                    with resting(editor, table):
                        _change(editor, field, key, change)

    return run


def _change(
    editor: BaseDatabaseSchemaEditor,
    field: EncryptedTextField,
    key: str,
    change: Callable[[EncryptedTextField, bytes], bytes],
) -> None:
    names = {
        "table": sql.Identifier(field.model._meta.db_table),
        "column": sql.Identifier(field.column),
        "key": sql.Identifier(key),
    }
    find = sql.SQL("SELECT {key} FROM {table} WHERE {column} <> ''").format(**names)
    take = sql.SQL("SELECT {key}, {column} FROM {table} WHERE {key} IN %s").format(**names)
    put = sql.SQL("UPDATE {table} SET {column} = %s WHERE {key} = %s").format(**names)
    with editor.connection.cursor() as cursor:
        cursor.execute(find)
        keys = [pk for (pk,) in cursor.fetchall()]
        for start in range(0, len(keys), BATCH):
            cursor.execute(take, [tuple(keys[start : start + BATCH])])
            for pk, value in cursor.fetchall():
                try:
                    cursor.execute(put, [change(field, bytes(value)), pk])
                except CannotDecrypt:  # no key of the ring opens it: it stays as lost as it was
                    logger.warning("%s of %s cannot be opened", field, pk)


# ---- Columns that were not sealed ----


def sealed(
    app: str, model: str, name: str, label: str | None = None, *, may_be_empty: bool = True
) -> list[Operation]:
    """The steps that make a sealed column of one of text; no constraint may speak of it then."""
    plain = f"{name}_plain"
    field: EncryptedTextField = EncryptedTextField(label, default=str, blank=may_be_empty)
    return [
        migrations.RenameField(model, name, plain),
        # A default, for the way back.
        migrations.AlterField(model, plain, models.TextField(default="")),
        migrations.AddField(model, name, field, preserve_default=may_be_empty),
        migrations.RunPython(_copied(app, model, plain, name), _copied(app, model, name, plain)),
        migrations.RemoveField(model, plain),
    ]


def _copied(app: str, model: str, source: str, target: str) -> Code:
    def run(apps: Apps, editor: BaseDatabaseSchemaEditor) -> None:
        rows: Any = apps.get_model(app, model)._base_manager
        with resting(editor, rows.model._meta.db_table):
            for pk, text in list(rows.exclude(**{source: ""}).values_list("pk", source)):
                rows.filter(pk=pk).update(**{target: text})

    return run


def rewritten(table: str) -> Operation:
    """Write a table anew: a dropped column and changed rows else stay in its file for a while."""
    anew = "ALTER TABLE {} ALTER updated_at TYPE timestamptz USING updated_at + interval '0'"
    return migrations.RunSQL(anew.format(table), migrations.RunSQL.noop)


@contextmanager
def resting(editor: BaseDatabaseSchemaEditor, table: str) -> Iterator[None]:
    """Without the triggers of a table, some of which let nothing signed or issued change."""
    name = editor.quote_name(table)
    editor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
    yield
    # A row that is changed twice asks for its foreign keys to be checked in the end: now, then.
    editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    editor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")
