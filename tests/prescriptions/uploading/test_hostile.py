"""The whole hostile folder through the real pipeline: each refused or harmless, nobody harmed."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import TYPE_CHECKING
from uuid import uuid4

import pikepdf
import pytest

from bench.cleaning import scan, watched
from clinic.documents import store as documents
from prescriptions.models import Prescription, Upload
from prescriptions.uploading import receiving, sandbox, uploads
from tests.prescriptions import hostile, paper

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clinic.models import Client

AT_ONCE = {"empty", "wrong_type", "other_media"}  # told by the first bytes
LIMIT = sandbox.LIMITS["clean"].memory
# A child of ours that does as a bad file might: `work` runs under the limits of the real one.
BAD_CHILD = """
import sys
from prescriptions.uploading import sandbox, uploads
def work(files, *, count, progress):
    next(files)
    {work}
uploads.assemble = work
sandbox.main(sys.argv[1])
"""
LIES = ("no json", "[]", '{"size": 99999999999}', '{"size": -1}', '{"percent": "all"}')
EAT = "held = b'x' * (700 * 2**20); return uploads.Cleaned(b'ate', 1)"


@pytest.fixture
def peaks() -> Iterator[list[int]]:
    """The most memory of each child, in bytes."""
    with watched() as seen:
        yield seen


def misbehave(monkeypatch: pytest.MonkeyPatch, work: str) -> None:
    monkeypatch.setattr(sandbox, "PROGRAM", ("-c", BAD_CHILD.format(work=work)))


def sent(client: Client, content: bytes) -> Upload:
    """What became of it, after the worker."""
    upload = receiving.receive(actor=client.user, client=client, files=[content], token=uuid4())
    receiving.process(str(upload.pk))
    upload.refresh_from_db()
    return upload


@pytest.mark.parametrize("trap", hostile.FOLDER, ids=lambda trap: repr(trap.name))
def test_a_hostile_file_is_refused_or_comes_out_harmless(
    client_record: Client, peaks: list[int], trap: hostile.Trap
) -> None:
    content = trap.make()
    if trap.refusal in AT_ONCE:
        with pytest.raises(uploads.UnusableFile) as refused:
            sent(client_record, content)
        assert refused.value.code == trap.refusal
        assert not Upload.objects.exists()
        return
    upload = sent(client_record, content)
    assert upload.refusal == trap.refusal
    assert upload.work_attempts == 1  # nothing is tried again that will fail again
    assert max(peaks) <= LIMIT
    if trap.refusal:
        assert not Prescription.objects.exists()
        return
    prescription = Prescription.objects.get()
    names = {prescription.document.name, *prescription.originals.values_list("name", flat=True)}
    assert all(name.partition(".")[0] in ("prescription", "original-1") for name in names)
    clean = documents.read(prescription.document)
    with pikepdf.open(io.BytesIO(clean)) as document:
        plain = io.BytesIO()
        document.save(plain, qdf=True)
    assert [trace for trace in hostile.TRACES if trace in clean + plain.getvalue()] == []


def test_a_child_that_eats_memory_dies_alone_and_the_next_file_is_taken(
    client_record: Client, monkeypatch: pytest.MonkeyPatch, peaks: list[int]
) -> None:
    with monkeypatch.context() as bad:
        misbehave(bad, EAT)
        assert sent(client_record, paper.pdf()).refusal == "too_hard"
    assert sent(client_record, paper.pdf()).status == "ready"
    assert max(peaks) <= LIMIT


def test_without_the_limit_it_would_have_eaten(
    monkeypatch: pytest.MonkeyPatch, peaks: list[int]
) -> None:
    misbehave(monkeypatch, EAT)
    roomy = replace(sandbox.LIMITS["clean"], memory=2 * LIMIT)
    monkeypatch.setitem(sandbox.LIMITS, "clean", roomy)
    assert sandbox.clean([b"x"]).pdf == b"ate"
    assert max(peaks) > LIMIT


@pytest.mark.parametrize(
    "work",
    [
        "import time; time.sleep(60)",
        "import os; os.abort()",
        "import os; os._exit(0)",  # ends without a word
        "1 / 0",
        "raise MemoryError",
        "sys.setrecursionlimit(10**9); f = lambda: f(); f()",
        "import subprocess; subprocess.run(['sleep', '60'])",  # one that lingers goes with it
    ],
)
def test_a_child_that_hangs_or_crashes_is_a_refusal(
    client_record: Client, monkeypatch: pytest.MonkeyPatch, work: str
) -> None:
    misbehave(monkeypatch, work)
    short = replace(sandbox.LIMITS["clean"], wall=3)
    monkeypatch.setitem(sandbox.LIMITS, "clean", short)
    assert sent(client_record, paper.pdf()).refusal == "too_hard"


def test_a_child_that_burns_the_processor_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "while True: pass")
    monkeypatch.setitem(sandbox.LIMITS, "clean", replace(sandbox.LIMITS["clean"], cpu=1))
    with pytest.raises(uploads.TooHard):
        sandbox.clean([b"x"])


@pytest.mark.parametrize("number", [9, 15])
def test_a_child_that_is_ended_from_outside_is_not_the_files_fault(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    misbehave(monkeypatch, f"import os; os.kill(os.getpid(), {number})")
    with pytest.raises(sandbox.Interrupted):
        sandbox.clean([b"x"])


@pytest.mark.parametrize(
    "work",
    [
        "open('/tmp/clinic-left-behind', 'wb').write(b'x' * 10)",
        "[open('/dev/null') for _ in range(200)]",
    ],
)
def test_a_child_writes_no_file_and_opens_few(monkeypatch: pytest.MonkeyPatch, work: str) -> None:
    misbehave(monkeypatch, work)
    with pytest.raises(uploads.TooHard):
        sandbox.clean([b"x"])


def test_a_child_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCUMENT_KEYS", "a:secret")
    say = "import os, json; return uploads.Cleaned(json.dumps(dict(os.environ)).encode(), 1)"
    misbehave(monkeypatch, say)
    told = sandbox.clean([b"x"]).pdf.decode()
    assert "secret" not in told
    assert "PATH" in told
    assert not [name for name in ("DATABASE_URL", "REDIS_URL", "SECRET_KEY") if name in told]


def test_what_a_library_prints_is_not_taken_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    misbehave(monkeypatch, "print('{\"size\": 0}', flush=True); raise uploads.Broken")
    with pytest.raises(uploads.UnusableFile) as refused:
        sandbox.clean([b"x"])
    assert refused.value.code == "broken"


@pytest.mark.parametrize("words", ['{"size": 10}', *LIES])
def test_a_child_that_was_taken_over_cannot_harm_its_parent(
    monkeypatch: pytest.MonkeyPatch, words: str
) -> None:
    lie = f"import sys; sys.stdout.write({words!r} + chr(10)); sys.stdout.close()"
    monkeypatch.setattr(sandbox, "PROGRAM", ("-c", lie))
    with pytest.raises(uploads.TooHard):
        sandbox.clean([b"x" * 200_000])


def test_a_heavy_scan_is_cleaned_within_the_memory(peaks: list[int]) -> None:
    told: list[int] = []
    assert sandbox.clean([scan()], told.append).pages == 10
    assert told == sorted(told)
    assert told[-1] == 100
    assert max(peaks) <= LIMIT
