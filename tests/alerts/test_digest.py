"""The digest: everything that was new in a span, each once, in two languages and four formats."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser

import pytest

from alerts import outbox, watches
from alerts.digest.cli import span_of
from alerts.digest.contents import OF_CATEGORY, digest
from alerts.digest.texts import FORMATS, html, markdown, plain_text
from alerts.watches import Watch
from similarity.answers.question import Question
from similarity.errors import QueryError
from similarity.index import SimilarityIndex
from store.article import File
from tests.commands import assert_one_line_error, run
from tests.similarity.conftest import ANALYZER, storing_in

DAY = datetime(2026, 5, 3, 16, tzinfo=UTC)  # midnight in Shanghai
NOON = DAY + timedelta(hours=12)
NEXT = DAY + timedelta(days=1)
EVIL = "A < B & [wafer](javascript:alert) `price`"


@pytest.fixture
def index(uri: str, database) -> Iterator[SimilarityIndex]:
    store = storing_in(database)
    shared = {"published": NOON, "language": "en"}
    ids = store(["HBM4 supply is short"], source="reuters", url="https://a.example/1", **shared)
    ids += store(["HBM4供应紧张"], source="datayes", url="https://a.example/2", published=NOON, language="zh")
    for number in range(OF_CATEGORY + 2):
        store(
            [f"wafer output {number}"],
            source="sia",
            **shared | {"published": NOON - timedelta(minutes=number)},
        )
    store(["wafer"], source="sia", title=EVIL, url="https://a.example/<i>/", **shared)
    file = File("https://a.example/r.pdf", company="Intel", fiscal_year=2026, quarter=2)
    store(["results"], source="intel", title="Results", kind="report", files=[file], **shared)
    store(["revenue"], source="tsmc", title="Revenue", kind="data", summary="341 USD", **shared)
    store(["before"], title="Just before", published=DAY - timedelta(seconds=1), language="en")
    store(["after"], title="Just after", published=NEXT, language="en")
    database.articles.update_many({"_id": {"$in": ids}}, {"$set": {"story": min(ids)}})
    with SimilarityIndex.open(uri, ANALYZER, live=False) as opened:
        yield opened


def of_day(index: SimilarityIndex, language: str = "zh"):
    return digest(index, DAY, NEXT, language)


def test_a_day_has_everything_once_and_nothing_else(index: SimilarityIndex) -> None:
    found = of_day(index)
    assert (found.articles, found.stories, found.sources) == (OF_CATEGORY + 7, OF_CATEGORY + 6, 5)
    (biggest,) = found.biggest
    assert sorted(biggest.sources) == ["datayes", "reuters"] and biggest.articles == 2
    assert biggest.title == "HBM4供应紧张" and of_day(index, "en").biggest[0].title == "HBM4 supply is short"
    assert list(found.categories) == ["行业协会"] and len(found.categories["行业协会"]) == OF_CATEGORY
    assert found.more == {"行业协会": 3}
    (report,), (number,) = found.reports, found.numbers
    assert (report.title, report.company, report.year, report.quarter) == ("Results", "Intel", 2026, 2)
    assert (number.title, number.summary) == ("Revenue", "341 USD")
    text = plain_text(found, "zh")
    assert "Just before" not in text and "Just after" not in text
    for part in (
        "芯闻 2026-05-04",
        "17 篇文章",
        "== 多家报道 ==",
        "== 行业协会 ==",
        "另有 3 条",
        "Intel，2026 年第 2 季度",
        "341 USD",
    ):
        assert part in text
    english = plain_text(of_day(index, "en"), "en")
    for part in ("Xinwen 2026-05-04", "17 articles", "== Associations ==", "and 3 more", "(Intel, Q2 2026)"):
        assert part in english


def test_undated_articles_are_of_the_day_when_they_were_stored(index: SimilarityIndex, database) -> None:
    database.articles.update_one({"title": "Results"}, {"$set": {"published": None, "first_stored": NOON}})
    assert [report.title for report in of_day(index).reports] == ["Results"]
    database.articles.update_one({"title": "Results"}, {"$set": {"first_stored": NEXT}})
    assert of_day(index).reports == []


def test_titles_are_no_markup(index: SimilarityIndex, database) -> None:
    database.articles.delete_many({"title": {"$regex": "^wafer output"}})
    found = of_day(index, "en")
    page = html(found, "en")

    class Tags(HTMLParser):
        def __init__(self) -> None:
            super().__init__()
            self.seen: set[str] = set()
            self.links: list[str] = []

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.seen.add(tag)
            self.links += [value or "" for name, value in attrs if name in ("href", "src")]

    tags = Tags()
    tags.feed(page)
    assert tags.seen == {"html", "head", "meta", "title", "body", "h1", "h2", "p", "ul", "li", "a", "small"}
    assert "https://a.example/%3Ci%3E/" in tags.links and all(link.startswith("https://") for link in tags.links)
    assert "[A \\< B & \\[wafer\\](javascript:alert) \\`price\\`](<https://a.example/%3Ci%3E/>)" in markdown(
        found, "en"
    )
    # Of an older program: articles that are stored today have no control characters.
    steered = replace(found, biggest=[replace(found.biggest[0], title="A\x1b[31m\u202e title")])
    for name, written in FORMATS.items():
        assert name == "json" or ("A [31m title" in written(steered, "zh").replace("\\[", "["))


def test_trouble_and_watches_of_the_day(index: SimilarityIndex, database) -> None:
    record = {"source": "sia", "verdict": "failed", "why": "HTTP\n500", "started": NOON, "ended": NOON, "found": 0}
    database.runs.insert_one(record)
    watch = watches.add(database, Watch("cowos", Question(q="CoWoS")))
    outbox.insert(database, [outbox.row(watch, "match", str(number), True, NOON) for number in range(3)])
    text = plain_text(of_day(index), "zh")
    assert "== 有问题的来源 ==\n\n* 美国半导体行业协会 (HTTP 500)" in text and "== 订阅 ==\n\n* cowos (3 条)" in text
    earlier = digest(index, DAY - timedelta(days=3), DAY - timedelta(days=2), "zh")
    assert earlier.is_quiet


def test_a_quiet_day_is_one_line(uri: str, database, index: SimilarityIndex) -> None:
    quiet = digest(index, DAY - timedelta(days=3), DAY - timedelta(days=2), "en")
    assert quiet.is_quiet
    assert plain_text(quiet, "en") == markdown(quiet, "en") == "Xinwen 2026-05-01: nothing new\n"
    assert (
        "<p>芯闻 2026-05-01：没有新消息</p>" in html(quiet, "zh") and json.loads(FORMATS["json"](quiet, "zh"))["quiet"]
    )


def test_the_command(index: SimilarityIndex, uri: str) -> None:
    done = run("alerts.digest", "--day", "2026-05-04", "--format", "md", mongodb_uri=uri)
    assert done.stdout == markdown(of_day(index), "zh") and done.stderr == ""
    found = json.loads(run("alerts.digest", "--day", "2026-05-04", "--json", mongodb_uri=uri).stdout)
    assert found["articles"] == OF_CATEGORY + 7 and found["since"] == "2026-05-03T16:00:00Z"
    for arguments, part in (
        (["--since", "soon"], "--since 'soon' is no span; 12h, 1d and 2w are"),
        (["--since", "1d", "--week"], "--since says how long: leave out --day and --week"),
        (["--format", "pdf"], "no format 'pdf'; there are md, html, text, json"),
        (["--lang", "fr"], "no language 'fr'; there are zh, en"),
        (["--day", "2026-13-01"], "--day '2026-13-01' is not a date"),
    ):
        assert_one_line_error(run("alerts.digest", *arguments, mongodb_uri=uri), part)


def test_the_spans() -> None:
    now = datetime(2026, 5, 4, 9, tzinfo=UTC)
    assert span_of(None, None, False, now) == (now - timedelta(days=1), now)
    assert span_of(None, None, True, now) == (now - timedelta(days=7), now)
    assert span_of("12h", None, False, now) == (now - timedelta(hours=12), now)
    assert span_of(None, date(2026, 5, 4), False, now) == (DAY, NEXT)
    assert span_of(None, date(2026, 5, 4), True, now) == (NEXT - timedelta(days=7), NEXT)
    with pytest.raises(QueryError, match="'' is no span"):
        span_of("", None, False, now)
    with pytest.raises(QueryError, match="before the calendar begins"):
        span_of("9999w", None, False, now.replace(year=100))
    with pytest.raises(QueryError, match="leave out --week"):
        span_of(None, date(1, 1, 3), True, now)
