"""What gunicorn answers by itself, started as the product starts it: no database is asked."""

import socket
import subprocess
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from clinic.runtime.config import ROOT, new_document_keys, new_secret_key
from clinic.runtime.web import web_server
from clinic.web.headers import PLAIN
from tests.runtime.conftest import eventually
from tests.runtime.product import free_port, product_environment

pytestmark = pytest.mark.slow

HOST = b"Host: 127.0.0.1\r\n"
LIVE = b"GET /healthz/live HTTP/1.1\r\n" + HOST + b"Connection: close\r\n\r\n"


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    folder = tmp_path_factory.mktemp("web")
    port = free_port()
    environ = product_environment(
        SECRET_KEY=new_secret_key(),
        DOCUMENT_KEYS=new_document_keys(),
        DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing",
        REDIS_URL="redis://127.0.0.1:1/0",
        CLINIC_DATA_DIR=str(folder),
    )
    with (folder / "web.log").open("wb") as log:
        server = subprocess.Popen(
            web_server(f"127.0.0.1:{port}", 1),
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    try:
        eventually(lambda: is_up(server, port, folder / "web.log"), "gunicorn answers")
        yield port
    finally:
        server.terminate()
        server.wait(timeout=30)


def is_up(server: subprocess.Popen[bytes], port: int, log: Path) -> bool:
    assert server.poll() is None, log.read_text(encoding="utf-8")
    try:
        return b" 200 " in answer_to(LIVE, port)
    except OSError:
        return False


def answer_to(request: bytes, port: int) -> bytes:
    with socket.create_connection(("127.0.0.1", port), timeout=20) as connection:
        connection.sendall(request)
        connection.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: connection.recv(65536), b""))


@pytest.mark.parametrize(
    ("status", "request_"),
    [
        (400, b"\x16\x03\x01 what is this\r\n\r\n"),
        (400, b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: abc\r\n\r\n"),
        (414, b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\n" + HOST + b"\r\n"),
        (431, b"GET / HTTP/1.1\r\n" + HOST + b"X-Long: " + b"x" * 9000 + b"\r\n\r\n"),
        (417, b"GET / HTTP/1.1\r\n" + HOST + b"Expect: the unexpected\r\n\r\n"),
    ],
    ids=["no request", "no length", "long address", "long header", "odd wish"],
)
def test_what_gunicorn_refuses_by_itself_bears_our_headers(
    port: int, status: int, request_: bytes
) -> None:
    top, _empty, page = answer_to(request_, port).partition(b"\r\n\r\n")
    first, _break, lines = top.partition(b"\r\n")
    headers = message_from_bytes(lines)
    assert first.startswith(f"HTTP/1.1 {status} ".encode())
    assert {name: headers[name] for name in PLAIN} == PLAIN
    assert int(headers["Content-Length"]) == len(page)


def test_what_we_answer_bears_each_header_once(port: int) -> None:
    headers = message_from_bytes(answer_to(LIVE, port).partition(b"\r\n")[2])
    assert len(headers.get_all("X-Content-Type-Options", [])) == 1
    assert len(headers.get_all("Content-Security-Policy", [])) == 1
