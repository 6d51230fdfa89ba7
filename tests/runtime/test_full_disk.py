"""A full disk: the process manager outlives it, and all is back soon after there is space."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest
from supervisor import loggers
from supervisor.states import ProcessStates

from clinic.runtime import manager
from clinic.runtime.config import ROOT
from clinic.runtime.programs import Program
from clinic.runtime.supervise import Supervisor
from tests.runtime.conftest import eventually
from tests.runtime.product import open_folder, product_environment, running_product

pytestmark = pytest.mark.slow

PROGRAMS = ("beat", "worker", "web", "redis", "postgres")
FULL = Path("/dev/full")
needs_full = pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")


class Faulty:
    """A file whose every write fails until it is mended."""

    def __init__(self, number: int) -> None:
        self.number, self.written, self.closed = number, b"", False

    def write(self, text: bytes) -> None:
        if self.number:
            raise OSError(self.number, os.strerror(self.number))
        self.written += text

    def tell(self) -> int:
        return len(self.written)

    def flush(self) -> None:
        self.write(b"")


def record(text: str) -> Any:
    return loggers.LogRecord(loggers.LevelsByName.INFO, text.encode())


def log(folder: Path, **options: int) -> manager.PatientLog:
    return manager.PatientLog(str(folder / "web.log"), "a", options.get("most", 1000), 2)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_line_that_cannot_be_written_is_dropped(
    folder: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler, faulty = log(folder), Faulty(number)
    handler.stream = faulty  # type: ignore[assignment]
    # What supervisord writes about it lies on the same disk.
    monkeypatch.setattr(sys, "stderr", FULL.open("w", buffering=1) if FULL.exists() else None)

    handler.emit(record("lost\n"))
    faulty.number = 0
    handler.emit(record("kept\n"))

    assert faulty.written == b"kept\n"


def test_a_log_that_cannot_be_rotated_is_opened_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = log(folder, most=10)
    with monkeypatch.context() as broken:

        def refuse(*_: object) -> None:
            raise OSError(errno.ENOSPC, "full")

        broken.setattr(handler, "removeAndRename", refuse)
        handler.emit(record("0123456789\n"))
        assert handler.stream.closed
    handler.emit(record("again\n"))
    handler.emit(record("on\n"))

    assert (folder / "web.log").read_text(encoding="utf-8") == "on\n"
    assert (folder / "web.log.1").read_text(encoding="utf-8") == "0123456789\nagain\n"


def test_a_log_that_cannot_be_made_is_made_later(folder: Path) -> None:
    handler = manager.PatientLog(str(folder / "logs" / "web.log"), "a", 1000, 2)
    handler.emit(record("lost\n"))
    handler.close()
    (folder / "logs").mkdir()
    handler.emit(record("kept\n"))

    assert (folder / "logs" / "web.log").read_text(encoding="utf-8") == "kept\n"


def test_a_program_is_tried_again_within_seconds_for_ever() -> None:
    program = manager.PatientProcess(config=None)
    for _ in range(2000):
        program.state = ProcessStates.STARTING
        program.change_state(ProcessStates.BACKOFF)

    assert program.backoff == manager.LONGEST_WAIT


@needs_full
def test_a_real_manager_whose_logs_cannot_be_written_restarts_what_dies(folder: Path) -> None:
    (folder / "logs").mkdir()
    for name in ("supervisord.log", "supervisord.err", "talker.log"):
        (folder / "logs" / name).symlink_to(FULL)
    talk = "while :; do echo word; sleep 0.1; done"
    program = Program("talker", ["/bin/sh", "-c", talk], str(ROOT), autostart=True)
    supervisor = Supervisor(folder, folder, [program], ROOT)
    with (folder / "lock").open("a+", encoding="utf-8") as lock:
        supervisor.start(product_environment(), lock)
        assert supervisor._process is not None
        top = psutil.Process(supervisor._process.pid)
        seen: set[int] = set()

        def another() -> bool:
            now = {child.pid for child in top.children()} - seen
            seen.update(now)
            return bool(now)

        try:
            for _ in range(3):
                eventually(another, "it is started", 15)
                for child in top.children():
                    child.kill()
            eventually(another, "it is started once more", 15)
            assert supervisor.alive()
        finally:
            supervisor.stop()


@pytest.fixture
def small_disk() -> Iterator[Path]:
    """A disk of its own, of a size that is soon full."""
    with open_folder() as folder:
        disk = folder / "disk"
        disk.mkdir()
        mount = ["mount", "-t", "tmpfs", "-o", "size=400m,mode=711", "tmpfs", str(disk)]
        try:
            subprocess.run(mount, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("only root may mount a small disk")
        try:
            yield disk
        finally:
            subprocess.run(["umount", "--lazy", str(disk)], check=True)


def fill(disk: Path) -> Path:
    filler = disk / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            with suppress(OSError):
                while file.write(b"\0" * size):
                    pass
    return filler


def test_the_product_outlives_a_full_disk_and_is_back_within_a_minute(small_disk: Path) -> None:
    with running_product(small_disk / "data", CLINIC_DEMO="0") as product:
        filler = fill(small_disk)
        # Each dies as it may of a full disk, and its next start has no space either.
        killed = {name: product.program(name) for name in PROGRAMS}
        for process in killed.values():
            process.kill()

        def at_work_again() -> bool:
            try:
                return all(product.program(name) != killed[name] for name in PROGRAMS)
            except LookupError:
                return False

        eventually(at_work_again, "the process manager starts them again", 60)
        assert product.process.poll() is None

        filler.unlink()

        eventually(product.is_ready, "everything is back", 60)
        assert at_work_again()
