"""A closed loop over keep-alive connections: each sends its next request once it has its answer.

One thread, prepared bytes, and hardly any parsing: on a small machine the load generator must not
take CPU time from what is measured.
"""

from __future__ import annotations

import re
import selectors
import socket
from collections import Counter
from dataclasses import dataclass, field
from time import perf_counter
from typing import TYPE_CHECKING
from urllib.parse import urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterable, Iterator, Mapping

    # What one visitor does: yields requests, is sent their answers, returns the outcome.
    Unit = Generator[bytes, "Answer", str]

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_TRIES = 400
_PATIENCE = 60  # seconds

Address = tuple[str, int]


@dataclass(slots=True)
class Answer:
    status: int
    head: bytes
    body: bytes

    def header(self, name: str) -> str:
        found = re.search(rf"\r\n{name}: *([^\r]*)".encode(), self.head, re.IGNORECASE)
        return found[1].decode() if found else ""

    def cookie(self, name: str) -> str:
        found = re.search(rf"\r\nset-cookie: *{name}=([^;\r]*)".encode(), self.head, re.IGNORECASE)
        return found[1].decode() if found else ""


@dataclass(slots=True)
class Sample:
    """What a loop measured; times in seconds."""

    times: list[float] = field(default_factory=list)
    outcomes: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0

    def add(self, other: Sample) -> None:
        self.times += other.times
        self.outcomes += other.outcomes
        self.seconds += other.seconds

    @property
    def errors(self) -> int:
        return sum(count for outcome, count in self.outcomes.items() if outcome != "ok")

    def quantile(self, part: float) -> float:
        ordered = sorted(self.times)
        return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0

    @property
    def per_second(self) -> float:
        return self.outcomes["ok"] / self.seconds if self.seconds else 0.0


def get(path: str, headers: Mapping[str, str] | None = None) -> bytes:
    return _request("GET", path, headers or {}, b"")


def post(path: str, form: Mapping[str, str], headers: Mapping[str, str]) -> bytes:
    content = {"Content-Type": "application/x-www-form-urlencoded"}
    return _request("POST", path, {**headers, **content}, urlencode(form).encode())


def _request(method: str, path: str, headers: Mapping[str, str], body: bytes) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if method == "POST":
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*lines, "", ""]).encode() + body


class Connection:
    """One keep-alive connection; `poll` returns the answer once it is whole."""

    def __init__(self, address: Address) -> None:
        self.socket = socket.create_connection(address, timeout=_PATIENCE)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._read = b""
        self._whole = 0
        self._body_at = 0

    def send(self, request: bytes) -> None:
        self._read, self._whole = b"", 0
        self.socket.sendall(request)

    def poll(self) -> Answer | None:
        part = self.socket.recv(1 << 18)
        if not part:
            raise ConnectionError("the server closed the connection")
        self._read += part
        if not self._whole:
            end = self._read.find(b"\r\n\r\n")
            if end < 0:
                return None
            length = _LENGTH.search(self._read, 0, end + 2)
            self._body_at = end + 4
            self._whole = self._body_at + (int(length[1]) if length else 0)
        if len(self._read) < self._whole:
            return None
        head, body = self._read[: self._body_at], self._read[self._body_at :]
        return Answer(int(head[9:12]), head, body)

    def ask(self, request: bytes) -> Answer:
        self.send(request)
        while (answer := self.poll()) is None:
            pass
        return answer

    def close(self) -> None:
        self.socket.close()


def ask(address: Address, request: bytes) -> Answer:
    connection = Connection(address)
    try:
        return connection.ask(request)
    finally:
        connection.close()


def connections(address: Address, count: int, workers: int, probe: bytes) -> list[Connection]:
    """That many connections, spread evenly over the server's workers.

    A worker keeps a connection it has accepted; chance alone may give one worker nearly all.
    """
    most = -(-count // workers)
    kept: list[Connection] = []
    held: Counter[str] = Counter()
    for _try in range(_TRIES):
        connection = Connection(address)
        worker = connection.ask(probe).header("X-Bench-Worker")
        if held[worker] < most:
            held[worker] += 1
            kept.append(connection)
        else:
            connection.close()
        if len(kept) == count:
            return kept
    raise RuntimeError(f"one worker alone answered {_TRIES} connections")


def closed_loop(
    lines: Iterable[Connection],
    units: Iterator[Unit],
    seconds: float,
    before: Callable[[], None] | None = None,
) -> Sample:
    """Work through the units on these connections until the time is up or none is left.

    `before` runs before each unit, outside the timing; one connection's share of it is left out of
    the duration, since the other connections keep working.
    """
    sample = Sample()
    paused = 0.0
    poll = selectors.DefaultSelector()
    at_work: dict[Connection, tuple[Unit, float]] = {}
    began = perf_counter()

    def begin(line: Connection) -> None:
        nonlocal paused
        unit = next(units, None) if perf_counter() - began < seconds else None
        if unit is None:
            return
        if before is not None:
            pause = perf_counter()
            before()
            paused += perf_counter() - pause
        request = next(unit)
        at_work[line] = unit, perf_counter()
        line.send(request)

    opened = 0
    for line in lines:
        begin(line)
        if line in at_work:
            poll.register(line.socket, selectors.EVENT_READ, line)
            opened += 1
    while at_work:
        events = poll.select(_PATIENCE)
        if not events:
            raise TimeoutError(f"no answer for {_PATIENCE} seconds")
        for key, _mask in events:
            line = key.data
            answer = line.poll()
            if answer is None:
                continue
            unit, since = at_work[line]
            try:
                request = unit.send(answer)
            except StopIteration as end:
                sample.times.append(perf_counter() - since)
                sample.outcomes[end.value] += 1
                del at_work[line]
                begin(line)
                if line not in at_work:  # it would only be closed, since nothing more is sent
                    poll.unregister(line.socket)
            else:
                line.send(request)
    sample.seconds = perf_counter() - began - paused / max(1, opened)
    poll.close()
    return sample
