"""AES-256-GCM with named keys, for documents and for health answers in the database.

Ciphertext is `version(1) | len(key id)(1) | key id | nonce(12) | ciphertext+tag`, so that every
encrypted value says which key opens it and keys can be rotated.
"""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

VERSION = 1
NONCE_BYTES = 12
KEY_BYTES = 32


class CannotDecrypt(Exception):
    """The key is not among DOCUMENT_KEYS, or the bytes (or their context) were changed."""


@dataclass(frozen=True, slots=True)
class Keyring:
    """The first key encrypts; every key decrypts."""

    keys: dict[str, bytes]

    @property
    def current(self) -> str:
        return next(iter(self.keys))

    @property
    def current_key(self) -> bytes:
        return self.keys[self.current]

    @classmethod
    def parse(cls, text: str) -> Keyring:
        """Read "id:base64,id:base64".

        Raises:
            ImproperlyConfigured: an entry is malformed; the message never repeats the key.
        """
        keys: dict[str, bytes] = {}
        for place, entry in enumerate(text.replace("\n", ",").split(","), start=1):
            if not entry.strip():
                continue
            name, _, value = entry.strip().partition(":")
            try:
                key = base64.b64decode(value, validate=True)
            except binascii.Error:
                key = b""
            if not name.isascii() or not 1 <= len(name) <= 20 or len(key) != KEY_BYTES:
                message = f"DOCUMENT_KEYS entry {place} is not `id:base64 of {KEY_BYTES} bytes`."
                raise ImproperlyConfigured(message)
            keys[name] = key
        if not keys:
            message = "DOCUMENT_KEYS holds no key."
            raise ImproperlyConfigured(message)
        return cls(keys)

    @property
    def prefix(self) -> bytes:
        """The prefix of everything the current key encrypts."""
        name = self.current.encode()
        return bytes([VERSION, len(name)]) + name

    def encrypt(self, plain: bytes, context: bytes) -> bytes:
        """`context` (what the bytes belong to) is authenticated, not stored."""
        nonce = os.urandom(NONCE_BYTES)
        ciphertext = AESGCM(self.current_key).encrypt(nonce, plain, context)
        return self.prefix + nonce + ciphertext

    def decrypt(self, ciphertext: bytes, context: bytes) -> bytes:
        """Decrypt what `encrypt` made.

        Raises:
            CannotDecrypt: unknown key, altered bytes or another context.
        """
        try:
            if ciphertext[0] != VERSION:
                raise CannotDecrypt
            end = 2 + ciphertext[1]
            key = self.keys[ciphertext[2:end].decode()]
            nonce, body = ciphertext[end : end + NONCE_BYTES], ciphertext[end + NONCE_BYTES :]
            return AESGCM(key).decrypt(nonce, body, context)
        except (IndexError, KeyError, UnicodeDecodeError, ValueError, InvalidTag) as error:
            raise CannotDecrypt from error


@lru_cache(maxsize=4)
def _parse(text: str) -> Keyring:
    return Keyring.parse(text)


def keyring() -> Keyring:
    return _parse(settings.DOCUMENT_KEYS)
