"""Topics are gensim's: the same projection from the same articles, and the same scores under it."""

from __future__ import annotations

import json
import zlib

import numpy as np
import pytest
from gensim.corpora import Dictionary
from gensim.models import LsiModel, TfidfModel
from gensim.similarities import MatrixSimilarity

from similarity import QueryError, SimilarityIndex, training
from similarity.bulk import Bulk, workers
from store import articles, compactor, projections
from store.vectors import unpack
from tests.similarity.test_gensim import texts_of
from text.analyzer import Analyzer

TOPICS = 200

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass")  # gensim uses it


@pytest.fixture(scope="module")
def bulk():
    with workers() as found:
        yield found


@pytest.fixture
def queries(evaluation) -> list[str]:
    lines = (evaluation / "cranfield" / "queries.jsonl").read_text().splitlines()[::25]
    return [json.loads(line)["text"] for line in lines]


class Gensim:
    """gensim's own classes over the stored articles in order of id, their words with the ids of the database."""

    def __init__(self, database) -> None:
        rows = database.articles.find({}, {"vector": 1}).sort("_id", 1)
        self.bags = {row["_id"]: unpack(row["vector"]) for row in rows}
        frequent = Dictionary.from_corpus(self.bags.values())
        frequent.filter_extremes(no_below=training.LEAST_DOCUMENTS, no_above=1.0, keep_n=training.MOST_TERMS)
        # filter_extremes gives new ids; those of the database, ascending, are the rows of the projection.
        self.tokens = sorted(int(token) for token in frequent.token2id)
        self.place = {token: place for place, token in enumerate(self.tokens)}
        self.tfidf = TfidfModel([self.known(bag) for bag in self.bags.values()])
        self.lsi = LsiModel(id2word=dict(enumerate(map(str, self.tokens))), num_topics=TOPICS, random_seed=1)

    def known(self, bag: list[tuple[int, int]]) -> list[tuple[int, int]]:
        return [(self.place[token], count) for token, count in bag if token in self.place]

    def train(self, ids: list[str], chunk: int) -> None:
        self.lsi.add_documents([self.tfidf[self.known(self.bags[key])] for key in ids], chunksize=chunk)

    def index(self, bags: dict[str, list[tuple[int, int]]]) -> MatrixSimilarity:
        rows = self.lsi[self.tfidf[[self.known(bag) for bag in bags.values()]]]
        return MatrixSimilarity(rows, num_features=self.lsi.num_topics)


def use(gensim: Gensim, arrays: projections.Arrays) -> None:
    """Give gensim's model the projection that is stored."""
    assert arrays.tokens.tolist() == gensim.tokens
    assert arrays.idfs.tolist() == [gensim.tfidf.idfs[place] for place in range(len(gensim.tokens))]
    gensim.lsi.projection.u, gensim.lsi.projection.s = arrays.u.astype(np.float64), arrays.s.copy()


def stored_arrays(database) -> projections.Arrays:
    return projections.decode(projections.read(database, projections.current(database).name))


def assert_as_gensim(index: SimilarityIndex, gensim: Gensim, bags, ids_of, queries: list[str]) -> None:
    analyzer, expects = Analyzer(), gensim.index(bags)
    for query in queries:
        words = analyzer.tokens(query)
        bow = sorted((ids_of[word], words.count(word)) for word in set(words) if word in ids_of)
        expected = dict(zip(bags, expects[gensim.lsi[gensim.tfidf[gensim.known(bow)]]].tolist(), strict=True))
        scores = index.scores(query, "lsi")
        assert {key: scores.get(key, 0.0) for key in bags} == pytest.approx(expected, abs=1e-6)
        (best,) = index.ranked([query], 10, "lsi")
        largest = sorted((score for score in expected.values() if score > 1e-6), reverse=True)[:10]
        assert [score for _, score in best] == pytest.approx(largest, abs=1e-6)
        assert [expected[key] for key, _ in best] == pytest.approx(largest, abs=1e-6)
        assert best == sorted(best, key=lambda hit: (-hit[1], hit[0]))


def test_projection_and_scores_are_gensims(
    uri: str, database, evaluation, store_texts, queries, bulk: Bulk, monkeypatch
) -> None:
    monkeypatch.setattr(training, "CHUNK", 500)
    texts = texts_of(evaluation, "cranfield")
    ids = store_texts(texts[:1200])
    compactor.compact(database)
    gensim = Gensim(database)
    trained = training.train(database, uri, bulk, TOPICS)
    assert (trained.projection.topics, trained.projection.documents) == (TOPICS, len(ids))

    arrays = stored_arrays(database)
    use(gensim, arrays)
    again = Gensim(database)
    again.train(sorted(ids), 500)
    # By threads of another number sums differ in the last digits; u is stored with 32 bits.
    assert arrays.s == pytest.approx(again.lsi.projection.s, rel=1e-9)
    assert np.abs(arrays.u - again.lsi.projection.u).max() < 1e-6

    ids_of = {row["_id"]: row["id"] for row in database.terms.find()}
    with SimilarityIndex.open(uri, live=False) as index:
        assert_as_gensim(index, gensim, gensim.bags, ids_of, queries)
        # New articles are found under the same projection, deleted ones are not, packed or pending.
        store_texts(texts[1200:])
        articles.delete(database, [*ids[::9]])
        index.refresh()
        bags = {row["_id"]: unpack(row["vector"]) for row in database.articles.find({}, {"vector": 1})}
        assert_as_gensim(index, gensim, bags, ids_of, queries[::2])
        compactor.compact(database)
        index.refresh()
        assert_as_gensim(index, gensim, bags, ids_of, queries[::3])
        files = {path.name.split(".")[-1] for path in index._lsi.folder.iterdir()}
        assert files == {"lsi", "topics"}

    # A tenth more articles: the projection grows, as gensim's grows by the same articles in the same order.
    grown = training.bring_up_to_date(database, uri, lambda: bulk)
    assert grown.outcome == "grown"
    gensim.bags = bags
    gensim.train(sorted(set(bags) - set(ids)), 500)
    arrays = stored_arrays(database)
    assert arrays.s == pytest.approx(gensim.lsi.projection.s, rel=1e-9)
    assert np.abs(arrays.u - gensim.lsi.projection.u).max() < 1e-6
    assert grown.projection.version == trained.projection.version + 1
    use(gensim, arrays)
    with SimilarityIndex.open(uri, live=False) as index:
        assert_as_gensim(index, gensim, bags, ids_of, queries[::4])
        hits = index.search(queries[0], 5, "lsi", source="sia")
        assert [(hit.article.id, hit.score) for hit in hits] == index.ranked([queries[0]], 5, "lsi")[0]
        own, near = index.similar(ids[1], 2, "lsi"), index.ranked([texts[1]], 3, "lsi")[0]
        assert ids[1] not in [hit.article.id for hit in own]
        assert near[0][0] == ids[1]
    assert training.bring_up_to_date(database, uri, lambda: pytest.fail("nothing is due")).outcome == "up to date"


def test_untrained_topics_name_the_command(uri: str, store_texts) -> None:
    store_texts(["wafer fab", "wafer price"])
    with (
        SimilarityIndex.open(uri, live=False) as index,
        pytest.raises(QueryError, match=r"trained first: python -m similarity train"),
    ):
        index.search("wafer", model="lsi")


def test_topics_that_have_drifted_are_trained_again(uri: str, database, evaluation, store_texts, bulk: Bulk) -> None:
    texts = texts_of(evaluation, "cranfield")[:400]
    store_texts(texts)
    first = training.train(database, uri, bulk, 50).projection
    assert training.bring_up_to_date(database, uri, lambda: pytest.fail("nothing is due")).projection == first
    store_texts(texts_of(evaluation, "xquad_zh")[:60])
    again = training.bring_up_to_date(database, uri, lambda: bulk)
    assert again.outcome == "trained again"
    assert again.reason.startswith("it keeps ")
    assert (again.projection.from_scratch, again.projection.version) == (460, 2)
    # Twice as many as at the beginning: from scratch, whatever they are.
    store_texts([f"{text} once more" for text in texts_of(evaluation, "cranfield")[:460]])
    assert training.bring_up_to_date(database, uri, lambda: bulk).reason.startswith("it would be of 920 articles")


def test_damage_is_told_or_mended(uri: str, database, store_texts, bulk: Bulk) -> None:
    store_texts([f"wafer fab {word} price" for word in ("memory", "logic", "memory logic", "foundry memory")])
    compactor.compact(database)
    training.train(database, uri, bulk, 3)
    with SimilarityIndex.open(uri, live=False) as index:
        before = index.ranked(["memory price"], 4, "lsi")
        folder = index._lsi.folder
    (vectors,) = folder.glob(f"*.{projections.current(database).name}.topics")
    data = bytearray(vectors.read_bytes())
    data[5] ^= 1
    vectors.write_bytes(data)
    with SimilarityIndex.open(uri, live=False) as index:
        assert index.ranked(["memory price"], 4, "lsi") == before, "a damaged file is made anew"
    for path in folder.iterdir():
        path.unlink()
    part = database.projections.find_one({"_id": f"{projections.current(database).name}:0"})
    database.projections.update_one({"_id": part["_id"]}, {"$set": {"data": part["data"][:-1] + b"?"}})
    for change in ({"crc": part["crc"]}, {"crc": zlib.crc32(part["data"][:-1] + b"?")}):
        database.projections.update_one({"_id": part["_id"]}, {"$set": change})
        with (
            SimilarityIndex.open(uri, live=False) as index,
            pytest.raises(QueryError, match="python -m similarity train"),
        ):
            index.search("memory", model="lsi")
    database.manifest.update_one({"_id": "lsi"}, {"$set": {"topics": 4}})
    with SimilarityIndex.open(uri, live=False) as index, pytest.raises(QueryError, match=r"record .* is damaged"):
        index.search("memory", model="lsi")
    training.train(database, uri, bulk, 3)
    with SimilarityIndex.open(uri, live=False) as index:
        assert index.ranked(["memory price"], 4, "lsi") == before
