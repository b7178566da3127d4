"""What a notebook shows of hits and trends, and the tables that programs make of them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from html.parser import HTMLParser
from xml.etree import ElementTree

import pandas
import pytest

from similarity import HitList, NotInstalled, SimilarityIndex
from similarity.analytics.trend_plot import draw_trend
from text.analysis.analyzer import Analyzer

DAY = datetime(2026, 5, 4, 18, tzinfo=UTC)
EVIL = '<script>alert("1")</script> & wafer'


class Seen(HTMLParser):
    """The tags and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]


@pytest.fixture
def index(uri: str, store_texts) -> Iterator[SimilarityIndex]:
    analyzer = Analyzer()
    store_texts(["wafer prices rise"], analyzer, language="en", published=DAY, authors=["A", "B"])
    store_texts(["wafer"], analyzer, language="en", title=EVIL, url="https://a.example/?a=1&b=<i>")
    store_texts(
        ["wafer prices"], analyzer, language="en", url="javascript:alert(1)//", summary="hidden", access="headline"
    )
    with SimilarityIndex.open(uri, analyzer, live=False) as opened:
        yield opened


def test_hits_are_a_table_without_foreign_markup(index: SimilarityIndex) -> None:
    hits = index.search("wafer prices")
    assert isinstance(hits, HitList) and isinstance(hits, list) and len(hits) == 3
    seen = Seen(hits._repr_html_())
    assert set(seen.tags) <= {"table", "thead", "tbody", "tr", "th", "td", "a", "br", "small"}
    assert sorted(filter(None, seen.links)) == sorted(
        hit.article.url for hit in hits if hit.article.url.startswith("https:")
    )
    assert "2026-05-05" in hits._repr_html_()  # the day in Shanghai
    assert isinstance(hits[:2], HitList) and [*hits[:2], hits[2]] == hits and hits[0].article.id
    assert isinstance(index.similar(hits[0]), HitList)
    assert isinstance(index.search_many(["wafer"])[0], HitList)
    assert Seen(HitList()._repr_html_()).tags.count("tr") == 1


def test_hits_as_dictionaries_and_for_pandas(index: SimilarityIndex) -> None:
    hits = index.search("wafer prices")
    rows = hits.to_dicts()
    assert [row["id"] for row in rows] == [hit.article.id for hit in hits]
    (hidden,) = [row for row in rows if row["access"] == "headline"]
    assert hidden["summary"] == "" and "body" not in hidden
    frame = hits.to_pandas()
    assert isinstance(frame, pandas.DataFrame) and list(frame.columns) == list(rows[0])
    assert frame["score"].tolist() == [hit.score for hit in hits]
    dated = frame[frame["published"].notna()]
    assert dated["published"].tolist() == [pandas.Timestamp(DAY)] and dated["authors"].tolist() == [["A", "B"]]
    assert list(HitList().to_pandas().columns) == list(rows[0])


def test_without_pandas_one_line_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(NotInstalled, match=r"^to_pandas needs the package pandas: pip install pandas$"):
        HitList().to_pandas()


def test_a_trend_draws_itself(index: SimilarityIndex) -> None:
    trend = index.trend("wafer", by="day")
    root = ElementTree.fromstring(trend._repr_svg_())
    titles = [one.text for one in root.iter() if one.tag.endswith("title")]
    assert titles == ["wafer (1 articles by day)", "2026-05-05: 1"]
    empty = ElementTree.fromstring(draw_trend('<b>\x07 & "', []))
    assert next(one.text for one in empty.iter() if one.tag.endswith("title")) == '<b> & "'
