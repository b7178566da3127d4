from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest

from similarity import QueryError, SimilarityIndex
from similarity.ranking.hybrid.two_stage import CROSS_LINGUAL, SAME_LANGUAGE
from store.documents.embeddings import Embeddings
from text.analysis.analyzer import Analyzer
from text.analysis.document import analyzed_article
from text.embedding.encoder import WITHOUT_ENCODER, find_encoder
from text.embedding.passages import vectors_of
from text.language import detect_language

pytestmark = pytest.mark.slow

ANALYZER = Analyzer()


def pairs(text: str) -> list[str]:
    """The bigrams and concepts of *text*, as they are indexed."""
    return analyzed_article("", [text], ANALYZER).bigrams


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
    """An index of all texts, with bigrams and, where the encoder is installed, with embeddings."""
    encoder = find_encoder()
    keys = {}
    for name, text in TEXTS.items():
        embeddings = Embeddings(encoder.name, *vectors_of(encoder, [(text, text)])[0]) if encoder else None
        (keys[name],) = store_texts([text], language=detect_language(text), bigrams=pairs(text), embeddings=embeddings)
    opened = SimilarityIndex(database)
    opened.names = {key: name for name, key in keys.items()}
    return opened


@pytest.fixture
def index_without_encoder(index, database):
    """The same index, opened without encoder."""
    opened = SimilarityIndex(database, encoder=lambda: None)
    opened.names = index.names
    return opened


def names(index, hits):
    return [index.names[hit.article.id] for hit in hits]


@pytest.mark.parametrize(
    ("query", "topic"),
    [("先进封装产能", "packaging"), ("半导体设备出口管制", "export"), ("semiconductor export rules", "export")],
    ids=["packaging", "export", "english"],
)
def test_both_languages_are_found_each_by_its_route(index, query, topic) -> None:
    hits = index.search(query, k=2)
    assert sorted(names(index, hits)) == [f"{topic}_en", f"{topic}_zh"]
    own = detect_language(query)
    assert {hit.route for hit in hits if hit.article.language == own} == {SAME_LANGUAGE}
    assert {hit.route for hit in hits if hit.article.language != own} == {CROSS_LINGUAL}


def test_without_encoder_the_other_language_is_found_by_the_dictionary(index_without_encoder) -> None:
    index = index_without_encoder
    hits = index.search("半导体设备出口", k=2)
    assert sorted(names(index, hits)) == ["export_en", "export_zh"]
    assert all("meaning" not in hit.parts or hit.parts["meaning"] == 0 for hit in hits)
    (reason,) = index.off
    assert reason.startswith(f"{WITHOUT_ENCODER}: ")


def test_without_across_no_article_in_the_other_language_is_found(index) -> None:
    hits = index.search("出口管制", across=False)
    assert {hit.route for hit in hits} == {SAME_LANGUAGE}
    assert names(index, hits)[0] == "export_zh"
    assert "export_en" not in names(index, hits)
    assert set(names(index, index.search("TSMC", across=False))) == {"packaging_en"}
    assert names(index, index.search("台积电", across=False)) == ["packaging_zh"]


def test_scores_are_probabilities(index) -> None:
    assert all(0 < hit.score < 1 for hit in index.search("先进封装产能", k=6))


def test_each_concept_of_the_query_says_how_it_was_met(index) -> None:
    by_name = dict(zip(names(index, hits := index.search("半导体设备出口", k=2)), hits, strict=True))
    chinese, english = ({word.word: word for word in by_name[name].words} for name in ("export_zh", "export_en"))
    assert set(chinese) == set(english) == {"半导体设备", "出口"}
    assert chinese["出口"].met and english["出口"].met
    assert 0.5 < sum(word.weight for word in chinese.values()) <= 1 + 1e-9


def test_the_score_of_one_article_is_that_of_the_search(index) -> None:
    for query in ("先进封装产能", "semiconductor export rules", "TSMC", "明天 北京 下雨"):
        for hit in index.search(query, k=6):
            assert index.score(query, hit.article.id) == hit.score
    assert index.score("TSMC", "0" * 24) == 0


def test_a_text_finds_itself(index) -> None:
    for name, text in TEXTS.items():
        hits = index.search(text, k=2)
        (itself,) = [hit for hit, found in zip(hits, names(index, hits), strict=True) if found == name]
        # Only its translation may score as much. Parts of names that are met in two ways count a little twice.
        assert itself.score > hits[0].score - 0.02
        assert sum(value for part, value in itself.parts.items() if part != "meaning") == pytest.approx(1, abs=0.4)


def test_similar_leaves_the_article_out_and_finds_its_translation(index) -> None:
    key = next(key for key, name in index.names.items() if name == "packaging_zh")
    hits = index.similar(key, k=1)
    assert names(index, hits) == ["packaging_en"]
    assert hits[0].route == CROSS_LINGUAL


@pytest.mark.parametrize("query", ["", "  ", "🙂", "。。。"], ids=["empty", "space", "emoji", "signs"])
def test_a_query_without_words_is_refused(index, query) -> None:
    with pytest.raises(QueryError):
        index.search(query)


@pytest.mark.parametrize(
    "query", ["芯", "3nm", "5,268亿", "ＴＳＭＣ", "臺積電擴充封裝產能", "半導体のニュース", "반도체"]
)
def test_odd_queries_raise_nothing(index, query) -> None:
    for hit in index.search(query):
        assert 0 < hit.score < 1


@pytest.mark.skipif(find_encoder() is None, reason="the encoder's package is not installed")
class TestOtherEncoder:
    """Articles whose embeddings are of another checkpoint, or missing."""

    def test_embeddings_of_another_encoder_are_not_compared_and_counted(self, store_texts, database) -> None:
        text = TEXTS["packaging_en"]
        (vectors,) = vectors_of(find_encoder(), [(text, text)])
        store_texts([text], language="en", bigrams=[], embeddings=Embeddings("use-dan-cnn/another", *vectors))
        opened = SimilarityIndex(database)
        (hit,) = opened.search("meet the demand")
        assert hit.parts["meaning"] == 0
        (off,) = opened.off
        assert off.startswith("1 of 1 articles have no vectors of the encoder ")
        assert "(1 of another one): xinwen reread" in off

    def test_articles_without_bigrams_and_embeddings_are_found_by_their_words(self, store_texts, database) -> None:
        store_texts([TEXTS["export_zh"]], language="zh")
        database.articles.update_many({}, {"$unset": {"bigrams": 1, "meaning": 1}})
        opened = SimilarityIndex(database)
        (hit,) = opened.search("公布新规则")
        assert hit.parts["words"] > 0 and hit.parts["pairs"] == 0
        assert len(opened.off) == 1


def explained(hits) -> list[tuple]:
    return [(hit.article.id, hit.score, hit.parts, hit.words, hit.passage) for hit in hits]


@needs_encoder
def test_passages_are_cached_until_the_article_is_written_again(index, store_texts, database) -> None:
    first = index.search("先进封装产能")
    database.articles.update_many({}, {"$rename": {"passages": "away"}})  # a search that read them would raise
    assert explained(index.search("先进封装产能")) == explained(first)
    database.articles.update_many({}, {"$rename": {"away": "passages"}})
    encoder = find_encoder()
    text = TEXTS["packaging_zh"]
    other = Embeddings(encoder.name, *vectors_of(encoder, [("雨", "雨")])[0])
    store_texts([text], language="zh", bigrams=pairs(text), embeddings=other, summary="changed")
    assert index.refresh() == 1
    again = index.search("先进封装产能")
    assert explained(again) == explained(SimilarityIndex(database).search("先进封装产能")) != explained(first)


@needs_encoder
def test_a_cached_query_has_the_same_hits_as_a_new_one(index) -> None:
    new = index.search("export rules for equipment")
    again = index.search("export rules for equipment")
    index.forget_queries()
    assert explained(new) == explained(again) == explained(index.search("export rules for equipment"))
    assert explained(new) == explained(index.search_many(["rain", "export rules for equipment"])[1])


def test_queries_from_many_threads_while_articles_are_stored(index, store_texts) -> None:
    queries = ["先进封装产能", "semiconductor export rules", "明天有雨", "rain in London"]
    best = {query: index.search(query, k=1)[0].article.id for query in queries}
    ended = Event()

    def search_until_ended(query: str) -> int:
        number = 0
        while not ended.is_set() or not number:
            assert index.search(query, k=1)[0].article.id == best[query]
            number += 1
        return number

    with ThreadPoolExecutor(len(queries)) as threads:
        searches = [threads.submit(search_until_ended, query) for query in queries]
        for number in range(20):
            store_texts([f"quarterly results of company {number}"], language="en")
            index.refresh()
        ended.set()
        assert all(search.result(timeout=300) for search in searches)


def test_the_encoder_is_loaded_once(index) -> None:
    index.search("chips")
    assert find_encoder() is find_encoder()


def test_a_name_that_no_article_has_is_said(index) -> None:
    assert index.unknown_names("台积电 铠侠 先进封装") == ("铠侠",)
    assert index.unknown_names("TSMC advanced packaging") == ()
    hits = index.search("铠侠 先进封装", k=6)
    assert all(hit.score < 0.5 for hit in hits), "no other company's article is an answer"
