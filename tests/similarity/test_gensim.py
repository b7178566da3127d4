"""gensim is the reference: the same scores from the same words."""

from __future__ import annotations

import json

import numpy as np
import pytest
from gensim.corpora import Dictionary
from gensim.models import LuceneBM25Model, TfidfModel
from gensim.similarities import SparseMatrixSimilarity

from similarity import SimilarityIndex
from tests.similarity.conftest import PlainJieba
from text.analyzer import Analyzer


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


@pytest.fixture
def corpus(evaluation) -> list[str]:
    lines = (evaluation / "xquad_zh" / "docs.jsonl").read_text().splitlines()
    lines += (evaluation / "xquad_zh_en" / "docs.jsonl").read_text().splitlines()
    return [json.loads(line)["text"] for line in lines]


@pytest.fixture
def queries(evaluation) -> list[str]:
    lines = (evaluation / "xquad_zh" / "queries.jsonl").read_text().splitlines()[::40]
    return [json.loads(line)["text"] for line in lines] + ["What does the Super Bowl do for the economy of California?"]


def gensim_scores(model: str, corpus: list[list[str]], query: list[str]) -> np.ndarray:
    dictionary = Dictionary(corpus)
    bags = [dictionary.doc2bow(tokens) for tokens in corpus]
    bow = dictionary.doc2bow(query)
    if model == "bm25":
        weights = LuceneBM25Model(dictionary=dictionary)
        index = SparseMatrixSimilarity(
            weights[bags],
            num_docs=len(bags),
            num_terms=len(dictionary),
            normalize_queries=False,
            normalize_documents=False,
            dtype=np.float64,
        )
        return index[TfidfModel(dictionary=dictionary, smartirs="bnn")[bow]]
    if model == "tfidf":
        weights = TfidfModel(dictionary=dictionary)
        bags, bow = weights[bags], weights[bow]
    return SparseMatrixSimilarity(bags, num_docs=len(corpus), num_terms=len(dictionary), dtype=np.float64)[bow]


@pytest.mark.parametrize("model", ["counts", "tfidf", "bm25"])
def test_scores_and_order_are_gensims(model: str, uri: str, store_texts, corpus, queries) -> None:
    analyzer = Analyzer()
    ids = store_texts(corpus)
    tokens = [analyzer.tokens(text) for text in corpus]
    with SimilarityIndex.open(uri) as index:
        for query in queries:
            expected = gensim_scores(model, tokens, analyzer.tokens(query))
            scores = index.scores(query, model)
            assert [scores.get(key, 0.0) for key in ids] == pytest.approx(expected.tolist(), abs=1e-6)
            best = [hit.score for hit in index.search(query, 10, model)]
            assert best == pytest.approx(sorted(expected[expected > 1e-9], reverse=True)[:10], abs=1e-6)
