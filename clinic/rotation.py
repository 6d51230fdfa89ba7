"""Seal anew with the current key what older keys sealed: documents, answers, notes.

Each sealed value says which key opens it, so the data itself knows what is left: it can be
stopped at any moment and goes on where it was. Nothing is unreadable meanwhile, because every key
of the ring opens.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import decrypt, encrypt
from django.apps import apps
from django.db import connection, transaction
from django.db.models import Q
from psycopg2 import sql

from clinic import documents
from clinic.crypto import CannotDecrypt, keyring
from clinic.fields import EncryptedTextField, context_of
from clinic.models import Document, EncryptionKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

BATCH = 200


@dataclass(frozen=True, slots=True)
class Step:
    """What one batch came to."""

    done: int
    lost: int  # opened by no key of the ring, or the file is gone


@dataclass(frozen=True, slots=True)
class Column:
    """A column of sealed values."""

    table: str
    name: str
    key: str

    @property
    def context(self) -> bytes:
        return context_of(self.table, self.name)

    def left(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(self._query("SELECT count(*) FROM {table} WHERE {old}"), _mark())
            return int(cursor.fetchone()[0])

    def reseal(self) -> Iterator[Step]:
        """Batch by batch, in the order of the primary key; each batch is one transaction."""
        find = "SELECT {key}, {column} FROM {table} WHERE {old} AND {key} > %s ORDER BY {key}"
        find += " LIMIT %s FOR NO KEY UPDATE"
        first = find.replace(" AND {key} > %s", "")
        rows = self._batch(first, [])
        while rows.keys:
            yield Step(rows.done, len(rows.keys) - rows.done)
            rows = self._batch(find, [rows.keys[-1]])

    def _batch(self, find: str, after: list[Any]) -> _Batch:
        ring, keys, done = keyring(), [], 0
        put = self._query("UPDATE {table} SET {column} = %s WHERE {key} = %s")
        with transaction.atomic(), connection.cursor() as cursor:
            # What is signed never changes; sealing it anew changes nothing that it says.
            cursor.execute("SELECT set_config('clinic.reseal', 'on', true)")
            cursor.execute(self._query(find), [*_mark(), *after, BATCH])
            for key, sealed in cursor.fetchall():
                keys.append(key)
                try:
                    plain = ring.open(bytes(sealed), self.context)
                except CannotDecrypt:
                    continue
                cursor.execute(put, [ring.seal(plain, self.context), key])
                done += 1
        return _Batch(keys, done)

    def _query(self, text: str) -> sql.Composed:
        column = sql.Identifier(self.name)
        # NULL and empty values are not sealed.
        old = sql.SQL("{0} <> '' AND substring({0} FROM 1 FOR %s) <> %s").format(column)
        table, key = sql.Identifier(self.table), sql.Identifier(self.key)
        return sql.SQL(text).format(table=table, column=column, key=key, old=old)


@dataclass(frozen=True, slots=True)
class _Batch:
    keys: list[Any]
    done: int


def columns() -> Iterator[Column]:
    """Every encrypted column of every app: a new one is found by its type."""
    for model in apps.get_models():
        for field in model._meta.concrete_fields:
            if isinstance(field, EncryptedTextField):
                yield Column(model._meta.db_table, field.column, model._meta.pk.column)


def left() -> int:
    """Values and files that the current key has not sealed yet."""
    others = _old_documents().count() + _old_secrets().count()
    return others + sum(column.left() for column in columns())


def run() -> Iterator[Step]:
    """Seal anew, a batch at a time; stop taking and it stops. Safe beside a running clinic."""
    for column in columns():
        yield from column.reseal()
    yield from _secrets()
    yield from _documents()


def is_taking_over() -> bool:
    ring = keyring()
    return EncryptionKey.objects.filter(key_id=ring.current, is_taking_over=True).exists()


def take_over(*, going: bool) -> None:
    """Let the worker do it in the background, or stop it."""
    EncryptionKey.objects.filter(key_id=keyring().current).update(is_taking_over=going)


def _mark() -> list[Any]:
    mark = keyring().mark
    return [len(mark), mark]


def _old_secrets() -> QuerySet[Authenticator]:
    """Of apps and recovery codes; what is kept of a passkey is public."""
    ours = f"{keyring().current}:"
    app, codes = Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES
    old = (Q(type=app) & ~Q(data__secret__startswith=ours)) | (
        Q(type=codes) & ~Q(data__seed__startswith=ours)
    )
    found: QuerySet[Authenticator] = Authenticator.objects.filter(old)
    return found


def _secrets() -> Iterator[Step]:
    for pk in list(_old_secrets().values_list("pk", flat=True)):
        with transaction.atomic():
            row = _old_secrets().select_for_update(no_key=True).filter(pk=pk).first()
            if row is None:
                continue
            name = "secret" if row.type == Authenticator.Type.TOTP else "seed"
            try:
                row.data[name] = encrypt(decrypt(row.data[name]))
            except CannotDecrypt:
                logger.warning("second step %s cannot be opened", pk)
                yield Step(0, 1)
                continue
            row.save(update_fields=["data"])
        yield Step(1, 0)


def _old_documents() -> QuerySet[Document]:
    return Document.objects.exclude(key_id=keyring().current)


def _documents() -> Iterator[Step]:
    """One file at a time: several rows may share it."""
    after = ""
    while sha256 := (
        _old_documents()
        .filter(sha256__gt=after)
        .order_by("sha256")
        .values_list("sha256", flat=True)
        .first()
    ):
        after = sha256
        with transaction.atomic():
            rows = Document.objects.filter(sha256=sha256)
            shared = list(rows.select_for_update(no_key=True).order_by("pk"))
            try:
                documents.reseal(shared[0])
            except documents.DocumentLost:
                logger.warning("document %s cannot be opened", shared[0].pk)
                yield Step(0, len(shared))
                continue
            rows.update(key_id=keyring().current)
        yield Step(len(shared), 0)
