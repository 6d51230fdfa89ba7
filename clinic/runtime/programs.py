"""A program to run, as both the process manager and the throw-away mode understand it."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from clinic.runtime.config import ROOT

PLAN_VARIABLE = "CLINIC_RUNTIME_PLAN"


@dataclass(frozen=True)
class Program:
    """What to execute, as whom, and how to stop it; `environment` None inherits ours."""

    name: str
    argv: list[str]
    folder: str
    stop_signal: str = "TERM"
    stop_seconds: int = 20
    environment: dict[str, str] | None = None
    uid: int | None = None
    gid: int | None = None
    autostart: bool = False


def write_plan(path: Path, programs: list[Program]) -> None:
    """Leave the programs where `clinic.runtime.child NAME` finds them."""
    plan = {program.name: asdict(program) for program in programs}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(plan, file)


def read_program(path: Path, name: str) -> Program:
    """The program of that name in the plan."""
    return Program(**json.loads(path.read_text(encoding="utf-8"))[name])


def start(program: Program, environ: dict[str, str], logs: Path) -> subprocess.Popen[bytes]:
    """Start a program of the plan as our own child, without the process manager."""
    with (logs / f"{program.name}.log").open("wb") as log:
        return subprocess.Popen(
            [sys.executable, "-m", "clinic.runtime.child", program.name],
            cwd=ROOT,
            env=environ,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C is for the command, not for its servers
        )


def end(started: list[subprocess.Popen[bytes]]) -> None:
    """Stop servers that `start` started, and wait for them."""
    for process in started:
        process.send_signal(
            signal.SIGINT
        )  # for PostgreSQL the fast shutdown, for Redis the ordinary one
    for process in started:
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
