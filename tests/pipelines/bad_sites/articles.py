"""Sites whose articles have wrong dates, several addresses, copies or wrong encodings."""

from __future__ import annotations

from tests.pipelines.bad_sites.case import FEED, Case, article, feed, html, item, moved, three
from tests.pipelines.bad_web import Reply

CHINESE = "台积电宣布三纳米芯片的产量在第二季度增长，公司表示先进封装的需求仍然很强，晶圆厂的设备投资也会继续增加。"

CASES: dict[str, Case] = {
    "of_2087": Case(
        {
            "/feed/": feed(item("a", date="Sun, 20 Jul 2087 08:00:00 GMT"), item("b")),
            "/a/": html(article("a", date="2087-07-20T08:00:00Z")),
            "/b/": html(article("b")),
        },
        "ok",
        {"new": 2},
        discovery=(FEED,),
    ),
    "one_address": Case(
        {"/feed/": feed(item("a", title="First"), item("a", title="Second")), "/a/": html(article("a"))},
        "ok",
        {"new": 1},
        discovery=(FEED,),
        dropped={"duplicate": 1},
        requests={"/feed/": 1, "/a/": 1},
    ),
    "three_addresses": Case(
        three(*(article("a", head='<link rel="canonical" href="/a/">'),)),
        "ok",
        {"new": 1, "duplicate": 2},
        titles=frozenset({"Title of a"}),
    ),
    "three_copies": Case(three(article("a")), "ok", {"new": 1, "duplicate": 2}, titles=frozenset({"Title of a"})),
    "moved_to_one": Case(
        {**three(moved("/final/")), "/final/": html(article("final"))},
        "ok",
        {"new": 1, "duplicate": 2},
        titles=frozenset({"Title of final"}),
    ),
    "encodings": Case(
        {
            "/": Reply(
                '<meta charset="utf-8"><li><a href="/a/">台积电的芯片</a><li><a href="/b/">b</a>'.encode("gb18030")
            ),
            "/a/": html(article("a", text=CHINESE * 3, title="台积电三纳米芯片增产"), "gb18030"),
            "/b/": html(
                article("b", text=CHINESE[::-1] * 3, title="晶圆厂设备投资增加", head='<meta charset="gb2312">'),
                "utf-8",
                "gb2312",
            ),
        },
        "ok",
        {"new": 2},
        titles=frozenset({"台积电三纳米芯片增产", "晶圆厂设备投资增加"}),
    ),
}
