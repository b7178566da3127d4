"""Operators and filters against a plain search whose hits are filtered one by one, by their whole texts."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from types import SimpleNamespace
from uuid import uuid4

import pytest

from similarity import Hit, QueryError, SimilarityIndex
from similarity.ranking import selection
from store.article import Article, withhold
from store.connection import another_database, connect
from store.documents.articles import VectorizedArticle, write
from store.index import preparation
from store.index.dictionary import SharedDictionary
from tests.similarity.conftest import NOW
from text.analysis.analyzer import Analyzer
from text.analysis.document import analyzed_article

pytestmark = pytest.mark.slow

FRAGMENTS = [
    "铠侠", "美光", "Micron", "Kioxia", "三星电子", "晶圆", "投片量", "下调", "投片", "量产", "价格", "涨价潮", "库存去化", "碳化硅",
    "硅片", "the wafer starts", "wafer", "starts", "wafer prices", "price war", "contract price", "prices", "fab", "HBM4", "HBM",
    "記憶體價格", "车规级", "镓", "gallium nitride", "对镓、锗的管制", "氮化镓",
]  # fmt: skip
NAMES = ("铠侠", "美光", "Micron", "Kioxia")
QUERY = "晶圆 价格 wafer prices 铠侠 HBM4"
NUMBER = 400


def texts() -> dict[str, str]:
    """Whole texts of articles by title, always the same ones."""
    chance = random.Random(7)
    found = {}
    for number in range(NUMBER):
        pieces = [chance.choice(FRAGMENTS) for _ in range(chance.randint(3, 14))]
        # Names stand by themselves: whether 美光 in 美光价格 is the company is the analyzer's concern.
        ends = ["，" if piece in NAMES else chance.choice(["", " ", "，", "\n"]) for piece in pieces]
        found[f"第{number}号 no. {number}"] = "".join(chain(*zip(ends, pieces, strict=True)))
    return found


TEXTS = texts()


@pytest.fixture(scope="module")
def index(server: str) -> Iterator[SimilarityIndex]:
    database = connect(another_database(server, f"test_{uuid4().hex[:12]}"))
    analyzer = Analyzer()
    preparation.prepare(database, analyzer.version)
    dictionary = SharedDictionary(database)
    stored = []
    for number, (title, text) in enumerate(TEXTS.items()):
        article = Article(
            source=["sia", "asml", "smic"][number % 3],
            url=f"https://a.example/{number}",
            title=title,
            fetched=NOW,
            body=text,
            language="zh" if number % 2 else "en",
            published=None if number % 10 == 0 else NOW - timedelta(days=number % 90),
            kind=["news", "news", "report", "data"][number % 4],
            access="headline" if number % 5 == 0 else "full",
        )
        analysis = analyzed_article(article.title, article.texts, analyzer)
        *pages, bigrams = dictionary.bags_of_words([*analysis.pages, analysis.bigrams])
        stored.append(VectorizedArticle(withhold(article), pages, bigrams=bigrams))
    write(database, stored)
    yield SimilarityIndex(database, analyzer, encoder=lambda: None)
    database.client.drop_database(database.name)
    database.client.close()


def squeezed(text: str) -> str:
    """*text* as a phrase is looked for in it: lower case, simplified, without spaces between scripts."""
    text = " ".join(text.lower().replace("記憶體價格", "记忆体价格").split())
    return re.sub(r"(?<=[\u4e00-\u9fff]) (?=[a-z0-9])|(?<=[a-z0-9]) (?=[\u4e00-\u9fff])", "", text)


def has(phrase: str) -> Callable[[Hit], bool]:
    """Whether an article has *phrase*; of one whose text is not kept, whether it can have it."""
    wanted = squeezed(phrase)
    edges = r"(?<![a-z0-9])" if wanted[0].isascii() else "", r"(?![a-z0-9])" if wanted[-1].isascii() else ""
    pattern = re.compile(edges[0] + re.escape(wanted) + edges[1])

    def test(hit: Hit) -> bool:
        text = squeezed(hit.article.title + "\n" + TEXTS[hit.article.title])
        if hit.article.access == "full":
            return bool(pattern.search(text))
        pairs = [
            wanted[at : at + 2]
            for at in range(len(wanted) - 1)
            if re.fullmatch(r"[\u4e00-\u9fff]+", wanted[at : at + 2])
        ]
        stems = {token for word in re.findall("[a-z]+", wanted) for token in Analyzer().tokens(word)}
        return all(pair in text for pair in pairs or [wanted] if not pair.isascii()) and stems <= {
            *Analyzer().tokens(text)
        }

    return test


def names(*names: str) -> Callable[[Hit], bool]:
    """Whether the text of an article has one of *names* as it is, a Latin one as a word."""
    patterns = [re.compile(rf"(?<![A-Za-z]){name}(?![A-Za-z0-9])" if name.isascii() else name) for name in names]
    return lambda hit: any(pattern.search(TEXTS[hit.article.title]) for pattern in patterns)


def day(hit: Hit) -> date:
    return hit.article.published.date() if hit.article.published else date.min


CASES: dict[str, Callable[[Hit], bool]] = {
    f'{QUERY} "投片量"': has("投片量"),
    f"{QUERY} “晶圆投片”": has("晶圆投片"),
    f"{QUERY} 「价格」": has("价格"),
    f'{QUERY} "記憶體"': has("记忆体"),
    f'{QUERY} "wafer starts"': has("wafer starts"),
    f'{QUERY} "wafer price"': has("wafer price"),
    f'{QUERY} "prices"': has("prices"),
    f'{QUERY} "铠侠 wafer"': has("铠侠wafer"),
    f'{QUERY} "镓"': has("镓"),
    f'{QUERY} "投片量" "价格"': lambda hit: has("投片量")(hit) and has("价格")(hit),
    f'{QUERY} -"wafer prices" -"投片量"': lambda hit: not has("wafer prices")(hit) and not has("投片量")(hit),
    f"{QUERY} -涨价": lambda hit: not has("涨价")(hit),
    f"{QUERY} -美光": lambda hit: not names("美光", "Micron")(hit),
    f"{QUERY} -Micron -下调": lambda hit: not names("美光", "Micron")(hit) and not has("下调")(hit),
    f"{QUERY} company:Kioxia": names("铠侠", "Kioxia"),
    f"{QUERY} company:美光 company:Kioxia": names("铠侠", "Kioxia", "美光", "Micron"),
    f"{QUERY} company:存储厂商": names("铠侠", "Kioxia", "美光", "Micron"),
    f"{QUERY} source:asml source:sia kind:report": lambda hit: (
        hit.article.source in ("asml", "sia") and hit.article.kind == "report"
    ),
    f"{QUERY} kind:news kind:data language:en": lambda hit: (
        hit.article.kind in ("news", "data") and hit.article.language == "en"
    ),
    f'{QUERY} since:2026-05-01 until:2026-06-15 "价格"': lambda hit: (
        date(2026, 5, 1) <= day(hit) <= date(2026, 6, 15) and has("价格")(hit)
    ),
}


@pytest.mark.parametrize("text", CASES)
@pytest.mark.parametrize("few", [selection.FEW, 0], ids=["read before the ranking", "read in batches"])
def test_operators_leave_the_hits_that_pass(
    index: SimilarityIndex, monkeypatch: pytest.MonkeyPatch, text: str, few: int
) -> None:
    monkeypatch.setattr(selection, "FEW", few)
    words = re.sub(r'\S+:\S+|-"[^"]*"|-\S+|["“”「」]', "", text)
    ranked = index.search(words, NUMBER, "bm25")
    expected = [(hit.article.id, hit.score) for hit in ranked if CASES[text](hit)]
    assert 0 < len(expected) < len(ranked)
    for k in range(1, 51, 7):
        assert [(hit.article.id, hit.score) for hit in index.search(text, k, "bm25")] == expected[:k]
    assert len(index.search(text, NUMBER, "bm25")) == len(expected)


@pytest.mark.parametrize(
    ("text", "options"),
    [
        (f'{QUERY} "投片量" -"wafer starts"', {"must": '"投片量"', "exclude": ['"wafer starts"']}),
        (f"{QUERY} -美光 source:sia", {"exclude": "Micron", "source": ["sia"]}),
        (f"{QUERY} kind:report language:zh company:铠侠", {"kind": "report", "language": "zh", "company": "Kioxia"}),
        (f"{QUERY} since:2026-06-01", {"since": date(2026, 6, 1)}),
    ],
)
def test_options_are_the_operators(index: SimilarityIndex, text: str, options: dict) -> None:
    words = QUERY + (" 投片量" if "投片量" in text else "")
    assert (
        index.search(text, 50, "bm25") == index.search(words, 50, "bm25", **options) != index.search(words, 50, "bm25")
    )


def test_a_phrase_says_whether_it_was_checked(index: SimilarityIndex) -> None:
    assert {hit.phrase_checked for hit in index.search(QUERY, 50)} == {None}
    hits = index.search(f'{QUERY} "wafer starts"', NUMBER)
    assert {(hit.article.access, hit.phrase_checked) for hit in hits} == {("full", True), ("headline", False)}
    # Bigrams alone say where two characters stand together.
    assert {hit.phrase_checked for hit in index.search(f'{QUERY} "投片"', NUMBER)} == {True}


def test_by_day_are_the_hits_with_more_than_half_the_best_score(index: SimilarityIndex) -> None:
    ranked = index.search(QUERY, NUMBER, "bm25")
    good = [hit for hit in ranked if hit.score > ranked[0].score / 2]
    newest = sorted(good, key=lambda hit: hit.article.published or datetime.min.replace(tzinfo=UTC), reverse=True)
    for sort in ("published", "date"):
        for k in (1, 10, 50):
            assert index.search(QUERY, k, "bm25", sort=sort) == newest[:k]


def test_recent_orders_by_score_and_age_and_keeps_the_scores(
    index: SimilarityIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    ranked = index.search(QUERY, NUMBER, "bm25")
    now = NOW + timedelta(days=7)
    monkeypatch.setattr(selection, "time", SimpleNamespace(time=now.timestamp))

    def value(hit: Hit) -> float:
        age = (now - hit.article.published) / timedelta(days=20) if hit.article.published else 1e9
        return hit.score * (1 + 0.5**age) / 2

    expected = sorted(ranked, key=value, reverse=True)
    assert expected != ranked
    for k in (1, 10, 50):
        assert index.search(QUERY, k, "bm25", recent="20d") == expected[:k]
    assert index.search(QUERY, 50, "bm25", recent=timedelta(days=20)) == expected[:50]
    least = ranked[30].score
    strong = [hit for hit in expected if hit.score >= least]
    assert index.search(QUERY, NUMBER, "bm25", recent="20d", min_score=least) == strong


@pytest.mark.parametrize(
    ("text", "options", "message"),
    [
        ("铠侠 -Kioxia", {}, "'铠侠' is asked for and is excluded as 'Kioxia'; leave out one of the two"),
        ("HBM4 -HBM", {}, "'HBM4' is asked for and is excluded as 'HBM'; leave out one of the two"),
        ("puzzles -puzzle", {}, "'puzzle' is asked for and excluded; leave out one of the two"),
        (
            '"晶圆价格变动"',
            {"exclude": '"价格变动"'},
            "'价格变动' is excluded and is in '晶圆价格变动', which is asked for",
        ),
        ("铠侠", {"exclude": "铠侠"}, "'铠侠' is asked for and is excluded as '铠侠'; leave out one of the two"),
        ("晶圆 source:nosuch", {}, "no article of source 'nosuch' is indexed; there are asml, sia, smic"),
        (
            "晶圆 source:sia",
            {"source": "smic"},
            "the option says source smic and the query source:sia: nothing is both",
        ),
        ("晶圆 since:2026-06-01", {"until": date(2026, 5, 1)}, "no day is since 2026-06-01 and until 2026-05-01"),
        ("晶圆 company:光刻", {}, "company '光刻' is no company but a term of process; write it as a plain word"),
        ("晶圆", {"must": ["价格", " "]}, "must '' is no word and no phrase"),
        ("晶圆", {"kind": "story"}, "kind 'story' is no kind of article; there are news, report, filing, data"),
        ("晶圆", {"sort": "newest"}, "no order 'newest'; there are score, published, date"),
        ("晶圆", {"recent": "30"}, "recent '30' is no half-life; 30d, 2w and 12h are"),
        ("晶圆", {"recent": "0d"}, "recent 0d is no half-life; it must be longer than 0"),
        ("晶圆", {"recent": "30d", "sort": "date"}, "sort by date and recent both say what newer articles gain"),
    ],
)
def test_what_makes_no_sense_is_refused_in_one_line(index, text: str, options: dict, message: str) -> None:
    with pytest.raises(QueryError, match=re.escape(message)) as error:
        index.search(text, **options)
    assert "\n" not in str(error.value)


def test_a_pasted_text_has_no_operators(index: SimilarityIndex) -> None:
    pasted = "晶圆价格\n\n-铠侠下调投片量，“价格”未变\nsource:nowhere"
    assert index.search(pasted, 5)
    assert [hit.phrase_checked for hit in index.search(pasted, 1)] == [None]
