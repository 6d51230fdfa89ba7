"""Model fields that are encrypted at rest: nothing can be searched or ordered by them.

A value is sealed for its table and column, so whoever can write SQL cannot move it to another one
and read it on a page of their own. Which row it stands in is not bound: Django hands a field the
value without its row. A table or column with another name needs a migration that seals anew
(`clinic/sealed_columns.py`).
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from clinic.crypto import keyring

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

# Many texts are one of a few dozen fixed ones: told apart by their length, they need no key.
BLOCK = 256


if TYPE_CHECKING:
    SealedField = models.BinaryField[Any, Any]
else:
    SealedField = models.BinaryField


def padded(plain: bytes) -> bytes:
    """Filled up to whole blocks (ISO/IEC 7816-4), so that the length tells little."""
    return plain + b"\x80" + bytes(-(len(plain) + 1) % BLOCK)


def unpadded(plain: bytes) -> bytes:
    return plain.rstrip(b"\0")[:-1]


def context_of(table: str, column: str) -> bytes:
    return f"field:{table}.{column}".encode()


class EncryptedTextField(SealedField):
    """Text in, sealed bytes in the database, text out.

    Empty text stays empty bytes: there is nothing to hide, and constraints can ask for it.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = True
        super().__init__(*args, **kwargs)

    def get_default(self) -> Any:
        """Empty text, where a field of bytes says empty bytes."""
        found = super().get_default()
        return "" if found == b"" else found

    @property
    def context(self) -> bytes:
        """What a value is sealed for; historical models of migrations know it too."""
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
        plain = None if value is None else self.dumps(value)
        sealed = keyring().seal(padded(plain), self.context) if plain else plain
        return super().get_db_prep_value(sealed, connection, prepared)

    def from_db_value(self, value: Any, *_: Any) -> Any:
        sealed = None if value is None else bytes(value)
        plain = unpadded(keyring().open(sealed, self.context)) if sealed else sealed
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
