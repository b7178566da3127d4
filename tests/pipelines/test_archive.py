"""The raw archive: the bytes that a crawl keeps, and ``scrapy reread``, which extracts them again without a request."""

from __future__ import annotations

import gzip
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.documents import archive
from tests.commands import assert_one_line_error, run
from tests.crawler.tiny_web import add

pytestmark = pytest.mark.slow

SITE = "https://kpmg.com"
ONE = f"{SITE}/xx/en/our-insights/semiconductor-one.html"
TWO = f"{SITE}/xx/en/our-insights/semiconductor-two.html"
CARD = f"{SITE}/xx/en/our-insights/semiconductor-card.html"
TEXT = "Nine in ten managers of the industry expect to grow in the coming year, and most expect a great deal of it. "


def article(title: str, text: str) -> str:
    return (
        f'<html><head><title>{title}</title><meta property="article:published_time" content="2026-08-06T08:00:00Z">'
        f'</head><body><h1>{title}</h1><div class="bodytext-data"><p>{text}</p></div></body></html>'
    )


@pytest.fixture
def web(tmp_path: Path) -> Path:
    urls = "".join(f"<url><loc>{url}</loc></url>" for url in (ONE, TWO, CARD))
    add(tmp_path, "kpmg", f"{SITE}/robots.txt", "", type="text/plain")
    add(tmp_path, "kpmg", f"{SITE}/xx/en/sitemap.xml", f"<urlset>{urls}</urlset>", type="application/xml")
    add(tmp_path, "kpmg", ONE, article("Semiconductor one", TEXT * 3), headers={"Set-Cookie": "id=1", "X-Own": "a"})
    add(tmp_path, "kpmg", TWO, article("Semiconductor two", TEXT * 4 + "It ends here."))
    add(tmp_path, "kpmg", CARD, "<html><head><title>Semiconductor card</title></head><body></body></html>")
    return tmp_path


@pytest.fixture
def crawled(web: Path, uri: str) -> Path:
    done = run("scrapy", "crawl", "kpmg", xinwen_sample_web=web, mongodb_uri=uri)
    assert done.returncode == 0, done.stderr
    return web


@pytest.fixture
def samples(uri: str):
    from store.connection import connect

    name = uri.split("/")[-1].split("?")[0]
    database = connect(uri.replace(name, f"{name}_samples"))
    yield database
    database.client.drop_database(database.name)
    database.client.close()


def reread(web: Path, uri: str, *keys: str):
    empty = web / "empty"
    empty.mkdir(exist_ok=True)  # a sample web without hosts: any request would fail
    return run("scrapy", "reread", *keys, xinwen_sample_web=empty, mongodb_uri=uri)


def test_bytes_are_stored_once_with_their_headers(crawled: Path, samples) -> None:
    found = {row["url"]: row for row in samples.articles.find()}
    assert set(found) == {ONE, TWO}
    reference = found[ONE]["raw"]
    data = (crawled / "kpmg" / "2.body").read_bytes()
    assert reference["sha256"] == hashlib.sha256(data).hexdigest()
    assert (reference["url"], reference["size"]) == (ONE, len(data))
    assert reference["type"] == "text/html; charset=utf-8"
    assert reference["headers"]["X-Own"] == "a"
    assert "Set-Cookie" not in reference["headers"]
    assert reference["captured"] == found[ONE]["fetched"]
    assert archive.read(samples, reference).data == data
    stored = samples.raw.find_one({"_id": reference["sha256"]})
    assert len(stored["data"]) < len(data)
    # The bytes of a page in quarantine are stored, too: a better extraction may read them.
    assert samples.quarantine.find_one()["raw"]["url"] == CARD
    assert samples.raw.count_documents({}) == 3


def test_rereading_with_the_same_extraction_changes_nothing(crawled: Path, uri: str, samples) -> None:
    before = list(samples.articles.find())
    done = reread(crawled, uri)
    assert "2 read again: 0 changed" in done.stdout, done.stderr
    assert "1 not read" in done.stdout
    assert list(samples.articles.find()) == before


def test_what_a_better_extraction_finds_is_stored_and_reported(crawled: Path, uri: str, samples) -> None:
    # As if an earlier extraction had lost most of one text and had not been able to read the other page.
    original = samples.articles.find_one({"url": TWO})
    samples.articles.update_one({"url": TWO}, {"$set": {"body": "Nine", "title": "Wrong", "content": "older"}})
    samples.articles.delete_one({"url": ONE})
    lost = archive.Raw((crawled / "kpmg" / "2.body").read_bytes(), ONE, original["fetched"])
    reference = lost.reference() | {"link": {"url": ONE}}
    samples.quarantine.insert_one(
        {"_id": "a" * 24, "source": "kpmg", "url": ONE, "reasons": ["x"], "raw": reference, "seen": original["fetched"]}
    )
    samples.quarantine.delete_one({"url": CARD})
    done = reread(crawled, uri, "kpmg")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"changed title, body (4 to {len(original['body'])} characters)  {TWO}" in done.stdout
    assert "2 read again: 1 changed, 1 out of quarantine, 0 not read" in done.stdout
    again = samples.articles.find_one({"url": TWO})
    assert {name: again[name] for name in ("title", "body", "content", "raw", "vector")} == {
        name: original[name] for name in ("title", "body", "content", "raw", "vector")
    }
    assert samples.articles.find_one({"url": ONE})["title"] == "Semiconductor one"
    assert samples.quarantine.count_documents({}) == 0


def test_only_the_named_sources_are_read(crawled: Path, uri: str) -> None:
    assert "0 read again" in reread(crawled, uri, "sia").stdout
    assert_one_line_error(reread(crawled, uri, "kpgm"), "did you mean kpmg")


@pytest.mark.parametrize("damage", ["not compressed", "broken inside", "gzip that is broken inside"])
def test_damaged_bytes_are_reported_and_the_rest_is_read(crawled: Path, uri: str, samples, damage: str) -> None:
    reference = samples.articles.find_one({"url": ONE})["raw"]
    data = samples.raw.find_one({"_id": reference["sha256"]})["data"]
    head = gzip.compress(b"a page of an earlier version") if "gzip" in damage else data
    broken = b"x" if damage == "not compressed" else head[:10] + b"\xff" * 20 + head[30:]
    samples.raw.update_one({"_id": reference["sha256"]}, {"$set": {"data": broken}})
    done = reread(crawled, uri)
    assert done.returncode == 1
    assert "1 read again" in done.stdout
    assert "cannot be read" in done.stdout


def test_unknown_link_fields_of_an_older_version_are_ignored(crawled: Path, uri: str, samples) -> None:
    samples.articles.update_one({"url": ONE}, {"$set": {"raw.link.colour": "red"}})
    done = reread(crawled, uri)
    assert done.stderr == ""
    assert "2 read again: 0 changed" in done.stdout


def test_large_bytes_are_stored_in_gridfs(database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "MAX_DOCUMENT_BYTES", 10)
    raw = archive.Raw(b"a rather long page" * 9, ONE, datetime(2026, 8, 20, tzinfo=UTC))
    archive.keep(database, [raw, raw])
    archive.keep(database, [raw])
    assert archive.read(database, raw.reference()).data == raw.data
    assert database["raw.files"].count_documents({}) == 1
    assert archive.drop_unused(database, [raw.sha256]) == 1
    assert database["raw.chunks"].count_documents({}) == database.raw.count_documents({}) == 0
    with pytest.raises(archive.NotArchived):
        archive.read(database, raw.reference())


def test_bytes_compressed_with_gzip_are_read(database) -> None:
    raw = archive.Raw(b"a page of an earlier version", ONE, datetime(2026, 8, 20, tzinfo=UTC))
    database.raw.insert_one({"_id": raw.sha256, "data": gzip.compress(raw.data), "size": len(raw.data)})
    assert archive.read(database, raw.reference()).data == raw.data


def test_no_bytes_of_abstracts_and_headlines_are_stored(tmp_path: Path, uri: str, samples) -> None:
    page = "https://www.semi.org/en/semi-press-release/one"
    item = f"<item><title>One</title><link>{page}</link><pubDate>Tue, 18 Aug 2026 06:00:00 GMT</pubDate></item>"
    add(tmp_path, "semi", "https://www.semi.org/robots.txt", "", type="text/plain")
    feed = f'<rss version="2.0"><channel><title>SEMI</title>{item}</channel></rss>'
    add(tmp_path, "semi", "https://www.semi.org/en/rss.xml", feed, type="application/rss+xml")
    add(tmp_path, "semi", page, article("One", TEXT * 3))
    done = run("scrapy", "crawl", "semi", xinwen_sample_web=tmp_path, mongodb_uri=uri)
    assert done.returncode == 0, done.stderr
    assert samples.articles.count_documents({"raw": {"$exists": False}}) == 1
    assert samples.raw.count_documents({}) == 0
