"""The page of an earlier report, over the bundled reports of four companies; the right ones were chosen by reading."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from uuid import uuid4

import pytest

from similarity import Earlier, QueryError, SimilarityIndex
from store.article import PAGE_BREAK, Article, File
from store.connection import another_database, connect
from store.documents.articles import VectorizedArticle, write
from store.index import preparation
from store.index.dictionary import SharedDictionary
from tests.commands import PROJECT, assert_one_line_error, run
from tests.similarity.conftest import NOW
from text.analysis.analyzer import Analyzer
from text.analysis.document import analyzed_article

pytestmark = pytest.mark.slow

REPORTS = {
    "intel": {
        "10-K-2025": (2025, 0), "10-Q-2026Q1": (2026, 1), "8-K-2026-04-14": (0, 0), "earnings-2026Q2": (2026, 2),
    },
    "samsung": {
        "2022_Half_Interim_Report": (2022, 2), "2022_Business_Report": (0, 0), "2025_4Q_conference_eng_01": (2025, 4),
        "2026_1Q_conference_eng": (2026, 1), "2026_1Q_Interim_Report": (2026, 1), "2026_2Q_conference_eng": (2026, 2),
    },
    "smic": {
        "4Q2024_ER_EN": (2024, 4), "1Q2025_ER_EN": (2025, 1), "2Q2025_ER_EN": (2025, 2), "2025_HY_688981": (2025, 2),
        "2025_IR_EN": (2025, 2), "3Q2025_ER_EN": (2025, 3), "4Q2025_ER_EN": (2025, 4), "2025_AR_688981": (2025, 0),
        "2025_AR_EN": (2025, 0), "1Q2026_ER_EN": (2026, 1), "2026Q1_688981": (2026, 1),
    },
    "tsmc": {
        "2024-Business-Overview": (2024, 0), "2025-Annual-Report-E": (2025, 0), "2025_20F-Report": (2025, 0),
        "2Q26EarningsRelease": (2026, 2), "2Q26ManagementReport": (2026, 2), "3Q26-EarningsRelease": (2026, 3),
        "3Q26-FS": (2026, 3),
    },
}  # fmt: skip
"""The bundled reports, each with the year and quarter that it is on."""

CHOSEN: list[tuple[str, str, int | str, str, int]] = [
    ("intel", "10-Q-2026Q1", 2, "10-K-2025", 7),
    ("intel", "10-Q-2026Q1", 3, "10-K-2025", 9),
    ("intel", "10-Q-2026Q1", 4, "10-K-2025", 12),
    ("intel", "earnings-2026Q2", 1, "10-Q-2026Q1", 2),
    ("intel", "earnings-2026Q2", 2, "10-Q-2026Q1", 2),
    ("intel", "earnings-2026Q2", 3, "10-Q-2026Q1", 3),
    ("intel", "earnings-2026Q2", "government incentives were received in the quarter", "10-K-2025", 9),
    ("samsung", "2026_2Q_conference_eng", 1, "2026_1Q_conference_eng", 1),
    ("samsung", "2026_2Q_conference_eng", 3, "2026_1Q_conference_eng", 2),
    ("smic", "1Q2026_ER_EN", 2, "4Q2025_ER_EN", 2),
    ("smic", "4Q2025_ER_EN", 2, "3Q2025_ER_EN", 2),
    ("smic", "2026Q1_688981", 2, "2025_AR_688981", 3),
    ("smic", "2026Q1_688981", 2, "2025_HY_688981", 2),
    ("tsmc", "3Q26-EarningsRelease", 1, "2025-Annual-Report-E", 1),
    ("tsmc", "2Q26EarningsRelease", "most of it for 2-nanometer lines and for packaging", "2025-Annual-Report-E", 2),
]
"""Company, report, its page or a passage of it, an earlier report, and the page there that is on the same."""


def article_of(company: str, name: str) -> Article:
    head, *pages = (
        (PROJECT / "samples" / company / "reports" / f"{name}.txt").read_text("utf-8").split("\n=== page ===\n")
    )
    fields = dict(line.split(": ", 1) for line in head.strip().splitlines())
    year, quarter = REPORTS[company][name]
    url = f"https://{company}.example/{name}.pdf"
    return Article(
        company, url, fields["title"], NOW, PAGE_BREAK.join(pages), kind="report",
        published=datetime.fromisoformat(fields["date"]),
        files=[File(url, company=company.upper(), fiscal_year=year, quarter=quarter)],
    )  # fmt: skip


@pytest.fixture(scope="module")
def opened(server: str) -> Iterator[tuple[SimilarityIndex, dict[str, str]]]:
    """An index of the bundled reports, and their ids by name."""
    address = another_database(server, f"test_{uuid4().hex[:12]}")
    database, analyzer = connect(address), Analyzer()
    preparation.prepare(database, analyzer.version)
    dictionary, ids = SharedDictionary(database), {}
    for company, reports in REPORTS.items():
        for name in reports:
            article = article_of(company, name)
            pages = analyzed_article(article.title, article.texts, analyzer).pages
            write(database, [VectorizedArticle(article, dictionary.bags_of_words(pages))])
            ids[name] = article.id
    with SimilarityIndex.open(address, live=False) as index:
        yield index, ids
    database.client.drop_database(database.name)
    database.client.close()


def asked(opened: tuple[SimilarityIndex, dict[str, str]], name: str, place: int | str) -> Earlier:
    index, ids = opened
    given = {"page": place} if isinstance(place, int) else {"passage": place}
    return index.earlier(ids[name], **given)


def test_the_right_page_of_earlier_reports_is_named(opened) -> None:
    wrong = []
    for company, name, place, earlier_name, page in CHOSEN:
        found = asked(opened, name, place)
        assert {report.article.source for report in found.reports} == {company}
        pages = {report.article.id: report.page for report in found.reports}
        if pages.get(opened[1][earlier_name]) != page:
            wrong.append((name, place, earlier_name, page, pages.get(opened[1][earlier_name])))
    assert len(CHOSEN) == 15
    assert len(wrong) <= 3, wrong


def test_reports_come_newest_first_with_their_quarter_and_text(opened) -> None:
    found = asked(opened, "1Q2026_ER_EN", 1)
    assert (found.page, found.company) == (1, "SMIC")
    assert found.text.startswith("SEMICONDUCTOR MANUFACTURING INTERNATIONAL CORPORATION")
    releases = [
        (report.year, report.quarter) for report in found.reports if report.article.title.startswith("SMIC reports")
    ]
    assert releases == [(2025, 4), (2025, 3), (2025, 2), (2025, 1), (2024, 4)]
    dates = [report.article.published for report in found.reports]
    assert dates == sorted(dates, reverse=True)
    best = max(found.reports, key=lambda report: report.score)
    assert (best.year, best.quarter, best.page) == (2025, 4, 1)
    assert "2025 Fourth Quarter Results" in best.text
    assert all(0 < report.score <= 1 for report in found.reports)


def test_of_one_period_only_the_most_similar_report_is_shown(opened) -> None:
    found = asked(opened, "2026Q1_688981", 2)  # in Chinese; each period has an English report too, most of them newer
    periods = [(report.year, report.quarter) for report in found.reports]
    assert len(periods) == len(set(periods)) >= 3
    ids = {report.article.id for report in found.reports}
    assert {opened[1]["2025_AR_688981"], opened[1]["2025_HY_688981"]} <= ids


def test_the_same_quarter_is_not_earlier(opened) -> None:
    assert opened[1]["3Q26-EarningsRelease"] not in {
        report.article.id for report in asked(opened, "3Q26-FS", 1).reports
    }


def test_what_cannot_be_asked_is_refused(opened) -> None:
    index, ids = opened
    for arguments, option in (
        ({"page": 1, "passage": "x"}, "page"), ({"page": 9}, "page"), ({"page": 0}, "page"),
        ({"page": "1"}, "page"), ({"passage": "的 the"}, "passage"), ({"passage": 3}, "passage"), ({"page": 1, "k": 0}, "k"),
    ):  # fmt: skip
        with pytest.raises(QueryError) as refused:
            index.earlier(ids["3Q2025_ER_EN"], **arguments)
        assert refused.value.option == option
    with pytest.raises(QueryError, match="no article 'nowhere' is stored"):
        index.earlier("nowhere", page=1)


def test_the_command_shows_period_page_and_title(opened) -> None:
    index, ids = opened
    done = run("similarity", "earlier", ids["4Q2025_ER_EN"], "--page", 2, mongodb_uri=index.address)
    assert done.returncode == 0, done.stderr
    first = done.stdout.splitlines()[0]
    assert first.startswith("2025 Q3") and "第2页 p. 2" in first
    refused = run("similarity", "earlier", ids["4Q2025_ER_EN"], "--page", 9, mongodb_uri=index.address)
    assert_one_line_error(refused, "there is no page 9: the report has 2")
