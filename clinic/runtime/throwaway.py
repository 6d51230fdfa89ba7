"""Run one command on servers that exist only for it: `python -m clinic.runtime exec -- COMMAND`."""

import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from clinic.runtime import postgres, redis_server
from clinic.runtime.config import (
    CannotStartError,
    listed_variables,
    new_document_keys,
    new_secret_key,
    put,
)
from clinic.runtime.folders import (
    make_data_folder,
    make_run_folder,
    make_temporary_folder,
    server_account,
)
from clinic.runtime.programs import PLAN_VARIABLE, end, start, write_plan


class _StopError(BaseException):
    """A signal asked us to stop."""


def _stop(number: int, _frame: FrameType | None) -> None:
    raise _StopError(number)


def run(command: list[str], *, durable: bool = False) -> int:
    """The command's exit code; its servers and files are gone when this returns."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _stop)
    try:
        with servers(durable=durable) as environ:
            return run_to_end(command, environ)
    except _StopError as stop:
        return 128 + int(stop.args[0])


def run_to_end(command: list[str], environ: dict[str, str], *, umask: int = -1) -> int:
    """The command's exit code; a signal to us is passed on, and we still wait for its end."""
    # In our process group, so Ctrl-C in a terminal reaches it directly.
    try:
        child = subprocess.Popen(command, env=environ, umask=umask)
    except OSError as error:
        raise CannotStartError(f"Cannot run {command[0]}: {error.strerror}") from error
    while True:
        try:
            code = child.wait()
        except KeyboardInterrupt:
            continue
        except _StopError as stop:
            child.send_signal(stop.args[0])
            continue
        return code if code >= 0 else 128 - code


@contextmanager
def servers(*, durable: bool = False) -> Iterator[dict[str, str]]:
    """A throw-away PostgreSQL and Redis, and the environment that names them.

    `durable`: with the product's own settings, which wait for the disk; else as fast as possible.
    """
    account = server_account()
    folder = make_temporary_folder(account)
    started: list[subprocess.Popen[bytes]] = []
    try:
        data = folder / "data"
        make_data_folder(data)
        run_folder = make_run_folder(data, account)
        cluster = postgres.prepare(data, run_folder, throw_away=not durable)
        redis = redis_server.prepare(data, run_folder, throw_away=not durable)
        programs = [cluster.program(), redis]
        environ = _environment(folder)
        environ |= {
            "DATABASE_URL": cluster.url,
            "REDIS_URL": redis_server.url(run_folder),
            "CLINIC_DATA_DIR": str(data),
        }
        plan = run_folder / "plan.json"
        write_plan(plan, programs)
        started += [
            start(program, environ | {PLAN_VARIABLE: str(plan)}, data / "logs")
            for program in programs
        ]
        postgres.wait_ready(cluster.url)
        redis_server.wait_ready(redis_server.socket_path(run_folder))
        yield environ
    finally:
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
            signal.signal(number, signal.SIG_IGN)
        end(started)
        shutil.rmtree(folder, ignore_errors=True)


def _environment(folder: Path) -> dict[str, str]:
    """Ours without the product's variables, so a test never meets a real server or mailbox."""
    environ = dict(os.environ)
    for name in listed_variables():
        environ.pop(name, None)
        environ.pop(f"{name}_FILE", None)
    temporary = folder / "tmp"
    temporary.mkdir()
    temporary.chmod(0o755)
    environ["TMPDIR"] = str(temporary)
    put(environ, "SECRET_KEY", new_secret_key())
    put(environ, "DOCUMENT_KEYS", new_document_keys())
    if not Path(environ.get("HOME") or "/nonexistent").is_dir():
        environ["HOME"] = str(folder / "home")
        (folder / "home").mkdir()
    return environ
