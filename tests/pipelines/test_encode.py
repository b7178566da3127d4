"""Encode: embeddings and fingerprints, and articles that are not encoded again."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pipelines.encode import encode
from store.article import Article
from store.documents.embeddings import ENCODER_FINGERPRINT_BYTES, encoder_fingerprint, passages_of
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import TEXT, crawl, samples_of
from text.analysis.analyzer import Analyzer
from text.embedding.encoder import Encoder, cosines, find_encoder, to_int8
from text.embedding.passages import vectors_of
from text.stories.fingerprint import make_fingerprint

ANALYZER = Analyzer()
BLOOMBERG = "https://feeds.bloomberg.com/technology/news.rss"

pytestmark = pytest.mark.skipif(find_encoder() is None, reason="the encoder's package is not installed")


def article(**fields) -> Article:
    return Article("sia", "https://a.example/x", fetched=datetime.now(UTC), **({"title": "HBM4 量产"} | fields))


def test_title_and_each_passage_have_a_row_and_the_whole_is_similar_to_all() -> None:
    encoder = find_encoder()
    made, _ = encode(article(body="存储芯片价格上涨。" * 40), ANALYZER, encoder)
    assert len(made.passages) > 2
    assert cosines(made.passages[:1], to_int8(encoder.encode(["HBM4 量产"])))[0, 0] == pytest.approx(1, abs=0.01)
    assert (cosines(made.whole[None], made.passages) > 0.3).all()


def test_stored_fields_name_the_encoder_and_give_the_same_vectors() -> None:
    encoder = find_encoder()
    made, _ = encode(article(summary="晶圆"), ANALYZER, encoder)
    fields = made.fields()
    assert fields["encoder"] == encoder.name
    assert fields["meaning"][:ENCODER_FINGERPRINT_BYTES] == encoder_fingerprint(encoder.name)
    assert np.array_equal(np.frombuffer(fields["meaning"], np.int8, offset=ENCODER_FINGERPRINT_BYTES), made.whole)
    assert np.array_equal(passages_of(fields, encoder.dimensions), made.passages)


def test_vectors_equal_those_computed_separately_and_no_text_is_encoded_twice() -> None:
    body = "The plant in Graz stood still for 31 hours.\nAbout 2,150 wafers are lost, the company said on Sunday."
    encoded: list[str] = []

    def run(texts: list[str]):
        encoded.extend(texts)
        return find_encoder().encode(texts)

    recording = Encoder(find_encoder().architecture, find_encoder().checkpoint, find_encoder().dimensions, run)
    news = article(title="Pump failure stops the plant", body=body)
    embeddings, fingerprint = encode(news, ANALYZER, recording)
    assert len(encoded) == len(set(encoded))
    ((whole, passages),) = vectors_of(find_encoder(), [(news.title, body)])
    # The encoder multiplies whole batches: the last digit of a product may depend on the batch.
    assert np.abs(embeddings.whole.astype(int) - whole).max() <= 1
    assert np.abs(embeddings.passages.astype(int) - passages).max() <= 1
    separate = make_fingerprint(news.id, news.source, news.fetched, news.title, body, ANALYZER, find_encoder())
    assert np.abs(fingerprint.vectors.astype(int) - separate.vectors).max() <= 1
    assert (fingerprint.id, fingerprint.time, fingerprint.paragraphs) == (
        separate.id,
        separate.time,
        separate.paragraphs,
    )


def test_a_short_text_has_no_fingerprint_and_without_the_encoder_there_are_no_embeddings() -> None:
    embeddings, fingerprint = encode(article(body="短"), ANALYZER, find_encoder())
    assert embeddings is not None and fingerprint is None
    embeddings, fingerprint = encode(article(body="晶圆厂停产。" * 20), ANALYZER, None)
    assert embeddings is None and len(fingerprint.vectors) == 0


def feed(*items: str) -> str:
    return f"<rss version='2.0'><channel><title>Technology</title>{''.join(items)}</channel></rss>"


def item(slug: str, text: str = "", tag: str = "") -> str:
    link = f"https://www.bloomberg.com/news/articles/2026-03-06/{slug}"
    date = "Fri, 06 Mar 2026 21:00:00 GMT"
    return (
        f"<item><title>Chips of {slug}</title><link>{link}</link><pubDate>{date}</pubDate>"
        f"<description>{text or TEXT.format(slug) * 8}</description>{f'<category>{tag}</category>' if tag else ''}</item>"
    )


def test_an_article_that_a_feed_shows_again_is_not_encoded_again(tmp_path: Path, uri: str) -> None:
    def run(name: str, *items: str) -> tuple[dict, dict, dict]:
        """Stats of a crawl, and the articles and fingerprints that are stored after it."""
        add(tmp_path / name, "bloomberg", BLOOMBERG, feed(*items), type="application/rss+xml")
        log = crawl(tmp_path / name, "bloomberg", uri, tmp_path / "requests", "-s", "STATS_DUMP=1").errors
        counts = {name: int(number) for name, number in re.findall(r"'xinwen/encode/(\w+)': (\d+)", log)}
        with (database := samples_of(uri)).client:
            articles = {row["title"]: row for row in database.articles.find()}
            fingerprints = {row["_id"]: row["stamp"] for row in database.portraits.find()}
        return counts, articles, fingerprints

    try:
        counts, first, fingerprints = run("one", item("memory"), item("logic"), item("optics", "Short."))
        assert (counts, len(fingerprints)) == ({"encoded": 3}, 2)
        # An unchanged article, one with another tag, one with another text, and a new one.
        items = (item("memory"), item("logic", tag="Foundry"), item("optics", "Longer."), item("analog"))
        counts, second, again = run("two", *items)
        assert counts == {"encoded": 2, "kept": 2}
        assert first["Chips of memory"] == second["Chips of memory"]
        vectors = ("encoder", "meaning", "passages", "told")  # as stored; the names are older
        assert second["Chips of logic"]["tags"] == ["Foundry"]
        assert [first["Chips of logic"][name] == second["Chips of logic"][name] for name in vectors] == [True] * 4
        assert first["Chips of optics"]["meaning"] != second["Chips of optics"]["meaning"]
        assert fingerprints.items() < again.items()
    finally:
        with (database := samples_of(uri)).client:
            database.client.drop_database(database.name)
