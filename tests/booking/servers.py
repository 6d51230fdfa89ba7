"""Real servers on this machine that play other people's calendars, well behaved and not."""

from __future__ import annotations

import socket
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    Answer = Callable[["Handler"], None]

HOME = "127.0.0.2"  # not the 127.0.0.1 that redirects must not reach


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Site

    def do_GET(self) -> None:
        self.server.asked.append((self.path, dict(self.headers)))
        self.server.answer(self)

    def reply(
        self, body: bytes = b"", *, status: int = 200, headers: Mapping[str, str] | None = None
    ) -> None:
        named = {"Content-Length": str(len(body)), "Connection": "close", **(headers or {})}
        self.send_response(status)
        for name, value in named.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Quiet."""


class Site(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.asked: list[tuple[str, dict[str, str]]] = []
        super().__init__((HOME, 0), Handler)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def url(self, path: str = "/basic.ics", scheme: str = "http", host: str = "cal.test") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A reader that hangs up on us is what these tests are about."""


@contextmanager
def site(answer: Answer, tls: ssl.SSLContext | None = None) -> Iterator[Site]:
    try:
        server = Site(answer)
    except OSError:
        pytest.skip(f"this system does not answer at {HOME}")
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@contextmanager
def silence() -> Iterator[int]:
    """The port of something that takes calls and never says a word."""
    with socket.socket() as listener:
        try:
            listener.bind((HOME, 0))
        except OSError:
            pytest.skip(f"this system does not answer at {HOME}")
        listener.listen()
        yield listener.getsockname()[1]
