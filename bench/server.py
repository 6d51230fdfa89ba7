"""The databases of a run and the product that is served from them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import psycopg2
import psycopg2.errors

from bench.load import ask, get
from clinic.runtime.config import ROOT, put
from clinic.runtime.web import web_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from psycopg2.extensions import connection as Connection

    from bench.load import Address

WORKERS = 2
OK = 200
_READY_SECONDS = 60
_TRIES = 60


def sibling(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlsplit(url)._replace(path=f"/{name}").geturl()


@contextmanager
def database(url: str, name: str, template: str = "template1") -> Iterator[str]:
    """A temporary database."""
    server = psycopg2.connect(url)
    server.autocommit = True
    try:
        with server.cursor() as cursor:
            cursor.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        try:
            yield sibling(url, name)
        finally:
            _drop(server, name)
    finally:
        server.close()


def _drop(server: Connection, name: str) -> None:
    """The server's own vacuum may be at it, and only the server may end that."""
    for again in reversed(range(_TRIES)):
        try:
            with server.cursor() as cursor:
                cursor.execute(f'DROP DATABASE "{name}" WITH (FORCE)')
        except psycopg2.errors.InsufficientPrivilege:
            if not again:
                raise
            time.sleep(1)
        else:
            return


@contextmanager
def serve(database_url: str, run: str, folder: Path) -> Iterator[Address]:
    """The product as `make run` serves it, but no worker restarts during a measurement."""
    address = ("127.0.0.1", _free_port())
    command = [*web_server(f"{address[0]}:{address[1]}", WORKERS), "--max-requests", "0"]
    environ = dict(os.environ)
    put(environ, "DATABASE_URL", database_url)
    environ |= {"DJANGO_SETTINGS_MODULE": "bench.settings", "BENCH_RUN": run}
    with (folder / f"{run}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=environ, stdout=log, stderr=log)
        try:
            _wait(address, process, folder / f"{run}.log")
            yield address
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(address: Address, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if ask(address, get("/healthz/bench/bare/")).status == OK:
                return
        except OSError:
            pass
        time.sleep(0.1)
    sys.stderr.write(log.read_text(encoding="utf-8", errors="replace")[-4000:])
    raise RuntimeError("the product did not start")
