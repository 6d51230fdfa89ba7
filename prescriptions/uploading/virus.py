"""ClamAV, where a clinic has it: files are scanned before anything opens them.

Fails closed: if the scanner does not answer, nothing passes, and the upload waits for it.
"""

from __future__ import annotations

import io
import logging
import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from clamav_client.clamd import ClamdError, ClamdNetworkSocket, ClamdUnixSocket
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from prescriptions.uploading.uploads import Infected

if TYPE_CHECKING:
    from collections.abc import Sequence

logger = logging.getLogger(__name__)

PORT = 3310
TIMEOUT = 10  # seconds to wait for one answer
PATIENCE = 60  # seconds for all files, leaving time for cleaning


class ScannerAway(Exception):
    """The scanner does not answer at all: the upload waits for it."""


class NoVerdict(Exception):
    """The scanner is up but cannot judge these files: too slow, too large for it, an error."""


def scanner(url: str) -> ClamdNetworkSocket | None:
    """Where clamd listens; None when the clinic has none.

    Raises:
        ImproperlyConfigured: not a clamd address.
    """
    if not url:
        return None
    parts = urlsplit(url)
    if parts.scheme == "unix" and parts.path:
        return ClamdUnixSocket(parts.path, timeout=TIMEOUT)
    if parts.scheme == "tcp" and parts.hostname:
        return ClamdNetworkSocket(parts.hostname, parts.port or PORT, timeout=TIMEOUT)
    message = "CLAMAV_URL is neither unix:///path nor tcp://host:port."
    raise ImproperlyConfigured(message)


def scan(files: Sequence[bytes]) -> None:
    """Returns nothing when all are clean, or there is no scanner.

    Raises:
        Infected: at least one is not.
        ScannerAway, NoVerdict: there is no answer.
    """
    clamd = scanner(settings.CLAMAV_URL)
    if clamd is None:
        return
    try:
        clamd.ping()
    except (ClamdError, OSError, ValueError) as error:
        logger.warning("the virus scanner is away: %s", type(error).__name__)
        raise ScannerAway from error
    give_up = time.monotonic() + PATIENCE
    for content in files:
        if time.monotonic() > give_up:
            raise NoVerdict
        try:
            verdicts = clamd.instream(io.BytesIO(content))
        except (ClamdError, OSError, ValueError) as error:
            logger.warning("the virus scanner gave no verdict: %s", type(error).__name__)
            raise NoVerdict from error
        status = verdicts.get("stream", ("", None))[0]
        if status == "FOUND":
            raise Infected
        if status != "OK":
            raise NoVerdict
