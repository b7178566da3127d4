"""The socket that a server listens on: of a host and port, of a path, or one that another program opened for it."""

from __future__ import annotations

import errno
import fcntl
import ipaddress
import os
import socket
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

_BACKLOG = 2048
_MODE = 0o660
"""Of a UNIX socket: the user and the group of the server, such as that of a proxy, may connect."""


class ServeError(RuntimeError):
    """The server cannot start; the message is one line."""

    status = 1


class WrongOption(ServeError):
    """An option is wrong, so that another start would end the same way."""

    status = 2


@dataclass(frozen=True)
class ListenPlace:
    """Where to listen: a host and port, or the path of a UNIX socket, or the number of an open descriptor."""

    host: str | None = None
    port: int | None = None
    uds: str | None = None
    fd: int | None = None

    def __post_init__(self) -> None:
        by_port = self.host is not None or self.port is not None
        if by_port + (self.uds is not None) + (self.fd is not None) > 1:
            raise WrongOption("--host with --port, --uds and --fd exclude one another: each says where to listen")


@contextmanager
def listening(place: ListenPlace) -> Iterator[socket.socket]:
    """A socket that listens at *place*; whoever connects waits until the server is ready. Raises ServeError."""
    if place.uds is not None:
        with _at_path(Path(place.uds)) as opened:
            yield opened
    elif place.fd is not None:
        with _inherited(place.fd) as opened:
            yield opened
    else:
        with _at_port(place.host or "127.0.0.1", 8000 if place.port is None else place.port) as opened:
            yield opened


def is_local(opened: socket.socket) -> bool:
    """Whether nobody but this machine can reach *opened*."""
    return opened.family == socket.AF_UNIX or is_loopback(opened.getsockname()[0])


def is_loopback(host: str) -> bool:
    """Whether nobody but this machine can reach *host*."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def shown(opened: socket.socket, is_tls: bool) -> str:
    """The address of *opened*, for people."""
    name = opened.getsockname()
    if opened.family == socket.AF_UNIX:
        return f"@{name[1:].decode()}" if isinstance(name, bytes) else str(name)
    host, port = name[:2]
    return f"http{'s' * is_tls}://{f'[{host}]' if ':' in host else host}:{port}/"


def _at_port(host: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        opened.bind((host, port))
        opened.listen(_BACKLOG)
    except (OSError, UnicodeError) as error:  # a name that is none fails to be encoded
        opened.close()
        reason = getattr(error, "strerror", None) or str(error)
        hint = "; --port gives another" if getattr(error, "errno", 0) in (errno.EADDRINUSE, errno.EACCES) else ""
        raise ServeError(f"cannot listen on {host}:{port}: {reason}{hint}") from None
    return opened


def _inherited(fd: int) -> socket.socket:
    try:
        opened = socket.socket(fileno=os.dup(fd))
    except OSError as error:
        raise WrongOption(
            f"--fd {fd} is no socket ({error.strerror}); systemd passes the first of a socket unit as 3"
        ) from None
    if opened.type != socket.SOCK_STREAM or not opened.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
        opened.close()
        raise WrongOption(f"--fd {fd} is a socket that does not listen")
    if fd > 2:
        os.close(fd)  # else clients could connect until the process has ended, and nobody would answer
    return opened


@contextmanager
def _at_path(path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as opened:
        try:
            with _alone_in(path.parent):
                _remove_if_left_behind(path)
                opened.bind(str(path))
                path.chmod(_MODE)
                opened.listen(_BACKLOG)
                made = _state(path)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise ServeError(f"cannot listen on {path}: {reason}") from None
        try:
            yield opened
        finally:
            with suppress(OSError), _alone_in(path.parent):  # the folder may be gone by now
                if _state(path) == made:  # else another server has taken the place
                    path.unlink()


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Let no other server make or remove a socket in *folder* meanwhile: two might remove each other's."""
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _remove_if_left_behind(path: Path) -> None:
    """Remove the socket of a server that was killed. Raises ServeError where one listens, or it is another file."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISSOCK(mode):
        raise WrongOption(f"cannot listen on {path}: a file is there that is no socket")
    with socket.socket(socket.AF_UNIX) as probe:
        probe.setblocking(False)  # the queue of a server that is busy may be full
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            path.unlink()
            return
        except BlockingIOError:
            pass
    raise ServeError(f"cannot listen on {path}: another server listens there")


def _state(path: Path) -> tuple[int, int, int] | None:
    """What tells a file from another one that is made in its place."""
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_ctime_ns
