"""Model fields that are encrypted at rest: nothing can be searched or ordered by them.

A value is encrypted for its table and column, so someone with SQL access cannot move it to another
and read it on their own page. It is not bound to its row: Django hands a field the value without
its row. Renaming a table or column needs a migration that encrypts its values again.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from clinic.vault.crypto import keyring

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# Many texts are one of a few dozen fixed ones: length alone would reveal which, with no key.
BLOCK = 256


if TYPE_CHECKING:
    BytesField = models.BinaryField[Any, Any]
else:
    BytesField = models.BinaryField


def padded(plain: bytes) -> bytes:
    """Padded to whole blocks (ISO/IEC 7816-4), so that the length reveals little."""
    return plain + b"\x80" + bytes(-(len(plain) + 1) % BLOCK)


def unpadded(plain: bytes) -> bytes:
    return plain.rstrip(b"\0")[:-1]


def context_of(table: str, column: str) -> bytes:
    return f"field:{table}.{column}".encode()


class EncryptedTextField(BytesField):
    """Text in, encrypted bytes in the database, text out.

    Empty text stays empty bytes: there is nothing to hide, and constraints can check for it (as
    `b""`: migrations know a field of bytes).
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = True
        super().__init__(*args, **kwargs)

    def get_default(self) -> Any:
        """Empty text, where a bytes field uses empty bytes."""
        found = super().get_default()
        return "" if found == b"" else found

    def deconstruct(self) -> Any:
        """To migrations it is what the database has, so they outlive this module.

        Nor do they know a default of ours: it is not bytes.
        """
        name, _, args, kwargs = super().deconstruct()
        kwargs.pop("default", None)
        return name, "django.db.models.BinaryField", args, kwargs

    @property
    def context(self) -> bytes:
        """What a value is encrypted for."""
        return context_of(self.model._meta.db_table, self.column)

    def dumps(self, value: Any) -> bytes:
        return str(value).encode()

    def loads(self, plain: bytes) -> Any:
        return plain.decode()

    def get_db_prep_value(
        self,
        value: Any,
        connection: BaseDatabaseWrapper,
        prepared: bool = False,  # noqa: FBT001, FBT002
    ) -> Any:
        plain = value if value in (None, b"") else self.dumps(value)
        encrypted = keyring().encrypt(padded(plain), self.context) if plain else plain
        return super().get_db_prep_value(encrypted, connection, prepared)

    def from_db_value(self, value: Any, *_: Any) -> Any:
        encrypted = None if value is None else bytes(value)
        plain = unpadded(keyring().decrypt(encrypted, self.context)) if encrypted else encrypted
        return None if plain is None else self.loads(plain)

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def to_python(self, value: Any) -> Any:
        return value


class EncryptedJSONField(EncryptedTextField):
    def dumps(self, value: Any) -> bytes:
        return json.dumps(value, cls=DjangoJSONEncoder).encode()

    def loads(self, plain: bytes) -> Any:
        return json.loads(plain)
