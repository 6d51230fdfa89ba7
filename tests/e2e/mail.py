"""A real SMTP listener that keeps what it is given."""

from __future__ import annotations

import time
from email import message_from_bytes, policy
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

from tests.runtime.product import free_port

if TYPE_CHECKING:
    from email.message import EmailMessage

WAIT = 60  # seconds; a sweep may have to find the message


class Mailbox:
    """Every message that came in, oldest first."""

    def __init__(self) -> None:
        self.received: list[EmailMessage] = []
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    # The method name is aiosmtpd's.
    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append(message_from_bytes(envelope.content, policy=policy.default))
        return "250 OK"

    def __enter__(self) -> Mailbox:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self._controller.port}"

    def to(self, address: str, *, containing: str = "") -> list[EmailMessage]:
        return [
            message
            for message in self.received
            if address in str(message["To"]) and containing in text_of(message)
        ]

    def wait_for(self, address: str, *, containing: str, seconds: float = WAIT) -> EmailMessage:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if found := self.to(address, containing=containing):
                return found[-1]
            time.sleep(0.2)
        subjects = [str(message["Subject"]) for message in self.to(address)]
        message = f"no mail with {containing!r} came to {address}; there is {subjects}"
        raise AssertionError(message)


def text_of(message: EmailMessage) -> str:
    """Subject and plain body, unfolded."""
    body = message.get_body(preferencelist=("plain",))
    return f"{message['Subject']}\n{body.get_content() if body else ''}"


def calendar_of(message: EmailMessage) -> bytes:
    for part in message.iter_attachments():
        if part.get_content_type() == "text/calendar":
            payload = part.get_payload(decode=True)
            assert isinstance(payload, bytes)
            return payload
    raise AssertionError("no calendar entry")
