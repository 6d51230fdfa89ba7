from __future__ import annotations

import base64

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from clinic.vault.crypto import CannotDecrypt, Keyring

OLD = "old:" + base64.b64encode(b"o" * 32).decode()
NEW = "new:" + base64.b64encode(b"n" * 32).decode()


@given(st.binary(max_size=2000), st.binary(max_size=40))
def test_what_is_sealed_opens_again(plain: bytes, context: bytes) -> None:
    keys = Keyring.parse(NEW)
    sealed = keys.encrypt(plain, context)
    assert keys.decrypt(sealed, context) == plain
    assert len(plain) < 8 or plain not in sealed


def test_the_first_key_seals_and_older_keys_still_open() -> None:
    before = Keyring.parse(OLD).encrypt(b"note", b"here")
    rotated = Keyring.parse(f"{NEW},{OLD}")
    assert rotated.decrypt(before, b"here") == b"note"
    after = rotated.encrypt(b"note", b"here")
    with pytest.raises(CannotDecrypt):
        Keyring.parse(OLD).decrypt(after, b"here")


def test_altered_bytes_and_another_context_are_refused() -> None:
    keys = Keyring.parse(NEW)
    sealed = keys.encrypt(b"note", b"here")
    with pytest.raises(CannotDecrypt):
        keys.decrypt(sealed[:-1] + bytes([sealed[-1] ^ 1]), b"here")
    with pytest.raises(CannotDecrypt):
        keys.decrypt(sealed, b"elsewhere")
    with pytest.raises(CannotDecrypt):
        keys.decrypt(b"", b"here")


@pytest.mark.parametrize("text", ["", "k", "k:short", "k:!!!", ":" + "A" * 43 + "="])
def test_a_malformed_key_stops_the_start_without_repeating_it(text: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refused:
        Keyring.parse(text)
    assert not text or text not in str(refused.value)
