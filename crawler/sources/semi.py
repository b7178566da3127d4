"""SEMI: the trade association of equipment and materials makers."""

from crawler.source import Feed, Listing, Selectors, Source

_RELEASES = '/semi-press-release/"], div.view-content a[href*="/semi-press-releases/'

SOURCE = Source(
    number=1,
    key="semi",
    name="SEMI",
    category="行业协会",
    address="https://www.semi.org/en",
    note="专业，但是需要企业会员",
    language="en",
    timezone="America/Los_Angeles",
    ways=(
        Feed("https://www.semi.org/en/rss.xml", verified=False),
        Listing(
            "https://www.semi.org/en/news-media-press-releases",
            item=f'div.view-content a[href*="{_RELEASES}"]',
            link="::attr(href)",
            title="::text",
            verified=False,
        ),
    ),
    keep="abstract",
    enabled=True,
    why="Its releases are open, though Cloudflare's challenge met a plain client in June 2026.",
    include=r"/semi-press-releases?/",
    selectors=Selectors(
        title='meta[property="og:title"]::attr(content), h1',
        published='meta[property="article:published_time"]::attr(content), time::attr(datetime)',
        summary="meta[name=description]::attr(content)",
        body=".field--name-body",
    ),
    site_names=("SEMI",),
    delay=10.0,
)
