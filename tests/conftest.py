"""What all tests share: a real MongoDB of their own, and the folder of captured pages where there is one."""

from __future__ import annotations

import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from hypothesis import settings as hypothesis_settings

# Before anything reads the settings: tests never touch the data of this checkout, nor a server that the shell names.
for _name in [name for name in os.environ if name.startswith("XINWEN_") and name != "XINWEN_SHARED"]:
    del os.environ[_name]
os.environ.pop("MONGODB_URI", None)
_DATA = tempfile.TemporaryDirectory(prefix="xinwen-tests-", ignore_cleanup_errors=True)
os.environ["XINWEN_DATA"] = _DATA.name
os.environ["XINWEN_EMBEDDED_IDLE"] = "0"  # a server that a killed test leaves behind ends at once

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # So a shell starts what runs in the background, and no command that a test interrupts would hear of it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A machine that is busy pauses for longer than the 200 ms that an example may take by default.
hypothesis_settings.register_profile("xinwen", deadline=None)
hypothesis_settings.load_profile("xinwen")

PROJECT = Path(__file__).parent.parent
_named = os.environ.pop("XINWEN_SHARED", "") or os.environ.get("SHARED_OF_THE_TESTS", "")
SHARED = Path(_named or PROJECT.parent / "shared").resolve()
os.environ["SHARED_OF_THE_TESTS"] = str(SHARED)  # for the processes that tests are shared out to


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """Address of a MongoDB that runs for the whole session; ``another_database`` puts a name into it."""
    from store.server import embedded
    from store.settings import settings

    yield embedded.ensure_running(settings().data, "")
    embedded.stop(settings().data)


@pytest.fixture
def uri(server: str) -> Iterator[str]:
    """Address of an empty database, gone after the test."""
    from store.connection import another_database, connect

    address = another_database(server, f"test_{uuid4().hex[:12]}")
    yield address
    database = connect(address)
    database.client.drop_database(database.name)
    database.client.close()


@pytest.fixture
def database(uri):
    """The empty database itself."""
    from store.connection import connect

    found = connect(uri)
    yield found
    found.client.close()


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with captured pages and test sets; they are other people's texts and lie outside the project."""
    if not SHARED.is_dir():
        pytest.skip(f"no folder {SHARED} with captured pages and test sets (XINWEN_SHARED names another)")
    return SHARED


@pytest.fixture(scope="session")
def evaluation(shared: Path) -> Path:
    """The folder of test sets."""
    return shared / "evaluation"


@pytest.fixture(scope="session")
def captures(shared: Path) -> Path:
    """The folder of captured pages."""
    return shared / "captures"
