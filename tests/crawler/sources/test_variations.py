"""Pages that differ from the samples in order of attributes, quotes, addresses, labels and dates."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from crawler.authoring.captured_links import read_captured
from crawler.discovery.entry_page import EntryPageError
from crawler.discovery.methods import JsonApi, Link
from crawler.discovery.reader import read_entry_page
from crawler.extraction import read_document
from crawler.sources import source
from crawler.spider.article_builder import article_from_entry
from store.article import Article

NOW = datetime(2026, 11, 20, tzinfo=UTC)
TEXT = "".join(
    f"<p>Makers of {what} said that orders of the third quarter were well above those of the year before it.</p>"
    for what in ("memory", "logic", "sensors", "wafers")
)


def links(key: str, page: str | list | dict, url: str = "") -> list[Link]:
    data = page if isinstance(page, str) else json.dumps(page)
    return read_captured(data.encode(), source(key), NOW, url).entry.links


def link_facts(key: str, page: str | list | dict, url: str = "") -> list[tuple[str, str, str]]:
    """Address without the site's, title and UTC time of each link."""
    return [
        (link.url.split("/", 3)[3], link.title, f"{link.published:%Y-%m-%d %H:%M}" if link.published else "")
        for link in links(key, page, url)
    ]


def article(key: str, page: str, url: str) -> Article:
    return read_document(page.encode(), url, captured=NOW, source=source(key))


TSMC = "https://pr.tsmc.com/english/latest-news"
AUGUST = ("english/news/3340", "TSMC August 2026 Revenue Report", "2026-09-09 16:00")


@pytest.mark.parametrize(
    "item",
    [
        "<a href=/english/news/3340><div class=date>2026/09/10</div><div>TSMC August 2026 Revenue Report</div></a>",
        "<a href=/english/news/3340><img></a><a href=/english/news/3340>2026/09/10 TSMC August 2026 Revenue Report</a>",
        "<a href=/english/news/3340>2026/09/10 TSMC <b>August</b> 2026 Revenue Report</a>",
        "<time>2026/09/10</time><h3 class=article-title><a href=/english/news/3340>TSMC August 2026 Revenue Report</a>",
        "<a href=http://pr.tsmc.com/english/news/3340><span class=article-title>TSMC August 2026 Revenue Report</span>"
        "</a><a href=/english/news/3340>Read more</a><time datetime=2026-09-10>Sep. 10, 2026</time>",
    ],
)
def test_press_items_of_tsmc(item: str) -> None:
    assert link_facts("tsmc", f"<article class='node node--type-news teaser'>{item}</article>", TSMC) == [AUGUST]


SMIC = "https://www.smics.com/en/site/news?year=2026"
RESULTS = ("en/site/news_read/7949", "SMIC Reports Results", "2026-02-09 16:00")


@pytest.mark.parametrize(
    "item",
    [
        "<li><a href=/en/site/news_read/7949><span>2026-02-10</span><h3>SMIC Reports Results</h3><p>For 2025</p></a>",
        "<li><a href=/en/site/news_read/7949>SMIC Reports Results</a><p>For the year ended 2025-12-31</p>2026-02-10",
        "<li><h4><a href=http://smics.com/en/site/news_read/7949>SMIC Reports Results</a></h4><p>2026-02-10</p>",
        "<a href=/en/site/news_read/7949><i>2026-02-10</i><b>SMIC Reports Results</b></a>",
    ],
)
def test_news_items_of_smic(item: str) -> None:
    found = link_facts("smic", f"<ul>{item}</ul>", SMIC)
    assert [(url, title) for url, title, _ in found] == [RESULTS[:2]]
    assert found[0][2] in (RESULTS[2], "")


def test_a_document_may_be_shown_in_the_page_instead_of_linked() -> None:
    page = "<div id=page_slide_0><iframe src=/uploads/6a7d7c5e/2Q2026_ER_EN.pdf></iframe></div>"
    assert [link.url for link in links("smic", page)] == ["https://www.smics.com/uploads/6a7d7c5e/2Q2026_ER_EN.pdf"]


def test_the_end_of_a_quarter_is_not_the_day_of_its_report() -> None:
    number = "0000050863-22-000033"
    line = f"<div><a href=/filings-reports/quarterly-reports/content/{number}/{number}.pdf>10-Q</a></div>"
    page = f"<div><h3>Q3 2022</h3><div>Quarter Ended Sep 30, 2022</div>{line}</div>"
    assert [link.published for link in links("intel", page)] == [None]
    (link,) = links("intel", page.replace("</h3>", "</h3><p>Oct 28, 2022</p>"))
    assert link.published == datetime(2022, 10, 28, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("key", "listed", "asked"),
    [
        ("semi", "http://semi.org/en/semi-press-release/a", "https://www.semi.org/en/semi-press-release/a"),
        ("reuters", "http://www.reuters.com/technology/chips/", "https://www.reuters.com/technology/chips/"),
        ("accenture", "http://accenture.com/us-en/insights/chips", "https://www.accenture.com/us-en/insights/chips"),
        ("semiinsights", "https://semi-insights.com/s/a/1/2.shtml", "http://www.semi-insights.com/s/a/1/2.shtml"),
        (
            "mckinsey",
            "http://www.mckinsey.com/industries/semiconductors/our-insights/chips/?cid=x",
            "https://www.mckinsey.com/industries/semiconductors/our-insights/chips",
        ),
        ("pwc", "https://pwc.com/gx/en/industries/tmt/a.html?x=1#y", "https://www.pwc.com/gx/en/industries/tmt/a.html"),
    ],
)
def test_a_link_is_requested_at_the_sites_own_host(key: str, listed: str, asked: str) -> None:
    feed = f"<urlset><url><loc>{listed}</loc></url></urlset>"
    page = (
        f"<li class='clearfix bor'><h5 class=h5><a href='{listed}'>x</a></h5></li><div class=view-content>"
        f"<a href='{listed}'>x</a></div>"
    )
    listing = key in ("semi", "semiinsights")
    assert [link.url for link in links(key, page if listing else feed)] == [asked]


def test_a_port_of_its_own_is_another_site() -> None:
    page = "<div class=view-content><a href=http://semi.org:8443/en/semi-press-release/a>A</a></div>"
    with pytest.raises(EntryPageError, match="dropped for their host"):
        links("semi", page)


def test_the_archive_of_wsts_leads_to_releases_only() -> None:
    paths = ("/76/103/Some-Release", "/76/110", "/76/Title-Only", "/135/263/Registration-x", "/77/MONTHLY-REPORTS")
    items = "".join(f"<li><a href='{path}'>R</a></li>" for path in (*paths, "http://wsts.org/76/91/Old", "/76/"))
    page = f"<div class=content-view-children><div class=NewsArchive><ul>{items}</ul></div></div>"
    found = [link.url for link in links("wsts", page, "https://www.wsts.org/76/PRESS-ARCHIVE")]
    assert found == [f"https://www.wsts.org{path}" for path in (*paths[:3], "/76/91/Old")]


POST = {"link": "https://www.semiconductors.org/x/", "title": {"rendered": "Sales"}}


@pytest.mark.parametrize(
    "date",
    [
        {"date_gmt": "2026-06-05T21:00:00"},
        {"date_gmt": "2026-06-05T21:00:00Z"},
        {"date": "2026-06-05T17:00:00"},
        {"date": "2026-06-05T17:00:00", "date_gmt": None},
    ],
)
def test_the_date_of_a_wordpress_post(date: dict) -> None:
    assert link_facts("sia", [POST | date])[0][2] == "2026-06-05 21:00"


def test_a_list_of_sia_whose_summary_is_bare_text() -> None:
    page = """<div class=col-sm-8><a href=/x/><h3>Sales</h3></a>Bare […]<div class=resource-item-meta>Blog: 07/21/21</div>"""
    (link,) = links("sia", page)
    assert (link.summary, f"{link.published:%Y-%m-%d}") == ("", "2021-07-21")


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        ({"path": "insights/articles/chips"}, [{"id": "gscom:content-type/article"}]),
        ({"slug": "/insights/articles/chips"}, [{"title": "Article"}]),
        ({"path": "https://www.goldmansachs.com/insights/articles/chips"}, {"title": "article"}),
    ],
)
def test_items_of_goldman_sachs(place: dict, kind: object) -> None:
    item = {"title": "Chips", **place, "cmsPageProps": {"publishDate": "2026-02-25T14:00:00.000Z", "contentType": kind}}
    assert link_facts("goldman_sachs", [item]) == [("insights/articles/chips", "Chips", "2026-02-25 14:00")]


@pytest.mark.parametrize(
    ("facts", "url", "tickers"),
    [
        ("<guid>4562077</guid><category type='symbol' link='https://seekingalpha.com/symbol/AMD'/>", "", ("AMD",)),
        ("<guid>https://seekingalpha.com/article/4904996-in-2027</guid>", "article/4904996", ()),
        ("<category domain='https://seekingalpha.com/symbol/NVDA'>NVIDIA Corporation</category>", "", ("NVDA",)),
        ("<category domain='https://seekingalpha.com/symbol/TSM'>TSM</category>", "", ("TSM",)),
    ],
)
def test_items_of_seeking_alpha(facts: str, url: str, tickers: tuple[str, ...]) -> None:
    item = f"<item><title>Chips</title><link>https://seekingalpha.com/news/4562077-chips-in-2026</link>{facts}</item>"
    (link,) = links("seeking_alpha", f"<rss version='2.0'><channel>{item}</channel></rss>")
    assert (link.url, link.tags) == (f"https://seekingalpha.com/{url or 'news/4562077'}", tickers)


def test_words_that_a_search_has_marked_stay_together() -> None:
    hit = {"id": 1, "title": "<em>半导体</em><em>设备</em>行业", "abstractText": "The <b>chip</b><br>maker"}
    (link,) = links("datayes", {"code": 0, "message": "success", "data": {"list": [{"data": hit}]}})
    assert (link.title, link.summary) == ("半导体设备行业", "The chip maker")


def test_a_label_of_gartners_list_is_no_headline() -> None:
    folder = "/en/newsroom/press-releases/2026-04-07-gartner-says-revenue"
    page = f"<a href={folder}-grew><img></a><a href={folder}-grew><p>April 7, 2026</p>Gartner Says</a>"
    assert [link.title for link in links("gartner", page)] == ["Gartner Says"]
    (link,) = links("gartner", f"<a href={folder}-grew>Read more</a>")
    found = article_from_entry(link, source("gartner"), NOW)
    assert (found.title, found.tags) == ("Gartner says revenue grew", ["title from address"])


def test_a_page_of_accenture_on_semis_is_on_topic() -> None:
    from crawler.discovery.select import is_wanted

    for slug, wanted in (("semi-value-chain", True), ("semi-annual-report", False), ("retail", False)):
        assert (
            is_wanted(Link(f"https://www.accenture.com/us-en/insights/high-tech/{slug}"), source("accenture")) == wanted
        )


@pytest.mark.parametrize(
    ("key", "url", "head", "body", "title"),
    [
        (
            "semi",
            "https://www.semi.org/en/semi-press-release/x",
            "<meta content='Billings Up - Again | SEMI' property=og:title>",
            "<h1>Billings Up - Again</h1>",
            "Billings Up - Again",
        ),
        (
            "semiinsights",
            "http://www.semi-insights.com/s/bdt/15/1.shtml",
            "<title>台积电营收增长-半导体行业观察</title>",
            "<h1><a href=/>半导体行业观察</a></h1><h2>台积电营收增长</h2>",
            "台积电营收增长",
        ),
        (
            "kpmg",
            "https://kpmg.com/xx/en/our-insights/x.html",
            "<meta property=og:title content='Chips now - KPMG Global'>",
            "",
            "Chips now",
        ),
        (
            "mckinsey",
            "https://www.mckinsey.com/industries/semiconductors/our-insights/x",
            "<meta property=og:title content='Intel: a new start | McKinsey &amp; Company'>",
            "",
            "Intel: a new start",
        ),
    ],
)
def test_the_sites_name_is_no_part_of_a_title(key: str, url: str, head: str, body: str, title: str) -> None:
    page = f"<html><head>{head}</head><body>{body}<div>{TEXT}</div></body></html>"
    assert article(key, page, url).title == title


def test_a_bare_day_has_no_time_of_day() -> None:
    data = '{"@type": "Article", "headline": "Chips", "datePublished": "2026-08-01"}'
    page = (
        "<meta name=itemdate content=2026-08-01T00:00:00Z><meta property=og:title content=Chips>"
        f"<script type=application/ld+json>{data}</script><div>{TEXT}</div>"
    )
    found = article("mckinsey", page, "https://www.mckinsey.com/industries/semiconductors/our-insights/x")
    assert found.published == datetime(2026, 8, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    "name", ["id=__NEXT_DATA__", "id='__NEXT_DATA__'", 'type="application/json" id = "__NEXT_DATA__"']
)
def test_the_pages_data_are_found_however_their_script_is_named(name: str) -> None:
    template = {"accessStatus": {"targetItem": {"key": {"value": "AllUsers"}}}}
    data = {"route": {"placeholders": {"jss-main": [{"fields": {"data": {"articleTemplate": template}}}]}}}
    props = {"pageProps": {"sitecoreContext": data, "story": {"headline": "Chips of 2027", "body": TEXT}}}
    page = f"<title>Chips</title><div>{TEXT}</div><script {name}>{json.dumps({'props': props})}</script>"
    url = "https://www.mckinsey.com/industries/semiconductors/our-insights/x"
    assert article("mckinsey", page, url).access == "full"
    assert article("bloomberg", page, "https://www.bloomberg.com/news/articles/2026-11-01/x").title == "Chips of 2027"


def test_menus_in_paragraphs_are_no_text_of_goldman_sachs() -> None:
    menu = "<p>What We Do Insights Our Firm Careers Sustainability Newsroom and all that a menu of a firm may hold</p>"
    foot = "<p>You can unsubscribe at any time by the link at the foot of every letter that we send to you here.</p>"
    page = f"<html><title>Chips</title><body>{menu}<h1>Chips</h1>{TEXT}{foot}</body></html>"
    body = article("goldman_sachs", page, "https://www.goldmansachs.com/insights/articles/chips").body
    assert [line[:9] for line in body.split("\n")] == ["Makers of"] * 4


@pytest.mark.parametrize("key", ["articleDate", "kpmg_article_date_time", "publishedDate"])
def test_old_pages_of_kpmg_have_their_date_in_a_script(key: str) -> None:
    data = json.dumps({"title": "Chips", key: "2021-10-05T08:00:00Z", "lastModifiedDate": "2026-01-01"})
    page = f"<h1>Chips and what they cost</h1><script>var kpmgMetaData={data};</script><div class=bodytext-data>{TEXT}</div>"
    found = article("kpmg", page, "https://kpmg.com/xx/en/home/insights/2021/10/chips.html")
    assert found.published == datetime(2021, 10, 5, 8, tzinfo=UTC)


def test_the_book_of_tsmcs_annual_report_is_linked_and_not_read() -> None:
    page = """<h3>2025</h3><a href="/static/annualReports/2025/english/index.html">E-Book</a>
        <a href="/static/annualReports/2025/chinese/index.html">E-Book</a>"""
    (link,) = links("tsmc", page, "https://investor.tsmc.com/english/annual-reports")
    assert (link.url, link.title, link.access, link.kind) == (
        "https://investor.tsmc.com/static/annualReports/2025/english/index.html",
        "TSMC Annual report (HTML), 2025",
        "headline",
        "report",
    )


def test_results_of_intel_are_known_in_a_folder_that_changes_with_each_build() -> None:
    folder = "https://d1io3yog0oux5.cloudfront.net"
    file = "intel/db/887/8894/earnings_release/Q4+22_EarningsRelease.pdf"
    page = "".join(
        f"<div class=result-line><a>Earnings Release</a><a class=link title='PDF: Intel Reports' href={folder}/_{build}/{file}>"
        "PDF</a></div>"
        for build in ("c1fc15825c117f32", "9e41c07ab35d628f")
    )
    page += f"<a href={folder}/_c1fc15825c117f32/intel/files/theme/guide.pdf>Guide</a>"
    (link,) = links("intel", page, "https://www.intc.com/filings-reports/quarterly-reports")
    assert (link.url, link.kind) == (f"{folder}/_c1fc15825c117f32/{file}", "report")
    assert link.title == "Intel Reports (Q4 2022)"


@pytest.mark.parametrize(
    ("line", "day"),
    [("HSINCHU, Taiwan, R.O.C. – Nov. 11, 2026 - TSMC today", 10), ("The board of Nov. 9, 2026 and others", None)],
)
def test_a_dateline_is_read_where_no_heading_precedes_it(line: str, day: int | None) -> None:
    page = f"<title>Board Approves</title><p>{line} held a meeting that approved a large sum for new plants.</p>{TEXT}"
    found = article("tsmc", page, "https://pr.tsmc.com/english/news/3350").published
    assert found == (datetime(2026, 11, day, 16, tzinfo=UTC) if day else None)


def test_the_moment_of_an_entry_is_more_than_the_day_of_a_dateline() -> None:
    text = (
        f"<p>WASHINGTON—June 5, 2026—The association told today of sales that nobody had thought of before.</p>{TEXT}"
    )
    post = {"content": {"rendered": text}, "date_gmt": "2026-06-05T21:00:07"}
    (link,) = links("sia", [POST | post])
    assert article_from_entry(link, source("sia"), NOW).published == datetime(2026, 6, 5, 21, 0, 7, tzinfo=UTC)


def test_of_pwcs_sitemaps_those_of_the_global_site_are_followed() -> None:
    def index(*names: str) -> str:
        children = "".join(f"<sitemap><loc>https://www.pwc.com/{name}.xml</loc></sitemap>" for name in names)
        return f"<sitemapindex>{children}</sitemapindex>"

    def further(*names: str) -> list[str]:
        entry = read_captured(index(*names).encode(), source("pwc"), NOW, "https://www.pwc.com/sitemap.xml").entry
        return [url.removeprefix("https://www.pwc.com/") for url in entry.further]

    assert further("gx/en/sitemap", "us/en/sitemap") == ["gx/en/sitemap.xml"]
    assert further("sitemap-1", "sitemap-2") == ["sitemap-1.xml", "sitemap-2.xml"]


def test_a_link_of_statista_without_its_host() -> None:
    item = {"title": "Semiconductors", "link": "/statistics/266973/global-semiconductor-sales-since-1988/"}
    assert [link.url for link in links("statista", {"items": [item]})] == [f"https://www.statista.com{item['link']}"]


def test_what_reuters_says_of_its_links_is_no_text() -> None:
    text = TEXT.replace("third quarter", "third <a href=/x>quarter<span>, opens new tab</span></a>")
    found = article("reuters", f"<h1>Orders</h1>{text}", "https://www.reuters.com/technology/orders-2026-11-01/")
    assert (found.body.count("third quarter were well"), "tab" in found.body) == (4, False)


def test_a_row_of_smics_table_has_the_day_beside_the_title() -> None:
    row = "<tr><td class=title><p class=t><a href=/en/site/news_read/7949>SMIC Reports Results</a></p></td>"
    row += "<td class=date><p>2026-02-10</p></td></tr>"
    assert link_facts("smic", f"<table>{row}</table>", SMIC) == [RESULTS]


@pytest.mark.parametrize("day", ["2026-4-7", "2026-04-07"])
def test_a_card_of_gartners_has_its_headline_day_and_topic_apart(day: str) -> None:
    href = f"/en/newsroom/press-releases/{day}-gartner-says-chip-revenue-grew"
    card = f"""<a href={href} data-promo-name="Gartner Says Chip Revenue Grew"><p class=eye-brow><span>Announcement</span> |
        <span>April 7, 2026</span></p><h5>Gartner Says Chip Revenue Grew</h5><p class=eye-brow><span>Chips</span></p></a>"""
    (link,) = links("gartner", card)
    assert (link.title, link.tags) == ("Gartner Says Chip Revenue Grew", ("Chips",))
    assert link.published == datetime(2026, 4, 7, 4, tzinfo=UTC)
    undated = card.replace(f"{day}-", "")
    assert [found.title for found in links("gartner", undated)] == ["Gartner Says Chip Revenue Grew"]


def test_the_documents_of_a_release_of_intels_are_its_files_and_no_text() -> None:
    box = """<div class="related-documents-line"><time datetime="2026-07-23 16:15:00">July 23, 2026 4:15 pm EDT</time></div>
        <div class="related-documents"><h3>Related Documents</h3><a href="https://d1io3yog0oux5.cloudfront.net/_a/intel/x.pdf">
        Slides</a></div>"""
    page = f"<article class=full-news-article><h1 class=article-heading>Intel Reports Results</h1>{box}{TEXT}</article>"
    found = article("intel", page, "https://www.intc.com/news-events/press-releases/detail/1800/intel-reports-results")
    assert found.published == datetime(2026, 7, 23, 20, 15, tzinfo=UTC)
    assert [file.name for file in found.files] == ["x.pdf"]
    assert found.body.startswith("Makers of memory")


def test_data_of_kpmgs_old_pages_may_be_followed_by_other_variables() -> None:
    script = 'var kpmgMetaData={"title":"Chips","articleDate":"2021-10-05T08:00:00Z"};var kpmgMore={"a":1};'
    page = f"<h1>Chips and what they cost</h1><script>{script}</script><div class=bodytext-data>{TEXT}</div>"
    found = article("kpmg", page, "https://kpmg.com/xx/en/home/insights/2021/10/chips.html")
    assert found.published == datetime(2021, 10, 5, 8, tzinfo=UTC)


def test_what_stands_in_the_menu_of_every_page_of_tsmcs_is_no_report() -> None:
    page = """<nav><a href="/media-files/NYSE_Section_303A.pdf">NYSE Section 303A</a></nav>
        <a href="/english/encrypt/files/encrypt_file/reports/2026-07/a1/2Q26EarningsRelease.pdf">Earnings Release</a>"""
    found = links("tsmc", page, "https://investor.tsmc.com/english/quarterly-results/2026/q2")
    assert [link.url.rsplit("/", 1)[-1] for link in found] == ["2Q26EarningsRelease.pdf"]


def test_semis_chinese_site() -> None:
    item = """<div class="single-travel media"><div class="media-body"><h4><a
        href="/site/semi/article/0123456789abcdef0123456789abcdef.html">SEMI报告：硅晶圆出货量增长</a></h4><p>需求回升</p>
        <p class="columnTime"><span>2026-04-30</span></p></div></div>"""
    column = "https://www.semi.org.cn/site/semi/column/26595298402893836.html"
    (link,) = links("semi", item, column)
    assert (link.title, link.summary) == ("SEMI报告：硅晶圆出货量增长", "需求回升")
    assert link.published == datetime(2026, 4, 30, 7, tzinfo=UTC)
    page = f"""<title>SEMI大半导体产业网</title><meta name=author content=colorlib><div class=single-page-post>
        <div class=top-wrapper><h2>SEMI报告：硅晶圆出货量增长</h2><div><span>来源：SEMI</span><span>2026-04-30</span></div></div>
        <div class=single-post-content><p>{"全球硅晶圆出货量在一季度继续增长，先进工艺的需求仍然很强。" * 3}</p></div></div>"""
    found = article("semi", page, link.url)
    assert (found.title, found.authors) == (link.title, [])
    assert found.published == link.published and found.body.startswith("全球硅晶圆")


def test_an_answer_of_datayes_in_its_official_form() -> None:
    hit = {"title": "半导体设备行业周报", "text": "国产设备验证提速。", "url": "https://robo.datayes.com/v2/details/report/7",
           "metadata": {"id": 7, "publishTime": "2026-07-15 08:00:00", "organization": "某证券", "analyst": "张三,李四"}}  # fmt: skip
    (link,) = links("datayes", {"result": {"structuredContent": {"data": [hit]}}})
    assert (link.title, link.summary, link.kind) == ("半导体设备行业周报", "国产设备验证提速。", "report")
    assert link.published == datetime(2026, 7, 15, tzinfo=UTC)
    assert link.authors == ("张三", "李四", "某证券")


def test_the_page_of_pwcs_collection_counts_elements() -> None:
    row = source("pwc")
    of_library, of_page = (method for method in row.discovery if isinstance(method, JsonApi))
    for method in (of_library, of_page):
        elements = [{"href": f"/gx/en/{number}.html", "title": "Chips"} for number in range(9)]
        reply = json.dumps({"elements": json.dumps(elements)}).encode()
        first = of_library.url
        (second,) = read_entry_page(method, reply, first, row, NOW).further
        assert second == first.replace("&page=0&", "&page=9&")
        assert read_entry_page(method, reply, second, row, NOW).further == [first.replace("&page=0&", "&page=18&")]


def test_cards_of_statistas_free_charts() -> None:
    page = """<a class="infographicsPanelCard flex" href="/chart/30001/chip-sales/">
        <img data-src="a.png" alt="The rise of chip sales" title="Chart"><time datetime="2026-03-06">Mar 6</time></a>
        <a class="infographicsPanelCard" href="/chart/30002/fabs/"><img title="Where fabs are built"></a>
        <a class="other" href="/chart/3/x/"><img alt="No card"></a>"""
    first, second = links("statista", page, "https://www.statista.com/chartoftheday/")
    assert (first.url, first.title) == ("https://www.statista.com/chart/30001/chip-sales/", "The rise of chip sales")
    assert first.published == datetime(2026, 3, 5, 23, tzinfo=UTC)
    assert (second.title, second.published) == ("Where fabs are built", None)


def test_the_archive_of_semi_is_a_table() -> None:
    page = """<table class="views-table cols-0"><tbody><tr><td><time datetime="2026-03-06T12:00:00Z">March 6, 2026</time></td>
        <td><a href="/en/semi-press-release/billings-up">Billings up</a></td></tr></tbody></table>"""
    (link,) = links("semi", page, "https://www.semi.org/en/news-resources/press-releases")
    assert (link.title, link.published) == ("Billings up", datetime(2026, 3, 6, 12, tzinfo=UTC))
