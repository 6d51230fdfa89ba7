"""How long a scan takes to clean, and how much memory: `python -m bench.cleaning`."""

from __future__ import annotations

import io
import sys
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread
from time import perf_counter
from typing import TYPE_CHECKING, Any

from PIL import Image, ImageChops

from prescriptions.uploading import sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PAGES = 10
EVERY = 0.005  # seconds between two looks


def scan(pages: int = PAGES) -> bytes:
    """A PDF of images as from a 200 dpi scanner: half a megabyte a page."""
    first, *others = sheets(pages)
    out = io.BytesIO()
    first.save(out, "PDF", resolution=200, quality=45, save_all=True, append_images=others)
    return out.getvalue()


def photos(pages: int = PAGES) -> list[bytes]:
    """The same pages as JPEGs."""
    made = []
    for sheet in sheets(pages):
        out = io.BytesIO()
        sheet.save(out, "JPEG", quality=45)
        made.append(out.getvalue())
    return made


def sheets(pages: int) -> list[Image.Image]:
    grain = Image.effect_noise((1700, 2200), 17).convert("RGB")
    return [ImageChops.offset(grain, number * 31) for number in range(pages)]


@contextmanager
def watched() -> Iterator[list[int]]:
    """The peak memory of each sandbox child, in bytes (Linux)."""
    seen: list[int] = []
    listen = sandbox._listen

    def look(pid: int, done: Event) -> None:
        place = len(seen)
        seen.append(0)
        while not done.wait(EVERY):
            seen[place] = max(seen[place], peak(pid))

    def watching(child: Any, progress: Any) -> Any:
        done = Event()
        watcher = Thread(target=look, args=(child.pid, done))
        watcher.start()
        try:
            return listen(child, progress)
        finally:
            done.set()
            watcher.join()

    sandbox._listen = watching
    try:
        yield seen
    finally:
        sandbox._listen = listen


def peak(pid: int) -> int:
    # Not from `wait4`: that includes what the parent held when it started the child.
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return 0
    rows = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    return int(rows.get("VmHWM", "0 kB").split()[0]) * 1024


def measure(name: str, files: Sequence[bytes]) -> None:
    with watched() as seen:
        started = perf_counter()
        cleaned = sandbox.clean(files)
        seconds = perf_counter() - started
    sent = sum(map(len, files)) / sandbox.MIB
    print(
        f"{name}: {cleaned.pages} pages, {sent:.1f} MB in {seconds:.1f} s "
        f"and {max(seen) // sandbox.MIB} MiB"
    )


if __name__ == "__main__":
    measure("scan as one PDF", [scan()])
    measure("scan as photos", photos())
    for path in sys.argv[1:]:
        measure(path, [Path(path).read_bytes()])
