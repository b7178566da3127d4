"""The feed of a watch: its address is a secret that needs no token, and is revoked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import feedparser
from starlette.testclient import TestClient

from alerts import feed_keys, outbox, watches
from alerts.watches import Watch
from service.access import AccessRules
from similarity.answers.question import read
from store.documents import articles
from tests.commands import run
from tests.service.conftest import URL, application
from tests.similarity.conftest import storing_in

HTML = {"Accept": "text/html"}


def notified(database, name: str, number: int) -> list[str]:
    """A watch *name* that has notified *number* articles; their ids, the newest last."""
    watch = watches.add(database, Watch(name, read({"q": "晶圆"})))
    ids = storing_in(database)([f"晶圆 {place}\x08 & 5 < 6" for place in range(number)])
    start = datetime(2026, 5, 4, tzinfo=UTC)
    for place, key in enumerate(ids):
        entry = {"title": f"晶圆 {place}", "url": f"https://a.example/{place}", "source": "a", "score": 0.7}
        found = start + timedelta(minutes=place)
        outbox.insert(database, [outbox.row(watch, "article", key, True, found, story=key, entry=entry)])
    return ids


def test_whoever_knows_the_address_reads_what_the_watch_notified(uri: str, database) -> None:
    ids = notified(database, "晶圆 watch", 3)
    path = feed_keys.make_feed(database, "晶圆 watch")
    assert feed_keys.make_feed(database, "晶圆 watch") == path and len(path) > 40
    with TestClient(application(uri, AccessRules(needs_token=True, rate=0)), base_url=URL) as client:
        assert client.get("/feeds/search.atom").status_code == 401
        reply = client.get(path)
        assert reply.status_code == 200, reply.text
        feed = feedparser.parse(reply.content)
        assert not feed.bozo and [entry.title for entry in feed.entries] == [f"晶圆 {n} & 5 < 6" for n in (2, 1, 0)]
        assert client.get(path, headers={"If-None-Match": reply.headers["etag"]}).status_code == 304
        again = outbox.row(watches.find(database, "晶圆 watch"), "article", ids[0], True, datetime.now(UTC), story=ids[0],
                           change=2, entry={"title": "晶圆", "url": "", "source": "a", "score": 0.8})  # fmt: skip
        outbox.insert(database, [again])
        changed = feedparser.parse(client.get(path).content)
        assert [entry.title[:4] for entry in changed.entries] == ["晶圆 0", "晶圆 2", "晶圆 1"], "each article once"
        articles.delete(database, ids[:1])
        known = client.get(path, headers={"If-None-Match": reply.headers["etag"]})
        assert known.status_code == 200 and len(feedparser.parse(known.content).entries) == 2

        watch = watches.find(database, "晶圆 watch")
        notices = [outbox.notice(watch, f"failed {n}", "未能送达", datetime.now(UTC), ()) for n in range(60)]
        outbox.insert(database, notices)
        assert len(feedparser.parse(client.get(path).content).entries) == 2, "notices take no place"
        database.outbox.delete_many({})
        assert feedparser.parse(client.get(path).content).feed.updated == f"{watch.made:%Y-%m-%dT%H:%M:%SZ}"

        feed_keys.revoke_feed(database, "晶圆 watch")
        assert client.get(path).status_code == 404
        assert feed_keys.feed_address(database, "晶圆 watch") == ""
        assert feed_keys.make_feed(database, "晶圆 watch") != path
        assert client.get(path).status_code == 404
        for wrong in ("", "x", "%00", "a" * 3000):
            assert client.get(f"/feeds/watch/{wrong}.atom").status_code in (404, 422)


def test_over_http_and_on_the_page(uri: str, database) -> None:
    notified(database, "w", 1)
    with TestClient(application(uri), base_url=URL) as client:
        path = client.post("/api/v1/watches/w/feed").json()["address"]
        assert client.get(path).status_code == 200
        assert f'href="{path}"' in client.get("/watches/w", headers=HTML).text
        assert client.post("/watches/w", data={"do": "revoke"}, follow_redirects=False).status_code == 303
        assert client.get(path).status_code == 404
        client.post("/watches/w", data={"do": "feed"})
        again = feed_keys.feed_address(database, "w")
        assert again and again != path and client.get(again).status_code == 200
        assert client.delete("/api/v1/watches/w/feed").status_code == 204
        assert client.get(again).status_code == 404
        assert client.post("/api/v1/watches/nobody/feed").status_code == 404


def test_on_the_command_line(uri: str, database) -> None:
    notified(database, "w", 1)
    made = run("alerts", "feed", "w", mongodb_uri=uri)
    assert made.stdout.strip() == feed_keys.feed_address(database, "w") != ""
    assert run("alerts", "feed", "w", "--revoke", "--json", mongodb_uri=uri).stdout.split() == [
        "{",
        '"address":',
        "null",
        "}",
    ]
    assert feed_keys.feed_address(database, "w") == ""
    assert run("alerts", "feed", "nobody", mongodb_uri=uri).returncode != 0
