"""No request leaves for this machine, a private network or an odd address, whatever names it: a bait stays unvisited."""

from __future__ import annotations

import ipaddress
import json
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
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
def bait(context: ssl.SSLContext | None = None) -> Iterator[tuple[int, list[str]]]:
    """The port of a server on this machine, and the paths that it was asked for."""
    visits: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            visits.append(self.path)
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"secret")

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
