"""Rising terms, counted by hand: which articles of eight weeks have a term."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from similarity import QueryError, SimilarityIndex
from similarity.analytics.rising_terms import significance
from store.index import compactor

UNTIL = datetime(2026, 7, 1, tzinfo=UTC)
NOW, BEFORE, LONG_AGO = (UNTIL - timedelta(days=days) for days in (2, 30, 57))


def rising(index: SimilarityIndex, until: datetime = UNTIL, k: int = 10) -> list[tuple[str, str, int, int]]:
    return [(one.word, one.english, one.articles, one.before) for one in index.rising_terms(until, k)]


@pytest.fixture
def stored(store_texts) -> None:
    store_texts(
        [f"HBM4 {'gallium' if number < 4 else ''} {number}" for number in range(6)], language="en", published=NOW
    )
    store_texts([f"第六代高带宽内存 {number}" for number in range(6)], language="zh", published=NOW)
    store_texts([f"qnodex wafer {number}" for number in range(9)], language="en", published=NOW)
    store_texts([f"wafer {number}" for number in range(4)], language="en", published=NOW)
    store_texts(["HBM4 once"], language="en", published=BEFORE)
    store_texts([f"wafer of old {number}" for number in range(19)], language="en", published=BEFORE)
    store_texts([f"HBM4 long ago {number}" for number in range(20)], language="en", published=LONG_AGO)
    store_texts([f"HBM4 undated {number}" for number in range(20)], language="en")


@pytest.mark.parametrize("packed", [False, True], ids=["pending", "packed"])
def test_terms_that_rise(uri: str, database, stored, packed: bool) -> None:
    if packed:
        compactor.compact(database)
    with SimilarityIndex.open(uri, live=False) as index:
        # Of 25 articles, and of 20 before: 9 and 0 have qnodex, 12 and 1 HBM4 by one of its names. So have HBM and
        # DRAM, which say less. There are fewer wafers than before, and 4 articles on gallium may be chance.
        assert rising(index) == [("qnodex", "", 9, 0), ("第六代高带宽内存", "HBM4", 12, 1)]
        assert len(rising(index, k=1)) == 1
        assert rising(index, UNTIL + timedelta(days=365)) == rising(index, UNTIL - timedelta(days=365)) == []
        earlier = rising(index, UNTIL - timedelta(days=28))
        assert ("wafer", 19, 0) in [one[1:] for one in earlier] and "HBM4" not in str(earlier)


def test_nothing_rises_in_an_empty_store(uri: str, store_texts) -> None:
    store_texts(["HBM4"], published=BEFORE)
    with SimilarityIndex.open(uri, live=False) as index:
        assert index.rising_terms(UNTIL) == []
        for wrong in (None, UNTIL.date(), UNTIL.replace(tzinfo=None)):
            with pytest.raises(QueryError, match="datetime with a time zone"):
                index.rising_terms(wrong)


def test_the_log_likelihood_ratio() -> None:
    values = significance(np.array([[10, 0], [10, 10], [2, 0], [0, 10], [30, 21]]), np.array([100, 100]))
    # 2 * (10 ln(10 / 5) + 90 ln(90 / 95) + 100 ln(100 / 95))
    assert values[0] == pytest.approx(2 * (10 * np.log(2) + 90 * np.log(90 / 95) + 100 * np.log(100 / 95)))
    assert values[1:].tolist() == [0, 0, 0, 0]  # the same share, too few, fewer, and not half as much again
