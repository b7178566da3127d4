"""No request leaves for this machine, a private network or an odd address, whatever names it: a bait stays unvisited."""

from __future__ import annotations

import ipaddress
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from store.public_addresses import is_public, literal_address, refusal
from tests.commands import environment


@contextmanager
def bait(
    context: ssl.SSLContext | None = None, replies: Sequence[tuple[str, str, bytes]] = (), robots: str = ""
) -> Iterator[tuple[int, list[str]]]:
    """The port of a server on this machine, and the paths that it was asked for.

    *replies* are headers with their values, and bodies: of the path ``/0`` the first, and so on. *robots* is where
    robots.txt leads to, if it is there.
    """
    visits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visits.append(self.path)
            number = self.path[1:]
            name, value, body = replies[int(number)] if replies and number.isdecimal() else ("X-Bait", "1", b"secret")
            if number == "robots.txt":
                name, value = ("Location", robots) if robots else ("X-Missing", "1")
            self.send_response(302 if name == "Location" else 404 if name == "X-Missing" else 200)
            self.send_header(name, value)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port, visits
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def fetched(urls: list[str], *ports: int, **variables: str) -> dict[str, str | int]:
    """What came of each of *urls*: why it failed, or how many bytes it has."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.crawler.middlewares.fetch_addresses", *map(str, ports)],
        input=json.dumps(urls), env=environment(**variables), capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    return dict(json.loads(line) for line in done.stdout.splitlines())


def test_no_spelling_of_this_machine_is_asked() -> None:
    with bait() as (port, visits):
        hosts = ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]",
                 "[::ffff:127.0.0.1]", "１２７.0.0.1", "0.0.0.0", "private.example", "a.localhost"]  # fmt: skip
        results = fetched([f"http://{host}:{port}/secret" for host in hosts], port)
        others = fetched(["http://127.0.0.1/", f"http://other.example:{port}/"])
    assert visits == []
    assert len(results) == len(hosts)
    assert all("not asked" in str(reason) for reason in results.values()), results
    assert "127.0.0.1, which is not a public address" in str(results[f"http://private.example:{port}/secret"])
    assert f"port {port} is none" in str(others[f"http://other.example:{port}/"])


def test_no_redirect_leads_to_this_machine_or_to_no_address() -> None:
    with bait() as (port, visits), bait() as (unnamed, others):
        targets = [
            f"http://127.0.0.1:{port}/secret", f"http://2130706433:{port}/secret", f"http://[::ffff:127.0.0.1]:{port}/secret",
            f"http://[::ffff:7f00:1]:{port}/", f"//0x7f.1:{port}/", f"http://１２７.0.0.1:{port}/".encode().decode("latin-1"),
            f"http://%31%32%37.0.0.1:{port}/", f"http://private.example:{port}/secret", f"http://user:pw@self.example:{port}/",
            f"http://self.example@127.0.0.1:{port}/", f"http://self.example:{unnamed}/secret", f"http://{'a' * 64}.example:{port}/",
            "javascript:alert(1)", "JavaScript://127.0.0.1/%0aalert(1)", "data:text/html,secret", "file:///etc/passwd",
            f"ftp://127.0.0.1:{port}/", "http://[", "http://a..example/", f"http:\\\\127.0.0.1:{port}/",
        ]  # fmt: skip
        refresh = f'<meta http-equiv="refresh" content="0; url=http://127.0.0.1:{port}/secret">'.encode()
        with bait(replies=[*(("Location", target, b"") for target in targets), ("X-Refresh", "1", refresh)]) as (
            own,
            asked,
        ):
            results = fetched([f"http://self.example:{own}/{number}" for number in range(len(targets) + 1)], own, port)
    assert visits == []
    assert others == []
    # Each was asked for once, and what it leads to cost no other.
    assert [path for path in asked if path != "/robots.txt"] == [f"/{number}" for number in range(len(targets) + 1)]
    *of_redirects, _ = results.values()
    assert all(isinstance(reason, str) and reason for reason in of_redirects), results


@pytest.mark.parametrize(
    "target",
    ["http://127.0.0.1:{}/", "http://[::ffff:127.0.0.1]:{}/", "http://private.example:{}/", "javascript:alert(1)"],
)
def test_no_robots_txt_leads_to_this_machine(target: str) -> None:
    with bait() as (port, visits), bait(robots=target.format(port)) as (own, asked):
        results = fetched([f"http://self.example:{own}/0"], own, port)
    assert visits == []
    # Without rules that could be read nothing is asked.
    assert asked == ["/robots.txt"]
    assert all(isinstance(reason, str) and reason for reason in results.values()), results


def test_a_body_that_does_not_unpack_costs_only_itself() -> None:
    packed = [
        ("Content-Encoding", name, b"\x1f\x8b\x0b\x02\x80 no data of this kind")
        for name in ("br", "zstd", "gzip", "deflate")
    ]
    with bait(replies=[*packed, ("X-Plain", "1", b"plain")]) as (port, _):
        results = fetched([f"http://self.example:{port}/{number}" for number in range(5)], port)
    *broken, plain = results.values()
    assert plain == 5
    assert all(isinstance(reason, str) and reason for reason in broken), results


@pytest.mark.parametrize(
    "url",
    ["ftp://a.example/", "file:///etc/passwd", "javascript:alert(1)", "http://user:pass@a.example/",
     f"http://{'a' * 64}.example/", "http://a..example/", "http://10.0.0.1/", "http://169.254.169.254/latest/meta-data/",
     "http://[fd00::1]/", "http://224.0.0.1/", "http://[64:ff9b:1::1]/", "http://printer.local/", "http://a.example:22/",
     "http://a.example:99999/", "http://[::1/", "http:///a", "http://100.64.0.1/", "http://[2002:7f00:1::]/"],
)  # fmt: skip
def test_what_may_not_be_asked(url: str) -> None:
    assert refusal(url)


@pytest.mark.parametrize(
    "url", ["http://a.example/", "https://a.example:443/b", "https://中国.example/", "http://8.8.8.8/"]
)
def test_what_may_be_asked(url: str) -> None:
    assert refusal(url) == ""
    assert refusal("http://a.example:8080/", frozenset([8080])) == ""


@given(st.integers(0, 2**32 - 1))
def test_every_spelling_of_an_address_is_the_address(number: int) -> None:
    address = ipaddress.IPv4Address(number)
    first, *rest = address.packed
    spellings = [str(address), str(number), hex(number), f"{first:#o}".replace("0o", "0") + f".{int.from_bytes(rest)}",
                 ".".join(map(hex, address.packed))]  # fmt: skip
    assert {literal_address(spelling) for spelling in spellings} == {address}
    assert is_public(ipaddress.IPv6Address(f"::ffff:{address}")) == is_public(address)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of self.example that nobody has signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "self.example")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(now - timedelta(days=1)).not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("self.example")]), False).sign(key, hashes.SHA256())
    )  # fmt: skip
    file = tmp_path_factory.mktemp("tls") / "self.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return file


def test_a_certificate_that_nobody_signed_is_refused(certificate: Path) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with bait(context) as (port, visits):
        url = f"https://self.example:{port}/secret"
        assert "certificate verify failed" in str(fetched([url], port)[url])
        assert visits == []
