"""The LSI model equals gensim's: the same projection from the same articles, and the same scores under it."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest
from gensim.corpora import Dictionary
from gensim.models import LsiModel, TfidfModel
from gensim.similarities import MatrixSimilarity

from similarity import QueryError, SimilarityIndex
from similarity.maintenance import lsi_training
from similarity.maintenance.executor import Executor, open_executor
from store.documents import articles
from store.index import compactor, projections
from store.settings import settings
from store.vectors import unpack
from tests.similarity.ranking.test_gensim import texts_of
from text.analysis.analyzer import Analyzer

TOPICS = 200

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass")  # gensim uses it


@pytest.fixture(scope="module")
def executor():
    with open_executor() as opened:
        yield opened


@pytest.fixture
def queries(evaluation) -> list[str]:
    lines = (evaluation / "cranfield" / "queries.jsonl").read_text().splitlines()[::25]
    return [json.loads(line)["text"] for line in lines]


class Gensim:
    """gensim's own classes over the stored articles in order of id, with the token ids of the database."""

    def __init__(self, database) -> None:
        rows = database.articles.find({}, {"vector": 1}).sort("_id", 1)
        self.bags = {row["_id"]: unpack(row["vector"]) for row in rows}
        frequent = Dictionary.from_corpus(self.bags.values())
        frequent.filter_extremes(no_below=lsi_training.MIN_DOCUMENTS, no_above=1.0, keep_n=lsi_training.MAX_TERMS)
        # filter_extremes gives new ids; those of the database, ascending, are the rows of the projection.
        self.tokens = sorted(int(token) for token in frequent.token2id)
        self.row = {token: row for row, token in enumerate(self.tokens)}
        self.tfidf = TfidfModel([self.known(bag) for bag in self.bags.values()])
        self.lsi = LsiModel(id2word=dict(enumerate(map(str, self.tokens))), num_topics=TOPICS, random_seed=1)

    def known(self, bag: list[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(self.row[token], count) for token, count in bag if token in self.row]

    def train(self, ids: list[str], chunk: int) -> None:
        self.lsi.add_documents([self.tfidf[self.known(self.bags[key])] for key in ids], chunksize=chunk)

    def index(self, bags: dict[str, list[tuple[int, int]]]) -> MatrixSimilarity:
        rows = self.lsi[self.tfidf[[self.known(bag) for bag in bags.values()]]]
        return MatrixSimilarity(rows, num_features=self.lsi.num_topics)


def load_projection(gensim: Gensim, arrays: projections.LsiArrays) -> None:
    """Give gensim's model the projection that is stored."""
    assert arrays.tokens.tolist() == gensim.tokens
    assert arrays.idfs.tolist() == [gensim.tfidf.idfs[row] for row in range(len(gensim.tokens))]
    gensim.lsi.projection.u, gensim.lsi.projection.s = arrays.u.astype(np.float64), arrays.s.copy()


def stored_arrays(database) -> projections.LsiArrays:
    return projections.decode(projections.read(database, projections.current(database).name))


def assert_scores_as_gensim(index: SimilarityIndex, gensim: Gensim, bags, ids_of, queries: list[str]) -> None:
    analyzer, reference = Analyzer(), gensim.index(bags)
    for query in queries:
        words = analyzer.tokens(query)
        bow = sorted((ids_of[word], words.count(word)) for word in set(words) if word in ids_of)
        expected = dict(zip(bags, reference[gensim.lsi[gensim.tfidf[gensim.known(bow)]]].tolist(), strict=True))
        scores = index.scores(query, "lsi")
        assert {key: scores.get(key, 0.0) for key in bags} == pytest.approx(expected, abs=1e-6)
        (best,) = index.ranked([query], 10, "lsi")
        top = sorted((score for score in expected.values() if score > 1e-6), reverse=True)[:10]
        assert [score for _, score in best] == pytest.approx(top, abs=1e-6)
        assert [expected[key] for key, _ in best] == pytest.approx(top, abs=1e-6)
        assert best == sorted(best, key=lambda hit: (-hit[1], hit[0]))


def test_projection_and_scores_are_gensims(
    uri: str, database, evaluation, store_texts, queries, executor: Executor, monkeypatch
) -> None:
    monkeypatch.setattr(lsi_training, "CHUNK", 500)
    texts = texts_of(evaluation, "cranfield")
    ids = store_texts(texts[:1200])
    compactor.compact(database)
    gensim = Gensim(database)
    trained = lsi_training.train_topics(database, uri, executor, TOPICS)
    assert (trained.projection.topics, trained.projection.documents) == (TOPICS, len(ids))

    arrays = stored_arrays(database)
    load_projection(gensim, arrays)
    again = Gensim(database)
    again.train(sorted(ids), 500)
    # With another number of threads sums differ in their last digits; u is stored as float32.
    assert arrays.s == pytest.approx(again.lsi.projection.s, rel=1e-9)
    assert np.abs(arrays.u - again.lsi.projection.u).max() < 1e-6

    ids_of = {row["_id"]: row["id"] for row in database.terms.find()}
    with SimilarityIndex.open(uri, live=False) as index:
        assert_scores_as_gensim(index, gensim, gensim.bags, ids_of, queries)
        # Under the same projection new articles are found and deleted ones are not, pending or packed in a segment.
        store_texts(texts[1200:])
        articles.delete(database, [*ids[::9]])
        index.refresh()
        bags = {row["_id"]: unpack(row["vector"]) for row in database.articles.find({}, {"vector": 1})}
        assert_scores_as_gensim(index, gensim, bags, ids_of, queries[::2])
        compactor.compact(database)
        index.refresh()
        assert_scores_as_gensim(index, gensim, bags, ids_of, queries[::3])
        files = {path.name.split(".")[-1] for path in (settings().data / "cache" / "topics").iterdir()}
        assert files == {"lsi", "topics"}

    # A tenth more articles: the projection grows, as gensim's grows by the same articles in the same order.
    grown = lsi_training.bring_up_to_date(database, uri, lambda: executor)
    assert grown.outcome == "grown"
    gensim.bags = bags
    gensim.train(sorted(set(bags) - set(ids)), 500)
    arrays = stored_arrays(database)
    assert arrays.s == pytest.approx(gensim.lsi.projection.s, rel=1e-9)
    assert np.abs(arrays.u - gensim.lsi.projection.u).max() < 1e-6
    assert grown.projection.version == trained.projection.version + 1
    load_projection(gensim, arrays)
    with SimilarityIndex.open(uri, live=False) as index:
        assert_scores_as_gensim(index, gensim, bags, ids_of, queries[::4])
        hits = index.search(queries[0], 5, "lsi", source="sia")
        assert [(hit.article.id, hit.score) for hit in hits] == index.ranked([queries[0]], 5, "lsi")[0]
        assert ids[1] not in [hit.article.id for hit in index.similar(ids[1], 2, "lsi")]
        assert index.ranked([texts[1]], 3, "lsi")[0][0][0] == ids[1]
    assert lsi_training.bring_up_to_date(database, uri, lambda: pytest.fail("nothing is due")).outcome == "up to date"


def test_the_error_of_an_untrained_model_names_the_command(uri: str, store_texts) -> None:
    store_texts(["wafer fab", "wafer price"])
    with (
        SimilarityIndex.open(uri, live=False) as index,
        pytest.raises(QueryError, match=r"trained first: xinwen train"),
    ):
        index.search("wafer", model="lsi")


def test_a_projection_that_no_longer_fits_is_trained_again(
    uri: str, database, evaluation, store_texts, executor: Executor
) -> None:
    texts = texts_of(evaluation, "cranfield")[:400]
    store_texts(texts)
    first = lsi_training.train_topics(database, uri, executor, 50).projection
    assert lsi_training.bring_up_to_date(database, uri, lambda: pytest.fail("nothing is due")).projection == first
    store_texts(texts_of(evaluation, "xquad_zh")[:60])
    again = lsi_training.bring_up_to_date(database, uri, lambda: executor)
    assert again.outcome == "trained again"
    assert again.reason.startswith("it keeps ")
    assert (again.projection.from_scratch, again.projection.version) == (460, 2)
    # Twice as many articles as at the training from scratch: trained from scratch again, whatever they say.
    store_texts([f"{text} once more" for text in texts_of(evaluation, "cranfield")[:460]])
    assert lsi_training.bring_up_to_date(database, uri, lambda: executor).reason.startswith(
        "it would be of 920 articles"
    )


def test_damage_is_repaired_or_reported(uri: str, database, store_texts, executor: Executor) -> None:
    store_texts([f"wafer fab {word} price" for word in ("memory", "logic", "memory logic", "foundry memory")])
    compactor.compact(database)
    lsi_training.train_topics(database, uri, executor, 3)
    with SimilarityIndex.open(uri, live=False) as index:
        before = index.ranked(["memory price"], 4, "lsi")
        folder = settings().data / "cache" / "topics"
    (vectors,) = folder.glob(f"*.{projections.current(database).name}.topics")
    data = bytearray(vectors.read_bytes())
    data[5] ^= 1
    vectors.write_bytes(data)
    with SimilarityIndex.open(uri, live=False) as index:
        assert index.ranked(["memory price"], 4, "lsi") == before, "a damaged file is written again"
    for path in folder.iterdir():
        path.unlink()
    part = database.projections.find_one({"_id": f"{projections.current(database).name}:0"})
    database.projections.update_one({"_id": part["_id"]}, {"$set": {"data": part["data"][:-1] + b"?"}})
    for change in ({"crc": part["crc"]}, {"crc": zlib.crc32(part["data"][:-1] + b"?")}):
        database.projections.update_one({"_id": part["_id"]}, {"$set": change})
        with (
            SimilarityIndex.open(uri, live=False) as index,
            pytest.raises(QueryError, match="xinwen train"),
        ):
            index.search("memory", model="lsi")
    database.manifest.update_one({"_id": "lsi"}, {"$set": {"topics": 4}})
    with SimilarityIndex.open(uri, live=False) as index, pytest.raises(QueryError, match=r"record .* is damaged"):
        index.search("memory", model="lsi")
    lsi_training.train_topics(database, uri, executor, 3)
    with SimilarityIndex.open(uri, live=False) as index:
        assert index.ranked(["memory price"], 4, "lsi") == before
