"""WSTS: the market statistics that the industry's own companies report."""

from crawler.source import Listing, Reports, Selectors, Source


def address_of(url: str) -> str:
    """The bare host serves the same pages."""
    return url.replace("://wsts.org/", "://www.wsts.org/", 1)


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
    ways=(
        # The page of the latest release keeps its address for every release; its PDF has one of its own.
        Reports("https://www.wsts.org/76/Recent-News-Release", file=r"/media/f/WST/.*release.*\.pdf", kind="news"),
        Listing(
            "https://www.wsts.org/76/PRESS-ARCHIVE",
            item="div.content-view-children div.NewsArchive a",
            link="::attr(href)",
            title="::text",
            part="archive",
        ),
        Reports("https://www.wsts.org/67/Historical-Billings-Report", file=r"\.xlsx($|\?)", kind="data", part="data"),
    ),
    keep="abstract",
    enabled=True,
    why="Three public pages, read at a low rate; reproduction is barred, so no text is kept.",
    selectors=Selectors(title="div.article > h1", body="div.ContentText p", stop=r"^\s*About WSTS"),
    from_link=("title",),
    address_of=address_of,
    delay=10.0,
)
