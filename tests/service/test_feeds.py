"""The Atom feed of a search, as feedparser reads it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree

import feedparser
import pytest
from starlette.testclient import TestClient

from store.connection import connect
from store.documents.sources import note_source, source_rows
from tests.service.conftest import NEWEST, TEXTS, URL, application
from tests.similarity.conftest import storing_in

DAY = datetime(2026, 5, 4, 3, 2, 1, tzinfo=UTC)


@pytest.fixture
def own(uri: str, database) -> Iterator[tuple[TestClient, object]]:
    """A client of a store of its own, and the function that stores texts in it."""
    with TestClient(application(uri), base_url=URL) as opened:
        yield opened, storing_in(database)


def feed_at(client: TestClient, address: str) -> feedparser.FeedParserDict:
    reply = client.get(address)
    assert reply.status_code == 200, reply.text
    assert reply.headers["content-type"].startswith("application/atom+xml")
    feed = feedparser.parse(reply.content)
    assert not feed.bozo, feed.get("bozo_exception")
    assert feed.version == "atom10" and feed.feed.id.startswith("urn:uuid:") and feed.feed.updated_parsed
    return feed


def test_a_search_is_a_feed(client: TestClient) -> None:
    feed = feed_at(client, "/feeds/search.atom?q=HBM4+供应紧张")
    found = client.get("/api/v1/search", params={"q": "HBM4 供应紧张", "sort": "published"}).json()["hits"]
    assert [entry.title for entry in feed.entries] == [hit["article"]["title"] for hit in found]
    first = next(entry for entry in feed.entries if entry.title == TEXTS[0][0])
    assert first.published_parsed[:6] == NEWEST.timetuple()[:6]
    assert {tag.term for tag in first.tags} == {"reuters", "news"} and first.link.startswith("https://a.example/")
    assert len({entry.id for entry in feed.entries}) == len(feed.entries)
    links = {link.rel: link.href for link in feed.feed.links}
    assert links["self"].endswith("/feeds/search.atom?q=HBM4+%E4%BE%9B%E5%BA%94%E7%B4%A7%E5%BC%A0")
    assert client.get(links["alternate"]).status_code == 200
    newest = feed_at(client, "/feeds/search.atom")
    assert newest.entries[0].title == TEXTS[0][0] and len(newest.entries) > 10


def test_a_feed_that_is_known_is_not_sent_again(client: TestClient) -> None:
    reply = client.get("/feeds/search.atom?q=HBM4")
    known = {"If-None-Match": reply.headers["etag"]}
    assert client.get("/feeds/search.atom?q=HBM4", headers=known).status_code == 304
    assert client.get("/feeds/search.atom?q=HBM4&lang=en", headers=known).status_code == 200
    for wrong in ("q=HBM4&cursor=x", "k=100000", "nothing=1", "since=x"):
        assert client.get(f"/feeds/search.atom?{wrong}").status_code == 422


def test_every_source_has_a_feed_and_opml_names_them_all(own: tuple[TestClient, object], database) -> None:
    client, _ = own
    opml = client.get("/feeds/opml.xml?lang=en")
    assert opml.headers["content-type"].startswith("text/x-opml")
    assert client.get("/feeds/opml.xml?lang=en", headers={"If-None-Match": opml.headers["etag"]}).status_code == 304
    parsed = feedparser.parse(opml.content)
    assert not parsed.bozo, parsed.get("bozo_exception")
    every = list(ElementTree.fromstring(opml.content).iter("outline"))
    assert all(one.get("text") == one.get("title") and not one.text for one in every)  # OPML 2.0 wants the attribute
    outlines = [one for one in every if one.get("xmlUrl")]
    feeds = {one.get("xmlUrl"): one for one in outlines}
    assert f"{URL}/feeds/search.atom" in feeds and len(feeds) == len(source_rows(database)) + 1 > 20
    assert feeds[f"{URL}/feeds/source/sia.atom"].get("title") == "Xinwen: SIA"
    for feed, outline in feeds.items():
        assert feed_at(client, feed).entries == [] and client.get(outline.get("htmlUrl")).status_code == 200
    note_source(database, {"key": "own", "number": 99, "name": "A\x07 <&> B", "name_zh": "", "category": "x", "address": "",
                           "note": "", "language": "en", "keep": "full", "enabled": True})  # fmt: skip
    assert feed_at(client, "/feeds/source/own.atom").feed.title == "芯闻: A <&> B"
    assert not feedparser.parse(client.get("/feeds/opml.xml").content).bozo
    assert client.get("/feeds/source/nowhere.atom").status_code == 404
    assert client.get("/feeds/source/sia.atom?k=5").status_code == 422


def test_the_feed_of_a_source_has_each_of_its_articles(client: TestClient) -> None:
    feed = feed_at(client, "/feeds/source/reuters.atom?lang=en")
    assert [entry.title for entry in feed.entries] == [TEXTS[0][0]] and feed.feed.title == "Xinwen: Reuters"
    assert len(feed_at(client, "/feeds/source/sia.atom").entries) == 50
    by_search = feed_at(client, "/feeds/search.atom?source=reuters")
    assert by_search.entries[0].id == feed.entries[0].id
    known = client.get("/feeds/source/reuters.atom").headers["etag"]
    assert client.get("/feeds/source/reuters.atom", headers={"If-None-Match": known}).status_code == 304
    page = client.get("/sources/reuters").text
    assert "/feeds/source/reuters.atom" in page and "/feeds/opml.xml" in client.get("/sources").text


def test_a_new_revision_has_the_same_id_and_a_later_date(own: tuple[TestClient, object], uri: str, database) -> None:
    client, store = own
    store(["wafer prices"], url="https://a.example/1", published=DAY, language="en")
    database.articles.update_many({}, {"$set": {"stored": DAY}})  # it was written that day
    index = client.app.state.engine.index
    index.refresh()
    (before,) = feed_at(client, "/feeds/search.atom?q=wafer").entries
    assert before.updated == before.published == "2026-05-04T03:02:01Z"
    store(["wafer prices rise"], url="https://a.example/1", published=DAY, language="en")
    index.refresh()
    (after,) = feed_at(client, "/feeds/search.atom?q=wafer").entries
    assert (after.id, after.published, after.title) == (before.id, before.published, "wafer prices rise")
    assert datetime.now(UTC) - datetime.fromisoformat(after.updated) < timedelta(minutes=5)


def test_what_may_not_be_shown_and_what_xml_cannot_hold(own: tuple[TestClient, object]) -> None:
    client, store = own
    store(
        ["gallium \x0b secret"],
        title="A\x00\x1b[31m <b>\ud7ff & \ufffe\u202e]]> title",
        url="javascript:alert(1)//x",
        authors=["\x01 A <i>"],
        body="gallium secret",
        summary="gallium summary",
        access="headline",
    )
    index = client.app.state.engine.index
    index.refresh()
    (entry,) = feed_at(client, "/feeds/search.atom").entries
    assert "secret" not in str(entry) and "summary" not in entry
    assert entry.title.replace("\ud7ff", "") == "A[31m &lt;b&gt; &amp; \u202e]]&gt; title" or "\x1b" not in entry.title
    assert entry.link.startswith(f"{URL}/a/") and "published" not in entry


def test_without_hits_a_feed_is_a_feed(client: TestClient, own: tuple[TestClient, object], news_uri: str) -> None:
    empty = feed_at(client, "/feeds/search.atom?q=wafer&source=intel&must=wafer")
    with connect(news_uri).client as opened:
        newest = opened.get_default_database().articles.find_one(sort=[("stored", -1)])["stored"]
    assert empty.entries == [] and empty.feed.updated == newest.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert feed_at(own[0], "/feeds/search.atom").entries == []
