"""The gate before other people's servers, tried against real ones that misbehave."""

from __future__ import annotations

import datetime as dt
import gzip
import socket
import ssl
import time
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from booking.calendars.fetching import FetchFailed, FetchRules, Why, fetch, is_public
from tests.booking.servers import HOME, Handler, Site, silence, site

if TYPE_CHECKING:
    from pathlib import Path

CALENDAR = b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"
SECONDS = 0.3  # how long a server that does not answer is waited for
# How much later than it should the clock may ring on a busy machine.
GRACE = 1.0


def at_home(_host: str, _port: int) -> list[str]:
    return [HOME]


def rules(port: int, **changes: object) -> FetchRules:
    values: dict[str, object] = {
        "schemes": frozenset({"http", "https"}),
        "ports": frozenset({80, 443, port}),
        "allowed": (f"{HOME}/32",),
        "seconds": 10.0,
    }
    return FetchRules(**(values | changes))  # type: ignore[arg-type]


def why(server: Site, path: str = "/basic.ics", **changes: object) -> Why:
    with pytest.raises(FetchFailed) as failed:
        fetch(server.url(path), rules=rules(server.port, **changes), resolver=at_home)
    return failed.value.why


def test_a_calendar_comes_with_its_etag_and_the_name_in_the_host_header() -> None:
    with site(lambda ask: ask.reply(CALENDAR, headers={"ETag": '"one"'})) as server:
        found = fetch(server.url("/a%20b?q=é"), rules=rules(server.port), resolver=at_home)
    assert found.content == CALENDAR
    assert found.etag == '"one"'
    ((path, headers),) = server.asked
    assert path == "/a%20b?q=%C3%A9"
    assert headers["Host"] == f"cal.test:{server.port}"
    assert headers["Accept-Encoding"] == "identity"


def test_what_has_not_changed_is_not_sent_again() -> None:
    def answer(ask: Handler) -> None:
        same = ask.headers["If-None-Match"] == '"one"'
        ask.reply(b"" if same else CALENDAR, status=304 if same else 200)

    with site(answer) as server:
        found = fetch(server.url(), etag='"one"', rules=rules(server.port), resolver=at_home)
    assert found.content is None


@pytest.mark.parametrize(
    "target",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:{port}/",
        "http://169.254.169.254/latest/meta-data/",
        "http://[::1]/",
        "http://[::ffff:127.0.0.1]/",
        "http://2130706433/",
        "//10.0.0.1/",
    ],
)
def test_a_redirect_inward_is_refused(target: str) -> None:
    def resolver(host: str, port: int) -> list[str]:
        if host == "cal.test":
            return [HOME]
        return [str(answer[4][0]) for answer in socket.getaddrinfo(host, port)]

    with site(lambda ask: None) as server:
        where = target.format(port=server.port)
        server.answer = lambda ask: ask.reply(status=302, headers={"Location": where})
        with pytest.raises(FetchFailed) as failed:
            fetch(server.url(), rules=rules(server.port), resolver=resolver)
    assert failed.value.why == Why.PRIVATE
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("file:///etc/passwd", Why.SCHEME),
        ("gopher://cal.test/", Why.SCHEME),
        ("http://cal.test:22/", Why.PORT),
        ("http://me:secret@cal.test/", Why.PASSWORD),
        ("http://no..where/", Why.ADDRESS),
    ],
)
def test_a_redirect_meets_the_same_rules_as_the_first_address(target: str, reason: Why) -> None:
    answer = {"Location": target}
    with site(lambda ask: ask.reply(status=301, headers=answer)) as server:
        assert why(server) == reason


def test_a_few_redirects_are_followed_and_no_more() -> None:
    def answer(ask: Handler) -> None:
        left = int(ask.path.strip("/"))
        if left:
            ask.reply(status=307, headers={"Location": f"/{left - 1}"})
        else:
            ask.reply(CALENDAR)

    with site(answer) as server:
        found = fetch(server.url("/3"), rules=rules(server.port), resolver=at_home)
        assert found.content == CALENDAR
        assert why(server, "/4") == Why.REDIRECTS


def test_https_is_the_only_door_unless_told_otherwise() -> None:
    with pytest.raises(FetchFailed) as failed:
        fetch("http://cal.test/", resolver=at_home)
    assert failed.value.why == Why.SCHEME


def test_a_private_address_is_never_asked_even_beside_a_public_one() -> None:
    for answers in (["127.0.0.2"], ["93.184.215.14", "127.0.0.2"], ["10.1.2.3"], ["fd00::1"]):
        with site(lambda ask: ask.reply(CALENDAR)) as server:
            with pytest.raises(FetchFailed) as failed:
                fetch(
                    server.url(),
                    rules=rules(server.port, allowed=()),
                    resolver=lambda _host, _port, answers=answers: answers,  # type: ignore[misc]
                )
            assert failed.value.why == Why.PRIVATE
            assert server.asked == []


def test_a_name_is_looked_up_once_so_that_it_cannot_change_its_mind() -> None:
    answers = [[HOME], ["10.0.0.1"]]
    with site(lambda ask: ask.reply(CALENDAR)) as server:
        found = fetch(
            server.url(), rules=rules(server.port), resolver=lambda _host, _port: answers.pop(0)
        )
    assert found.content == CALENDAR
    assert answers == [["10.0.0.1"]]


def test_an_unknown_host_and_a_closed_port_are_told_apart() -> None:
    def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    with pytest.raises(FetchFailed) as failed:
        fetch("https://cal.test/", resolver=nowhere)
    assert failed.value.why == Why.UNKNOWN_HOST
    with silence() as port:
        pass
    with pytest.raises(FetchFailed) as failed:
        fetch(f"http://cal.test:{port}/", rules=rules(port), resolver=at_home)
    assert failed.value.why == Why.UNREACHABLE


def drip_body(ask: Handler) -> None:
    ask.reply(headers={"Content-Length": "1000"})
    for _ in range(100):
        ask.wfile.write(b".")
        time.sleep(SECONDS / 10)


def drip_headers(ask: Handler) -> None:
    for letter in b"HTTP/1.1 200 OK\r\nX-Slow: " + b"." * 1000:
        ask.wfile.write(bytes([letter]))
        time.sleep(SECONDS / 10)


def hang(_ask: Handler) -> None:
    time.sleep(SECONDS + GRACE)


@pytest.mark.parametrize("answer", [drip_body, drip_headers, hang])
def test_one_clock_runs_over_everything(answer: object) -> None:
    with site(answer) as server:  # type: ignore[arg-type]
        began = time.monotonic()
        assert why(server, seconds=SECONDS) == Why.TIMEOUT
        assert time.monotonic() - began < SECONDS + GRACE


def test_the_clock_also_runs_over_redirects() -> None:
    def answer(ask: Handler) -> None:
        time.sleep(SECONDS * 0.6)
        ask.reply(status=302, headers={"Location": "/next"})

    with site(answer) as server:
        began = time.monotonic()
        assert why(server, seconds=SECONDS) == Why.TIMEOUT
        assert time.monotonic() - began < SECONDS + GRACE


def test_a_server_that_never_shakes_hands_is_left() -> None:
    with silence() as port:
        began = time.monotonic()
        with pytest.raises(FetchFailed) as failed:
            fetch(f"https://cal.test:{port}/", rules=rules(port, seconds=SECONDS), resolver=at_home)
    assert failed.value.why == Why.TIMEOUT
    assert time.monotonic() - began < SECONDS + GRACE


def test_a_name_server_that_never_answers_is_left() -> None:
    def sleepy(_host: str, _port: int) -> list[str]:
        time.sleep(SECONDS + GRACE)
        return [HOME]

    began = time.monotonic()
    with pytest.raises(FetchFailed) as failed:
        fetch("https://cal.test/", rules=FetchRules(seconds=SECONDS), resolver=sleepy)
    assert failed.value.why == Why.TIMEOUT
    assert time.monotonic() - began < SECONDS + GRACE


def endless(ask: Handler) -> None:
    ask.reply(headers={"Transfer-Encoding": "chunked", "Content-Length": ""})
    for _ in range(100):
        ask.wfile.write(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


@pytest.mark.parametrize(
    "answer",
    [
        lambda ask: ask.reply(headers={"Content-Length": "6000000"}),
        lambda ask: ask.reply(
            gzip.compress(bytes(50_000_000)), headers={"Content-Encoding": "gzip"}
        ),
        endless,
    ],
    ids=["announced", "gzip bomb", "endless"],
)
def test_what_is_too_big_is_left_unread(answer: object) -> None:
    with site(answer) as server:  # type: ignore[arg-type]
        assert why(server, most_bytes=1_000_000, seconds=10.0) == Why.TOO_BIG


def test_gzip_is_read_although_we_did_not_ask_for_it() -> None:
    packed = gzip.compress(CALENDAR, mtime=0)
    with site(lambda ask: ask.reply(packed, headers={"Content-Encoding": "gzip"})) as server:
        found = fetch(server.url(), rules=rules(server.port), resolver=at_home)
    assert found.content == CALENDAR


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Length": "100"}, CALENDAR),
        ({"Content-Encoding": "gzip"}, gzip.compress(CALENDAR, mtime=0)[:-9]),
        ({"Content-Encoding": "gzip"}, CALENDAR),
        ({"Content-Encoding": "br"}, CALENDAR),
    ],
)
def test_half_a_calendar_does_not_pass_for_a_whole_one(
    headers: dict[str, str], body: bytes
) -> None:
    with site(lambda ask: ask.reply(body, headers=headers)) as server:
        assert why(server) == Why.UNREACHABLE


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (401, Why.FORBIDDEN),
        (403, Why.FORBIDDEN),
        (404, Why.MISSING),
        (410, Why.MISSING),
        (204, Why.STATUS),
        (500, Why.STATUS),
    ],
)
def test_refusals_have_names(status: int, reason: Why) -> None:
    with site(lambda ask: ask.reply(status=status)) as server:
        assert why(server) == reason


def certificate(folder: Path, host: str) -> tuple[Path, Path]:
    """A certificate that signs itself, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    paths = folder / "cert.pem", folder / "key.pem"
    paths[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    paths[1].write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return paths


def test_tls_is_checked_against_the_name_not_the_number(tmp_path: Path) -> None:
    cert, key = certificate(tmp_path, "cal.test")
    served = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    served.load_cert_chain(cert, key)
    named: list[str | None] = []
    served.sni_callback = lambda _socket, name, _context: named.append(name)
    trusting = ssl.create_default_context(cafile=str(cert))
    with site(lambda ask: ask.reply(CALENDAR), tls=served) as server:
        there = rules(server.port)
        url = server.url(scheme="https")
        assert fetch(url, rules=there, resolver=at_home, tls=trusting).content == CALENDAR
        assert named == ["cal.test"]
        for address, context in ((url, None), (url.replace("cal.", "other."), trusting)):
            with pytest.raises(FetchFailed) as failed:
                fetch(address, rules=there, resolver=at_home, tls=context)
            assert failed.value.why == Why.CERTIFICATE


@pytest.mark.parametrize(
    "text", ["93.184.215.14", "8.8.8.8", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_these_are_public(text: str) -> None:
    assert is_public(text)


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0",  # noqa: S104
        "10.0.0.1",
        "100.64.0.1",
        "100.127.255.254",
        "127.0.0.1",
        "127.8.8.8",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.1",
        "192.0.2.1",
        "192.168.1.1",
        "192.88.99.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.255",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "::ffff:100.64.0.1",
        "::ffff:0:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b::a00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:808:808::",
        "fc00::1",
        "fd12::1",
        "fe80::1",
        "fe80::1%eth0",
        "2606:4700::1111%eth0",
        "fec0::1",
        "ff02::1",
        "localhost",
        "2130706433",
    ],
)
def test_these_are_not_public(text: str) -> None:
    assert not is_public(text)


@given(st.ip_addresses(v=4))
def test_an_address_is_as_public_wrapped_as_bare(address: object) -> None:
    bare = is_public(str(address))
    assert is_public(f"::ffff:{address}") == bare
    assert is_public(str(ip_address(int(ip_address("64:ff9b::")) + int(address)))) == bare  # type: ignore[call-overload]


@pytest.mark.parametrize("network", ["10.0.0.0/8", "172.16.0.0/12", "127.0.0.0/8", "fc00::/7"])
@given(data=st.data())
def test_nothing_in_a_private_network_is_public(network: str, data: st.DataObject) -> None:
    inside = ip_network(network)
    offset = data.draw(st.integers(0, inside.num_addresses - 1))
    assert not is_public(str(inside[offset]))
