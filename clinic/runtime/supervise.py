"""The process manager: supervisord in a session of its own, spoken to over a Unix socket."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import xmlrpc.client
from pathlib import Path
from typing import IO, Any, NoReturn

from clinic.runtime import manager
from clinic.runtime.child import stop_with_parent
from clinic.runtime.config import CannotStartError
from clinic.runtime.folders import PRIVATE
from clinic.runtime.programs import PLAN_VARIABLE, Program, write_plan

_MAIN = """[supervisord]
nodaemon = true
silent = true
logfile = logs/supervisord.log
logfile_maxbytes = 5MB
logfile_backups = 2
pidfile = {run}/supervisord.pid
childlogdir = logs
{user}
[unix_http_server]
file = {run}/supervisor.sock
chmod = 0700

[rpcinterface:supervisor]
supervisor.rpcinterface_factory = supervisor.rpcinterface:make_main_rpcinterface
"""
# The command holds no path: folders may carry spaces, quotes and percent signs.
_PROGRAM = """
[program:{name}]
command = /bin/sh -c 'cd "$CLINIC_ROOT" && exec "$CLINIC_PYTHON" -m {child}'
priority = {priority}
autostart = {autostart}
autorestart = true
startsecs = 2
startretries = 1000
stopsignal = {stop_signal}
stopwaitsecs = {stop_seconds}
killasgroup = true
redirect_stderr = true
stdout_logfile = logs/{name}.log
stdout_logfile_maxbytes = 10MB
stdout_logfile_backups = 3
"""
# A program that was started this often before the product was ever ready is broken.
_TRIES = 2


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=30)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


class _Transport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> http.client.HTTPConnection:
        return _Connection(self._path)


class Supervisor:
    """One supervisord, its programs, and their logs in the data folder."""

    def __init__(self, data: Path, run: Path, programs: list[Program], root: Path) -> None:
        self._data, self._run, self._root = data, run, root
        self._programs = programs
        self._process: subprocess.Popen[bytes] | None = None
        self._seen: dict[str, set[int]] = {}

    def start(self, environ: dict[str, str], lock: IO[str]) -> None:
        """Start supervisord and the programs marked autostart."""
        write_plan(self._run / "plan.json", self._programs)
        configuration = self._run / "supervisord.conf"
        user = "user = root" if os.geteuid() == 0 else ""
        text = _MAIN.format(run=self._run, user=user)
        for priority, program in enumerate(self._programs, start=1):
            text += _PROGRAM.format(
                name=program.name,
                child=f"clinic.runtime.child {program.name}",
                priority=priority,  # stopped in the reverse order, one after another
                autostart=str(program.autostart).lower(),
                stop_signal=program.stop_signal,
                stop_seconds=program.stop_seconds,
            )
        configuration.write_text(text, encoding="ascii")
        self._process = subprocess.Popen(
            [sys.executable, "-P", manager.__file__, "-c", str(configuration)],
            cwd=self._data,
            env=environ
            | {
                PLAN_VARIABLE: str(self._run / "plan.json"),
                "CLINIC_ROOT": str(self._root),
                "CLINIC_PYTHON": sys.executable,
            },
            # Never read: held open, it keeps the data folder locked until the last program ends.
            stdin=lock,
            stdout=subprocess.DEVNULL,
            stderr=(self._data / "logs" / "supervisord.err").open("wb"),
            umask=PRIVATE,  # its own setting is for one that leaves the terminal: ours does not
            start_new_session=True,  # only we stop it: a Ctrl-C must not reach it twice
            preexec_fn=stop_with_parent,
        )

    @property
    def _rpc(self) -> Any:
        server = xmlrpc.client.ServerProxy(
            "http://localhost", transport=_Transport(self._run / "supervisor.sock")
        )
        return server.supervisor

    def start_program(self, name: str) -> None:
        """Start a program and return at once."""
        self._rpc.startProcess(name, False)  # noqa: FBT003

    def restart_program(self, name: str) -> None:
        """Stop and start a program."""
        with contextlib.suppress(xmlrpc.client.Fault):
            self._rpc.stopProcess(name)
        self.start_program(name)

    def check(self) -> None:
        """Raises CannotStartError, with the last log lines, when a program does not stay up."""
        if not self.alive():
            raise CannotStartError("The process manager ended.\n" + self._tail("supervisord.err"))
        with contextlib.suppress(OSError, http.client.HTTPException):
            for process in self._rpc.getAllProcessInfo():
                pids = self._seen.setdefault(process["name"], set())
                pids.add(process["pid"])
                if process["statename"] in {"FATAL", "BACKOFF"} or len(pids - {0}) > _TRIES:
                    self.give_up(process["name"], "does not stay up")

    def give_up(self, name: str, why: str) -> NoReturn:
        """Raises CannotStartError with the end of the program's log."""
        raise CannotStartError(f"{name} {why}:\n{self._tail(f'{name}.log')}")

    def _tail(self, name: str, lines: int = 20) -> str:
        path = self._data / "logs" / name
        if not path.is_file():
            return ""
        text = path.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:]
        return "\n".join([*(f"  {line}" for line in text), f"  (from {path})"])

    def alive(self) -> bool:
        """True while supervisord runs."""
        return self._process is not None and self._process.poll() is None

    def stop(self) -> None:
        """Stop every program in order, the database last, and wait for it."""
        if self._process is None:
            return
        if self.alive():
            self._process.send_signal(signal.SIGTERM)
        patience = 10 + sum(program.stop_seconds for program in self._programs)
        try:
            self._process.wait(timeout=patience)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
