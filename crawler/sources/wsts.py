"""WSTS: market statistics from the reports of semiconductor companies."""

import re

from crawler.discovery.methods import Listing, Reports
from crawler.extraction.wsts_billings import read_billings
from crawler.source import Selectors, Source, Thresholds

_SITE = "https://www.wsts.org"


def address_of(url: str) -> str:
    """The bare host serves the same pages."""
    return url.replace("://wsts.org/", "://www.wsts.org/", 1)


def address_with(url: str, title: str) -> str:
    """The address with the words of the title: the site reuses addresses such as /76/103/ for later releases.

    The site ignores the words after the number, and makes them from the title in the same way.
    """
    words = "-".join(re.sub(r"[^\w\s-]", "", title).split())
    numbered = re.match(rf"{re.escape(_SITE)}/\d+/\d+(?=/|$)", url)
    return f"{numbered[0]}/{words}" if numbered else f"{url}?release={words}"


SOURCE = Source(
    number=3,
    key="wsts",
    name="WSTS",
    name_zh="全球半导体贸易统计协会",
    category="行业协会",
    address="https://www.wsts.org/",
    note="比较权威",
    language="en",
    timezone="Europe/Berlin",
    discovery=(
        Listing(
            f"{_SITE}/76/Recent-News-Release",
            item="div.mainContent",
            link="",
            title="div.article > h1",
            body="div.ContentText, div.dclinks",
        ),
        Reports(
            f"{_SITE}/76/Recent-News-Release", file=r"/media/f/WST/[^?#]{0,300}?release[^?#]{0,300}\.pdf", kind="news"
        ),
        Listing(
            f"{_SITE}/76/PRESS-ARCHIVE",
            item="div.content-view-children div.NewsArchive a",
            link="::attr(href)",
            title="::text",
            part="archive",
        ),
        Reports(f"{_SITE}/67/Historical-Billings-Report", file=r"\.xlsx($|\?)", kind="data", part="data"),
    ),
    keep="abstract",
    enabled=True,
    why="Three public pages, read at a low rate; reproduction is barred, so no text is kept.",
    # Statistics for members (/77/) and registration (/135/) are no releases.
    include=r"^https://www\.wsts\.org/76/(?!PRESS-ARCHIVE).|/media/f/WST/",
    selectors=Selectors(
        title="div.article > h1",
        body="div.ContentText p",
        files="div.dclinks a.clinks::attr(href), div.dclinks a::attr(href)",
        drop="div.dclinks",
        stop=r"^\s*About WSTS",
    ),
    address_of=address_of,
    address_with=address_with,
    workbook_of=read_billings,
    dated_by_files=True,
    # Half of its releases have no date.
    thresholds=Thresholds(published=0),
    delay=10.0,
)
