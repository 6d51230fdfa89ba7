"""Model fields that are encrypted at rest: nothing can be searched or ordered by them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import models

from clinic.crypto import keyring

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

CONTEXT = b"field"


if TYPE_CHECKING:
    SealedField = models.BinaryField[Any, Any]
else:
    SealedField = models.BinaryField


class EncryptedTextField(SealedField):
    """Text in, sealed bytes in the database, text out."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs["editable"] = True
        super().__init__(*args, **kwargs)

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
        sealed = None if value is None else keyring().seal(self.dumps(value), CONTEXT)
        return super().get_db_prep_value(sealed, connection, prepared)

    def from_db_value(self, value: Any, *_: Any) -> Any:
        return None if value is None else self.loads(keyring().open(bytes(value), CONTEXT))

    def value_to_string(self, obj: models.Model) -> str:
        return str(self.value_from_object(obj))

    def to_python(self, value: Any) -> Any:
        return value


class EncryptedJSONField(EncryptedTextField):
    def dumps(self, value: Any) -> bytes:
        return json.dumps(value, cls=DjangoJSONEncoder).encode()

    def loads(self, plain: bytes) -> Any:
        return json.loads(plain)
