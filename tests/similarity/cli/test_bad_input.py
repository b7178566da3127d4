"""Any query by any model gets a sensible answer or an honest "nothing", and soon."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest

from similarity import QueryError, SimilarityIndex
from similarity.maintenance import lsi_training
from similarity.maintenance.executor import Executor
from similarity.option_values import DEFAULT_MODEL, LSI
from similarity.ranking.models import MODELS
from store.connection import another_database, connect
from tests.similarity.conftest import storing_in

pytestmark = pytest.mark.slow

ALL_MODELS = sorted({*MODELS, LSI, DEFAULT_MODEL})

ARTICLES = {
    "cowos": "台积电扩大CoWoS先进封装产能，新厂明年投产，设备陆续进场，封装产能仍然吃紧",
    "3nm": "三星3nm良率改善，下半年量产，客户开始评估3nm工艺的功耗",
    "ticker": "台湾证券交易所公告：代号2330的股票今日恢复交易",
    "revenue": "半导体设备业全年销售额达到5,268亿元，同比增长一成",
    "memory": "内存涨价延续到第三季度，内存供应商减少出货，内存采购商提前备货",
    "copper": "铜 互连 的 电阻 问题 ： 钌 能否 代替 铜",
    "tsmc": "TSMC opens its second fab in Kumamoto and hires engineers for the Kumamoto site",
    "hbm4": "HBM4 supply stays tight as stacks of sixteen layers enter qualification",
    "export": "New export controls on lithography tools take effect, suppliers ask for licences",
    "japanese": "ラピダスは北海道の工場で試作ラインを動かし、ラピダスの顧客に試作品を渡した",
    "korean": "반도체 장비 업체의 매출이 늘었다. 반도체 수출도 늘었다",
}
FILLING = [f"第{number}篇：公司会议讨论项目{number}的日程 meeting notes on project {number}" for number in range(20)]

SOON = 60.0  # seconds: no answer hangs. Compiling and loading are done before the first one that is measured.


@pytest.fixture(scope="module")
def index(server: str) -> Iterator[tuple[SimilarityIndex, dict[str, str]]]:
    """An index of ``ARTICLES`` with topics trained, and the key of each article's title."""
    address = another_database(server, f"test_{uuid4().hex[:12]}")
    database = connect(address)
    store = storing_in(database)
    # Each in two articles: topics know no word that stands in a single one.
    texts = {text + again: key for key, text in ARTICLES.items() for again in ("", " (转载 reprint)")}
    store([*texts, *FILLING])
    with ThreadPoolExecutor(1) as here:
        lsi_training.train_topics(database, address, Executor(here, 1))
    with SimilarityIndex.open(address, live=False) as found:
        for model in ALL_MODELS:
            for text in ("内存 memory", ARTICLES["tsmc"]):
                found.search(text, 5, model)
        yield found, {text[:80]: key for text, key in texts.items()}
    database.client.drop_database(database.name)
    database.client.close()


def answer(index, text: str, model: str) -> list[str]:
    """Keys of the articles found, best first; ``[]`` for a query that is refused, in one line, soon."""
    opened, keys = index
    start = time.monotonic()
    try:
        hits = opened.search(text, 5, model)
    except QueryError as error:
        assert str(error)
        assert "\n" not in str(error)
        assert len(str(error)) < 200
        hits = []
    assert time.monotonic() - start < SOON
    assert all(hit.score > 0 for hit in hits)
    return [keys.get(hit.article.title, "") for hit in hits]


FOUND = {
    "mixed languages": ("CoWoS 扩产 capacity 吃紧", "cowos"),
    "mixed languages in one word": ("TSMC熊本Kumamoto厂", "tsmc"),
    "one Han character": ("铜", "copper"),
    "a process": ("3nm", "3nm"),
    "a ticker": ("2330", "ticker"),
    "an amount": ("5,268亿", "revenue"),
    "an amount in full width": ("５，２６８亿", "revenue"),
    "words among emoji": ("🚀HBM4🚀 supply 👩‍💻", "hbm4"),
    "traditional characters": ("先進封裝產能吃緊", "cowos"),
    "Taiwan's words": ("記憶體漲價", "memory"),
    "full-width Latin": ("ＴＳＭＣ Ｋｕｍａｍｏｔｏ", "tsmc"),
    "full-width figures": ("３ｎｍ", "3nm"),
    "capitals": ("EXPORT CONTROLS ON LITHOGRAPHY", "export"),
    "Japanese": ("ラピダスの試作ライン", "japanese"),
    "half-width kana": ("ﾗﾋﾟﾀﾞｽ", "japanese"),
    "Korean": ("반도체 수출", "korean"),
    "zero bytes": ("HBM4\0supply\0", "hbm4"),
    "half a surrogate pair": ("先进封装\ud800产能\udfff", "cowos"),
    "right-to-left marks": ("\u202eHBM4 supply\u202c", "hbm4"),
    "a whole article of 10,000 words": (" ".join([ARTICLES["hbm4"]] * 900), "hbm4"),
    "a Chinese article of 10,000 words": ("。".join([ARTICLES["cowos"]] * 500), "cowos"),
}


@pytest.mark.parametrize("model", ALL_MODELS)
@pytest.mark.parametrize("case", FOUND)
def test_a_sensible_answer(index, model: str, case: str) -> None:
    text, best = FOUND[case]
    assert answer(index, text, model)[:1] == [best]


NOTHING = {
    "no text": "",
    "spaces": " \u3000\n\t ",
    "signs": "?!。，…—",
    "emoji": "🚀📈",
    "one Latin letter": "A",
    "stop words": "the of 的 了",
    "zero bytes": "\0\0",
    "half a surrogate pair": "\ud800",
    "a word of a million letters": "a" * 1_000_000,
}


@pytest.mark.parametrize("model", ALL_MODELS)
@pytest.mark.parametrize("case", NOTHING)
def test_an_honest_nothing(index, model: str, case: str) -> None:
    assert answer(index, NOTHING[case], model) == []


UNKNOWN = {
    "Arabic": "أشباه الموصلات",
    "Russian": "полупроводник",
    "Thai": "เซมิคอนดักเตอร์",
    "a word that nobody wrote": "qwzxk",
    "10,000 words that nobody wrote": " ".join(f"qwzxk{number}" for number in range(10_000)),
    "joined letters": "a-" * 50_000,
    "thousands": "1,111" * 50_000,
    "one character over and over": "芯" * 50_000,
    "letters and characters in turns": "a芯" * 50_000,
    "accents": "a" + "\u0301" * 50_000,
}


@pytest.mark.parametrize("model", ALL_MODELS)
@pytest.mark.parametrize("case", UNKNOWN)
def test_unknown_words_are_answered_soon(index, model: str, case: str) -> None:
    # The default model may find something near by its embeddings; a lexical model may not.
    found = answer(index, UNKNOWN[case], model)
    assert found == [] or model not in {*MODELS, LSI}
