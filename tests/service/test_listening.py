"""Where a server listens: ports, paths, inherited descriptors, certificates, and what is wrong with them."""

from __future__ import annotations

import socket
import stat
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.listening import ListenPlace, ServeError, WrongOption, is_local, listening, shown
from service.running import check_certificate
from tests.commands import assert_one_line_error, run_fresh
from tests.service.certificates import certificate


@pytest.fixture
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory() as made:  # the path of a socket has at most 107 bytes
        yield Path(made)


def left_behind(path: Path) -> None:
    """What a server that was killed leaves: a socket on which nobody listens."""
    with socket.socket(socket.AF_UNIX) as opened:
        opened.bind(str(path))


def test_a_port_of_loopback_by_default() -> None:
    with listening(ListenPlace(port=0)) as opened:
        host, port = opened.getsockname()
        assert (host, is_local(opened)) == ("127.0.0.1", True)
        assert shown(opened, is_tls=False) == f"http://127.0.0.1:{port}/"
        with pytest.raises(ServeError, match=rf"^cannot listen on 127.0.0.1:{port}: Address already in use; --port"):
            listening(ListenPlace(port=port)).__enter__()
    with listening(ListenPlace(host="::1", port=0)) as opened:
        assert shown(opened, is_tls=True) == f"https://[::1]:{opened.getsockname()[1]}/"


@pytest.mark.parametrize("host", ["192.0.2.1", "host.invalid", "a..b"])
def test_an_address_that_is_not_ours(host: str) -> None:
    with pytest.raises(ServeError, match=f"^cannot listen on {host}:8000: [^;]+$"):
        listening(ListenPlace(host=host)).__enter__()


def test_a_unix_socket_is_for_user_and_group_and_goes_at_the_end(folder: Path) -> None:
    path = folder / "api.socket"
    with listening(ListenPlace(uds=str(path))) as opened:
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        assert (is_local(opened), shown(opened, is_tls=False)) == (True, str(path))
        with pytest.raises(ServeError, match="another server listens there"):
            listening(ListenPlace(uds=str(path))).__enter__()
        assert path.exists()
    assert not path.exists()


def test_the_socket_of_a_killed_server_is_taken_over(folder: Path) -> None:
    path = folder / "api.socket"
    left_behind(path)
    with listening(ListenPlace(uds=str(path))), socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


def test_of_servers_that_start_at_once_one_takes_it_over(folder: Path) -> None:
    path = folder / "api.socket"

    def attempt(_: int) -> bool:
        try:
            kept.enter_context(listening(ListenPlace(uds=str(path))))
        except ServeError:
            return False
        return True

    for _ in range(20):
        left_behind(path)
        with ExitStack() as kept, ThreadPoolExecutor(4) as servers:
            assert sorted(servers.map(attempt, range(4))) == [False, False, False, True]


def test_the_socket_of_the_next_server_stays(folder: Path) -> None:
    path = folder / "api.socket"
    with ExitStack() as next_one:
        with listening(ListenPlace(uds=str(path))) as opened:
            opened.close()  # as a server does before its last answers
            next_one.enter_context(listening(ListenPlace(uds=str(path))))
        assert path.exists()


def test_a_path_that_is_no_place_for_a_socket(folder: Path) -> None:
    for path, reason in (
        (folder / "none" / "api.socket", "No such file or directory"),
        (Path(__file__) / "api.socket", "Not a directory"),
        (folder / ("x" * 120), "AF_UNIX path too long"),
        (folder, "a file is there that is no socket"),
    ):
        with pytest.raises(ServeError, match=f"^cannot listen on {path}: {reason}$"):
            listening(ListenPlace(uds=str(path))).__enter__()
    assert list(folder.iterdir()) == []


def test_an_inherited_descriptor() -> None:
    with socket.create_server(("127.0.0.1", 0)) as made:
        address, fd = made.getsockname(), made.detach()
        with listening(ListenPlace(fd=fd)) as opened:
            assert opened.getsockname() == address
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection(address)  # nobody holds it any more


def test_a_descriptor_that_does_not_listen() -> None:
    with (
        Path(__file__).open() as file,
        pytest.raises(WrongOption, match=rf"^--fd {file.fileno()} is no socket \(Socket operation on non-socket\)"),
    ):
        listening(ListenPlace(fd=file.fileno())).__enter__()
    with pytest.raises(WrongOption, match=r"^--fd 999 is no socket \(Bad file descriptor\)"):
        listening(ListenPlace(fd=999)).__enter__()
    for one in socket.socketpair():
        with one, pytest.raises(WrongOption, match=f"^--fd {one.fileno()} is a socket that does not listen$"):
            listening(ListenPlace(fd=one.fileno())).__enter__()


def test_one_place_only() -> None:
    for place in ({"port": 1, "uds": "x"}, {"host": "::", "fd": 3}, {"uds": "x", "fd": 3}):
        with pytest.raises(WrongOption, match="exclude one another"):
            ListenPlace(**place)


def test_certificates(folder: Path) -> None:
    good, key = certificate(folder)
    both = folder / "both.pem"
    both.write_bytes(good.read_bytes() + key.read_bytes())
    check_certificate(good, key)
    check_certificate(both, None)
    check_certificate(None, None)
    _, locked = certificate(folder / "locked", password=b"secret")
    other, _ = certificate(folder / "other")
    for given, reason in (
        ((None, key), "^--ssl-keyfile needs --ssl-certfile"),
        ((folder / "no.pem", key), "^--ssl-certfile .*no.pem: No such file or directory$"),
        ((good, folder), "^--ssl-keyfile .*: Is a directory$"),
        ((good, None), "^--ssl-certfile .* without --ssl-keyfile: no certificate with its key"),
        ((other, key), "no certificate with its key .KEY_VALUES_MISMATCH.$"),
        ((key, good), "no certificate with its key"),
        ((good, locked), "is encrypted"),
    ):
        with pytest.raises(WrongOption, match=reason):
            check_certificate(*given)


@pytest.mark.slow
def test_the_command_says_it_in_one_line() -> None:
    done = run_fresh("similarity", "serve", "--fd=999")  # which passes its options on
    assert_one_line_error(done, "--fd 999 is no socket")
    assert done.returncode == 2
