"""The web page without a browser: what each view shows, and that nothing stored can break out of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

import pytest
from pymongo.errors import ServerSelectionTimeoutError
from starlette.testclient import TestClient

from service.page.formats import citation, excerpt_of, marked, original_link, safe_link
from service.page.today import start_of_news
from similarity.index import SimilarityIndex
from similarity.ranking.results.explain import Explanation
from similarity.ranking.results.hits import Hit
from store.article import Article, File
from store.documents import sources
from store.documents.sources import packaged
from store.sources_file import SourcesFile
from tests.service.conftest import TEXTS, URL, WAFERS, application
from tests.similarity.conftest import storing_in
from tests.store.documents.test_sources import OWN


@pytest.fixture(autouse=True)
def no_cookies(client: TestClient) -> None:
    """Let no test inherit the language that another one chose."""
    client.cookies.clear()


def get(client: TestClient, address: str, status: int = 200, **more: object) -> str:
    reply = client.get(address, **more)
    assert reply.status_code == status, reply.text
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert " style=" not in reply.text and "<script>" not in reply.text and " on" + "click=" not in reply.text
    return reply.text


def first_id(client: TestClient, q: str) -> str:
    return client.get("/api/v1/search", params={"q": q}).json()["hits"][0]["article"]["id"]


def test_a_hit_shows_everything_about_it(client: TestClient) -> None:
    page = get(client, "/search?q=HBM4+供应紧张")
    assert "<mark>HBM4</mark>" in page
    assert "路透" in page or "Reuters" in page
    assert "跨语言" in page and "为什么" in page and 'class="bar-of"' in page
    assert "[EB/OL]." in page
    ids = re.findall(r'<h2 id="t\d+"><a href="/a/([0-9a-f]{24})">', page)
    hits = client.get("/api/v1/search", params={"q": "HBM4 供应紧张"}).json()["hits"]
    assert ids == [hit["article"]["id"] for hit in hits]
    scores = re.findall(r"</span> ([0-9.]+)</span>", page)
    assert scores == [f"{hit['score']:.3f}" for hit in hits]


def test_filters_have_counts(client: TestClient) -> None:
    page = get(client, "/search?q=wafer")
    reports, news = f'count">{WAFERS // 4}<', f'count">{WAFERS - WAFERS // 4}<'
    assert f'href="/search?q=wafer&amp;kind=report"><bdi>报告</bdi></a> <span class="{reports}' in page
    assert f'kind=news"><bdi>新闻</bdi></a> <span class="{news}' in page
    only = get(client, "/search?q=wafer&kind=report")
    assert f"<strong>{WAFERS // 4}</strong> 篇" in only
    # Another kind is counted as if this filter were not given; chosen again, it is taken away.
    assert f'kind=news"><bdi>新闻</bdi></a> <span class="{news}' in only
    assert '<a href="/search?q=wafer" aria-current="true"><bdi>报告</bdi>' in only
    assert get(client, "/search?q=wafer&within=30&lang=en").count("<article") == 10


def test_without_a_question_the_newest_are_listed(client: TestClient) -> None:
    page = get(client, "/search")
    assert page.index(TEXTS[0][0]) < page.index(TEXTS[1][0])
    assert 'class="bar-of"' not in page


def test_pages_follow_one_another(client: TestClient) -> None:
    page, seen = get(client, "/search?q=wafer"), set[str]()
    while True:
        seen |= set(re.findall(r'<h2 id="t\d+"><a href="/a/([0-9a-f]{24})">', page))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if following is None:
            break
        page = get(client, following[1].replace("&amp;", "&"))
    assert len(seen) == WAFERS


@pytest.mark.parametrize("text", ["wafer", "Wafer prices rise again. " * 100], ids=["in an address", "in a form"])
def test_the_next_page_of_the_last_days_is_there_in_the_next_hour_too(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    class InAnHour(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> datetime:
            return datetime.now(tz) + timedelta(hours=hours)

    hours, seen = 0, set[str]()
    monkeypatch.setattr("service.page.search.datetime", InAnHour)
    reply = client.post("/search", data={"q": text, "within": "30"})
    while True:
        assert reply.status_code == 200, reply.text
        seen |= set(re.findall(r'<h2 id="t\d+"><a href="/a/([0-9a-f]{24})">', reply.text))
        assert '<input type="hidden" name="within" value="30">' in reply.text or "within=30" in str(reply.url)
        hours += 1
        if following := re.search(r'rel="next" href="([^"]+)"', reply.text):
            reply = client.get(following[1].replace("&amp;", "&"))
        elif form := re.search(r'<form method="post" action="/search" class="next">.*?</form>', reply.text, re.S):
            fields = re.findall(r'name="(\w+)" value="([^"]*)"', form[0])
            reply = client.post("/search", data=dict(fields) | {"q": text})
        else:
            break
        assert hours < 100
    assert len(seen) >= WAFERS


def test_a_form_leads_to_an_address_and_a_long_text_is_answered_at_once(client: TestClient) -> None:
    reply = client.post("/search", data={"q": "wafer 价格", "kind": ["report"]}, follow_redirects=False)
    assert (reply.status_code, reply.headers["location"]) == (303, "/search?q=wafer+%E4%BB%B7%E6%A0%BC&kind=report")
    long = client.post("/search", data={"q": TEXTS[2][0] * 200})
    assert long.status_code == 200 and "CoWoS" in long.text
    assert client.post("/search", data={"q": "a" * 200_001}).status_code == 413


def test_language_is_chosen_by_the_address_and_remembered(client: TestClient) -> None:
    fresh = TestClient(client.app, base_url=URL)
    assert '<html lang="zh-CN">' in get(fresh, "/help")
    assert '<html lang="en">' in get(fresh, "/help?lang=en")
    assert '<html lang="en">' in get(fresh, "/help")
    assert '<html lang="zh-CN">' in get(fresh, "/help?lang=zh")


def test_article_story_sources_and_today(client: TestClient) -> None:
    key = first_id(client, TEXTS[0][0])
    page = get(client, f"/a/{key}")
    assert TEXTS[0][0] in page and "关键词" in page and "相似的文章" in page
    abstract = get(client, f"/a/{first_id(client, 'gallium')}")
    assert "In short: gallium." in abstract and "无日期" in abstract and "只保存了可以保存的部分" in abstract
    story = client.get("/api/v1/stories", params={"since": "2020-01-01", "k": 1}).json()["stories"][0]["id"]
    assert "1 篇" in get(client, f"/s/{story}")
    sources = get(client, "/sources")
    assert sources.count('<th scope="row">') == 20 and "14 天中 1 天正常，0 天有问题" in sources
    assert "美国半导体行业协会" in get(client, "/sources/sia")
    today = get(client, "/")
    assert today.index("行业协会") < today.index("半导体科技") and TEXTS[6][0] in today


def test_trend_has_bars_and_numbers(client: TestClient) -> None:
    page = get(client, "/trend?q=HBM4&q=CoWoS&by=month")
    assert page.count('<section class="chart') == 2
    link = re.search(r'<td data-name="HBM4"><a href="([^"]+)">(\d+)</a>', page)
    assert link
    assert f"<strong>{link[2]}</strong>" in get(client, link[1].replace("&amp;", "&"))
    assert "<svg" not in get(client, "/trend")


@pytest.mark.parametrize(
    ("address", "status", "said"),
    [
        ("/search?q=wafer&k=0", 422, "k 为 0"),
        ("/search?q=wafer&k=1000000", 422, "k 为 1000000"),
        ("/search?q=%F0%9F%98%80", 422, "没有可检索的词"),
        ("/search?q=of&lang=en", 422, "no words"),
        ("/search?q=wafer&within=5", 422, "没有时段"),
        ("/search?q=wafer&within=7&within=30", 422, "没有时段"),
        ("/search?q=wafer&k=%2B-5", 422, "不是整数"),
        ("/search?q=wafer&since=0001-01-01", 422, "不是日期"),
        ("/search?since=2026-02-01&until=2026-01-01", 422, "没有一天"),
        ("/search?q=wafer&cursor=abc", 422, "cursor"),
        ("/search?q=wafer&source=%3Cscript%3E", 422, "&lt;script&gt;"),
        ("/search?nothing=1", 422, "没有选项"),
        ("/a/000000000000000000000000", 404, "没有存有此编号的文章"),
        ("/s/abc", 404, "没有存有此编号的新闻"),
        ("/sources/abc", 404, "没有此键的来源"),
        ("/trend?q=a&q=b&q=c&q=d&q=e&q=f", 422, "6 个主题"),
        ("/trend?q=HBM&by=year", 422, "没有周期"),
    ],
)
def test_what_goes_wrong_is_a_page(client: TestClient, address: str, status: int, said: str) -> None:
    page = get(client, address, status)
    assert said in page and "Traceback" not in page


def test_every_view_offers_its_data(client: TestClient) -> None:
    key = first_id(client, "HBM4")
    for address, names in {
        "/": {"JSON", "CSV", "Atom"},
        "/search?q=wafer&kind=report&k=20": {"JSON", "CSV", "Atom"},
        f"/a/{key}": {"JSON", "CSV", "Atom"},
        f"/s/{key}": {"JSON", "CSV", "Atom"},
        "/sources": {"JSON", "CSV", "Atom", "OPML"},
        "/sources/sia": {"JSON", "CSV", "Atom"},
        "/sources/gartner": {"JSON", "Atom"},
        "/stats": {"JSON", "CSV", "Atom"},
        "/trend?q=HBM4": {"JSON", "CSV", "Atom"},
        "/trend?q=HBM4&q=CoWoS": {"JSON"},
    }.items():
        page = get(client, address)
        links = dict(re.findall(r'<link rel="alternate" type="[^"]+" title="(\w+)" href="([^"]+)">', page))
        assert links.keys() == names, address
        for name, link in links.items():
            reply = client.get(link.replace("&amp;", "&"))
            assert reply.status_code == 200, (link, reply.text)
            types = {
                "JSON": "application/json",
                "CSV": "text/csv",
                "Atom": "application/atom+xml",
                "OPML": "text/x-opml",
            }
            expected = types[name]
            assert reply.headers["content-type"].startswith(expected)
            assert f'<a href="{link}"' in page


def test_a_paragraph_is_searched_for(client: TestClient) -> None:
    key = first_id(client, "CoWoS packaging remains tight")
    page = get(client, f"/a/{key}")
    assert '<form id="more-like" method="post" action="/search" hidden>' in page
    assert (
        f'<noscript><form class="passage-form" action="/a/{key}/passage"><button class="plain" name="n" value="0">'
        in page
    )
    found = client.get(f"/a/{key}/passage?n=0")
    assert found.url.path == "/search" and found.url.params["passage"] == TEXTS[3][0]
    assert "与这段文字相似" in found.text and "<mark>CoWoS</mark>" in found.text
    assert 'href="/api/v1/search?passage=' in found.text
    get(client, f"/a/{key}/passage?n=1", 404)
    get(client, f"/a/{key}/passage?n=x", 422)
    get(client, "/a/000000000000000000000000/passage?n=0", 404)


def test_what_is_stored_is_counted(client: TestClient) -> None:
    page = get(client, "/stats")
    assert f"共 {WAFERS + len(TEXTS) + 2} 篇" in page
    link, number = re.search(r'<a href="([^"]+)"><bdi>报告</bdi></a></th><td class="number">(\d+)<', page).groups()
    assert (link, number) == ("/search?kind=report", str(WAFERS // 4))
    month, number = re.search(
        r'<a href="([^"]+)"><bdi>\d{4}-\d\d</bdi></a></th><td class="number">(\d+)<', page
    ).groups()
    assert f"<strong>{number}</strong>" in get(client, month.replace("&amp;", "&"))
    assert 'href="/stats"' in get(client, "/sources")


def test_rising_terms_link_to_their_articles(client: TestClient, uri: str, database) -> None:
    assert "上升的词" not in get(client, "/")  # everything is of these weeks: there is nothing to compare with
    store, now = storing_in(database), datetime.now(UTC)
    store([f"HBM4 supply {number}" for number in range(9)], language="en", published=now - timedelta(days=2))
    store([f"wafer {number}" for number in range(9)], language="en", published=now - timedelta(days=2))
    store([f"wafer of old {number}" for number in range(20)], language="en", published=now - timedelta(days=40))
    with TestClient(application(uri), base_url=URL) as own:
        page = get(own, "/")
        link = re.search(r'<a href="([^"]+)"><bdi>第六代高带宽内存</bdi></a> <span class="count">9 \(0\)</span>', page)
        assert link
        assert "<strong>9</strong> 篇" in get(own, link[1].replace("&amp;", "&"))


HTML = {"Accept": "text/html,application/xhtml+xml"}


def test_a_browser_gets_pages_and_a_program_problems(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    page = get(client, "/nothing", 404, headers=HTML)
    assert "此地址没有内容" in page and 'href="/help"' in page and 'href="/search"' in page and 'id="box"' in page
    assert "Nothing is at this address" in get(client, "/nothing?lang=en", 404, headers=HTML)
    client.cookies.clear()
    assert client.get("/nothing").headers["content-type"] == "application/problem+json"
    in_api = client.get("/api/v1/nothing", headers=HTML)
    assert (in_api.status_code, in_api.headers["content-type"]) == (404, "application/problem+json")
    refused = client.post("/help", headers=HTML)
    assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD")
    assert "方法不允许" in refused.text and refused.headers["cache-control"] == "no-store"
    assert "文字太长" in client.post("/search", data={"q": "长" * 70_000}).text
    assert client.post("/search", data={"q": "wafer", "source": ["sia"] * 5000}).status_code == 413
    for method in ("PUT", "DELETE", "OPTIONS"):
        refused = client.request(method, "/static/page.css")
        assert (refused.status_code, refused.headers["allow"]) == (405, "GET, HEAD"), method

    def away(self: SimilarityIndex, *args: object, **kwargs: object) -> object:
        raise ServerSelectionTimeoutError("localhost:1: refused, Timeout: 10s, Topology Description: /tmp/secret")

    monkeypatch.setattr(SimilarityIndex, "ranking", away)
    reply = client.get("/search?q=wafer", headers=HTML)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    assert "数据库没有应答" in reply.text and 'href="/search?q=wafer">再试一次' in reply.text
    monkeypatch.setattr(SimilarityIndex, "ranking", lambda *_, **__: 1 / 0)
    fault = get(client, "/search?q=wafer", 500, headers=HTML)
    assert "内部错误" in fault and "ZeroDivision" not in fault


def test_nothing_found_says_what_to_try(client: TestClient) -> None:
    page = get(client, "/search?q=wafer&source=intel&must=wafer")
    assert "没有找到" in page and "去掉筛选" in page
    assert "读懂的词：<bdi>wafer</bdi>" in page
    page = get(client, "/search?q=xyzzies+量子比特计算+source:sia")
    assert "读懂的词：<bdi>" in page and "xyzzies" in page and "没有文章写到这些词" in page
    assert "source:sia</bdi>" not in page


@pytest.fixture
def hostile(uri: str, database) -> Iterator[TestClient]:
    """A store whose texts try to get out of the page."""
    store_texts = storing_in(database)
    file = File("javascript:alert(1)", name="<img src=x onerror=alert(1)>", media_type="application/pdf")
    store_texts(
        ["wafer <script>alert(1)</script>"],
        title="<script>alert(1)</script> wafer \u202eevil",
        url="javascript:alert(1)//wafer",
        authors=["<b>bold</b>"],
        files=[file],
        kind="report",
        language="en",
    )
    store_texts([f"wafer {'x' * 10_000}"], language="en", url="https://a.example/long", title="w" * 1000)
    app = application(uri)
    with TestClient(app, base_url=URL, raise_server_exceptions=False) as opened:
        yield opened


def test_nothing_stored_gets_out_of_the_page(hostile: TestClient) -> None:
    key = first_id(hostile, "alert wafer")
    for address in ("/", "/search", "/search?q=wafer", f"/a/{key}", f"/s/{key}"):
        page = get(hostile, address)
        assert 'href="javascript' not in page and "<b>bold" not in page and "<img src=x" not in page
        assert all(name.startswith(('src="/static/page.js"',)) for name in re.findall(r"<script ([^>]*)>", page))
        assert "\u202e" not in re.sub(r"<bdi>.*?</bdi>|<title>.*?</title>", "", page, flags=re.DOTALL)


def test_nothing_stored_names_the_commands(uri: str) -> None:
    app = application(uri)
    with TestClient(app, base_url=URL) as client:
        for address in ("/", "/search", "/search?q=HBM", "/sources", "/stats", "/trend?q=HBM", "/help"):
            page = get(client, address)
            assert ("xinwen crawlall" in page) == (address in ("/", "/search", "/search?q=HBM"))


def article(**fields: object) -> Article:
    values = {"source": "sia", "url": "https://a.example/r", "title": "A title", "fetched": datetime.now(UTC)}
    return Article(**{**values, **fields})


def test_links_are_of_the_web_and_lead_to_the_page() -> None:
    assert safe_link("https://a.example/?q=1") == "https://a.example/?q=1"
    for wrong in ("javascript:alert(1)", "data:text/html,x", "//a.example", "https:", "http://[", "file:///etc/passwd"):
        assert safe_link(wrong) == ""
    report = article(kind="report", files=[File("https://a.example/r.pdf", media_type="application/pdf")])
    assert original_link(report, 37) == "https://a.example/r.pdf#page=37"
    assert original_link(report) == "https://a.example/r"


def test_citations_follow_the_standard() -> None:
    day = datetime(2026, 5, 1, 20, tzinfo=UTC)  # in Shanghai it is the next day
    cited = citation(article(published=day, authors=["A", "B", "C", "D"], language="en"), None, day)
    assert cited == "A, B, C, et al. A title[EB/OL]. (2026-05-02)[2026-05-02]. https://a.example/r."
    report = citation(article(kind="report", language="zh"), packaged()["sia"], day, 37)
    assert report == "美国半导体行业协会. A title[R/OL]. [2026-05-02]: 37. https://a.example/r."


def test_under_a_title_stands_what_it_does_not_say() -> None:
    explanation = Explanation((), (), "TSMC lifts its capex.")
    full = article(summary="In short.", body="The whole text.", access="full")
    assert excerpt_of(Hit(full, 0.9, passage="The best passage.", explanation=explanation)) == "The best passage."
    assert excerpt_of(Hit(full, 0.9, passage="A  title", explanation=explanation)) == "TSMC lifts its capex."
    assert excerpt_of(Hit(full, 0.9, passage="A title")) == "In short."
    assert excerpt_of(Hit(replace(full, summary="A title"), 0.9)) == "The whole text."
    alone = replace(full, access="headline", summary="", body="")
    assert excerpt_of(Hit(alone, 0.9, passage="A title", explanation=Explanation((), (), "A title"))) == ""


def test_words_are_marked_as_the_text_has_them() -> None:
    assert marked("Memory prices", {"memori"}) == [("Memory", True), (" prices", False)]
    assert marked("资本开支上调", {"资本开支"}) == [("资本开支", True), ("上调", False)]
    assert marked("rational", {"ratio"}) == [("rational", False)]
    long = marked("a " * 400 + "capex", {"capex"})
    assert long[0][0].startswith("…") and long[-1] == ("capex", True)
    assert marked("", {"x"}) == []


def test_on_mondays_the_news_begins_on_friday_evening() -> None:
    assert start_of_news(datetime(2026, 5, 5, 2, tzinfo=UTC)) == datetime(2026, 5, 4, 2, tzinfo=UTC)
    assert start_of_news(datetime(2026, 5, 4, 2, tzinfo=UTC)) == datetime(2026, 5, 1, 10, tzinfo=UTC)


def test_sources_of_ones_own_are_listed(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sources, "sources_file", lambda: SourcesFile(Path("own.toml"), OWN))
    keys = [row["key"] for row in client.get("/api/v1/sources").json()["sources"]]
    assert "chip_daily" in keys and list(packaged()) == [key for key in keys if key in packaged()]
    assert client.get("/api/v1/sources/kpmg").json()["enabled"] is False
    assert "Chip Daily" in get(client, "/sources") and "Chip Daily" in get(client, "/sources/chip_daily")
