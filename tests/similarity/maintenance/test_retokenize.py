"""Another analyzer: every article is re-tokenized, and a job killed anywhere leaves an index that answers."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any
from uuid import uuid4

import pytest

from pipelines.tokenize import tokenize
from similarity import SimilarityIndex
from similarity.maintenance.executor import open_executor
from similarity.maintenance.retokenize import STEPS, retokenize_index
from store.article import Article, withhold
from store.connection import another_database, connect
from store.documents import articles
from store.documents.articles import VectorizedArticle
from store.index import compactor, dictionary, preparation
from store.index.dictionary import SharedDictionary
from store.index.preparation import IndexMismatch
from store.index.verify import verify
from store.vectors import unpack
from tests.commands import PROJECT, assert_one_line_error, run
from tests.similarity.conftest import NOW, PlainJieba, storing_in
from tests.similarity.maintenance.copies import copied, everything
from text.analysis.analyzer import VERSION, Analyzer
from text.analysis.document import is_concept_token

pytestmark = pytest.mark.slow

TEXTS = [
    "台积电的晶圆和产能继续扩张",
    "Wafers and wafer fabs are running at full capacity.",
    "三星HBM4存储芯片价格上涨",
]
BODY = "The foundry's wafers: 3,000 a day\fSecond page about packaging fabs"


@pytest.fixture(scope="module")
def executor():
    with open_executor() as found:
        yield found


def words_of(database, article: str, field: str = "vector") -> dict[str, int]:
    bag = unpack(database.articles.find_one({"_id": article})[field])
    tokens = dictionary.tokens_of(database, [token for token, _ in bag])
    return {tokens[token]: count for token, count in bag}


def stored_withheld(database, analyzer) -> str:
    """An article whose text was read and may not be kept: its id."""
    article = Article(
        source="sia", url="https://a.example/abstract", title="晶圆厂 news", fetched=NOW, access="abstract"
    )
    article.summary = "A summary of wafers"
    text = "Fabs were building twelve factories, 晶圆"
    bag, pairs = SharedDictionary(database).bags_of_words(
        [analyzer.tokens(article.title) + analyzer.tokens(text), ["晶圓", "圓厂", "晶圆"]]
    )
    articles.write(database, [VectorizedArticle(withhold(article), [bag], bigrams=pairs)])
    return article.id


def test_tokens_are_those_that_a_crawl_would_store(uri: str, database, server: str, store_texts, executor) -> None:
    plain = PlainJieba()
    ids = store_texts([*TEXTS, BODY], plain)
    kept = stored_withheld(database, plain)
    compactor.compact(database)
    (pending,) = store_texts(["待打包的新闻 pending news"], plain)
    with pytest.raises(IndexMismatch, match="xinwen retokenize"):
        SimilarityIndex.open(uri)
    refused = run("similarity", "search", "wafer", mongodb_uri=uri)
    assert_one_line_error(refused, "xinwen retokenize")

    report = retokenize_index(database, uri, executor)
    assert (report.switched, report.articles, report.carried, report.segments) == (True, 6, 1, 1)
    assert verify(database, VERSION) == []
    for key, text in zip([*ids, pending], [*TEXTS, BODY, "待打包的新闻 pending news"], strict=True):
        expected = Analyzer().tokens(text[:80]) + [
            word for page in text.split("\f") for word in Analyzer().tokens(page)
        ]
        assert words_of(database, key) == {word: expected.count(word) for word in expected}
    reused = words_of(database, kept)
    assert {"fab", "build", "factori", "晶圆", "summari", "wafer", "news"} <= reused.keys()
    assert "were" not in reused
    bigrams = words_of(database, kept, "bigrams")
    assert {token: count for token, count in bigrams.items() if not is_concept_token(token)} == {"晶圆": 2, "圆厂": 1}
    assert {"#晶圆", "#晶圆厂"} <= bigrams.keys(), "concepts of what may be kept"
    # A crawl that finds the same again changes nothing.
    again = [tokenize(stored.article, Analyzer()) for stored in articles.read(database, ids).values()]
    shared = SharedDictionary(database)
    entries = [VectorizedArticle(one.article, shared.bags_of_words(one.pages), one.digest) for one in again]
    assert set(articles.write(database, entries).values()) == {"unchanged"}
    with SimilarityIndex.open(uri) as index:
        assert index.search("wafers", model="bm25")[0].article.id in {ids[1], ids[3], kept}
    assert retokenize_index(database, uri, executor).switched is False


def entries_of(database, crawled: list[Article], analyzer, pairs=None) -> list[VectorizedArticle]:
    """*crawled* as a crawl with *analyzer* stores them; *pairs*: bigrams that each gets in place of its own."""
    tokenized = [tokenize(article, analyzer) for article in crawled]
    texts = [tokens for item in tokenized for tokens in (*item.pages, item.bigrams if pairs is None else pairs)]
    bags = iter(SharedDictionary(database).bags_of_words(texts))
    return [
        VectorizedArticle(item.article, [next(bags) for _ in item.pages], item.digest, None, next(bags))
        for item in tokenized
    ]


def test_all_that_follows_from_the_text_is_as_if_stored_again(uri: str, database, server: str, executor) -> None:
    texts = [*TEXTS, BODY, "晶圓代工 " * 30, "先进封装产能，" * 25, "三, " * 25 + "四"]
    given = [{"title": text[:9], "body": text} for text in texts]
    given += [{"title": "摘要", "summary": "HBM4 涨价", "access": "abstract"}]
    kept = [Article("sia", f"https://a.example/{place}", fetched=NOW, **fields) for place, fields in enumerate(given)]
    plain = PlainJieba()
    preparation.prepare(database, plain.version)
    articles.write(database, entries_of(database, kept, plain, ["过去", "去的"]))
    compactor.compact(database)
    digests = [bool(row.get("digest")) for row in database.articles.find(sort=[("url", 1)])]
    retokenize_index(database, uri, executor)
    assert digests != [bool(row.get("digest")) for row in database.articles.find(sort=[("url", 1)])]
    with copied(database, server) as (fresh, _):
        for name in ("articles", "segments", "manifest"):
            fresh[name].delete_many({})
        fresh.counters.delete_one({"_id": "revisions"})
        preparation.prepare(fresh, VERSION)
        articles.write(fresh, entries_of(fresh, kept, Analyzer()))
        compactor.compact(fresh)
        assert everything(database) == everything(fresh)
        times = {"stored": 0, "first_stored": 0}
        assert list(database.articles.find({}, times)) == list(fresh.articles.find({}, times))


KILLED = """
import os, sys
from concurrent.futures import ThreadPoolExecutor
from similarity.maintenance import retokenize as job
from similarity.maintenance.executor import Executor
from similarity.maintenance.retokenize_article import current_analyzer
from store.connection import connect
from store import leases

def run(address, end):
    def step(name):
        if name == end:
            os.kill(os.getpid(), 9)
    with ThreadPoolExecutor(1) as executor:
        job.retokenize_index(connect(address), address, Executor(executor, 1), step=step)

job.TOKENIZED_AT_ONCE = 2
leases.INDEX_SECONDS = 0.2
current_analyzer()  # made once, for all that are forked
for address, end in zip(sys.argv[1::2], sys.argv[2::2]):
    child = os.fork()
    if not child:
        run(address, end)
        os._exit(0)
    print(end, os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), sep=": ")
"""


@pytest.fixture(scope="module")
def killed(server: str):
    """What the job would have left, what it began with, and by step the database in which it was killed there."""
    origin = connect(another_database(server, f"retokenized_{uuid4().hex[:8]}"))
    with ExitStack() as ends:
        ends.callback(origin.client.close)
        ends.callback(origin.client.drop_database, origin.name)
        store = storing_in(origin)
        store([*TEXTS, BODY], PlainJieba(), ["过去"])
        compactor.compact(origin)
        store(["还没有打包 not packed"], PlainJieba())
        before = everything(origin)
        copies = {step: ends.enter_context(copied(origin, server, str(n))) for n, step in enumerate(["", *STEPS])}
        arguments = [word for step, (_, address) in copies.items() for word in (address, step)]
        done = subprocess.run(
            [sys.executable, "-c", KILLED, *arguments], cwd=PROJECT, capture_output=True, text=True, check=False
        )
        expected = [": 0", *(f"{step}: {-signal.SIGKILL}" for step in STEPS)]
        assert done.stdout.splitlines() == expected, done.stderr
        yield everything(copies[""][0]), before, copies


def in_time(work: Callable[[], Any]) -> Any:
    """*work* once the killed one's lease has lapsed."""
    deadline = time.monotonic() + 180
    while (report := work()).busy:
        assert time.monotonic() < deadline, "the lease never lapsed"
        time.sleep(0.05)
    return report


@pytest.mark.parametrize("step", STEPS)
def test_killed_at_any_step_the_next_run_finishes(step: str, killed, executor) -> None:
    expected, before, copies = killed
    database, address = copies[step]
    if STEPS.index(step) < STEPS.index("switched"):
        after = everything(database)
        assert {name: after[name] == before[name] for name in ("analyzer", "segments", "articles")} == {
            "analyzer": True,
            "segments": True,
            "articles": True,
        }, "the old index is as it was"
        with SimilarityIndex.open(address, PlainJieba(), live=False) as index:
            assert len(index.search("晶圆", model="bm25")) == 1
        assert in_time(lambda: retokenize_index(database, address, executor)).switched
    else:
        # Whoever opens it next does what is left.
        with SimilarityIndex.open(address, live=False) as index:
            assert len(index.search("晶圆", model="bm25")) == 1
            assert len(index.search("packed", model="bm25")) == 1
        assert not in_time(lambda: retokenize_index(database, address, executor)).switched
        in_time(lambda: compactor.compact(database))
    assert everything(database) == expected
    assert list(database.retokenized.find()) == []
    assert verify(database, VERSION) == []


def test_articles_written_while_it_runs_are_tokenized_too(uri: str, database, store_texts, executor) -> None:
    plain = PlainJieba()
    ids = store_texts(TEXTS, plain)
    compactor.compact(database)

    def step(name: str) -> None:
        if name == "ids assigned":
            store_texts([BODY], plain)
            store_texts(["changed wafers"], plain, url=f"https://a.example/{TEXTS[0]}")
            articles.delete(database, [ids[1]])

    report = retokenize_index(database, uri, executor, step=iter_once(step))
    assert (report.articles, report.switched) == (3, True)
    assert words_of(database, ids[0]) == {"chang": 2, "wafer": 2}
    assert verify(database, VERSION) == []


def test_what_an_old_crawl_was_about_to_write_is_tokenized_too(uri: str, database, store_texts, executor) -> None:
    ids = store_texts(TEXTS, PlainJieba())

    def step(name: str) -> None:
        if name == "segments written":
            # Its revision was reserved before the switch; the article is in the database after it.
            articles.counters.reserve(database, "revisions", 1)
        if name == "switched":
            late = database.articles.find_one({"_id": ids[0]})
            late |= {"url": "https://a.example/late", "title": "Late wafers", "body": "", "pending": True}
            database.articles.insert_one(late | {"_id": "f" * 24, "vector": b"\x00", "revision": late["revision"] + 1})

    assert retokenize_index(database, uri, executor, step=iter_once(step)).articles == 4
    assert words_of(database, "f" * 24) == {"late": 1, "wafer": 1}
    assert verify(database, VERSION) == []


def iter_once(step):
    seen = set()

    def once(name: str) -> None:
        if name not in seen:
            seen.add(name)
            step(name)

    return once


def test_an_open_reader_of_the_old_program_goes_on_with_what_it_has(uri: str, database, store_texts, executor) -> None:
    plain = PlainJieba()
    store_texts(TEXTS, plain)
    with SimilarityIndex.open(uri, plain, live=False) as index:
        before = index.search("晶圆", model="counts")
        retokenize_index(database, uri, executor)
        with pytest.raises(IndexMismatch):
            index.refresh()
        assert [hit.score for hit in index.search("晶圆", model="counts")] == [hit.score for hit in before]
