"""gensim is the reference: the same scores from the same words, whatever has happened to the articles before."""

from __future__ import annotations

import json

import numpy as np
import pytest
from gensim.corpora import Dictionary
from gensim.models import LuceneBM25Model, OkapiBM25Model, TfidfModel
from gensim.similarities import SparseMatrixSimilarity

from similarity import SimilarityIndex
from similarity.ranking.models import MODELS
from store.documents import articles
from store.index import compactor
from tests.similarity.conftest import PlainJieba
from text.analysis.analyzer import Analyzer


def test_the_users_own_example(evaluation, uri: str, store_texts) -> None:
    demo = json.loads((evaluation / "doc2bow_demo.json").read_text())
    plain = PlainJieba()
    ids = store_texts(demo["documents"], plain)
    with SimilarityIndex.open(uri, plain) as index:
        assert len(index) == len(demo["documents"])
        for query in demo["queries"]:
            hits = index.search(query["text"], k=5, model="counts")
            found = {ids.index(hit.article.id): hit.score for hit in hits}
            # gensim reckons in 32 bits and the scores were written with six digits: the last one may differ by one.
            assert found == pytest.approx(dict(query["top5"]), abs=1e-6)
            assert [hit.score for hit in hits] == pytest.approx([score for _, score in query["top5"]], abs=1e-6)


def texts_of(evaluation, *names: str) -> list[str]:
    rows = [line for name in names for line in (evaluation / name / "docs.jsonl").read_text().splitlines()]
    texts = [json.loads(row)["text"].replace("#", "") for row in rows]  # the text becomes part of the address
    return list(dict.fromkeys(text for text in texts if text))


@pytest.fixture
def queries(evaluation) -> list[str]:
    lines = (evaluation / "xquad_zh" / "queries.jsonl").read_text().splitlines()[::60]
    lines += (evaluation / "cranfield" / "queries.jsonl").read_text().splitlines()[::30]
    return [json.loads(line)["text"] for line in lines] + ["What does the Super Bowl do for the economy of California?"]


class Gensim:
    """The scores that gensim's own classes give over *corpus*."""

    def __init__(self, model: str, corpus: list[list[str]]) -> None:
        self.dictionary = Dictionary(corpus)
        bags = [self.dictionary.doc2bow(tokens) for tokens in corpus]
        size = {"num_docs": len(corpus), "num_terms": len(self.dictionary), "dtype": np.float64}
        self.query = lambda bow: bow
        if model.startswith("bm25"):
            weights = (OkapiBM25Model if model == "bm25_okapi" else LuceneBM25Model)(dictionary=self.dictionary)
            binary = TfidfModel(dictionary=self.dictionary, smartirs="bnn")
            self.query = lambda bow: binary[bow]
            size |= {"normalize_queries": False, "normalize_documents": False}
            bags = weights[bags]
        elif model == "tfidf":
            weights = self.query = TfidfModel(dictionary=self.dictionary).__getitem__
            bags = weights(bags)
        self.index = SparseMatrixSimilarity(bags, **size)

    def scores(self, tokens: list[str]) -> np.ndarray:
        return self.index[self.query(self.dictionary.doc2bow(tokens))]


def assert_as_gensim(index: SimilarityIndex, model: str, corpus: dict[str, list[str]], queries: list[str]) -> None:
    gensim = Gensim(model, list(corpus.values()))
    assert len(index) == len(corpus)
    for query in queries:
        expected = dict(zip(corpus, gensim.scores(Analyzer().tokens(query)).tolist(), strict=True))
        scores = index.scores(query, model)
        assert {key: scores.get(key, 0.0) for key in corpus} == pytest.approx(expected, abs=1e-6)
        assert scores.keys() <= corpus.keys()
        (best,) = index.ranked([query], 10, model)
        largest = sorted((score for score in expected.values() if score > 1e-9), reverse=True)[:10]
        assert [score for _, score in best] == pytest.approx(largest, abs=1e-6)
        assert [expected[key] for key, _ in best] == pytest.approx(largest, abs=1e-6)


def test_scores_and_order_are_gensims(uri: str, database, evaluation, store_texts, queries) -> None:
    texts = texts_of(evaluation, "xquad_zh", "xquad_zh_en", "cranfield")
    analyzer = Analyzer()
    tokens = [analyzer.tokens(text) for text in texts]
    first, others = texts[:1000], texts[1000:]
    ids = store_texts(first)
    with SimilarityIndex.open(uri, live=False) as index:
        corpus = dict(zip(ids, tokens, strict=False))
        for model in MODELS:
            assert_as_gensim(index, model, corpus, queries)

        # In segments and beside them, with articles changed and deleted in both.
        compactor.compact(database)
        more = store_texts(others)
        corpus |= dict(zip(more, tokens[1000:], strict=True))
        for key, url in zip((ids[5], more[5]), (first[5], others[5]), strict=True):
            store_texts([texts[100]], url=f"https://a.example/{url}")
            corpus[key] = tokens[100]
        gone = {*ids[::7], *more[::11]}
        articles.delete(database, gone)
        corpus = {key: found for key, found in corpus.items() if key not in gone}
        index.refresh()
        for model in MODELS:
            assert_as_gensim(index, model, corpus, queries[::2])

        compactor.compact(database)
        index.refresh()
        for model in MODELS:
            assert_as_gensim(index, model, corpus, queries[::4])


def test_okapi_with_words_of_most_documents(uri: str, store_texts) -> None:
    """Half of the words are in more than half of the documents, where the idf would be negative."""
    texts = ["wafer fab", "wafer fab tool", "wafer memory", "wafer fab memory price", "wafer logic"]
    ids = store_texts(texts)
    analyzer = Analyzer()
    corpus = {key: analyzer.tokens(text) for key, text in zip(ids, texts, strict=True)}
    with SimilarityIndex.open(uri) as index:
        assert_as_gensim(index, "bm25_okapi", corpus, ["wafer fab", "memory wafer", "wafer"])
