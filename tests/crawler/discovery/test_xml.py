"""``Feed`` and ``Sitemap``."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime

import pytest

from crawler.discovery.entry_page import EntryPageError
from crawler.discovery.methods import Feed, Link, Sitemap
from tests.crawler.discovery.sample_entry_pages import NEWS, SITE, read, rss


class TestFeed:
    method = Feed(f"{SITE}/feed")

    def test_an_item(self) -> None:
        item = """<item><title>Wafers &amp;amp; dice &lt;b&gt;up&lt;/b&gt;</title><link>/a?utm_source=rss</link>
            <pubDate>Fri, 06 Mar 2026 18:00:00 +0800</pubDate><category>Foundry</category><category>Foundry</category>
            <description><![CDATA[<p>More\u2060 wafers.</p>]]></description><author>a@b.com (Li Na)</author></item>"""
        (link,) = read(self.method, rss(item)).links
        assert link == Link(
            url=f"{SITE}/a?utm_source=rss",
            title="Wafers & dice up",
            published=datetime(2026, 3, 6, 10, tzinfo=UTC),
            summary="More wafers.",
            authors=("Li Na",),
            tags=("Foundry",),
        )

    def test_the_guid_replaces_a_missing_link(self) -> None:
        items = f'<item><title>A</title><guid isPermaLink="true">{SITE}/a</guid></item><item><title>B</title></item>'
        page = read(self.method, rss(items))
        assert [link.url for link in page.links] == [f"{SITE}/a"]
        assert page.dropped == {"address": 1}

    def test_broken_xml_is_read_as_far_as_it_goes(self) -> None:
        items = "<item><title>R&D at a fab &nbsp;&rsquo;</title><link>/a?x=1&sect=2</link></item>"
        items += "<item><title>B</title><link>/b</link>"
        page = read(self.method, rss(items).replace("</channel></rss>", ""))
        assert [(link.url, link.title) for link in page.links] == [
            (f"{SITE}/a?x=1&sect=2", "R&D at a fab ’"),
            (f"{SITE}/b", "B"),
        ]

    @pytest.mark.parametrize("encoding", ["gb2312", "gbk", "gb18030", "utf-8"])
    def test_declared_encodings(self, encoding: str) -> None:
        text = rss("<item><title>晶圆代工涨价</title><link>/a</link></item>").replace(
            "?>", f' encoding="{encoding}"?>', 1
        )
        assert read(self.method, text.encode(encoding)).links[0].title == "晶圆代工涨价"

    def test_gb2312_with_characters_beyond_it(self) -> None:
        text = rss("<item><title>朱镕基与晶圆</title><link>/a</link></item>").replace("?>", ' encoding="gb2312"?>', 1)
        assert read(self.method, text.encode("gbk")).links[0].title == "朱镕基与晶圆"

    def test_atom_with_the_whole_text(self) -> None:
        atom = f"""<feed xmlns="http://www.w3.org/2005/Atom"><title>t</title><entry><title>A</title>
            <link href="{SITE}/a"/><updated>2026-03-06T10:00:00Z</updated><author><name>Li Na</name></author>
            <content type="html">&lt;p&gt;All of it.&lt;/p&gt;</content></entry></feed>"""
        (link,) = read(self.method, atom).links
        assert (link.published, link.authors) == (datetime(2026, 3, 6, 10, tzinfo=UTC), ("Li Na",))
        assert link.body == "<p>All of it.</p>"

    def test_a_feed_without_items(self) -> None:
        assert read(self.method, rss()).links == []

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
        with pytest.raises(EntryPageError, match=reason):
            read(self.method, data)


class TestSitemap:
    method = Sitemap(f"{SITE}/sitemap.xml", follow="news", language="en")

    def test_news_in_one_language(self) -> None:
        def url(place: str, language: str) -> str:
            return f"""<url><loc>{SITE}/{place}</loc><lastmod>2026-03-07</lastmod><news:news><news:publication>
                <news:name>N</news:name><news:language>{language}</news:language></news:publication>
                <news:publication_date>2026-03-06T10:00:00.123Z</news:publication_date>
                <news:title><![CDATA[Chips & tools]]></news:title><news:keywords>EUV, , DUV</news:keywords></news:news>
                <image:image xmlns:image="i"><image:loc>/x.png</image:loc><image:title>No</image:title></image:image>
                </url>"""

        page = read(self.method, f"<urlset {NEWS}>{url('a', 'en')}{url('b', 'ja')}</urlset>")
        (link,) = page.links
        assert link == Link(
            url=f"{SITE}/a",
            title="Chips & tools",
            published=datetime(2026, 3, 6, 10, tzinfo=UTC),
            tags=("EUV", "DUV"),
            modified=datetime(2026, 3, 6, 16, tzinfo=UTC),
            language="en",
        )
        assert (page.found, page.dropped) == (2, {"language": 1})

    def test_when_a_page_was_built_is_not_when_it_was_published(self) -> None:
        plain = f"<urlset><url><lastmod>2026-03-06T00:00:00Z</lastmod><loc> {SITE}/a </loc></url></urlset>"
        (link,) = read(self.method, plain).links
        assert (link.url, link.published, link.modified) == (f"{SITE}/a", None, datetime(2026, 3, 6, tzinfo=UTC))

    def test_an_index_leads_to_the_children_that_match(self) -> None:
        index = f"<sitemapindex {NEWS}>" + "".join(
            f"<sitemap><loc>{SITE}/{name}.xml</loc></sitemap>" for name in ("news-1", "video", "news-2", "news-1")
        )
        page = read(self.method, index + "</sitemapindex>")
        assert (page.links, page.further) == ([], [f"{SITE}/news-1.xml", f"{SITE}/news-2.xml"])
        with pytest.raises(EntryPageError, match="index of 1 sitemaps, none of which matches 'news'"):
            read(self.method, f"<sitemapindex><sitemap><loc>{SITE}/video.xml</loc></sitemap></sitemapindex>")

    def test_gzipped_and_cut_off(self) -> None:
        text = f"<urlset><url><loc>{SITE}/a</loc></url><url><loc>{SITE}/b</loc><lastmo"
        assert [link.url for link in read(self.method, gzip.compress(text.encode())).links] == [
            f"{SITE}/a",
            f"{SITE}/b",
        ]

    def test_a_bomb_is_refused(self) -> None:
        with pytest.raises(EntryPageError, match="more than 50 MiB"):
            read(self.method, gzip.compress(b"<urlset>" + b" " * (51 * 2**20)))
        bomb = '<?xml version="1.0"?><!DOCTYPE u [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset>&b;</urlset>'
        with pytest.raises(EntryPageError, match="a document type"):
            read(self.method, bomb)

    def test_another_kind_of_xml(self) -> None:
        with pytest.raises(EntryPageError, match="neither a sitemap nor an index of sitemaps, but <rss>"):
            read(self.method, rss())
