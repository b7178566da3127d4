"""The ways in on small feeds, sitemaps, replies and lists written for these tests."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.source import Source
from crawler.way import Document, Feed, JsonApi, Link, Listing, Reports, Sitemap, Way
from crawler.ways import Entry, EntryError, addresses, describe, parts, read_entry
from crawler.ways.reports import period_of

NOW = datetime(2026, 11, 20, tzinfo=UTC)
SITE = "https://sample.example"
NEWS = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:news="http://www.google.com/schemas/sitemap-news/0.9"'


def row(**facts: Any) -> Source:
    given: dict[str, Any] = {
        "number": 1,
        "key": "sample",
        "name": "Sample",
        "category": "媒体",
        "address": SITE,
        "note": "样本",
        "language": "en",
        "timezone": "Asia/Shanghai",
        "ways": (Feed(f"{SITE}/feed"),),
        "keep": "full",
        "enabled": True,
        "why": "It is a sample.",
    }
    return Source(**(given | facts))


def read(way: Way, data: str | bytes, **facts: Any) -> Entry:
    return read_entry(way, data.encode() if isinstance(data, str) else data, way.url, row(**facts), NOW)


def rss(*items: str) -> str:
    return f'<?xml version="1.0"?><rss version="2.0"><channel><title>t</title>{"".join(items)}</channel></rss>'


class TestFeed:
    way = Feed(f"{SITE}/feed")

    def test_an_item(self) -> None:
        item = """<item><title>Wafers &amp;amp; dice &lt;b&gt;up&lt;/b&gt;</title><link>/a?utm_source=rss</link>
            <pubDate>Fri, 06 Mar 2026 18:00:00 +0800</pubDate><category>Foundry</category><category>Foundry</category>
            <description><![CDATA[<p>More\u2060 wafers.</p>]]></description><author>a@b.com (Li Na)</author></item>"""
        (link,) = read(self.way, rss(item)).links
        assert link == Link(
            url=f"{SITE}/a?utm_source=rss",
            title="Wafers & dice up",
            published=datetime(2026, 3, 6, 10, tzinfo=UTC),
            summary="More wafers.",
            authors=("Li Na",),
            tags=("Foundry",),
        )

    def test_the_guid_stands_in_for_a_missing_link(self) -> None:
        items = f'<item><title>A</title><guid isPermaLink="true">{SITE}/a</guid></item><item><title>B</title></item>'
        entry = read(self.way, rss(items))
        assert [link.url for link in entry.links] == [f"{SITE}/a"]
        assert entry.dropped == {"address": 1}

    def test_broken_xml_is_read_as_far_as_it_goes(self) -> None:
        items = "<item><title>R&D at a fab &nbsp;&rsquo;</title><link>/a?x=1&sect=2</link></item>"
        items += "<item><title>B</title><link>/b</link>"
        entry = read(self.way, rss(items).replace("</channel></rss>", ""))
        assert [(link.url, link.title) for link in entry.links] == [
            (f"{SITE}/a?x=1&sect=2", "R&D at a fab ’"),
            (f"{SITE}/b", "B"),
        ]

    @pytest.mark.parametrize("encoding", ["gb2312", "gbk", "gb18030", "utf-8"])
    def test_declared_encodings(self, encoding: str) -> None:
        text = rss("<item><title>晶圆代工涨价</title><link>/a</link></item>").replace(
            "?>", f' encoding="{encoding}"?>', 1
        )
        assert read(self.way, text.encode(encoding)).links[0].title == "晶圆代工涨价"

    def test_gb2312_with_characters_beyond_it(self) -> None:
        text = rss("<item><title>朱镕基与晶圆</title><link>/a</link></item>").replace("?>", ' encoding="gb2312"?>', 1)
        assert read(self.way, text.encode("gbk")).links[0].title == "朱镕基与晶圆"

    def test_atom_with_the_whole_text(self) -> None:
        atom = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><title>A</title>
            <link href="{SITE}/a"/><updated>2026-03-06T10:00:00Z</updated><author><name>Li Na</name></author>
            <content type="html">&lt;p&gt;All of it.&lt;/p&gt;</content></entry></feed>"""
        (link,) = read(self.way, atom).links
        assert (link.published, link.authors) == (datetime(2026, 3, 6, 10, tzinfo=UTC), ("Li Na",))
        assert link.body == "<p>All of it.</p>"

    def test_a_living_feed_without_items(self) -> None:
        assert read(self.way, rss()).links == []

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            ("", "an empty reply"),
            ("Service unavailable", "no XML"),
            ("<html><body>Sorry</body></html>", "no feed"),
            ("<!DOCTYPE html><html><body>Sorry</body></html>", "a document type, or an HTML page"),
            ('<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "b">]><rss version="2.0"></rss>', "a document type"),
        ],
    )
    def test_what_is_no_feed(self, data: str, reason: str) -> None:
        with pytest.raises(EntryError, match=reason):
            read(self.way, data)


class TestSitemap:
    way = Sitemap(f"{SITE}/sitemap.xml", follow="news", language="en")

    def test_news_in_one_language(self) -> None:
        def url(place: str, language: str) -> str:
            return f"""<url><loc>{SITE}/{place}</loc><lastmod>2026-03-07</lastmod><news:news><news:publication>
                <news:name>N</news:name><news:language>{language}</news:language></news:publication>
                <news:publication_date>2026-03-06T10:00:00.123Z</news:publication_date>
                <news:title><![CDATA[Chips & tools]]></news:title><news:keywords>EUV, , DUV</news:keywords></news:news>
                <image:image xmlns:image="i"><image:loc>/x.png</image:loc><image:title>No</image:title></image:image>
                </url>"""

        entry = read(self.way, f"<urlset {NEWS}>{url('a', 'en')}{url('b', 'ja')}</urlset>")
        (link,) = entry.links
        assert link == Link(
            url=f"{SITE}/a",
            title="Chips & tools",
            published=datetime(2026, 3, 6, 10, tzinfo=UTC),
            tags=("EUV", "DUV"),
            modified=datetime(2026, 3, 6, 16, tzinfo=UTC),
            language="en",
        )
        assert (entry.found, entry.dropped) == (2, {"language": 1})

    def test_when_a_page_was_built_is_not_when_it_was_published(self) -> None:
        plain = f"<urlset><url><lastmod>2026-03-06T00:00:00Z</lastmod><loc> {SITE}/a </loc></url></urlset>"
        (link,) = read(self.way, plain).links
        assert (link.url, link.published, link.modified) == (f"{SITE}/a", None, datetime(2026, 3, 6, tzinfo=UTC))

    def test_an_index_leads_to_the_children_that_match(self) -> None:
        index = f"<sitemapindex {NEWS}>" + "".join(
            f"<sitemap><loc>{SITE}/{name}.xml</loc></sitemap>" for name in ("news-1", "video", "news-2", "news-1")
        )
        entry = read(self.way, index + "</sitemapindex>")
        assert (entry.links, entry.further) == ([], [f"{SITE}/news-1.xml", f"{SITE}/news-2.xml"])
        with pytest.raises(EntryError, match="index of 1 sitemaps, none of which matches 'news'"):
            read(self.way, f"<sitemapindex><sitemap><loc>{SITE}/video.xml</loc></sitemap></sitemapindex>")

    def test_gzipped_and_cut_off(self) -> None:
        text = f"<urlset><url><loc>{SITE}/a</loc></url><url><loc>{SITE}/b</loc><lastmo"
        assert [link.url for link in read(self.way, gzip.compress(text.encode())).links] == [f"{SITE}/a", f"{SITE}/b"]

    def test_a_bomb_is_refused(self) -> None:
        with pytest.raises(EntryError, match="more than 50 MiB"):
            read(self.way, gzip.compress(b"<urlset>" + b" " * (51 * 2**20)))
        bomb = '<?xml version="1.0"?><!DOCTYPE u [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset>&b;</urlset>'
        with pytest.raises(EntryError, match="a document type"):
            read(self.way, bomb)

    def test_another_kind_of_xml(self) -> None:
        with pytest.raises(EntryError, match="neither a sitemap nor an index of sitemaps, but <rss>"):
            read(self.way, rss())


class TestJsonApi:
    way = JsonApi(
        f"{SITE}/api?page=0&size=2",
        items="data.list",
        fields={"url": "path", "title": "title.rendered", "published": "date", "tags": "topics[].name", "kind": "kind"},
        page="page",
        pages=3,
    )

    def item(self, **facts: Any) -> dict[str, Any]:
        return {"path": "/a", "title": {"rendered": "A &#8211; <i>B</i>"}, "date": "2026-03-06T10:00:00Z"} | facts

    def test_an_item(self) -> None:
        topics = [{"name": "EUV"}, {"name": None}, {"name": "EUV"}]
        entry = read(self.way, json.dumps({"data": {"list": [self.item(topics=topics, kind="report")]}}))
        assert entry.links == [
            Link(f"{SITE}/a", "A – B", datetime(2026, 3, 6, 10, tzinfo=UTC), tags=("EUV",), kind="report")
        ]
        assert entry.further == [f"{SITE}/api?page=1&size=2"]

    def test_the_last_page_leads_no_further(self) -> None:
        assert read(self.way, '{"data": {"list": []}}').further == []

    def test_the_second_page_of_a_list_that_counts_from_one(self) -> None:
        way = replace(self.way, url=f"{SITE}/api")
        assert read(way, json.dumps({"data": {"list": [self.item()]}})).further == [f"{SITE}/api?page=2"]

    @pytest.mark.parametrize(
        ("date", "moment"),
        [
            (1772791200, datetime(2026, 3, 6, 10, tzinfo=UTC)),
            (1772791200000, datetime(2026, 3, 6, 10, tzinfo=UTC)),
            ("2026-03-06 18:00", datetime(2026, 3, 6, 10, tzinfo=UTC)),
            ("soon", None),
            (True, None),
            (1e300, None),
            ({"day": 6}, None),
        ],
    )
    def test_dates(self, date: Any, moment: datetime | None) -> None:
        assert read(self.way, json.dumps({"data": {"list": [self.item(date=date)]}})).links[0].published == moment

    def test_json_inside_json(self) -> None:
        way = replace(self.way, items="elements")
        assert read(way, json.dumps({"elements": json.dumps([self.item()])})).links[0].url == f"{SITE}/a"

    def test_an_item_of_another_shape_costs_only_itself(self) -> None:
        entry = read(self.way, json.dumps({"data": {"list": [None, 7, {"title": "x"}, self.item()]}}))
        assert [link.url for link in entry.links] == [f"{SITE}/a"]

    def test_the_rows_own_reading_may_drop_and_change_items(self) -> None:
        def link_of(item: dict[str, Any], link: Link) -> Link | None:
            return None if item.get("video") else replace(link, access="abstract")

        entry = read(self.way, json.dumps({"data": {"list": [self.item(video=True), self.item()]}}), link_of=link_of)
        assert [link.access for link in entry.links] == ["abstract"]

    @pytest.mark.parametrize(
        ("data", "reason"),
        [
            ("", "an empty reply"),
            ("<html>", "no JSON"),
            ('{"data": {"list": {"a": 1}}}', "JSON without a list at 'data.list'"),
            ('{"code": -403}', "JSON without a list"),
            ("[" * 100_000, "no JSON"),
        ],
    )
    def test_what_is_no_such_reply(self, data: str, reason: str) -> None:
        with pytest.raises(EntryError, match=reason):
            read(self.way, data)


class TestListing:
    way = Listing(
        f"{SITE}/news/",
        item="ul.news > li",
        title="h3 a",
        published="span.date",
        summary="p",
        authors="span.by",
        tags="a.tag::text",
        more=f"{SITE}/news/list?page={{page}}&x=1",
        pages=3,
    )
    item = """<ul class=news><li><a href=" a.html#top "><img></a><h3><a href="a.html">芯片<em>出口</em>回升</a></h3>
        <span class=date>发布于 2026.03.06</span><p>七月以来\u3000首次</p><span class=by>李娜</span>
        <a class=tag href=/t>出口</a></li></ul>"""

    def test_an_item(self) -> None:
        (link,) = read(self.way, self.item).links
        assert link == Link(
            url=f"{SITE}/news/a.html",
            title="芯片出口回升",
            published=datetime(2026, 3, 5, 16, tzinfo=UTC),
            summary="七月以来 首次",
            authors=("李娜",),
            tags=("出口",),
        )

    def test_dates_in_american_order_and_in_the_address(self) -> None:
        american = replace(self.way, date_order="MDY")
        assert read(american, self.item.replace("2026.03.06", "03/04/26")).links[0].published == datetime(
            2026, 3, 3, 16, tzinfo=UTC
        )
        undated = self.item.replace("发布于 2026.03.06", "").replace("a.html", "2026-03-06-a.html")
        assert read(self.way, undated).links[0].published == datetime(2026, 3, 5, 16, tzinfo=UTC)

    def test_further_pages_are_counted_until_one_is_empty(self) -> None:
        assert read(self.way, self.item).further == [f"{SITE}/news/list?page=2&x=1"]
        second = replace(self.way, url=f"{SITE}/news/list?page=2&x=1")
        assert read(second, self.item).further == [f"{SITE}/news/list?page=3&x=1"]
        assert read(self.way, "<p>empty</p>").further == []

    def test_further_pages_are_linked(self) -> None:
        way = replace(self.way, more="", next="a.next::attr(href)")
        assert read(way, self.item + '<a class=next href="?page=2">next</a>').further == [f"{SITE}/news/?page=2"]
        assert read(way, self.item + '<a class=next href="">next</a>').further == []

    def test_a_base_and_gbk(self) -> None:
        page = f'<head><meta charset=gb2312><base href="/other/"></head>{self.item}'.encode("gbk")
        (link,) = read(self.way, page).links
        assert (link.url, link.title) == (f"{SITE}/other/a.html", "芯片出口回升")


class TestReports:
    way = Reports(f"{SITE}/ir?year={{year}}", file=r"\.(pdf|xlsx)($|\?)", years=2)

    def read(self, page: str, **facts: Any) -> list[Link]:
        hosts = ("cdn.example",)
        return read(replace(self.way, url=f"{SITE}/ir?year=2026"), page, hosts=hosts, **facts).links

    def test_protocol_relative_spaced_and_escaped_addresses(self) -> None:
        page = """<a href="//cdn.example/2026_2Q_conference_eng.pdf">PDF</a> <a href="/up/2Q2026 Call(en).pdf">PDF</a>
            <a href="/up/%26e4%26b8_2026.pdf">PDF</a> <a href="mailto:x.pdf">x</a> <a href="/page.html">x</a>"""
        assert [link.url for link in self.read(page)] == [
            "https://cdn.example/2026_2Q_conference_eng.pdf",
            f"{SITE}/up/2Q2026%20Call(en).pdf",
            f"{SITE}/up/%26e4%26b8_2026.pdf",
        ]

    def test_title_period_and_date_of_a_line(self) -> None:
        page = """<table><tr><td>May 14, 2026</td><td>First Quarter Results</td><td><a href="1Q2026_ER.pdf">PDF (1.2 MB)
            </a></td></tr><tr><td>2026-02-10</td><td><a href="b.xlsx">Balance Sheet 2025</a></td></tr></table>"""
        first, second = self.read(page)
        assert first == Link(
            url=f"{SITE}/1Q2026_ER.pdf",
            title="First Quarter Results (Q1 2026)",
            published=datetime(2026, 5, 13, 16, tzinfo=UTC),
            kind="report",
        )
        assert (second.title, second.kind) == ("Balance Sheet 2025", "data")
        assert second.published == datetime(2026, 2, 9, 16, tzinfo=UTC)

    def test_of_several_dates_none_is_taken(self) -> None:
        page = '<p><a href="a.pdf">Report</a> for January 1, 2026 to March 31, 2026</p>'
        assert self.read(page)[0].published is None

    def test_panels_give_kind_and_name(self) -> None:
        way = replace(self.way, panels={"#one": ("Quarterly", "report"), "#two": ("History", "data")})
        seen: list[tuple[str, str, int, int]] = []

        def document_of(document: Document, link: Link) -> Link | None:
            seen.append((document.label, document.kind, document.place, document.of))
            return link if document.label else None

        page = """<div id=two><a href=h.pdf>History</a></div><div id=one><a href=a.pdf>First one</a>
            <a href=b.pdf>Second one</a></div><a href=c.pdf>Elsewhere</a>"""
        links = read(way, page, document_of=document_of).links
        assert [(link.title.split(" (")[0], link.kind, link.tags) for link in links] == [
            ("First one", "report", ("Quarterly",)),
            ("Second one", "report", ("Quarterly",)),
            ("History", "data", ("History",)),
        ]
        assert seen == [
            ("Quarterly", "report", 0, 1),
            ("Quarterly", "report", 0, 1),
            ("History", "data", 0, 1),
            ("", "report", 0, 1),
        ]

    def test_addresses_of_years_and_quarters(self) -> None:
        assert addresses(self.way, NOW) == [f"{SITE}/ir?year=2026", f"{SITE}/ir?year=2025"]
        quarters = Reports(f"{SITE}/{{year}}/q{{quarter}}", years=2)
        assert addresses(quarters, datetime(2026, 5, 1, tzinfo=UTC)) == [
            f"{SITE}/{place}" for place in ("2026/q2", "2026/q1", "2025/q4", "2025/q3", "2025/q2", "2025/q1")
        ]

    @pytest.mark.parametrize(
        ("text", "period"),
        [
            ("2026_2Q_conference_eng", "Q2 2026"),
            ("2Q26 EarningsRelease", "Q2 2026"),
            ("Q4+22_EarningsRelease", "Q4 2022"),
            ("2025_con_quarter04_soi", "Q4 2025"),
            ("quarterly-results/2026/q1", "Q1 2026"),
            ("2024 Annual Report", "2024"),
            ("2021 to 2025", ""),
            ("ER_EN", ""),
            ("e00981", ""),
        ],
    )
    def test_periods(self, text: str, period: str) -> None:
        assert period_of(text) == period


class TestSelection:
    def links(self, *addresses_: str) -> str:
        return rss(*(f"<item><title>t</title><link>{address}</link></item>" for address in addresses_))

    def test_hosts_pattern_and_mapping(self) -> None:
        def address_of(url: str) -> str:
            return url.replace("://dead.example/", "://sample.example/")

        data = self.links(
            "/news/1", "https://other.example/news/2", "/about", "http://dead.example/news/3", "javascript:x"
        )
        entry = read(Feed(f"{SITE}/feed"), data, include="/news/", address_of=address_of)
        assert [link.url for link in entry.links] == [f"{SITE}/news/1", "http://sample.example/news/3"]
        assert (entry.found, entry.dropped) == (2, {"host": 1, "include": 1, "address": 1})

    def test_one_page_under_several_addresses(self) -> None:
        data = self.links("/News/1?utm_source=a", "/news/1", "/News/1")
        assert [link.url for link in read(Feed(f"{SITE}/feed"), data).links] == [
            f"{SITE}/News/1?utm_source=a",
            f"{SITE}/news/1",
        ]
        entry = read(Feed(f"{SITE}/feed"), data, same_page=lambda url: url.split("?")[0].lower())
        assert (len(entry.links), entry.dropped) == (1, {"duplicate": 2})

    def test_parts_and_their_names(self) -> None:
        ways = (Feed(f"{SITE}/a"), Feed(f"{SITE}/b", part="b"), Sitemap(f"{SITE}/c"))
        assert parts(row(ways=ways)) == [[ways[0], ways[2]], [ways[1]]]
        assert describe(ways[2]) == f"sitemap {SITE}/c"
