"""Fetches an address someone typed, without opening a door into our own network.

No Django in here. A name is looked up once, every answer must be an address of the public internet,
and the connection goes to an address that was checked: a second look-up could answer otherwise (DNS
rebinding). Redirects are followed by hand, each through the same gate, and one clock runs over
all of it: a watchdog closes the socket when time is up, however slowly the other side drips.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import zlib
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from enum import StrEnum
from time import monotonic
from typing import TYPE_CHECKING, TypeAlias
from urllib.parse import quote, urljoin, urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from urllib.parse import SplitResult

    Resolver = Callable[[str, int], list[str]]

Address: TypeAlias = ipaddress.IPv4Address | ipaddress.IPv6Address
Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

PORTS = {"http": 80, "https": 443}
REDIRECTS = frozenset({301, 302, 303, 307, 308})
NOT_MODIFIED = 304
CHUNK = 64 * 1024
CONNECT_SECONDS = 4.0  # for one of several addresses
AGENT = "ClinicCalendar/1.0"

# IPv6 addresses that only wrap an IPv4 one: what counts is what they wrap.
NAT64 = ipaddress.ip_network("64:ff9b::/96")  # RFC 6052
# Tunnels and translators whose real destination is decided elsewhere: nothing we may reach.
NEVER: tuple[Network, ...] = (
    ipaddress.ip_network("64:ff9b:1::/48"),  # RFC 8215
    ipaddress.ip_network("2001::/32"),  # Teredo
    ipaddress.ip_network("2002::/16"),  # 6to4
    ipaddress.ip_network("192.88.99.0/24"),  # 6to4 relays
    ipaddress.ip_network("100.64.0.0/10"),  # carriers' NAT
)


class Why(StrEnum):
    """What went wrong, for a message in the reader's language."""

    ADDRESS = "address"
    SCHEME = "scheme"
    PORT = "port"
    PASSWORD = "password"  # noqa: S105  (the kind of mistake, not a password)
    PRIVATE = "private"
    UNKNOWN_HOST = "unknown_host"
    UNREACHABLE = "unreachable"
    CERTIFICATE = "certificate"
    TIMEOUT = "timeout"
    REDIRECTS = "redirects"
    FORBIDDEN = "forbidden"
    MISSING = "missing"
    STATUS = "status"
    TOO_BIG = "too_big"


STATUSES = {401: Why.FORBIDDEN, 403: Why.FORBIDDEN, 404: Why.MISSING, 410: Why.MISSING}


class FetchFailed(Exception):
    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True, slots=True)
class FetchRules:
    """What may be reached. Only tests widen it, to talk to servers of their own."""

    schemes: frozenset[str] = frozenset({"https"})
    ports: frozenset[int] = frozenset(PORTS.values())
    allowed: tuple[str, ...] = ()  # networks that are fine although they are not public
    seconds: float = 10.0
    most_bytes: int = 5 * 1024 * 1024
    redirects: int = 3


@dataclass(frozen=True, slots=True)
class Fetched:
    """`content` is None: nothing has changed since the ETag that we sent."""

    content: bytes | None
    etag: str = ""
    content_type: str = ""


@dataclass(slots=True)
class _Clock:
    """One time limit over everything; what is open when it ends is closed."""

    seconds: float
    ends: float = field(init=False)
    socket: socket.socket | None = None
    is_over: bool = False

    def __post_init__(self) -> None:
        self.ends = monotonic() + self.seconds

    @property
    def left(self) -> float:
        left = self.ends - monotonic()
        if left <= 0 or self.is_over:
            raise FetchFailed(Why.TIMEOUT)
        return left

    @contextmanager
    def running(self) -> Iterator[None]:
        timer = threading.Timer(self.seconds, self._stop)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _stop(self) -> None:
        self.is_over = True
        if self.socket is not None:
            with suppress(OSError):
                # Wakes up the waiting thread. Not by a TLS shutdown: that would wait for an answer.
                socket.socket.shutdown(self.socket, socket.SHUT_RDWR)


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a host."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(answer[4][0]) for answer in answers))


def is_public(text: str) -> bool:
    """Whether this is an address of the public internet, whatever it is wrapped in."""
    try:
        address: Address = ipaddress.ip_address(text)
    except ValueError:  # also one with a zone, "fe80::1%eth0"
        return False
    if isinstance(address, ipaddress.IPv6Address):
        if address.scope_id is not None:
            return False
        if address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        elif address in NAT64:
            address = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if any(address in network for network in NEVER if network.version == address.version):
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.is_site_local:
        return False
    return address.is_global and not (
        address.is_private
        or address.is_loopback
        or address.is_link_local
        or address.is_multicast
        or address.is_reserved
        or address.is_unspecified
    )


def fetch(
    url: str,
    *,
    etag: str = "",
    rules: FetchRules | None = None,
    resolver: Resolver = resolve,
    tls: ssl.SSLContext | None = None,
) -> Fetched:
    """What is at a public address.

    Raises:
        FetchFailed: it cannot be fetched, or should not be.
    """
    rules = rules or FetchRules()
    clock = _Clock(rules.seconds)
    tls = tls or ssl.create_default_context()
    with clock.running():
        try:
            for _hop in range(rules.redirects + 1):
                answer = _ask(url, etag, rules, clock, resolver, tls)
                if isinstance(answer, Fetched):
                    return answer
                url = answer
        except FetchFailed:
            raise
        except ssl.SSLCertVerificationError as error:
            raise FetchFailed(Why.CERTIFICATE) from error
        except (OSError, http.client.HTTPException, ValueError, zlib.error) as error:
            late = clock.is_over or isinstance(error, TimeoutError)
            raise FetchFailed(Why.TIMEOUT if late else Why.UNREACHABLE) from error
    raise FetchFailed(Why.REDIRECTS)


def expect_address(url: str, rules: FetchRules) -> SplitResult:
    """The parts of an address that we may request.

    Raises:
        FetchFailed: another scheme or port, a password in it, or no address.
    """
    try:
        parts = urlsplit(url)
        port, host = parts.port, parts.hostname
        if host:
            host.encode("idna")
    except ValueError as error:
        raise FetchFailed(Why.ADDRESS) from error
    if parts.scheme not in rules.schemes:
        raise FetchFailed(Why.SCHEME)
    if not host or any(letter <= " " for letter in url):
        raise FetchFailed(Why.ADDRESS)
    if parts.username is not None or parts.password is not None:
        raise FetchFailed(Why.PASSWORD)
    if (PORTS[parts.scheme] if port is None else port) not in rules.ports:
        raise FetchFailed(Why.PORT)
    return parts


def _addresses(
    host: str, port: int, rules: FetchRules, clock: _Clock, resolver: Resolver
) -> list[str]:
    """Where a host is. One private answer among public ones rules out all of them."""
    found: list[list[str]] = []

    def look() -> None:
        try:
            found.append(resolver(host, port))
        except (OSError, UnicodeError):
            found.append([])

    thread = threading.Thread(target=look, daemon=True)  # a look-up has no time limit of its own
    thread.start()
    thread.join(clock.left)
    if not found:
        raise FetchFailed(Why.TIMEOUT)
    if not found[0]:
        raise FetchFailed(Why.UNKNOWN_HOST)
    networks = [ipaddress.ip_network(text) for text in rules.allowed]
    for text in found[0]:
        if not is_public(text) and not _within(text, networks):
            raise FetchFailed(Why.PRIVATE)
    return found[0]


def _within(text: str, networks: list[Network]) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    return any(address in network for network in networks)


def _connect(addresses: list[str], port: int, clock: _Clock) -> socket.socket:
    """Connect to the first that answers; numeric addresses, so there is no second look-up."""
    failure: OSError | None = None
    for address in addresses:
        try:
            seconds = min(clock.left, CONNECT_SECONDS)
            return socket.create_connection((address, port), timeout=seconds)
        except OSError as error:
            failure = error
    raise failure or FetchFailed(Why.UNREACHABLE)


def _ask(
    url: str, etag: str, rules: FetchRules, clock: _Clock, resolver: Resolver, tls: ssl.SSLContext
) -> Fetched | str:
    """One request: what was found, or where to go instead."""
    parts = expect_address(url, rules)
    host = (parts.hostname or "").encode("idna").decode()
    port = parts.port or PORTS[parts.scheme]
    connection = http.client.HTTPConnection(host, port)
    try:
        plain = _connect(_addresses(host, port, rules, clock, resolver), port, clock)
        clock.socket = plain
        connection.sock = plain
        plain.settimeout(clock.left)
        if parts.scheme == "https":
            # The name decides, not the number: for the certificate (SNI) and for the Host header.
            secured = tls.wrap_socket(plain, server_hostname=host, do_handshake_on_connect=False)
            clock.socket = connection.sock = secured
            secured.do_handshake()
        headers = {
            "Host": _host_header(host, parts.port),
            "User-Agent": AGENT,
            "Accept": "text/calendar, */*;q=0.1",
            "Accept-Encoding": "identity",
            "Connection": "close",
        }
        if etag:
            headers["If-None-Match"] = etag
        target = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~-._")
        if parts.query:
            target += "?" + quote(parts.query, safe="/?%:@!$&'()*+,;=~-._[]")
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        if response.status in REDIRECTS and (where := response.getheader("Location")):
            return urljoin(url, where)
        return _read(response, rules, clock)
    finally:
        connection.close()


def _host_header(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return name if port is None else f"{name}:{port}"


def _read(response: http.client.HTTPResponse, rules: FetchRules, clock: _Clock) -> Fetched:
    etag = (response.getheader("ETag") or "")[:200]
    if response.status == NOT_MODIFIED:
        return Fetched(None, etag)
    if response.status != http.client.OK:
        raise FetchFailed(STATUSES.get(response.status, Why.STATUS))
    if (response.length or 0) > rules.most_bytes:
        raise FetchFailed(Why.TOO_BIG)
    inflate = _inflater(response.getheader("Content-Encoding") or "identity")
    parts: list[bytes] = []
    received = size = 0
    while chunk := response.read1(CHUNK):
        _ = clock.left
        received += len(chunk)
        # A zip bomb stays small: we unpack no more than the limit still allows.
        plain = inflate.decompress(chunk, rules.most_bytes + 1 - size) if inflate else chunk
        size += len(plain)
        if max(size, received) > rules.most_bytes:
            raise FetchFailed(Why.TOO_BIG)
        parts.append(plain)
    _ = clock.left  # a socket that the watchdog closed looks like the end
    if response.length or (inflate and not inflate.eof):
        raise FetchFailed(Why.UNREACHABLE)  # half a calendar must not pass for a whole one
    return Fetched(b"".join(parts), etag, response.getheader("Content-Type") or "")


def _inflater(encoding: str) -> zlib._Decompress | None:
    """We ask for no compression, but some servers compress anyway."""
    name = encoding.strip().lower()
    if name == "identity":
        return None
    if name not in {"gzip", "x-gzip", "deflate"}:
        raise FetchFailed(Why.UNREACHABLE)
    return zlib.decompressobj(zlib.MAX_WBITS | 32)  # gzip or zlib, as its header says
