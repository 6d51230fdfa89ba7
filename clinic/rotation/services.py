"""Re-encrypt with the current key what older keys encrypted: documents, answers, notes.

Each encrypted value says which key opens it, so the data itself shows what is left: it can be
stopped at any time and resumes where it was. Nothing is unreadable in between, because every key
in DOCUMENT_KEYS decrypts.
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

from clinic.documents import store as documents
from clinic.models import Document, EncryptionKey
from clinic.vault.crypto import CannotDecrypt, keyring
from clinic.vault.fields import EncryptedTextField, context_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.db.models import QuerySet

logger = logging.getLogger(__name__)

BATCH = 200


@dataclass(frozen=True, slots=True)
class Step:
    """The result of one batch."""

    done: int
    lost: int  # no key opens it, or the file is gone


@dataclass(frozen=True, slots=True)
class Column:
    """A column of encrypted values."""

    table: str
    name: str
    key: str

    @property
    def context(self) -> bytes:
        return context_of(self.table, self.name)

    def remaining(self) -> int:
        with connection.cursor() as cursor:
            cursor.execute(
                self._query("SELECT count(*) FROM {table} WHERE {old}"), _current_prefix()
            )
            return int(cursor.fetchone()[0])

    def reencrypt(self) -> Iterator[Step]:
        """Batch by batch, in the order of the primary key; each batch is one transaction."""
        find = "SELECT {key}, {column} FROM {table} WHERE {old} AND {key} > %s ORDER BY {key}"
        find += " LIMIT %s FOR NO KEY UPDATE"
        first = find.replace(" AND {key} > %s", "")
        rows = self._batch(first, [])
        while rows.keys:
            yield Step(rows.done, len(rows.keys) - rows.done)
            rows = self._batch(find, [rows.keys[-1]])

    def _batch(self, find: str, after: list[Any]) -> _Batch:
        held, rows, done = keyring(), [], 0
        put = self._query("UPDATE {table} SET {column} = %s WHERE {key} = %s")
        with transaction.atomic(), connection.cursor() as cursor:
            # What is signed never changes; re-encrypting changes nothing that it says.
            cursor.execute("SELECT set_config('clinic.reseal', 'on', true)")
            cursor.execute(self._query(find), [*_current_prefix(), *after, BATCH])
            for key, old in cursor.fetchall():
                rows.append(key)
                try:
                    plain = held.decrypt(bytes(old), self.context)
                except CannotDecrypt:
                    continue
                cursor.execute(put, [held.encrypt(plain, self.context), key])
                done += 1
        return _Batch(rows, done)

    def _query(self, text: str) -> sql.Composed:
        column = sql.Identifier(self.name)
        # NULL and empty values are not encrypted.
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


def remaining() -> int:
    """Values and files the current key has not encrypted yet."""
    others = _old_documents().count() + _old_secrets().count()
    return others + sum(column.remaining() for column in columns())


def reencrypt_all() -> Iterator[Step]:
    """Re-encrypt a batch at a time; stop iterating to stop. Safe while the clinic is running."""
    for column in columns():
        yield from column.reencrypt()
    yield from _secrets()
    yield from _documents()


def is_running() -> bool:
    return EncryptionKey.objects.filter(key_id=keyring().current, is_taking_over=True).exists()


def set_running(*, running: bool) -> None:
    """Have the worker do it in the background, or stop it."""
    EncryptionKey.objects.filter(key_id=keyring().current).update(is_taking_over=running)


def _current_prefix() -> list[Any]:
    prefix = keyring().prefix
    return [len(prefix), prefix]


def _old_secrets() -> QuerySet[Authenticator]:
    """For apps and recovery codes; what we keep of a passkey is public."""
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
                documents.reencrypt(shared[0])
            except documents.DocumentLost:
                logger.warning("document %s cannot be opened", shared[0].pk)
                yield Step(0, len(shared))
                continue
            rows.update(key_id=keyring().current)
        yield Step(len(shared), 0)
