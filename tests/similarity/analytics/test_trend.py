from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from similarity import QueryError, SimilarityIndex
from similarity.analytics.trend import PERIODS
from store.connection import another_database
from store.documents import articles
from store.index import compactor

pytestmark = pytest.mark.slow

SHANGHAI = ZoneInfo("Asia/Shanghai")


def at(month: int, day: int, hour: int = 4, year: int = 2026) -> datetime:
    return datetime(year, month, day, hour, tzinfo=UTC)


def rows(trend) -> list[tuple[str, dict[str, int], int]]:
    return [(period.start.isoformat(), dict(period.sources), period.of) for period in trend.periods]


@pytest.fixture
def stored(store_texts) -> list[str]:
    return [
        *store_texts(["台积电在熊本 甲", "晶圆厂 乙"], source="semi", language="zh", published=at(6, 29)),  # a Monday
        *store_texts(["TSMC in Qnodex c"], source="tsmc", language="en", published=at(7, 5, 15)),  # Sunday, 23:00 there
        *store_texts(["台積公司 丁"], source="semi", language="zh", published=at(7, 5, 16)),  # Monday, 0:00 there
        *store_texts(["代号 2330 e"], source="tsmc", language="zh", published=at(7, 20)),
        *store_texts(["nothing f"], source="sia", language="en", published=at(7, 28)),
        *store_texts(["TSMC g"], source="sia", language="en"),
    ]


@pytest.mark.parametrize("packed", [False, True], ids=["pending", "packed"])
def test_all_names_in_both_languages(uri: str, database, stored, packed: bool) -> None:
    if packed:
        compactor.compact(database)
    expected = [
        ("2026-06-29", {"semi": 1, "tsmc": 1}, 3),
        ("2026-07-06", {"semi": 1}, 1),
        ("2026-07-13", {}, 0),
        ("2026-07-20", {"tsmc": 1}, 1),
        ("2026-07-27", {}, 1),
    ]
    with SimilarityIndex.open(uri, live=False) as index:
        for text in ("台积电", "TSMC", "台積公司", "ＴＳＭＣ", " 2330 "):
            trend = index.trend(text)
            assert rows(trend) == expected
            assert (trend.articles, trend.undated) == (4, 1)
            assert [term.english[0] for term in trend.terms] == ["TSMC"]
        assert [period.share for period in trend.periods] == [2 / 3, 1.0, None, 1.0, 0.0]
        assert trend.periods[0].end == date(2026, 7, 5)
        articles.delete(database, stored[2:3])
        index.refresh()
        assert rows(index.trend("TSMC"))[0] == ("2026-06-29", {"semi": 1}, 2)


def test_days_months_sources_and_dates(uri: str, stored) -> None:
    with SimilarityIndex.open(uri, live=False) as index:
        assert rows(index.trend("TSMC", "month")) == [
            ("2026-06-01", {"semi": 1}, 2),
            ("2026-07-01", {"semi": 1, "tsmc": 2}, 4),
        ]
        days = index.trend("TSMC", "day", since=date(2026, 7, 4), until=date(2026, 7, 6))
        assert rows(days) == [("2026-07-04", {}, 0), ("2026-07-05", {"tsmc": 1}, 1), ("2026-07-06", {"semi": 1}, 1)]
        assert (days.articles, days.undated) == (2, 0)
        assert rows(index.trend("TSMC", "month", "tsmc")) == [("2026-07-01", {"tsmc": 2}, 2)]
        assert index.trend("TSMC", since=date(2027, 1, 1)).periods == ()
        with pytest.raises(QueryError, match="no day is since 2026-07-02 and until 2026-07-01"):
            index.trend("TSMC", since=date(2026, 7, 2), until=date(2026, 7, 1))


def test_all_words_of_the_text_must_be_in_the_article(uri: str, stored) -> None:
    with SimilarityIndex.open(uri, live=False) as index:
        # The term in both languages, the word as it is.
        trend = index.trend("Qnodex 台积电")
        assert [len(trend.terms), trend.words] == [1, ("qnodex",)]
        assert rows(trend)[:1] == [("2026-06-29", {"tsmc": 1}, 3)]
        assert index.trend("Qnodex 晶圆厂").articles == 0
        assert index.trend("qwzxk").periods == ()
        assert index.trend("qwzxk 台积电").articles == 0


@pytest.mark.parametrize(
    ("text", "articles"),
    [
        ("H20", 1),
        ("H200", 2),
        ("HBM4", 1),
        ("HBM", 3),  # with its members
        ("存储厂商", 2),  # nobody writes the name of the class
        ("memory makers", 2),
        ("Arm", 1),
        ("美光", 1),
    ],
)
def test_a_member_counts_as_itself_and_a_class_as_its_members(uri: str, store_texts, text: str, articles: int) -> None:
    store_texts(
        [
            "Nvidia may sell the H20 again",
            "H200 orders rise",
            "H200芯片到货",
            "HBM4样品送测",
            "HBM3E is sold out",
            "HBM产能紧张",
            "Micron adds a line",
            "铠侠上市",
            "Arm raises its royalties",
            "Arms makers gain, and an arm of the bank loses",
        ],
        published=at(7, 1),
    )
    with SimilarityIndex.open(uri, live=False) as index:
        assert index.trend(text).articles == articles


@pytest.mark.parametrize(
    ("text", "by", "message"),
    [
        ("", "week", "the text is empty"),
        ("的 the", "week", "has no words to look for"),
        ("🚀", "week", "has no words to look for"),
        ("TSMC", "year", "no period 'year'; there are day, week, month"),
    ],
)
def test_what_cannot_be_answered(uri: str, stored, text: str, by: str, message: str) -> None:
    with SimilarityIndex.open(uri, live=False) as index, pytest.raises(QueryError, match=message):
        index.trend(text, by)


def test_wrong_dates_far_away(uri: str, store_texts) -> None:
    store_texts(["TSMC a"], published=datetime(1, 1, 2, tzinfo=UTC))
    store_texts(["TSMC b"], published=datetime(9999, 12, 30, tzinfo=UTC))
    store_texts(["TSMC c"], published=at(7, 1))
    with SimilarityIndex.open(uri, live=False) as index:
        for by in PERIODS:
            with pytest.raises(QueryError, match=r"more than 5,000 periods from 0001-01-02 to 9999-12-30"):
                index.trend("TSMC", by)
        found = index.trend("TSMC", since=date(2026, 7, 1), until=date(2026, 7, 1))
        assert rows(found) == [("2026-06-29", {"sia": 1}, 1)]


def test_an_empty_index(uri: str) -> None:
    with SimilarityIndex.open(uri, live=False) as index:
        assert index.trend("TSMC").periods == ()


moments = st.datetimes(datetime(1986, 1, 1), datetime(1992, 12, 31), timezones=st.just(UTC))
"""While Shanghai had summer time."""


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(moments, st.booleans(), st.sampled_from(["a", "b"])), min_size=1, max_size=12),
    st.sampled_from(PERIODS),
)
def test_the_same_as_counting_one_by_one(server: str, database, store_texts, drawn, by: str) -> None:
    database.articles.delete_many({})
    for number, (moment, named, source) in enumerate(drawn):
        store_texts([f"{'TSMC' if named else 'fab'} {number}"], source=source, published=moment)
    expected: dict[date, dict[str, int]] = {}
    for moment, named, source in drawn:
        day = moment.astimezone(SHANGHAI).date()
        start = {"day": day, "week": day - timedelta(days=day.weekday()), "month": day.replace(day=1)}[by]
        if named:
            cell = expected.setdefault(start, {})
            cell[source] = cell.get(source, 0) + 1
    with SimilarityIndex.open(another_database(server, database.name), live=False) as index:
        trend = index.trend("台积电", by)
    assert {period.start: dict(period.sources) for period in trend.periods if period.articles} == expected
    assert all(
        one.end + timedelta(days=1) == two.start for one, two in zip(trend.periods, trend.periods[1:], strict=False)
    )
