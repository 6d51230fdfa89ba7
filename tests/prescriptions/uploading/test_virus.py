"""ClamAV, played by a thread that speaks its protocol: nothing passes without its word."""

from __future__ import annotations

import socket
import struct
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

from prescriptions import tasks
from prescriptions.models import Prescription, Upload
from prescriptions.uploading import virus
from tests.prescriptions import paper
from tests.prescriptions.sending import processed, progress_of, received

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from django.test import Client as Browser

    from clinic.models import Client, Location

EICAR = b"X5O!P%@AP"


class Clamd(Thread):
    """Speaks clamd's INSTREAM on a Unix socket: chunks with their length, a zero, a verdict."""

    def __init__(self, path: Path) -> None:
        super().__init__(daemon=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen()
        self.scanned: list[bytes] = []

    def run(self) -> None:
        while True:
            try:
                caller, _ = self.listener.accept()
            except OSError:
                return
            with caller, caller.makefile("rwb") as line:
                asked = line.readline()
                if asked == b"nPING\n":
                    line.write(b"PONG\n")
                    continue
                assert asked == b"nINSTREAM\n"
                content = b""
                while size := struct.unpack("!L", line.read(4))[0]:
                    content += line.read(size)
                self.scanned.append(content)
                line.write(b"stream: Eicar FOUND\n" if EICAR in content else b"stream: OK\n")


@contextmanager
def clamd(path: Path) -> Iterator[Clamd]:
    server = Clamd(path)
    server.start()
    yield server
    server.listener.shutdown(socket.SHUT_RDWR)
    server.listener.close()
    path.unlink()


def test_files_are_scanned_before_they_are_opened(
    client_record: Client, settings: Any, tmp_path: Path
) -> None:
    settings.CLAMAV_URL = f"unix://{tmp_path}/clamd"
    with clamd(tmp_path / "clamd") as server:
        files = [paper.photo(), paper.pdf()]
        assert processed(received(client_record, *files)).status == "ready"
        assert server.scanned == files
        sick = processed(received(client_record, paper.photo(), paper.photo("PNG") + EICAR))
    assert (sick.status, sick.refusal) == ("refused", "infected")
    assert Prescription.objects.count() == 1


def test_nothing_passes_while_the_scanner_is_away_and_all_does_when_it_is_back(
    client_record: Client,
    settings: Any,
    tmp_path: Path,
    as_client: Browser,
    location: Location,
) -> None:
    settings.CLAMAV_URL = f"unix://{tmp_path}/clamd"
    upload = received(client_record)
    for _ in range(5):  # more often than other faults are forgiven
        assert processed(upload).status == "received"
        Upload.objects.update(work_due_at=timezone.now())  # the wait is over
    later = timezone.now() + timedelta(minutes=5)
    with time_machine.travel(later), clamd(tmp_path / "clamd"):
        assert "longer than usual" in as_client.get(progress_of(upload)).text
        tasks.sweep_uploads()
    upload.refresh_from_db()
    assert upload.status == "ready"


@pytest.mark.parametrize("verdict", [b"", b"stream: size limit ERROR\n", b"\xff\xfe\n", b"OK\n"])
def test_a_scanner_that_says_anything_but_ok_lets_nothing_pass(
    settings: Any, tmp_path: Path, verdict: bytes
) -> None:
    settings.CLAMAV_URL = f"unix://{tmp_path}/clamd"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{tmp_path}/clamd")
        listener.listen()

        def answer() -> None:
            for said in (b"PONG\n", verdict):
                caller, _ = listener.accept()
                with caller:
                    caller.recv(1 << 16)
                    caller.sendall(said)

        Thread(target=answer, daemon=True).start()
        with pytest.raises(virus.NoVerdict):
            virus.scan([b"x" * 10])


def test_files_that_the_scanner_cannot_judge_are_given_up_in_the_end(
    client_record: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_verdict(_files: list[bytes]) -> None:
        raise virus.NoVerdict

    monkeypatch.setattr(virus, "scan", no_verdict)
    upload = received(client_record)
    for _ in range(3):
        assert processed(upload).status == "received"
        Upload.objects.update(work_due_at=timezone.now())  # the wait is over
    assert (processed(upload).status, upload.refusal) == ("refused", "gave_up")


def test_an_address_of_a_scanner_is_one_or_stops_the_start() -> None:
    assert virus.scanner("") is None
    network = virus.scanner("tcp://scanner.internal")
    assert network is not None
    assert (network.host, network.port) == ("scanner.internal", 3310)
    for wrong in ("scanner:3310", "http://scanner", "unix://", "tcp://"):
        with pytest.raises(ImproperlyConfigured):
            virus.scanner(wrong)
