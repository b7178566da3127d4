"""TSMC: headlines of press releases, annual and quarterly reports as PDFs, monthly revenue as data."""

import re
from dataclasses import replace
from typing import Any

from crawler.discovery.methods import Link, ListedDocument, Listing, Reports
from crawler.discovery.reports import file_name, period_of
from crawler.extraction.charset import decode
from crawler.extraction.months import MONTHS
from crawler.extraction.tsmc_revenue import MonthlyRevenue, as_html, monthly_revenue
from crawler.source import Source
from store.article import Access, Article

_PRESS: dict[str, Any] = {
    "item": "article.node--type-news",
    "title": ".article-title || a",
    "published": "time::attr(datetime) || time",
    "part": "press",
}
_IR = "https://investor.tsmc.com/english"
# Not the files in the menu of every page, which lie under /media-files/.
_FILE = r"^(?!.*/media-files/).*\.pdf($|\?)|/encrypt_file/(reports|qr)/"
_REVENUE = re.compile(r"/monthly-revenue/(\d{4})$")
_BOOK = r"/static/annualReports/(\d{4})/english/(?:index\.html)?$"
_KINDS = (
    (r"earnings ?release", "Earnings release"),
    (r"management ?report", "Management report"),
    (r"presentation.*\bE\b", "Earnings presentation"),
    (r"presentation.*\bC\b", "Earnings presentation in Chinese"),
    (r"transcript", "Transcript of the earnings conference"),
    (r"^(\dQ\d\d ?)?FS\b", "Financial statements"),
    (r"annual ?report", "Annual report"),
    (r"business ?overview", "Business overview"),
    (r"\b20-?F\b", "Form 20-F"),
)


def address_of(url: str) -> str:
    """A report has one address per language, with the same 40 digits; the Chinese ones were refused."""
    return url.replace("/chinese/encrypt/", "/english/encrypt/", 1)


def document_of(document: ListedDocument, link: Link) -> Link:
    """Kind and period from the file name; for "FS.pdf" the period is in the address of the page."""
    if book := re.search(_BOOK, document.url):
        # Pages that need a browser: their links are kept, the pages are not read.
        return replace(link, title=f"TSMC Annual report (HTML), {book[1]}", access="headline")
    name = file_name(document.url)
    kind = next((words for pattern, words in _KINDS if re.search(pattern, name, re.IGNORECASE)), "")
    page = re.search(r"/quarterly-results/(\d{4})/q([1-4])", document.listed_at)
    period = f"Q{page[2]} {page[1]}" if page else period_of(name.replace(" ", "_")) or period_of(document.text)
    return replace(link, title=f"TSMC {kind}{', ' * bool(period)}{period}") if kind else link


def link_of(_: dict[str, Any], link: Link) -> Link | None:
    """The monthly revenue of a year: the page is the article, and its table becomes sentences."""
    year = _REVENUE.search(link.url)
    if year is None:
        return link
    months = monthly_revenue(link.body, int(year[1]))
    if not months:
        return None
    title, summary = _named(months[-1])
    return replace(link, title=title, summary=summary, body=as_html(months), kind="data", access="full")


def article_of(page: bytes, article: Article) -> Article:
    """The same of a saved page."""
    year = _REVENUE.search(article.url)
    months = monthly_revenue(decode(page), int(year[1])) if year else []
    if not months:
        return article
    title, summary = _named(months[-1])
    body = "\n".join(f"{month.text}." for month in reversed(months))
    return replace(article, title=title, summary=summary, body=body, kind="data", published=None)


def access_of(page: bytes) -> Access:
    """Figures may be kept; of releases only the headline."""
    return "full" if b"node--type-monthly-revenue" in page else "headline"


def _named(latest: MonthlyRevenue) -> tuple[str, str]:
    return f"TSMC monthly revenue, {MONTHS[latest.month - 1]} {latest.year}", f"{latest.text}."


SOURCE = Source(
    number=4,
    key="tsmc",
    name="TSMC",
    name_zh="台积电",
    category="半导体科技",
    address="https://investor.tsmc.com/english/annual-reports",
    note="全球龙头，看年报季报",
    language="en",
    timezone="Asia/Taipei",
    discovery=(
        Listing("https://pr.tsmc.com/english/latest-news", **_PRESS),
        Listing("https://pr.tsmc.com/english/news-archives", **_PRESS),
        Reports(f"{_IR}/annual-reports", file=rf"{_FILE}|{_BOOK}", keep="full", part="annual"),
        Reports(f"{_IR}/sec-filings", file=_FILE, keep="full", kind="filing", part="filings"),
        # The page of a quarter lists all its documents.
        Reports(
            f"{_IR}/quarterly-results/{{year}}/q{{quarter}}",
            file=_FILE,
            years=2,
            keep="full",
            part="quarterly",
            complete=True,
        ),
        # The months of a year as a table; figures of a company are no prose that anyone has a right to.
        Listing(
            f"{_IR}/monthly-revenue/{{year}}",
            item="article.node--type-monthly-revenue",
            link="",
            title="h3",
            body="table",
            years=2,
            part="monthly",
        ),
        # Last: of a document on both pages, the page of the quarter has the period.
        Reports(f"{_IR}/financial-reports", file=_FILE, keep="full", verified=False, part="statements"),
    ),
    keep="headline",
    enabled=True,
    why="Public documents; the investor host often answers with a challenge, so a run may come out degraded: then "
    "MOPS of the Taiwan exchange (company 2330) and EDGAR (CIK 0001046179) have the same files.",
    include=r"/english/news/\d+|/english/monthly-revenue/\d{4}$|/sites/ir/|/encrypt_file/|/static/annualReports/",
    site_names=("Taiwan Semiconductor Manufacturing Company Limited",),
    address_of=address_of,
    document_of=document_of,
    link_of=link_of,
    article_of=article_of,
    access_of=access_of,
    from_link=("title",),
    # Quarters in the middle of the month after them, and the revenue of each month around the tenth of the next.
    reporting=tuple((f"{month:02}-08", f"{month:02}-{20 if month % 3 == 1 else 12}") for month in range(1, 13)),
)
