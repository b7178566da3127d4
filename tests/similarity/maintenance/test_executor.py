"""Executor jobs give the same bytes in processes of one machine and on a cluster, even when a worker is killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from similarity.maintenance import executor as executor_module
from similarity.maintenance import lsi_training
from similarity.maintenance import rebuild as rebuild_module
from similarity.maintenance import retokenize as retokenizing
from similarity.maintenance.executor import Executor, NoWorkers, open_executor
from similarity.maintenance.lsi_training import train_topics
from similarity.maintenance.rebuild import rebuild_segments
from similarity.maintenance.retokenize import retokenize_index
from store.index.verify import verify
from tests.commands import PROJECT, assert_one_line_error, run
from tests.similarity.conftest import PlainJieba
from tests.similarity.maintenance.copies import copied, everything
from text.analysis.analyzer import VERSION

pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings("ignore:the matrix subclass"),  # gensim uses it
]

TRADE = [
    "台积电",
    "三星",
    "晶圆",
    "封装",
    "光刻",
    "存储",
    "芯片",
    "代工",
    "设备",
    "产能",
    "TSMC",
    "wafer",
    "foundry",
    "memory",
    "yield",
    "capacity",
    "HBM4",
    "GAA",
    "3nm",
    "RISC-V",
]


def texts(number: int) -> list[str]:
    """Different texts that share many words."""
    word_lists = [
        TRADE[place % 7 : place % 7 + 3 + place % 11] * (1 + place % 3) + [f"{place}号"] for place in range(number)
    ]
    return [" ".join(words) + f"，第{place}条消息" for place, words in enumerate(word_lists)]


class Killing(Executor):
    """Kills the process *victim* once the first result of a map is there."""

    def __init__(self, executor: Executor, victim: int) -> None:
        super().__init__(executor.pool, executor.workers)
        object.__setattr__(self, "victim", victim)

    def map(self, function, partitions, meanwhile=lambda: None):
        for result in super().map(function, partitions, meanwhile):
            if self.victim:
                os.kill(self.victim, signal.SIGKILL)
                object.__setattr__(self, "victim", 0)
            yield result


@pytest.fixture
def many_partitions(monkeypatch) -> None:
    monkeypatch.setattr(rebuild_module, "ROWS", 9)
    monkeypatch.setattr(lsi_training, "CHUNK", 25)
    monkeypatch.setattr(retokenizing, "ROWS", 17)
    monkeypatch.setattr(retokenizing, "TOKENIZED_AT_ONCE", 7)


def all_jobs(database, address: str, executor: Executor) -> list[dict]:
    """What is there after each of the jobs."""
    found = []
    assert rebuild_segments(database, address, executor, remote=True).documents == 90
    found.append(everything(database))
    train_topics(database, address, executor, topics=10)
    found.append(everything(database))
    assert retokenize_index(database, address, executor).articles == 90
    assert verify(database, VERSION) == []
    found.append(everything(database))
    return found


def test_a_cluster_gives_the_same_bytes_though_a_worker_is_killed(
    uri: str, database, server: str, store_texts, many_partitions
) -> None:
    distributed = pytest.importorskip("distributed")
    store_texts(texts(90), PlainJieba())
    with copied(database, server) as (copy, address):
        with open_executor() as executor:
            local = all_jobs(database, uri, executor)
        options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "host": "127.0.0.1"}
        with distributed.LocalCluster(**options) as cluster, open_executor(cluster.scheduler_address) as executor:
            victim = cluster.workers[0].pid
            elsewhere = all_jobs(copy, address, Killing(executor, victim))
            deadline = time.monotonic() + 180
            while cluster.workers[0].pid in (None, victim):
                assert time.monotonic() < deadline, "the worker was killed, and another one started"
                time.sleep(0.1)
        assert local == elsewhere
        assert len(local[0]["segments"]) == 10
        assert local[2]["analyzer"] == VERSION


def test_results_come_in_the_order_of_the_partitions_and_few_at_a_time() -> None:
    waiting = []

    def slow_at_first(number: int) -> int:
        waiting.append(number)
        time.sleep(0.05 if number % 4 == 0 else 0)
        return number * number

    with ThreadPoolExecutor(2) as threads:
        for result in Executor(threads, 2).map(slow_at_first, iter(range(40))):
            assert result == (result_number := round(result**0.5)) ** 2
            assert max(waiting) <= result_number + 4
        assert list(Executor(threads, 2).map(abs, [])) == []


def _die(number: int) -> None:
    os._exit(9)


def test_a_killed_worker_process_ends_in_one_line() -> None:
    with open_executor() as executor, pytest.raises(NoWorkers, match=r"was killed.*run the command again"):
        list(executor.map(_die, [1]))


def test_a_scheduler_that_does_not_answer(monkeypatch) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(executor_module, "_CONNECT_TIMEOUT", 0.5)
    refused = r"^--scheduler tcp://127.0.0.1:1: no Dask scheduler answers there \(.*\)$"
    with pytest.raises(NoWorkers, match=refused), open_executor("tcp://127.0.0.1:1"):
        pytest.fail("nobody is there")


def test_without_dask_the_command_says_what_to_install(uri: str, tmp_path) -> None:
    (tmp_path / "distributed.py").write_text("raise ImportError('not installed')\n")
    without = run("similarity", "rebuild", "--scheduler", "tcp://127.0.0.1:1", mongodb_uri=uri, pythonpath=tmp_path)
    assert_one_line_error(without, "error: --scheduler needs Dask", "pip install -r requirements-dask.txt")


def test_the_train_command(uri: str, database, store_texts) -> None:
    assert_one_line_error(
        run("similarity", "train", mongodb_uri=uri), "error: no article is stored", "xinwen crawl KEY"
    )
    store_texts(texts(30))
    done = run("similarity", "train", "--topics", 5, mongodb_uri=uri)
    assert (done.returncode, done.stderr) == (0, "")
    assert "5 topics of 30 articles: trained" in done.stdout
    found = run("similarity", "search", "台积电 封装", "--model", "lsi", "-k", 2, mongodb_uri=uri)
    assert (found.returncode, found.stderr) == (0, "")
    assert "https://a.example/" in found.stdout
    store_texts(texts(70)[30:])
    assert (
        "5 topics of 70 articles: trained again (it would be of 70"
        in run("similarity", "compact", mongodb_uri=uri).stdout
    )
    assert "topics" not in run("similarity", "compact", mongodb_uri=uri).stdout


KILLED = """
import os
from similarity.maintenance.executor import open_executor
if __name__ == "__main__":
    with open_executor() as executor:
        print(*executor.map(abs, [-5]), flush=True)
        os.kill(os.getpid(), 9)
"""


def test_processes_end_with_the_one_that_started_them(tmp_path: Path) -> None:
    (tmp_path / "killed.py").write_text(KILLED, "utf-8")
    # Ends when nobody can write to its output any more.
    done = subprocess.run(
        [sys.executable, tmp_path / "killed.py"],
        env=os.environ | {"PYTHONPATH": str(PROJECT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert (done.stdout, done.returncode) == ("5\n", -signal.SIGKILL), done.stderr
