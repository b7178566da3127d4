from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from pipelines.encode import encode
from store.article import Article
from store.meaning import MARK_BYTES, mark, passages_of
from tests.crawler.tiny_web import add
from tests.pipelines.crawls import TEXT, crawl, samples_of
from text.encoder import Encoder, cosines, find_encoder, to_int8
from text.passages import vectors_of
from text.portrait import portray

BLOOMBERG = "https://feeds.bloomberg.com/technology/news.rss"

pytestmark = pytest.mark.skipif(find_encoder() is None, reason="the encoder's package is not installed")


def article(**fields) -> Article:
    return Article("sia", "https://a.example/x", fetched=datetime.now(UTC), **({"title": "HBM4 量产"} | fields))


def test_title_and_passages_have_a_row_each_and_the_whole_lies_between_them() -> None:
    encoder = find_encoder()
    made, _ = encode(article(body="存储芯片价格上涨。" * 40), encoder)
    assert len(made.passages) > 2
    assert cosines(made.passages[:1], to_int8(encoder.encode(["HBM4 量产"])))[0, 0] == pytest.approx(1, abs=0.01)
    assert (cosines(made.whole[None], made.passages) > 0.3).all()


def test_the_fields_say_whose_vectors_they_are_and_come_back() -> None:
    encoder = find_encoder()
    made, _ = encode(article(summary="晶圆"), encoder)
    fields = made.fields()
    assert fields["encoder"] == encoder.name
    assert fields["meaning"][:MARK_BYTES] == mark(encoder.name)
    assert np.array_equal(np.frombuffer(fields["meaning"], np.int8, offset=MARK_BYTES), made.whole)
    assert np.array_equal(passages_of(fields, encoder.dimensions), made.passages)


def test_vectors_are_those_that_are_made_apart_and_no_text_is_read_twice() -> None:
    body = "The plant in Graz stood still for 31 hours.\nAbout 2,150 wafers are lost, the company said on Sunday."
    read: list[str] = []

    def run(texts: list[str]):
        read.extend(texts)
        return find_encoder().encode(texts)

    watched = Encoder(find_encoder().architecture, find_encoder().checkpoint, find_encoder().dimensions, run)
    one = article(title="Pump failure stops the plant", body=body)
    meaning, portrait = encode(one, watched)
    assert len(read) == len(set(read))
    ((whole, passages),) = vectors_of(find_encoder(), [(one.title, body)])
    # The encoder works out what comes together together: the last digit of a product may differ.
    assert np.abs(meaning.whole.astype(int) - whole).max() <= 1
    assert np.abs(meaning.passages.astype(int) - passages).max() <= 1
    apart = portray(one.id, one.source, one.fetched, one.title, body, find_encoder())
    assert np.abs(portrait.vectors.astype(int) - apart.vectors).max() <= 1
    assert (portrait.id, portrait.time, portrait.paragraphs) == (apart.id, apart.time, apart.paragraphs)


def test_of_a_short_text_there_is_no_portrait_and_without_the_encoder_no_meaning() -> None:
    meaning, portrait = encode(article(body="短"), find_encoder(), portrayed=False)
    assert meaning is not None and portrait is None
    meaning, portrait = encode(article(body="晶圆厂停产。" * 20), None)
    assert meaning is None and len(portrait.vectors) == 0


def feed(*items: str) -> str:
    return f"<rss version='2.0'><channel><title>Technology</title>{''.join(items)}</channel></rss>"


def item(slug: str, text: str = "", tag: str = "") -> str:
    link = f"https://www.bloomberg.com/news/articles/2026-03-06/{slug}"
    date = "Fri, 06 Mar 2026 21:00:00 GMT"
    return (
        f"<item><title>Chips of {slug}</title><link>{link}</link><pubDate>{date}</pubDate>"
        f"<description>{text or TEXT.format(slug) * 8}</description>{f'<category>{tag}</category>' if tag else ''}</item>"
    )


def test_what_a_feed_shows_again_is_not_encoded_again(tmp_path: Path, uri: str) -> None:
    def run(name: str, *items: str) -> tuple[dict, dict, dict]:
        """Stats of a crawl, and the articles and portraits that are stored after it."""
        add(tmp_path / name, "bloomberg", BLOOMBERG, feed(*items), type="application/rss+xml")
        told = crawl(tmp_path / name, "bloomberg", uri, tmp_path / "requests", "-s", "STATS_DUMP=1").errors
        counts = {name: int(number) for name, number in re.findall(r"'xinwen/encode/(\w+)': (\d+)", told)}
        with (database := samples_of(uri)).client:
            articles = {row["title"]: row for row in database.articles.find()}
            portraits = {row["_id"]: row["stamp"] for row in database.portraits.find()}
        return counts, articles, portraits

    try:
        counts, first, portraits = run("one", item("memory"), item("logic"), item("optics", "Short."))
        assert (counts, len(portraits)) == ({"encoded": 3}, 2)
        # One as it was, one with another tag, one with another text, and one that is new.
        items = (item("memory"), item("logic", tag="Foundry"), item("optics", "Longer."), item("analog"))
        counts, second, again = run("two", *items)
        assert counts == {"encoded": 2, "kept": 2}
        assert first["Chips of memory"] == second["Chips of memory"]
        vectors = ("encoder", "meaning", "passages", "told")
        assert second["Chips of logic"]["tags"] == ["Foundry"]
        assert [first["Chips of logic"][name] == second["Chips of logic"][name] for name in vectors] == [True] * 4
        assert first["Chips of optics"]["meaning"] != second["Chips of optics"]["meaning"]
        assert portraits.items() < again.items()
    finally:
        with (database := samples_of(uri)).client:
            database.client.drop_database(database.name)
