"""``JsonApi`` and ``Listing``."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from crawler.discovery.entry_page import EntryPageError
from crawler.discovery.methods import JsonApi, Link, Listing
from tests.crawler.discovery.sample_entry_pages import SITE, read


class TestJsonApi:
    method = JsonApi(
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
        page = read(self.method, json.dumps({"data": {"list": [self.item(topics=topics, kind="report")]}}))
        assert page.links == [
            Link(f"{SITE}/a", "A – B", datetime(2026, 3, 6, 10, tzinfo=UTC), tags=("EUV",), kind="report")
        ]
        assert page.further == [f"{SITE}/api?page=1&size=2"]

    def test_the_last_page_leads_no_further(self) -> None:
        assert read(self.method, '{"data": {"list": []}}').further == []

    def test_the_second_page_of_a_list_that_counts_from_one(self) -> None:
        method = replace(self.method, url=f"{SITE}/api")
        assert read(method, json.dumps({"data": {"list": [self.item()]}})).further == [f"{SITE}/api?page=2"]

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
        assert read(self.method, json.dumps({"data": {"list": [self.item(date=date)]}})).links[0].published == moment

    def test_json_inside_json(self) -> None:
        method = replace(self.method, items="elements")
        assert read(method, json.dumps({"elements": json.dumps([self.item()])})).links[0].url == f"{SITE}/a"

    def test_an_item_of_another_shape_costs_only_itself(self) -> None:
        page = read(self.method, json.dumps({"data": {"list": [None, 7, {"title": "x"}, self.item()]}}))
        assert [link.url for link in page.links] == [f"{SITE}/a"]

    def test_the_rows_own_reading_may_drop_and_change_items(self) -> None:
        def link_of(item: dict[str, Any], link: Link) -> Link | None:
            return None if item.get("video") else replace(link, access="abstract")

        page = read(self.method, json.dumps({"data": {"list": [self.item(video=True), self.item()]}}), link_of=link_of)
        assert [link.access for link in page.links] == ["abstract"]

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
        with pytest.raises(EntryPageError, match=reason):
            read(self.method, data)


class TestListing:
    method = Listing(
        f"{SITE}/news/",
        item="ul.news > li",
        title="h3 a",
        published="span.date",
        summary="p",
        authors="span.by",
        tags="a.tag::text",
        page_url=f"{SITE}/news/list?page={{page}}&x=1",
        pages=3,
    )
    item = """<ul class=news><li><a href=" a.html#top "><img></a><h3><a href="a.html">芯片<em>出口</em>回升</a></h3>
        <span class=date>发布于 2026.03.06</span><p>七月以来\u3000首次</p><span class=by>李娜</span>
        <a class=tag href=/t>出口</a></li></ul>"""

    def test_an_item(self) -> None:
        (link,) = read(self.method, self.item).links
        assert link == Link(
            url=f"{SITE}/news/a.html",
            title="芯片出口回升",
            published=datetime(2026, 3, 5, 16, tzinfo=UTC),
            summary="七月以来 首次",
            authors=("李娜",),
            tags=("出口",),
        )

    def test_dates_in_american_order_and_in_the_address(self) -> None:
        american = replace(self.method, date_order="MDY")
        assert read(american, self.item.replace("2026.03.06", "03/04/26")).links[0].published == datetime(
            2026, 3, 3, 16, tzinfo=UTC
        )
        undated = self.item.replace("发布于 2026.03.06", "").replace("a.html", "2026-03-06-a.html")
        assert read(self.method, undated).links[0].published == datetime(2026, 3, 5, 16, tzinfo=UTC)

    def test_further_pages_are_counted_until_one_is_empty(self) -> None:
        assert read(self.method, self.item).further == [f"{SITE}/news/list?page=2&x=1"]
        second = replace(self.method, url=f"{SITE}/news/list?page=2&x=1")
        assert read(second, self.item).further == [f"{SITE}/news/list?page=3&x=1"]
        assert read(self.method, "<p>empty</p>").further == []

    def test_further_pages_are_linked(self) -> None:
        method = replace(self.method, page_url="", next="a.next::attr(href)")
        assert read(method, self.item + '<a class=next href="?page=2">next</a>').further == [f"{SITE}/news/?page=2"]
        assert read(method, self.item + '<a class=next href="">next</a>').further == []

    def test_a_base_and_gbk(self) -> None:
        page = f'<head><meta charset=gb2312><base href="/other/"></head>{self.item}'.encode("gbk")
        (link,) = read(self.method, page).links
        assert (link.url, link.title) == (f"{SITE}/other/a.html", "芯片出口回升")
