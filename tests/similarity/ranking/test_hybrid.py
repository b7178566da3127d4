from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import numpy as np
import pytest

from similarity import QueryError, SimilarityIndex, asking
from similarity.calibration import ACROSS, CALIBRATIONS, SAME
from store.meaning import Meaning
from text.bigrams import bigrams
from text.encoder import WITHOUT_ENCODER, find_encoder
from text.language import detect_language
from text.passages import vectors_of

needs_encoder = pytest.mark.skipif(find_encoder() is None, reason="the encoder is not installed")

TEXTS = {
    "packaging_zh": "台积电扩充先进封装产能，以满足人工智能芯片的需求。",
    "packaging_en": "TSMC expands its advanced packaging capacity to meet the demand for artificial intelligence chips.",
    "export_en": "The commerce department published new rules for the export of semiconductor equipment.",
    "export_zh": "美国商务部公布半导体设备出口管制新规则。",
    "weather_zh": "明天北京有雨，气温下降，请市民带伞。",
    "weather_en": "Rain is expected in London tomorrow, with falling temperatures.",
}


@pytest.fixture
def index(store_texts, database):
    """All texts as articles, with pairs and, where the encoder is installed, with vectors."""
    encoder = find_encoder()
    keys = {}
    for name, text in TEXTS.items():
        meaning = Meaning(encoder.name, *vectors_of(encoder, [(text, text)])[0]) if encoder else None
        (keys[name],) = store_texts([text], language=detect_language(text), pairs=bigrams(text), meaning=meaning)
    opened = SimilarityIndex(database)
    opened.names = {key: name for name, key in keys.items()}
    return opened


def names(index, hits):
    return [index.names[hit.article.id] for hit in hits]


@pytest.mark.parametrize(
    ("query", "topic"),
    [("先进封装产能", "packaging"), ("半导体设备出口管制", "export"), ("semiconductor export rules", "export")],
    ids=["packaging", "export", "english"],
)
def test_both_languages_are_found_and_marked(index, query, topic) -> None:
    hits = index.search(query, k=2)
    assert sorted(names(index, hits)) == [f"{topic}_en", f"{topic}_zh"]
    own = detect_language(query)
    assert {hit.route for hit in hits if hit.article.language == own} == {SAME}
    assert {hit.route for hit in hits if hit.article.language != own} == {ACROSS}


def test_without_the_encoder_the_dictionary_leads_across_and_the_answer_says_so(index, monkeypatch) -> None:
    index._asker._encoder = lambda: None
    hits = index.search("半导体设备出口", k=2)
    assert sorted(names(index, hits)) == ["export_en", "export_zh"]
    assert all("meaning" not in hit.parts or hit.parts["meaning"] == 0 for hit in hits)
    assert index.off == (WITHOUT_ENCODER,)


def test_no_across_leaves_the_other_language_out_unless_it_says_the_same_words(index) -> None:
    found = index.search("出口管制", across=False)
    assert {hit.route for hit in found} == {SAME}
    assert names(index, found)[0] == "export_zh"
    assert "export_en" not in names(index, found)
    assert set(names(index, index.search("TSMC", across=False))) == {"packaging_en"}


def test_the_score_is_the_calibrated_sum_of_the_parts(index) -> None:
    with_meaning = find_encoder() is not None
    for hit in index.search("先进封装产能", k=6):
        evidence = np.array([sum(hit.parts.values())])
        words = len(index._analyzer.tokens("先进封装产能"))
        assert hit.score == pytest.approx(float(CALIBRATIONS[hit.route, with_meaning](evidence, words)[0]))
        assert 0 < hit.score < 1


def test_words_say_what_carried_a_hit(index) -> None:
    by_name = dict(zip(names(index, hits := index.search("半导体设备出口", k=2)), hits, strict=True))
    same, across = by_name["export_zh"], by_name["export_en"]
    assert {"半导体设备", "出口"} <= {word.word for word in same.words}
    # Pairs and words are both named; together they are what the parts say.
    assert sum(word.weight for word in same.words) == pytest.approx(same.parts["words"] + same.parts["pairs"])
    assert ("出口", ("export",)) in {(word.word, word.met) for word in across.words}
    assert sum(word.weight for word in across.words) == pytest.approx(across.parts["translated"])


def test_a_text_itself_is_the_best_answer_to_it(index) -> None:
    for name, text in TEXTS.items():
        hit = index.search(text, k=1)[0]
        assert names(index, [hit]) == [name]
        assert hit.parts["words"] + hit.parts["pairs"] == pytest.approx(1, abs=0.02)


def test_similar_leaves_the_article_out_and_finds_its_translation(index) -> None:
    key = next(key for key, name in index.names.items() if name == "packaging_zh")
    hits = index.similar(key, k=1)
    assert names(index, hits) == ["packaging_en"]
    assert hits[0].route == ACROSS


@pytest.mark.parametrize("query", ["", "  ", "🙂", "。。。"], ids=["empty", "space", "emoji", "signs"])
def test_a_query_without_words_is_refused(index, query) -> None:
    with pytest.raises(QueryError):
        index.search(query)


@pytest.mark.parametrize(
    "query", ["芯", "3nm", "5,268亿", "ＴＳＭＣ", "臺積電擴充封裝產能", "半導体のニュース", "반도체"]
)
def test_odd_queries_have_an_answer_or_none(index, query) -> None:
    for hit in index.search(query):
        assert 0 < hit.score < 1


@pytest.mark.skipif(find_encoder() is None, reason="the encoder's package is not installed")
class TestOtherVectors:
    """Articles whose vectors were made by another checkpoint."""

    def test_they_are_not_compared_and_the_answer_says_so(self, store_texts, database) -> None:
        text = TEXTS["packaging_en"]
        (vectors,) = vectors_of(find_encoder(), [(text, text)])
        store_texts([text], language="en", pairs=[], meaning=Meaning("use-dan-cnn/another", *vectors))
        opened = SimilarityIndex(database)
        (hit,) = opened.search("先进封装")
        assert hit.parts["meaning"] == 0
        (off,) = opened.off
        assert off.startswith("1 of 1 articles have no vectors of the encoder ")
        assert "(1 of another one): scrapy reread" in off

    def test_articles_stored_without_pairs_and_vectors_are_found_by_their_words(self, store_texts, database) -> None:
        store_texts([TEXTS["export_zh"]], language="zh")
        database.articles.update_many({}, {"$unset": {"bigrams": 1, "meaning": 1}})
        opened = SimilarityIndex(database)
        (hit,) = opened.search("出口管制")
        assert hit.parts["words"] > 0 and hit.parts["pairs"] == 0
        assert len(opened.off) == 1


def explained(hits) -> list[tuple]:
    return [(hit.article.id, hit.score, hit.parts, hit.words, hit.passage) for hit in hits]


@needs_encoder
def test_passages_are_read_once_and_anew_when_the_article_is_written_anew(index, store_texts, database) -> None:
    first = index.search("先进封装产能")
    index._asker._read_passages = None  # not called: all are remembered
    assert explained(index.search("先进封装产能")) == explained(first)
    del index._asker._read_passages
    encoder = find_encoder()
    text = TEXTS["packaging_zh"]
    other = Meaning(encoder.name, *vectors_of(encoder, [("雨", "雨")])[0])
    store_texts([text], language="zh", pairs=bigrams(text), meaning=other, summary="changed")
    assert index.refresh() == 1
    again = index.search("先进封装产能")
    assert explained(again) == explained(SimilarityIndex(database).search("先进封装产能")) != explained(first)


@needs_encoder
def test_a_query_remembered_is_answered_as_one_that_is_new(index) -> None:
    new = index.search("export rules for equipment")
    again = index.search("export rules for equipment")
    index._asker.forget()
    assert explained(new) == explained(again) == explained(index.search("export rules for equipment"))
    assert explained(new) == explained(index.search_many(["rain", "export rules for equipment"])[1])


def test_questions_from_many_threads_while_articles_arrive(index, store_texts) -> None:
    queries = ["先进封装产能", "semiconductor export rules", "明天有雨", "rain in London"]
    best = {query: index.search(query, k=1)[0].article.id for query in queries}
    ended = Event()

    def ask(query: str) -> int:
        number = 0
        while not ended.is_set() or not number:
            assert index.search(query, k=1)[0].article.id == best[query]
            number += 1
        return number

    with ThreadPoolExecutor(len(queries)) as threads:
        asking = [threads.submit(ask, query) for query in queries]
        for number in range(20):
            store_texts([f"quarterly results of company {number}"], language="en")
            index.refresh()
        ended.set()
        assert all(one.result(timeout=60) for one in asking)


def test_the_encoder_is_asked_for_once(index) -> None:
    assert asking.find_encoder() is asking.find_encoder()
