"""The whole product in the foreground: servers, web, worker and beat, until a signal."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from clinic.runtime import postgres, redis_server
from clinic.runtime.config import (
    ROOT,
    CannotStartError,
    Config,
    bracketed,
    load_environment,
    put,
    read_config,
    value_of,
)
from clinic.runtime.environment import complete, embedded_servers, remember_environment
from clinic.runtime.folders import (
    PRIVATE,
    lock,
    make_data_folder,
    make_folder,
    remove_run_folder,
)
from clinic.runtime.programs import Program
from clinic.runtime.supervise import Supervisor
from clinic.runtime.web import web_server

_DEMO_LOGINS = (
    ("client@example.test", "a client with visits, a prescription and receipts"),
    ("client2@example.test", "another client"),
    ("desk@example.test", "front desk"),
    ("therapist@example.test", "therapist"),
    ("manager@example.test", "manager"),
)
_DEMO_PASSWORD = "demo-clinic-2026"  # noqa: S105
_READY_SECONDS = 300


class _StopError(BaseException):
    """A signal asked us to stop; not an Exception, so that nothing on the way swallows it."""


_SIGNALS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


def _stop(_number: int, _frame: FrameType | None) -> None:
    # Once is enough: make and a terminal each send one, and the second must not interrupt the stop.
    for number in _SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise _StopError


def _say(text: str) -> None:
    # The terminal may be gone (SIGHUP); the product must still be stopped in order.
    with contextlib.suppress(OSError):
        print(text, flush=True)


def up(env_file: Path, *, reload: bool = False) -> int:
    """Run until a signal; the exit code."""
    environ = load_environment(env_file)
    config = read_config(environ)
    if reload:
        put(environ, "DEBUG", "1")
    check_port(config)
    make_data_folder(config.data)
    held = lock(config.data)
    supervisor: Supervisor | None = None
    code = 0
    for number in _SIGNALS:
        signal.signal(number, _stop)
    try:
        began = time.monotonic()
        programs, run = embedded_servers(config, environ)
        complete(config, environ)
        remember_environment(config, environ)
        programs += _django_programs(config, reload=reload)
        supervisor = Supervisor(config.data, run, programs, ROOT)
        supervisor.start(environ, held)
        _wait_servers(config, environ, run, supervisor)
        _open_doors(config, environ, supervisor, reload=reload)
        _say(_welcome(config, environ, time.monotonic() - began))
        code = _watch(config, supervisor, reload=reload)
    except _StopError:
        _say("\nStopping ...")
    except CannotStartError as error:
        _say(f"\n{error}")
        code = 1
    finally:
        for number in _SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        if supervisor is not None:
            supervisor.stop()
        remove_run_folder(config.data)
        held.close()
    if code == 0:
        _say("Stopped. The data is kept in " + str(config.data))
    return code


def check_port(config: Config) -> None:
    """Raises CannotStartError while another program listens there; nothing was started yet."""
    try:
        found = socket.getaddrinfo(
            config.host, config.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        family, kind, protocol, _, address = found[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        other = config.port % 60000 + 1000
        raise CannotStartError(
            f"Cannot listen on {bracketed(config.host)}:{config.port}: {error.strerror}.\n"
            f"Set PORT (and HOST) to a free address, for example: make run PORT={other}"
        ) from error


def _django_programs(config: Config, *, reload: bool) -> list[Program]:
    """Web, worker and beat; with `reload` the web server is Django's own."""
    bind = f"{bracketed(config.host)}:{config.port}"
    web = web_server(bind, config.web_workers)
    if reload:
        web = [sys.executable, str(ROOT / "manage.py"), "runserver", bind]
    celery = [sys.executable, "-m", "celery", "--app", "clinic.celery:app", "--quiet"]
    worker = [
        *celery,
        "worker",
        "--concurrency",
        str(config.worker_concurrency),
        "--max-tasks-per-child",
        "200",
    ]
    worker += ["--loglevel", "INFO", "--without-mingle", "--without-gossip"]
    schedule = config.data / "beat" / "schedule"
    make_folder(schedule.parent)
    beat = [*celery, "beat", "--loglevel", "INFO", "--schedule", str(schedule), "--pidfile", ""]
    return [
        Program("web", web, str(ROOT)),
        Program("worker", worker, str(ROOT), stop_seconds=30),
        Program("beat", beat, str(ROOT)),
    ]


def _wait_servers(
    config: Config, environ: dict[str, str], run: Path, supervisor: Supervisor
) -> None:
    try:
        postgres.wait_ready(
            environ["DATABASE_URL"]
            if config.embedded_postgres
            else value_of(environ, "DATABASE_URL")
        )
        if config.embedded_redis:
            redis_server.wait_ready(redis_server.socket_path(run))
    except CannotStartError:
        supervisor.check()
        raise


def _open_doors(
    config: Config, environ: dict[str, str], supervisor: Supervisor, *, reload: bool
) -> None:
    """Prepare the data, then start our own programs."""
    _prepare(["database"] if reload else ["database", "static"], environ)
    for name in ("web", "worker", "beat"):
        supervisor.start_program(name)
    _wait_ready(config, supervisor)


def _prepare(parts: list[str], environ: dict[str, str]) -> None:
    """Run the preparing programs side by side to their end, or end them with us."""
    # Sessions of their own: a Ctrl-C reaches us, and we end them.
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "clinic.runtime.prepare", part],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            umask=-1 if part == "static" else PRIVATE,  # another server may serve static files
            start_new_session=True,
        )
        for part in parts
    ]
    try:
        while None in (codes := [process.poll() for process in running]) and not any(codes):
            time.sleep(0.1)
        if any(codes):
            raise CannotStartError("Preparing the database or static files failed; see above.")
    finally:
        for process in running:
            process.terminate()
            process.wait()


def _wait_ready(config: Config, supervisor: Supervisor) -> None:
    """Return when `/healthz/ready` says that database, Redis and a worker are there."""
    # Past a proxy that the environment names: it would look for us on its own machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    _say("Starting web, worker and beat ...")
    deadline = time.monotonic() + _READY_SECONDS
    answer = "no answer"
    while time.monotonic() < deadline:
        supervisor.check()
        try:
            with opener.open(f"{config.local_url}/healthz/ready", timeout=5) as response:
                if response.status == http.HTTPStatus.OK:
                    return
        except urllib.error.HTTPError as error:
            if error.code == http.HTTPStatus.INTERNAL_SERVER_ERROR:
                supervisor.give_up("web", "answers with an error")
            answer = f"{error.code} {error.read(500).decode(errors='replace')}"
        except (OSError, http.client.HTTPException) as error:
            answer = str(error)
        time.sleep(0.25)
    raise CannotStartError(
        f"Not ready after {_READY_SECONDS} seconds: {answer}\nLogs: {config.data / 'logs'}"
    )


def _welcome(config: Config, environ: dict[str, str], seconds: float) -> str:
    lines = [
        "",
        f"The clinic is open at {value_of(environ, 'PUBLIC_URL')}/  (ready in {seconds:.0f} s)",
        "",
    ]
    if config.demo:
        lines.append(f"Demo logins, password {_DEMO_PASSWORD}:")
        lines += [f"  {login:<24}{what}" for login, what in _DEMO_LOGINS]
        if config.host not in {"127.0.0.1", "localhost", "::1"}:
            lines.append(
                "  These are known to everyone, and this clinic listens beyond this machine."
            )
        lines.append("")
    lines += [f"Data   {config.data}", f"Logs   {config.data / 'logs'}"]
    if not value_of(environ, "EMAIL_URL"):
        lines.append(f"Mail   {config.data / 'mail'}  (not sent: EMAIL_URL is not set)")
    return "\n".join([*lines, "", "Ctrl-C stops everything; the data stays."])


def _watch(config: Config, supervisor: Supervisor, *, reload: bool) -> int:
    """Wait for a signal, or until the process manager is gone."""
    follow = _follower(config.data / "logs") if reload else None
    seen = _source_state() if reload else 0.0
    while supervisor.alive():
        time.sleep(0.5)
        if follow is None:
            continue
        follow()
        if (now := _source_state()) != seen:
            seen = now
            _say("Source changed: restarting worker and beat")
            for name in ("worker", "beat"):
                supervisor.restart_program(name)
    _say(
        "The process manager ended unexpectedly; see "
        + str(config.data / "logs" / "supervisord.log")
    )
    return 1


def _source_state() -> float:
    """Newest change of our Python files (the web server watches them by itself)."""
    folders = [ROOT / "clinic", *(path.parent for path in ROOT.glob("*/apps.py"))]
    newest = 0.0
    for folder in folders:
        for path in folder.rglob("*.py"):
            with contextlib.suppress(OSError):
                newest = max(newest, path.stat().st_mtime)
    return newest


def _follower(logs: Path) -> Callable[[], None]:
    """Print what web, worker and beat add to their logs."""
    places = {name: (logs / f"{name}.log").stat().st_size for name in ("web", "worker", "beat")}

    def follow() -> None:
        for name, place in places.items():
            with (logs / f"{name}.log").open("rb") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(place if place <= size else 0)
                text = file.read().decode(errors="replace")
                places[name] = file.tell()
            for line in text.splitlines():
                _say(f"{name:<7}{line}")

    return follow
