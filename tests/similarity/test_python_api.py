"""What a colleague meets who calls the index from Python: names, reprs, errors, forks, types."""

from __future__ import annotations

import logging
import multiprocessing
import os
import pydoc
import subprocess
import sys
import venv
import warnings
from datetime import UTC, datetime
from pathlib import Path

import pytest

import similarity
from similarity import IndexClosed, QueryError, SimilarityIndex
from similarity.reader.watcher import Watcher
from store.article import Article
from store.connection import StoreError
from store.settings import settings
from tests.commands import PROJECT
from tests.similarity.conftest import NOW

pytestmark = pytest.mark.slow

CHIPS = ["台积电扩大先进封装产能", "中芯国际公布季度业绩", "存储芯片价格上涨，先进封装受益", "HBM4 supply stays tight"]


@pytest.fixture
def index(uri: str, store_texts):
    store_texts(CHIPS[:2], published=datetime(2026, 3, 5, 16, tzinfo=UTC))
    store_texts(CHIPS[2:])
    with SimilarityIndex.open(uri, live=False) as opened:
        yield opened


def test_only_public_names_are_shown() -> None:
    assert dir(similarity) == sorted(similarity.__all__)
    assert all(getattr(similarity, name).__name__ == name for name in similarity.__all__)
    with pytest.raises(AttributeError, match="no attribute 'numpy'"):
        similarity.numpy  # noqa: B018
    shown = pydoc.render_doc(similarity, renderer=pydoc.plaintext)
    assert "class SimilarityIndex" in shown
    assert "target_precision" in shown, "the arguments of search"
    assert "_attach" not in shown


def test_reprs_are_short(index, uri: str) -> None:
    dated, undated = index.search("先进封装的产能")
    assert repr(dated) == f"<Hit {dated.score:.3f} 2026-03-06 sia '{CHIPS[0]}'>"  # the 6th in Shanghai
    assert repr(undated) == f"<Hit {undated.score:.3f} undated sia '{CHIPS[2]}'>"
    assert repr(index) == f"<SimilarityIndex 4 articles {uri}>"
    index.close()
    assert repr(index) == f"<SimilarityIndex closed {uri}>"


def test_similar_takes_an_id_an_address_an_article_and_a_hit(index) -> None:
    (hit, *_) = index.search("台积电")
    article = hit.article
    answers = [index.similar(one) for one in (article.id, article.url, article, hit)]
    assert [[one.article.title for one in hits] for hits in answers] == [[CHIPS[2]]] * 4
    assert index.keywords(hit) == index.keywords(article.url) == index.keywords(article.id) != []
    with pytest.raises(QueryError, match=r"no article at 'https://b.example/x' is stored"):
        index.similar("https://b.example/x")
    with pytest.raises(QueryError, match=r"no article '[0-9a-f]{24}' is stored"):
        index.similar(Article("sia", "https://b.example/x", "never stored", NOW))


def test_an_article_is_found_by_the_address_it_was_read_from(index, database) -> None:
    (key,) = [hit.article.id for hit in index.search("HBM4")]
    moved = "https://a.example/moved-here?utm_source=feed"
    visit = {"source": "sia", "outcome": "stored", "seen": NOW, "due": NOW, "article": key}
    database.pages.insert_one({"_id": "https://a.example/moved-here"} | visit)
    assert index.id_of(moved) == key


def test_a_search_takes_a_target_precision(index) -> None:
    threshold = index.score_reaching(0.8)
    assert index.search("台积电", target_precision=0.8) == index.search("台积电", min_score=threshold)
    with pytest.raises(QueryError, match="give one of them"):
        index.search("台积电", target_precision=0.8, min_score=0.5)


WRONG = {
    "text": [{"text": None}, {"text": b"chip"}, {"text": 5}],
    "k": [{"k": "10"}, {"k": 2.5}, {"k": None}, {"k": True}, {"k": 0}, {"k": 10**6}],
    "model": [{"model": None}, {"model": ["bm25"]}],
    "source": [{"source": 5}, {"source": [None]}, {"source": {"sia": 1}}],
    "kind": [{"kind": 1}],
    "language": [{"language": b"zh"}],
    "company": [{"company": [5]}],
    "since": [{"since": "2026-01-01"}, {"since": 2026}],
    "until": [{"until": ""}],
    "must": [{"must": 5}],
    "exclude": [{"exclude": object()}],
    "across": [{"across": "no"}, {"across": None}],
    "min_score": [{"min_score": "0.5"}, {"min_score": float("nan")}],
    "target_precision": [{"target_precision": "0.9"}],
    "sort": [{"sort": None}],
    "recent": [{"recent": 30}],
    "explain": [{"explain": 1}],
    "sorce": [{"sorce": "sia"}],
}


def test_wrong_arguments_are_named(index) -> None:
    for name, arguments in [(name, arguments) for name, several in WRONG.items() for arguments in several]:
        with pytest.raises(QueryError, match=rf"\b{name}\b") as caught:
            index.search(**({"text": "chip"} | arguments))
        assert "\n" not in str(caught.value)
        assert len(str(caught.value)) < 200


def test_wrong_arguments_of_other_calls_are_named(index) -> None:
    for call, name in [
        (lambda: index.similar(5), "article"),
        (lambda: index.similar("0" * 24, source="sia"), "source"),
        (lambda: index.keywords(None), "article"),
        (lambda: index.keywords("0" * 24, "3"), "k"),
        (lambda: index.trend(None), "text"),
        (lambda: index.trend("chip", by=7), "by"),
        (lambda: index.trend("chip", since="2026"), "since"),
        (lambda: index.related_terms(["chip"]), "text"),
        (lambda: index.search_many("chip"), "texts"),
        (lambda: index.search_many(["chip", 5]), "texts"),
        (lambda: index.score_reaching("0.9"), "precision"),
        (lambda: index.score("chip", 5), "article"),
        (lambda: index.earlier(5), "article"),
        (lambda: index.earlier("0" * 24, page="1"), "page"),
    ]:
        with pytest.raises(QueryError, match=rf"\b{name}\b"):
            call()
    for call, name in [
        (lambda: index.search("的"), "text"),
        (lambda: index.search_many([""]), "texts"),
        (lambda: index.similar("nowhere"), "article"),
    ]:
        with pytest.raises(QueryError) as caught:
            call()
        assert caught.value.option == name
    assert index.score("HBM4", "nowhere") == 0
    assert index.pair_evidence([("HBM4", "nowhere")]) == [0]


def test_after_close_every_call_says_so(index) -> None:
    index.close()
    index.close()
    for call in [
        lambda: len(index),
        lambda: index.status,
        lambda: index.off,
        index.refresh,
        lambda: index.search("chip"),
        lambda: index.search_many(["chip"]),
        lambda: index.similar("0" * 24),
        lambda: index.keywords("0" * 24),
        lambda: index.trend("chip"),
        lambda: index.related_terms("chip"),
        lambda: index.stories_of(["0" * 24]),
        lambda: index.ranked(["chip"]),
        lambda: index.score_reaching(0.9),
        lambda: index.unknown_names("chip"),
        lambda: index.earlier("0" * 24),
        index.forget_queries,
    ]:
        with pytest.raises(IndexClosed, match=r"the index is closed; SimilarityIndex.open\(\) opens it again"):
            call()


def test_closed_by_another_thread_during_a_call(index) -> None:
    index._database.client.close()
    with pytest.raises(IndexClosed):
        index.search("先进封装")


@pytest.mark.parametrize("address", ["foo", "localhost:27017", "http://localhost/news", 5])
def test_what_is_no_address_is_refused_at_once(address: object) -> None:
    with pytest.raises(StoreError, match=f"'{address}' is no address of MongoDB; mongodb://"):
        SimilarityIndex.open(address)


def test_a_fault_is_logged_once_and_its_end_once(database, caplog) -> None:
    faults = iter([OSError("connection refused, Timeout: 0.3s, Topology Description: <a, b, c>")] * 3)
    watcher = Watcher(database, lambda: 0, lambda _: None, lambda: None)

    def follow() -> None:
        for fault in faults:
            raise fault
        watcher._refresh_now()
        watcher._stopping.set()

    watcher._follow = follow
    watcher._stopping.wait = lambda _: False
    with caplog.at_level(logging.INFO, "similarity"):
        watcher.run()
    assert [record.getMessage() for record in caplog.records] == [
        "the index is not up to date; the refresh is retried: connection refused",
        "the index is up to date again",
    ]
    assert watcher.fault == ""


def test_libraries_are_quiet_unless_asked() -> None:
    code = """
import logging, sys
logging.basicConfig(level=logging.DEBUG, stream=sys.stdout)
if sys.argv[2:]:
    logging.getLogger("pymongo").setLevel(logging.DEBUG)
from crawler.extraction import body
from similarity import SimilarityIndex
with SimilarityIndex.open(sys.argv[1]) as index:
    index.refresh()
print(logging.getLogger("trafilatura").getEffectiveLevel())
"""
    from store.server import embedded

    address = embedded.ensure_running(settings().data, "quiet")
    shown = [
        subprocess.run(
            [sys.executable, "-c", code, address, *more], cwd=PROJECT, capture_output=True, text=True, check=True
        ).stdout
        for more in ([], ["asked"])
    ]
    assert "pymongo" not in shown[0]
    assert shown[0].splitlines()[-1] == str(logging.WARNING)
    assert "pymongo" in shown[1]


def answers_of(index: SimilarityIndex) -> list[tuple[str, float]]:
    return [(hit.article.title, hit.score) for hit in index.search("先进封装的产能")]


def answer_in_child(index: SimilarityIndex, sender) -> None:
    """Runs in the forked process: its answers, its status, and the warnings; the last is empty where all is well."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        found = answers_of(index)
        live = index.status.live
        index.close()
    sender.send((found, live, [str(warning.message) for warning in caught]))


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")
@pytest.mark.parametrize("live", [False, True])
def test_a_forked_process_connects_again(uri: str, store_texts, live: bool) -> None:
    store_texts(CHIPS)
    context = multiprocessing.get_context("fork")
    with SimilarityIndex.open(uri, live=live) as index:
        before = answers_of(index)
        results = []
        for _ in range(2):
            receiver, sender = context.Pipe(duplex=False)
            with warnings.catch_warnings():
                # From Python 3.12 on, fork itself warns of the threads of the driver.
                warnings.simplefilter("ignore", DeprecationWarning)
                child = context.Process(target=answer_in_child, args=(index, sender))
                child.start()
            sender.close()
            assert receiver.poll(60), "the child does not answer"
            results.append(receiver.recv())
            child.join(60)
            assert child.exitcode == 0
        assert results == [(before, live, [])] * 2
        store_texts(["先进封装的产能又增加了"])
        index.refresh()
        assert len(answers_of(index)) == len(before) + 1, "the parent goes on"


OUTSIDE = """
from __future__ import annotations

from datetime import date

from similarity import Hit, QueryError, SimilarityIndex
from store.article import Article


def titles(text: str) -> list[str]:
    with SimilarityIndex.open() as index:
        hits: list[Hit] = index.search(text, 5, source=["sia"], since=date(2026, 1, 1), target_precision=0.9)
        article: Article = hits[0].article
        again: list[Hit] = index.similar(article, min_score=0.5)
        return [hit.article.title for hit in hits + again + index.similar(hits[0])]


wrong: int = titles("chip")
SimilarityIndex.open().search("chip", sorce="sia")
"""


def test_types_are_seen_from_outside(tmp_path: Path) -> None:
    venv.create(tmp_path / "outside", with_pip=False)
    (site,) = (tmp_path / "outside").glob("lib/python*/site-packages")
    own = [path for path in sys.path if path.endswith("site-packages")]
    (site / "project.pth").write_text("\n".join([str(PROJECT), *own]))
    (tmp_path / "program.py").write_text(OUTSIDE)
    python = tmp_path / "outside" / "bin" / "python"
    command = [sys.executable, "-m", "mypy", "--strict", "--python-executable", str(python), "program.py"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert [line.split(":")[1] for line in done.stdout.splitlines() if "error:" in line] == ["18", "19"], done.stdout
    assert 'Unexpected keyword argument "sorce"' in done.stdout
