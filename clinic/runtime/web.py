"""How the product is served. The benchmark serves it the same way."""

import sys
from pathlib import Path

from gunicorn.config import Config
from gunicorn.glogging import Logger

from clinic.logs import HideKeys


class WebLog(Logger):  # type: ignore[misc]  # gunicorn ships no types
    """gunicorn's own log, without the keys that stand in some addresses."""

    hide_keys = HideKeys()  # once: a reload sets up anew

    def setup(self, cfg: Config) -> None:
        super().setup(cfg)
        for log in (self.access_log, self.error_log):
            log.addFilter(self.hide_keys)


def web_server(bind: str, workers: int) -> list[str]:
    """The command that serves the product with gunicorn."""
    web = [sys.executable, "-m", "gunicorn", "clinic.wsgi:application"]
    web += ["--bind", bind, "--workers", str(workers)]
    web += ["--worker-class", "gthread", "--threads", "4"]
    web += ["--timeout", "60", "--graceful-timeout", "15"]
    web += ["--max-requests", "5000", "--max-requests-jitter", "500", "--no-control-socket"]
    # %(U)s leaves the query string out: no client data in logs.
    web += ["--access-logfile", "-", "--logger-class", "clinic.runtime.web.WebLog"]
    web += ["--access-logformat", '%(t)s "%(m)s %(U)s" %(s)s %(B)s %(M)sms']
    if Path("/dev/shm").is_dir():  # noqa: S108  (a slow disk must not look like a hung worker)
        web += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    return web
