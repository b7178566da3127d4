from __future__ import annotations

import multiprocessing

import pytest
from gensim.corpora import Dictionary

from store.connection import connect
from store.index.dictionary import SharedDictionary, all_tokens, ids_of, tokens_of

pytestmark = pytest.mark.slow

WRITERS = 4


def _assign(uri: str, writer: int, start, answers) -> None:
    with connect(uri).client as client:
        database = client.get_default_database()
        start.wait()
        found = {}
        for round_number in range(20):
            # All writers get the same ten tokens at the same time, and ten of their own.
            words = [f"word{round_number * 10 + n}" for n in range(10)]
            words += [f"own{writer}-{round_number * 10 + n}" for n in range(10)]
            found |= ids_of(database, words)
        answers.put(found)


def test_ids_never_clash_between_processes(uri: str, database) -> None:
    database.terms.create_index("id", unique=True)
    context = multiprocessing.get_context("spawn")
    start, answers = context.Event(), context.Queue()
    writers = [context.Process(target=_assign, args=(uri, number, start, answers)) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    start.set()
    found = [answers.get(timeout=300) for _ in writers]
    for writer in writers:
        writer.join(60)
        assert writer.exitcode == 0

    together: dict[str, int] = {}
    for one in found:
        for token, number in one.items():
            assert together.setdefault(token, number) == number, f"two ids for {token}"
    assert len(together) == 200 + WRITERS * 200
    assert len(set(together.values())) == len(together), "one id for two tokens"
    assert all_tokens(database) == {number: token for token, number in together.items()}


def test_ids_never_change(database) -> None:
    first = ids_of(database, ["晶圆", "chip"])
    assert ids_of(database, ["chip", "晶圆", "gaa"]) == first | {"gaa": 2}
    assert tokens_of(database, first.values()) == {number: token for token, number in first.items()}


def test_bags_of_words_equal_those_of_gensim(database) -> None:
    dictionary = SharedDictionary(database)
    texts = [["b", "a", "b"], [], ["晶圆", "c", "a", "晶圆"]]
    first = dictionary.bags_of_words(texts[:2])
    both = first + dictionary.bags_of_words(texts[2:])
    theirs = Dictionary()
    theirs.token2id = ids_of(database, ["a", "b", "c", "晶圆"])
    assert both == [theirs.doc2bow(text) for text in texts]
