"""A real mail server that can be held in the middle of a conversation."""

from __future__ import annotations

import asyncio
from threading import Event
from typing import TYPE_CHECKING, Any

from aiosmtpd.controller import Controller

from tests.runtime.product import free_port

if TYPE_CHECKING:
    from collections.abc import Callable

    from pytest_django.fixtures import Settings

PATIENCE = 20  # seconds


class MailServer:
    """Keeps what it is given. `meanwhile` runs after it has read a message, before it answers."""

    def __init__(self) -> None:
        self.received: list[str] = []
        self.answer = "250 OK"  # empty: it hangs up
        self.meanwhile: Callable[[], None] = lambda: None
        self.failure: Exception | None = None
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())

    # The method name is aiosmtpd's.
    async def handle_DATA(self, server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        self.received.append(envelope.content.decode())
        try:
            # In a thread, so that a second conversation is possible.
            await asyncio.get_running_loop().run_in_executor(None, self.meanwhile)
        except Exception as failure:  # noqa: BLE001
            self.failure = failure  # of the test's own look: told when it is over
        if not self.answer:
            server.transport.abort()
        return self.answer

    def use(self, settings: Settings) -> None:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", self.port

    @property
    def port(self) -> int:
        return int(self._controller.port)

    def __enter__(self) -> MailServer:
        self._controller.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._controller.stop()
        if self.failure is not None:
            raise self.failure


class Hold:
    """As `meanwhile`: the server waits until it is let go."""

    def __init__(self) -> None:
        self.reached, self.go_on = Event(), Event()

    def __call__(self) -> None:
        self.reached.set()
        assert self.go_on.wait(PATIENCE)
