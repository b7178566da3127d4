from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from pipelines.encode import encode
from store.article import Article
from store.meaning import MARK_BYTES, mark, passages_of
from text.encoder import cosines, find_encoder, to_int8

pytestmark = pytest.mark.skipif(find_encoder() is None, reason="the encoder's package is not installed")


def article(**fields) -> Article:
    return Article("sia", "https://a.example/x", fetched=datetime.now(UTC), **({"title": "HBM4 量产"} | fields))


def test_title_and_passages_have_a_row_each_and_the_whole_lies_between_them() -> None:
    encoder = find_encoder()
    made = encode(article(body="存储芯片价格上涨。" * 40), encoder)
    assert len(made.passages) > 2
    assert cosines(made.passages[:1], to_int8(encoder.encode(["HBM4 量产"])))[0, 0] == pytest.approx(1, abs=0.01)
    assert (cosines(made.whole[None], made.passages) > 0.3).all()


def test_the_fields_say_whose_vectors_they_are_and_come_back() -> None:
    encoder = find_encoder()
    made = encode(article(summary="晶圆"), encoder)
    fields = made.fields()
    assert fields["encoder"] == encoder.name
    assert fields["meaning"][:MARK_BYTES] == mark(encoder.name)
    assert np.array_equal(np.frombuffer(fields["meaning"], np.int8, offset=MARK_BYTES), made.whole)
    assert np.array_equal(passages_of(fields, encoder.dimensions), made.passages)
