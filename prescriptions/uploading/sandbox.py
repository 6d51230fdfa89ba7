"""Untrusted files are opened in a separate process with little memory and time, and nothing else.

The parent (`clean`, `read`, `logo`) writes one line of JSON with the limits and the sizes of the
files, then the files. The child (`python -m prescriptions.sandbox clean`) answers in lines of JSON:
its progress, and at the end the result with the size of what follows. It gets no settings, no
secrets, and no database. If it dies, the file is refused; that is not a failure of the worker.
"""

from __future__ import annotations

import json
import logging
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread, Timer
from typing import IO, TYPE_CHECKING, Any, NoReturn

from prescriptions.uploading import uploads
from prescriptions.uploading.uploads import Cleaned, TooHard

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    Answer = tuple[dict[str, Any], bytes]

logger = logging.getLogger(__name__)

MIB = 1024 * 1024
PROGRAM = ("-B", "-m", "prescriptions.uploading.sandbox")
ROOT = Path(__file__).resolve().parents[2]
MAX_LINE = 4096
MAX_ANSWER = 128 * MIB  # a compromised child must not fill the parent's memory
GRACE = 5.0  # seconds allowed between its last line and its exit
# Killed from outside (shutdown, or the machine is out of memory): not the file's fault.
FROM_OUTSIDE = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}


@dataclass(frozen=True, slots=True)
class Limits:
    memory: int  # bytes of address space
    cpu: int  # seconds
    wall: float  # seconds
    file: int  # bytes of a file it may write
    files: int = 64  # open at once


# Together they stay below the task's time limit. Reading may run tesseract.
LIMITS = {
    "clean": Limits(memory=512 * MIB, cpu=60, wall=90, file=0),
    "read": Limits(memory=1024 * MIB, cpu=90, wall=110, file=64 * MIB),
    # In a request: a person waits.
    "logo": Limits(memory=512 * MIB, cpu=8, wall=15, file=0),
}


class Interrupted(Exception):
    """The child was killed from outside; another try may work."""


def clean(files: Sequence[bytes], progress: Callable[[int], None] = lambda _: None) -> Cleaned:
    """`uploads.clean`, in a child; `progress` is called with the percentage.

    Raises:
        UnusableFile: also if the child runs out of memory or time, or crashes.
        Interrupted, OSError: it could not be done now.
    """
    said, pdf = _run("clean", files, progress)
    return Cleaned(pdf, said.get("pages", 0))


def read(pdf: bytes) -> dict[str, Any]:
    """`words.extract`, in a child.

    Raises:
        UnusableFile, Interrupted, OSError: as for `clean`.
    """
    try:
        found = json.loads(_run("read", [pdf], lambda _: None)[1])
    except ValueError as error:
        raise TooHard from error
    return found if isinstance(found, dict) else {}


def logo(content: bytes) -> bytes:
    """`uploads.logo`, in a child.

    Raises:
        UnusableFile, OSError: as for `clean`.
    """
    try:
        return _run("logo", [content], lambda _: None)[1]
    except Interrupted as error:
        raise TooHard from error


# ---- The parent ----


def _run(command: str, files: Sequence[bytes], progress: Callable[[int], None]) -> Answer:
    limits = LIMITS[command]
    started, answer = time.monotonic(), None
    with _child(command) as child:
        late = Event()
        clock = Timer(limits.wall, _kill, (child, late))
        feeder = Thread(target=_feed, args=(child, limits, files), daemon=True)
        clock.start()
        feeder.start()
        try:
            answer = _listen(child, progress)
        finally:
            clock.cancel()
            clock.join()  # the pid must not be killed once the process is gone
            code = _end(child)
            feeder.join()
    logger.info("%s took %.1f s", command, time.monotonic() - started)
    if answer is None:
        _explain(command, code, is_late=late.is_set())
    said, body = answer
    if "refused" in said:
        refused = uploads.refusal(str(said["refused"]))()
        refused.file = said.get("file", 0)
        raise refused
    if "failed" in said:
        logger.warning("%s failed: %s", command, said["failed"])
        raise TooHard
    return said, body


@contextmanager
def _child(command: str) -> Iterator[subprocess.Popen[bytes]]:
    child = subprocess.Popen(  # noqa: S603 - our own program, and nothing of a stranger on its line
        [sys.executable, *PROGRAM, command],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a traceback may quote the file
        cwd=ROOT,
        env=_environment(),
        start_new_session=True,
    )
    try:
        yield child
    finally:
        for pipe in (child.stdin, child.stdout):
            with suppress(OSError):
                _open(pipe).close()


def _environment() -> dict[str, str]:
    """The environment a program needs to run, without our secrets."""
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        # Each arena of malloc and each thread's stack would count as memory.
        "MALLOC_ARENA_MAX": "1",
        "OMP_THREAD_LIMIT": "1",
    }


def _open(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:  # not with PIPE
        raise BrokenPipeError
    return pipe


def _feed(child: subprocess.Popen[bytes], limits: Limits, files: Sequence[bytes]) -> None:
    head = {"limits": asdict(limits), "sizes": [len(content) for content in files]}
    with suppress(OSError):  # it died: `_listen` will know
        pipe = _open(child.stdin)
        pipe.write(json.dumps(head).encode() + b"\n")
        for content in files:
            pipe.write(content)
        pipe.close()


def _listen(child: subprocess.Popen[bytes], progress: Callable[[int], None]) -> Answer | None:
    """Its final answer and the bytes with it; None if it ended without one."""
    pipe = _open(child.stdout)
    while line := pipe.readline(MAX_LINE):
        said = _understood(line)
        if "percent" in said:
            progress(said["percent"])
            continue
        body = pipe.read(said.get("size", 0))
        return (said, body) if said and len(body) == said.get("size", 0) else None
    return None


def _understood(line: bytes) -> dict[str, Any]:
    """What a line says, if it is one our child would write; otherwise nothing."""
    with suppress(ValueError):
        said = json.loads(line)
        if isinstance(said, dict) and all(
            isinstance(said.get(name, 0), int) and 0 <= said.get(name, 0) <= most
            for name, most in (
                *(("percent", 100), ("size", MAX_ANSWER)),
                *(("pages", uploads.MAX_PAGES), ("file", uploads.MAX_PAGES)),
            )
        ):
            return said
    return {}


def _kill(child: subprocess.Popen[bytes], late: Event | None = None) -> None:
    """Kill the child and whatever it started: they share a session."""
    if late is not None:
        late.set()
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGKILL)


def _end(child: subprocess.Popen[bytes]) -> int:
    """Wait for the child to end; returns how it ended."""
    deadline = time.monotonic() + GRACE
    look = os.WEXITED | os.WNOWAIT | os.WNOHANG  # its pid stays reserved until `wait`
    while os.waitid(os.P_PID, child.pid, look) is None and time.monotonic() < deadline:
        time.sleep(0.01)
    _kill(child)  # with everything it started
    return child.wait()


def _explain(command: str, code: int, *, is_late: bool) -> NoReturn:
    logger.warning("%s ended with %d%s", command, code, " (out of time)" if is_late else "")
    if not is_late and -code in FROM_OUTSIDE:
        raise Interrupted
    raise TooHard


# ---- The child ----


def limit(limits: Limits) -> None:
    """Drop everything the work does not need."""
    for kind, wanted in (
        (resource.RLIMIT_AS, limits.memory),
        (resource.RLIMIT_FSIZE, limits.file),
        (resource.RLIMIT_NOFILE, limits.files),
        (resource.RLIMIT_CORE, 0),
    ):
        hard = resource.getrlimit(kind)[1]
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(kind, (most, most))
    # The soft limit first: a kill would look as if it came from outside.
    resource.setrlimit(resource.RLIMIT_CPU, (limits.cpu, limits.cpu + int(GRACE)))
    # If the parent is gone, no one is waiting for this process, so it ends itself.
    signal.alarm(int(limits.wall) + 10)


def main(command: str) -> None:
    # Libraries may print; the pipe is only for answers.
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    pipe = sys.stdin.buffer
    head = json.loads(pipe.readline())
    limit(Limits(**head["limits"]))

    def say(said: dict[str, Any], body: bytes = b"") -> None:
        out.write(json.dumps(said).encode() + b"\n" + body)
        out.flush()

    try:
        files = (pipe.read(size) for size in head["sizes"])  # one at a time in memory
        if command == "clean":
            cleaned = uploads.assemble(
                files, count=len(head["sizes"]), progress=lambda percent: say({"percent": percent})
            )
            say({"pages": cleaned.pages, "size": len(cleaned.pdf)}, cleaned.pdf)
        elif command == "logo":
            png = uploads.logo(next(files))
            say({"size": len(png)}, png)
        else:
            from prescriptions.reading import words

            found = json.dumps(words.extract(next(files))).encode()
            say({"size": len(found)}, found)
    except uploads.UnusableFile as error:
        say({"refused": error.code, "file": error.file})
    except Exception as error:  # noqa: BLE001 - whatever it was, the parent is told its name only
        say({"failed": type(error).__name__})


if __name__ == "__main__":
    main(sys.argv[1])
