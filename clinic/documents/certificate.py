"""Whether documents are signed, and whether the certificate for it can be opened.

Asked when the program starts, so it knows no pyHanko: `signing.py` does the work.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.serialization import pkcs12
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured


def is_configured() -> bool:
    return bool(settings.DOCUMENT_CERTIFICATE)


def check() -> None:
    """Stop the start if there is a certificate that cannot be used.

    Raises:
        ImproperlyConfigured: it is not there, locked with another passphrase, or without a key.
    """
    if not is_configured():
        return
    passphrase = settings.DOCUMENT_CERTIFICATE_PASSPHRASE.encode() or None
    try:
        content = Path(settings.DOCUMENT_CERTIFICATE).read_bytes()
        key, certificate, _others = pkcs12.load_key_and_certificates(content, passphrase)
    except (OSError, ValueError) as error:
        message = f"DOCUMENT_CERTIFICATE cannot be opened: {error}"
        raise ImproperlyConfigured(message) from error
    if key is None or certificate is None:
        message = "DOCUMENT_CERTIFICATE needs a certificate and its private key in one file."
        raise ImproperlyConfigured(message)
