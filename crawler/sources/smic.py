"""SMIC: the financial summary by year, whose files lie on another host, and news in English and Chinese."""

import re
from dataclasses import replace
from typing import Any

from crawler.source import Selectors, Source
from crawler.way import Document, Link, Listing, Reports
from crawler.ways.reports import file_name, period_of


def document_of(document: Document, link: Link) -> Link:
    """The panel says what a document is, the page's address of which year; many share a name such as ER_EN.pdf."""
    year = re.search(r"[?&]year=(\d{4})", document.listed_at)
    period = period_of(file_name(document.url)) or period_of(document.text)
    if year and not period and document.label == "Quarterly Earnings" and document.of == 4:
        # Four releases of one name are those of the year, newest first; a fifth or missing one would shift them.
        period = f"Q{4 - document.place} {year[1]}"
    title = document.text if re.search(r"[A-Za-z]{4}|[\u4e00-\u9fff]{2}", document.text) else file_name(document.url)
    if year and not re.search(r"(?<!\d)20\d\d(?!\d)", title):
        title = f"{title} ({period or year[1]})"
    heading = f"{document.label}: " if document.label and document.label not in title else ""
    return replace(link, title=f"SMIC {heading}{title}")


_SITE = "https://www.smics.com"
_REPORTS: dict[str, Any] = {
    "file": r"\.(pdf|xlsx)($|\?)",
    "years": 3,
    "complete": True,
    "panels": {
        "#page_slide_0": ("Quarterly Earnings", "report"),
        "#page_slide_1": ("Interim / Annual Report", "report"),
        "#page_slide_2": ("Historical Financials", "data"),
    },
}
_NEWS: dict[str, Any] = {
    "item": "*:has(> a[href*=news_read])",
    "link": "a[href*=news_read]::attr(href)",
    "title": "a ::text",
    # The day that stands beside the link; the text of the link may name others.
    "published": ":not(a):not(a *)::text",
    "years": 2,
    "verified": False,
}

SOURCE = Source(
    number=7,
    key="smic",
    name="SMIC",
    name_zh="中芯",
    category="半导体科技",
    address="https://www.smics.com/site/company_financialSummary",
    note="大陆龙头，看年报季报",
    language="en",
    timezone="Asia/Shanghai",
    ways=(
        Reports(f"{_SITE}/en/site/company_financialSummary?year={{year}}", **_REPORTS),
        # The user's own address, in Chinese, with the same files.
        Reports(f"{_SITE}/site/company_financialSummary?year={{year}}", **_REPORTS),
        Reports(f"{_SITE}/en/site/company_financialSummary", **_REPORTS),
        Listing(f"{_SITE}/en/site/news?year={{year}}", part="news", **_NEWS),
        Listing(f"{_SITE}/en/site/news", part="news", **_NEWS),
        # Other articles than the English ones; a plain client has been refused here.
        Listing(f"{_SITE}/site/news?year={{year}}", part="Chinese news", **_NEWS),
    ),
    keep="full",
    enabled=True,
    why="Public company documents; the English pages answered a plain client.",
    hosts=("smic.cdn.shwebspace.com",),
    include=r"/uploads/|/news_read/\d+",
    selectors=Selectors(published="div.date.clearfix > div > p"),
    from_link=("title", "kind"),
    document_of=document_of,
)
