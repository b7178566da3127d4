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

    @pytest.mark.parametrize(
        ("declared", "encoding", "header"),
        [("utf-8", "gbk", ""), ("utf-8", "big5", ""), ("", "gbk", "text/xml; charset=gbk"), ("gb2312", "utf-8", ""),
         ("utf-16", "utf-16", ""), ("utf-8", "utf-8", "application/rss+xml; charset=iso-8859-1")],
    )  # fmt: skip
    def test_what_the_bytes_say_comes_before_a_false_declaration(
        self, declared: str, encoding: str, header: str
    ) -> None:
        text = rss("<item><title>台積電先進封裝產能擴張，營收與毛利率上升</title><link>/a</link></item>")
        if encoding == "gbk":
            text = text.replace("台積電先進封裝產能擴張，營收與毛利率上升", "台积电先进封装产能扩张，营收与毛利率上升")
        text = text.replace("?>", f' encoding="{declared}"?>' if declared else "?>", 1)
        title = read(self.method, text.encode(encoding), charset=header).links[0].title
        assert title.startswith("台") and title.endswith("毛利率上升")

    @pytest.mark.parametrize("before", [True, False])
    @pytest.mark.parametrize("tag", ["media:content", "media:group", "media:thumbnail"])
    def test_a_caption_is_no_summary(self, tag: str, before: bool) -> None:
        caption = f'<{tag} url="x"><media:title>T</media:title><media:description>Hall.</media:description></{tag}>'
        fields = ["<description>Orders rose.</description>", caption]
        item = "".join(["<item><title>A</title><link>/a</link>", *(fields[::-1] if before else fields), "</item>"])
        (link,) = read(self.method, rss(item).replace("<rss", '<rss xmlns:media="http://search.yahoo.com/mrss/"')).links
        assert (link.title, link.summary) == ("A", "Orders rose.")

    @pytest.mark.parametrize(
        ("written", "authors"),
        [("<author>desk@valley.technology (Ann Weber)</author>", ("Ann Weber",)),
         ("<author>desk@valley.com</author>", ()), ("<author>Ann Weber</author>", ("Ann Weber",)),
         ("<dc:creator>By Ann Weber, Li Ming and Jo Ames</dc:creator>", ("Ann Weber", "Li Ming", "Jo Ames")),
         ("<dc:creator>Ann Weber</dc:creator><dc:creator>李明</dc:creator>", ("Ann Weber", "李明"))],
    )  # fmt: skip
    def test_names_of_authors(self, written: str, authors: tuple[str, ...]) -> None:
        feed = rss(f"<item><title>A</title><link>/a</link>{written}</item>")
        feed = feed.replace("<rss", '<rss xmlns:dc="http://purl.org/dc/elements/1.1/"')
        assert read(self.method, feed).links[0].authors == authors

    def test_prefixes_that_are_not_declared(self) -> None:
        item = '<item><title>A</title><link>/a</link><media:thumbnail url="a.jpg"/><x:y z:w="1">B</x:y></item>'
        assert [link.title for link in read(self.method, rss(item)).links] == ["A"]

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

    @pytest.mark.parametrize(
        ("written", "title", "query"),
        [("M&A in R&D", "M&A in R&D", "?id=a&lang=en"), ("Yield < 5 % &mdash; again", "Yield < 5 % — again", "?a=1&b=2"),
         ("A &amp; B &copy", "A & B ©", "?x&y")],
    )  # fmt: skip
    def test_bare_signs_and_entities_of_html(self, written: str, title: str, query: str) -> None:
        news = f"<news:news><news:title>{written}</news:title></news:news>"
        (link,) = read(self.method, f"<urlset><url><loc>{SITE}/a{query}</loc>{news}</url></urlset>").links
        assert (link.url, link.title) == (f"{SITE}/a{query}", title)

    @pytest.mark.parametrize("video_first", [True, False])
    def test_a_video_has_a_title_of_its_own(self, video_first: bool) -> None:
        parts = ["<video:video><video:title>Clip</video:title><video:publication_date>2020-01-01</video:publication_date>"
                 "</video:video>", "<news:news><news:title>News</news:title>"
                 "<news:publication_date>2026-03-06</news:publication_date></news:news>"]  # fmt: skip
        body = "".join(parts if video_first else parts[::-1])
        (link,) = read(self.method, f"<urlset><url><loc>{SITE}/a</loc>{body}</url></urlset>").links
        assert link.title == "News" and link.published and link.published.year == 2026

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
