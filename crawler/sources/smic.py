"""SMIC: the financial summary by year, with files on another host, and news in English and Chinese."""

import re
from dataclasses import replace
from typing import Any

from crawler.discovery.methods import Link, ListedDocument, Listing, Reports
from crawler.discovery.reports import file_name, period_of
from crawler.source import Selectors, Source
from text.language import HAN


def document_of(document: ListedDocument, link: Link) -> Link:
    """Titles from the panel and the year in the page's address; many files share a name such as ER_EN.pdf."""
    year = re.search(r"[?&]year=(\d{4})", document.listed_at)
    period = period_of(file_name(document.url)) or period_of(document.text)
    if year and not period and document.label == "Quarterly Earnings" and document.namesakes == 4:
        # Four releases of one name are the quarters, newest first; with more or fewer their order says nothing.
        period = f"Q{4 - document.namesakes_before} {year[1]}"
    title = document.text if re.search(rf"[A-Za-z]{{4}}|[{HAN}]{{2}}", document.text) else file_name(document.url)
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
    # A row of a table, or whatever holds the link.
    "item": "tr:has(a[href*=news_read]), *:not(tr *):has(> a[href*=news_read])",
    "link": "a[href*=news_read]::attr(href)",
    "title": "td.title a || a ::text",
    # The day next to the link; the text of the link may contain others.
    "published": "td.date || :not(a):not(a *)::text",
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
    discovery=(
        Reports(f"{_SITE}/en/site/company_financialSummary?year={{year}}", **_REPORTS),
        # The address in the list of sources, in Chinese, with the same files.
        Reports(f"{_SITE}/site/company_financialSummary?year={{year}}", **_REPORTS),
        Reports(f"{_SITE}/en/site/company_financialSummary", **_REPORTS),
        Listing(f"{_SITE}/en/site/news?year={{year}}", part="news", **_NEWS),
        Listing(f"{_SITE}/en/site/news", part="news", **_NEWS),
        # Has other articles than the English site; a plain client was refused here.
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
    reporting=tuple((f"{month:02}-04", f"{month:02}-15") for month in (2, 5, 8, 11)),
)
