"""How the product is served. The benchmark serves it the same way."""

import sys
from pathlib import Path
from typing import Any

from gunicorn.config import Config
from gunicorn.glogging import Logger
from gunicorn.workers.gthread import ThreadWorker

from clinic.web.headers import PLAIN
from clinic.web.logs import HideKeys


class WebLog(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's own log, without the keys in some URLs."""

    hide_keys = HideKeys()  # once: a reload sets up again

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for log in (self.access_log, self.error_log):
            log.addFilter(self.hide_keys)


class WebWorker(ThreadWorker):  # type: ignore[misc]
    """gunicorn's own, whose refusals (a request it cannot read, a line too long) carry headers."""

    def handle_error(self, req: Any, client: Any, addr: Any, exc: Exception) -> None:
        super().handle_error(req, _Headed(client), addr, exc)


class _Headed:
    """A socket that adds our headers after the status line of the one response it sends."""

    headers = "".join(f"{name}: {value}\r\n" for name, value in PLAIN.items()).encode("ascii")

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, name: str) -> Any:
        return getattr(self._client, name)

    def sendall(self, answer: bytes) -> None:
        status, _break, rest = answer.partition(b"\r\n")
        self._client.sendall(status + b"\r\n" + self.headers + rest)


def web_server(bind: str, workers: int) -> list[str]:
    """The command that serves the product with gunicorn."""
    web = [sys.executable, "-m", "gunicorn", "clinic.wsgi:application"]
    web += ["--bind", bind, "--workers", str(workers)]
    web += ["--worker-class", "clinic.runtime.web.WebWorker", "--threads", "4"]
    web += ["--timeout", "60", "--graceful-timeout", "15"]
    web += ["--max-requests", "5000", "--max-requests-jitter", "500", "--no-control-socket"]
    # %(U)s leaves the query string out: no client data in logs.
    web += ["--access-logfile", "-", "--logger-class", "clinic.runtime.web.WebLog"]
    web += ["--access-logformat", '%(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms']
    if Path("/dev/shm").is_dir():  # noqa: S108  (a slow disk must not look like a hung worker)
        web += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    return web
