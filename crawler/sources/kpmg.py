"""KPMG: insights on semiconductors, by the sitemaps of the global and the US site."""

from crawler.source import Selectors, Sitemap, Source

SOURCE = Source(
    number=13,
    key="kpmg",
    name="KPMG",
    name_zh="毕马威",
    category="金融财务",
    address="https://home.kpmg/xx/en/home/insights.html",
    note="有较多行业数据",
    language="en",
    timezone="Europe/Amsterdam",
    ways=(
        Sitemap("https://kpmg.com/xx/en/sitemap.xml", part="global"),
        Sitemap("https://kpmg.com/sitemap-index.xml", follow=r"/xx/en/sitemap", part="global"),
        Sitemap("https://kpmg.com/us/en/sitemap.xml", part="usa"),
    ),
    keep="full",
    enabled=True,
    why="The sitemaps are open; the search interface stays off until the live robots.txt has been read.",
    include=r"^https://kpmg\.com/(xx|us)/en/(?!.*\.(print\.html|model\.json)).*(semiconductor|[-/]chips?[-./])",
    selectors=Selectors(body=".bodytext-data", drop=".hidden-xs, .sr-only"),
    site_names=("KPMG",),
    delay=5.0,
)
