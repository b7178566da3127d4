"""Samsung: earnings presentations, interim reports and audited statements, all of them PDFs."""

import re
from dataclasses import replace

from crawler.discovery.methods import Link, ListedDocument, Reports
from crawler.discovery.reports import file_name, period_of
from crawler.source import Source

_KINDS = (
    (r"conference|earnings.release", "Earnings presentation"),
    (r"interim.report", "Interim report"),
    (r"business.report", "Business report"),
    (r"con.quarter.*all|consolidated.financial.statements", "Consolidated financial statements"),
    (r"con.quarter.*soi\b", "Consolidated statement of profit or loss"),
    (r"con.quarter.*bs\b", "Consolidated balance sheet"),
)


def document_of(document: ListedDocument, link: Link) -> Link:
    """Kind and period are in the file name; the link only says "PDF", and the title in the PDF is wrong."""
    name = file_name(document.url)
    kind = next((words for pattern, words in _KINDS if re.search(pattern, name, re.IGNORECASE)), name)
    # A presentation with a day in its name is about the quarter before that day.
    if day := re.match(r"(\d{4})(\d\d)\d\d", name):
        year, quarter = int(day[1]), (int(day[2]) - 1) // 3
        return replace(link, title=f"Samsung Electronics: {kind}, Q{quarter or 4} {year if quarter else year - 1}")
    period = period_of(document.url.rsplit("/", 1)[-1])
    if re.search(r"_Half_", document.url, re.IGNORECASE):
        period = f"first half of {period}"
    return replace(link, title=f"Samsung Electronics: {kind}{', ' * bool(period)}{period}")


SOURCE = Source(
    number=5,
    key="samsung",
    name="Samsung",
    name_zh="三星",
    category="半导体科技",
    address="https://www.samsung.com/global/ir/financial-information/audited-financial-statements/",
    note="韩国龙头，看年报季报",
    language="en",
    timezone="Asia/Seoul",
    discovery=tuple(
        # One page lists the presentations of all years; whether the other two pages do is unknown.
        Reports(f"https://www.samsung.com/global/ir/{page}/", keep="full", part=page, complete="earnings" in page)
        for page in (
            "financial-information/earnings-release",
            "financial-information/audited-financial-statements",
            "reports-disclosures/business-report",
        )
    ),
    keep="headline",
    enabled=True,
    why="Public documents, and robots.txt of 2025 bars nothing here; once a day is enough.",
    hosts=("images.samsung.com",),
    include=r"/global/ir/docs/",
    kind="report",
    from_link=("title",),
    document_of=document_of,
    # The host of the files refuses some programs.
    entry_stands_in=True,
    delay=5.0,
    # Guidance in the first week of a quarter, results in its last week of the first month.
    reporting=tuple(
        (f"{month:02}-{first:02}", f"{month:02}-{last:02}")
        for month in (1, 4, 7, 10)
        for first, last in ((5, 10), (24, 31))
    ),
)
