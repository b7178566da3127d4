"""Two scrapyd nodes over one replica set are given the same source: it is crawled once."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from pathlib import Path

import pytest

from store.connection import SAMPLES, another_database, connect
from tests.commands import PROJECT
from tests.deploy.test_scrapyd import asked, scrapyd, until
from tests.replicas.replica_set import ReplicaSet

pytestmark = pytest.mark.slow

SOURCE = "semi"


def test_a_source_that_two_nodes_are_given_is_crawled_once(uri: str, replicas: ReplicaSet, tmp_path: Path) -> None:
    variables = {"mongodb_uri": uri, "xinwen_sample_web": PROJECT / "samples"}
    ports = []
    with ExitStack() as stack:
        for number in range(2):
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                ports.append(probe.getsockname()[1])
            home = tmp_path / f"node{number}"
            home.mkdir()
            stack.enter_context(scrapyd(home, ("http_port = 6800", f"http_port = {ports[-1]}"), **variables))
        for port in ports:
            until(lambda port=port: asked(port, "daemonstatus.json")["status"] == "ok")
        delayed = {"project": "xinwen", "spider": SOURCE, "setting": "DOWNLOAD_DELAY=0.3"}
        jobs = [asked(port, "schedule.json", **delayed)["jobid"] for port in ports]
        for port in ports:
            until(lambda port=port: asked(port, "listjobs.json?project=xinwen")["finished"])
    name = uri.rpartition("/")[2].partition("?")[0] + SAMPLES
    with connect(another_database(uri, name)).client as client:
        database = client.get_default_database()
        records = list(database.runs.find({"source": SOURCE, "requests.page": {"$gt": 0}}))
        number = database.articles.count_documents({})
        client.drop_database(name)
    (record,) = records
    assert record["verdict"] == "ok" and record["job"] in jobs
    assert record["new"] == number > 5
