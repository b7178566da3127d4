"""Sites that misbehave, one each, and what a crawl of each must come to."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

from crawler.source import Source, Thresholds
from crawler.way import Feed, JsonApi, Listing, Sitemap, Way
from tests.pipelines.bad_web import Answer, Site

CHALLENGE = "<html><head><title>Just a moment...</title></head><body>Checking your browser</body></html>"
LOGIN = """<html><head><title>Sign in | Chips Daily</title></head><body><h1>Sign in</h1><form action=/login method=post>
    <input name=user><input type="password" name=secret><p>Members of Chips Daily read everything. Sign in with your
    account, or make one: it is free of charge and takes a minute of your time, no more.</p></form></body></html>"""
LOGIN_ZH = """<html><head><title>用户登录-芯片日报</title></head><body><form><input type='password' name=a>
    <p>登录后可以阅读全部文章，没有账号的用户请先注册，注册免费，只需要一分钟的时间。</p></form></body></html>"""
CONSENT = """<html><head><title>We value your privacy - Chips Daily</title></head><body><h1>We value your privacy</h1>
    <p>Chips Daily and its 1200 partners store cookies on your device. Accept all, or set your preferences, to go on
    to the page that you have asked for. You can change your mind at any time.</p><button>Accept</button></body></html>"""
CAPTCHA = """<html><head><title>Pardon Our Interruption</title></head><body><h1>Pardon Our Interruption</h1><p>Something
    about your browser made us think that you were a bot. Complete the captcha below to go on to the page that you have
    asked for. This takes a moment and is needed once a day.</p><div class="g-recaptcha"></div></body></html>"""
CAPTCHA_ZH = """<html><head><meta charset="gb2312"><title>安全验证_芯片日报</title></head><body><p>为了保护您的账号安全，
    请拖动滑块完成验证，完成后将自动返回您访问的页面，感谢您的配合与理解。</p></body></html>"""
CHINESE = "台积电宣布三纳米芯片的产量在第二季度增长，公司表示先进封装的需求仍然很强，晶圆厂的设备投资也会继续增加。"
RECENT = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=2)


def article(slug: str, text: str = "", head: str = "", date: str = "", title: str = "") -> str:
    """The page of an article, of which every slug has another text."""
    words = text or " ".join(f"Sales of chips {slug}@site@{number} rose by a half." for number in range(12))
    moment = date or f"{RECENT:%Y-%m-%dT%H:%M:%SZ}"
    title = title or f"Title of {slug}"
    return f"""<html><head>{head}<title>{title}</title><meta property="article:published_time" content="{moment}">
        </head><body><article><h1>{title}</h1><p>{words}</p></article></body></html>"""


def listing(*paths: str, head: str = "") -> Answer:
    """A list that links *paths*."""
    items = "".join(f'<li><a href="{path}">Title of {path.strip("/")}</a></li>' for path in paths)
    return Answer(f"<html><head>{head}<title>News</title></head><body><ul>{items}</ul></body></html>".encode())


def three(page: Answer | str | None = None, **pages: Answer | str) -> Site:
    """A list of the articles a, b and c, all of them *page* or else good; *pages* says which are different."""
    given = {slug: pages.get(slug, page if page is not None else article(slug)) for slug in "abc"}
    answers = {f"/{slug}/": one if isinstance(one, Answer) else html(one) for slug, one in given.items()}
    return {"/": listing("/a/", "/b/", "/c/"), **answers}


def html(text: str, charset: str = "utf-8", declared: str = "utf-8") -> Answer:
    return Answer(text.encode(charset), type=f"text/html; charset={declared}")


def moved(to: str) -> Answer:
    return Answer(status=302, headers={"Location": to})


def feed(*items: str, head: str = "") -> Answer:
    body = f'<?xml version="1.0"?>{head}<rss version="2.0"><channel><title>News</title>{"".join(items)}</channel></rss>'
    return Answer(body.encode(), type="application/rss+xml")


def item(slug: str, title: str = "", date: str = "") -> str:
    date = date or format_datetime(RECENT)
    return f"<item><title>{title or f'Title of {slug}'}</title><link>/{slug}/</link><pubDate>{date}</pubDate></item>"


def sitemap(*paths: str, name: str = "urlset", head: str = "") -> Answer:
    entries = "".join(f"<x><loc>{path}</loc></x>" for path in paths)
    return Answer(f'<?xml version="1.0"?>{head}<{name}>{entries}</{name}>'.encode(), type="application/xml")


def packed(megabytes: int) -> bytes:
    """A gzip file of one feed with so much in it, made without holding it."""
    packer = zlib.compressobj(9, wbits=31)
    parts = [packer.compress(b'<?xml version="1.0"?><rss version="2.0"><channel><title>')]
    parts += [packer.compress(b"x" * 2**20) for _ in range(megabytes)]
    return b"".join([*parts, packer.compress(b"</title></channel></rss>"), packer.flush()])


ENTITIES = (
    '<!DOCTYPE urlset [<!ENTITY a "aaaaaaaaaaaaaaaaaaaa">'
    + "".join(f'<!ENTITY {name} "{f"&{inner};" * 20}">' for inner, name in zip("abcdefg", "bcdefgh", strict=True))
    + "]>"
)
HUGE = Answer(b'<?xml version="1.0"?><rss version="2.0"><channel>' + b"<item/>" * (100 * 2**20 // 7), length=False)

BAD_GZIP = gzip.compress(article("x").encode(), mtime=0)[:10] + b"\xff" * 100
GZIP = {"Content-Encoding": "gzip"}

LIST = Listing("/", item="li")
FEED = Feed("/feed/")
MAP = Sitemap("/sitemap.xml")


@dataclass(frozen=True)
class Case:
    """A site, the ways into it by their paths, and what must be in the record of its crawl.

    ``outcomes`` are all that are not 0; ``reasons`` say of each mishap (path, what its reason holds), ``refused`` the
    same of what is in quarantine; ``asked`` is how often paths were asked for, ``titles`` what was stored.
    """

    site: Site
    verdict: str
    outcomes: Mapping[str, int] = field(default_factory=dict)
    why: str = ""
    dropped: Mapping[str, int] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    refused: Mapping[str, str] = field(default_factory=dict)
    asked: Mapping[str, int] | None = None
    titles: frozenset[str] | None = None
    ways: tuple[Way, ...] = (LIST,)
    others: Mapping[str, Site] = field(default_factory=dict)
    settings: Mapping[str, Any] = field(default_factory=dict)
    facts: Mapping[str, Any] = field(default_factory=dict)

    def row(self, key: str) -> Source:
        """The row of the case, whose host is named after *key*."""
        from dataclasses import replace

        site = f"http://{host_of(key)}"
        ways = tuple(replace(way, url=way.url if "://" in way.url else site + way.url) for way in self.ways)
        given = {"number": 1, "name": "Chips Daily", "category": "媒体", "note": "news", "language": "en"}
        given |= {"timezone": "UTC", "keep": "full", "enabled": True, "why": "It lies on this machine."}
        hosts = tuple(self.others)
        return Source(key=key, address=f"{site}/", ways=ways, hosts=hosts, **given | dict(self.facts))


def host_of(key: str) -> str:
    """The host of the site of *key*."""
    return f"{key.replace('_', '-')}.example"


def refused_everywhere(reason: str) -> dict[str, str]:
    return {"/a/": reason, "/b/": "not asked", "/c/": "not asked"}


NO_RETRY = {"RETRY_TIMES": 0}
HASTY = {"RETRY_TIMES": 0, "DOWNLOAD_TIMEOUT": 3}
GOOD = frozenset({"Title of a", "Title of b", "Title of c"})
EMPTY = "fewer links than the least"
THREE_LOGINS = {f"/{slug}/": "a page that asks for a login" for slug in "abc"}

CASES: dict[str, Case] = {
    "good": Case(three(), "ok", {"new": 3}, titles=GOOD),
    # What a site shows to programs and strangers, with status 200.
    "challenge_list": Case(
        {"/": html(CHALLENGE)}, "blocked", why="every way in is refused", reasons={"/": "Cloudflare's challenge"}
    ),
    "challenge_page": Case(
        three(CHALLENGE),
        "blocked",
        {"blocked": 3},
        "3 pages refused",
        reasons=refused_everywhere("Cloudflare's challenge"),
        asked={"/": 1, "/a/": 1},
    ),
    "captcha_page": Case(
        three(CAPTCHA), "blocked", {"blocked": 3}, "3 pages refused", reasons=refused_everywhere("asks for a person")
    ),
    "captcha_chinese": Case(
        three(html(CAPTCHA_ZH, "gb18030", "gb2312")),
        "blocked",
        {"blocked": 3},
        "3 pages refused",
        reasons=refused_everywhere("asks for a person"),
    ),
    "captcha_list": Case(
        {"/": html(CAPTCHA.replace("Pardon Our Interruption", "Attention Required! | Cloudflare"))},
        "blocked",
        why="every way in is refused",
        reasons={"/": "asks for a person"},
    ),
    "captcha_in_the_news": Case(
        three(
            article("a", title="Access denied: what the export rules mean for makers of chips"),
            b=article("b", title="Robot check - how machines test wafers for faults"),
            c=article("c", title="芯片安全验证"),
        ),
        "ok",
        {"new": 3},
    ),
    "challenge_feed": Case(
        {"/feed/": html(CHALLENGE), **three()}, "ok", {"new": 3}, ways=(FEED, LIST), reasons={"/feed/": "challenge"}
    ),
    "login_list": Case({"/": html(LOGIN)}, "login_needed", why="the site wants an account"),
    "login_feed": Case({"/feed/": html(LOGIN_ZH)}, "login_needed", why="the site wants an account", ways=(FEED,)),
    "login_page": Case(
        three(LOGIN, b=LOGIN_ZH),
        "login_needed",
        {"quarantined": 3},
        "the site wants an account",
        reasons=THREE_LOGINS,
        refused=THREE_LOGINS,
        asked={"/": 1, "/a/": 1, "/b/": 1, "/c/": 1},
    ),
    "login_moved": Case(
        {**three(moved("/login?next=/a/")), "/login*": html(LOGIN)},
        "login_needed",
        {"quarantined": 3},
        "the site wants an account",
    ),
    "login_host": Case(
        {"/": moved("http://login.chips-daily.example/?next=/")},
        "login_needed",
        why="the site wants an account",
    ),
    "login_host_of_pages": Case(
        three(moved("http://login.chips-daily.example/")),
        "login_needed",
        {"ignored": 3},
        "the site wants an account",
        reasons={f"/{slug}/": "leads to login.chips-daily.example" for slug in "abc"},
    ),
    "login_some": Case(
        three(b=LOGIN),
        "ok",
        {"new": 2, "quarantined": 1},
        refused={"/b/": "asks for a login"},
        titles=frozenset({"Title of a", "Title of c"}),
    ),
    "login_by_mail": Case(
        three(LOGIN.replace('type="password" name=secret', "type=email name=mail")),
        "login_needed",
        {"quarantined": 3},
        "the site wants an account",
        refused=THREE_LOGINS,
    ),
    "login_beside": Case(
        three(a=article("a") + '<form><input type="password"></form>'),
        "ok",
        {"new": 3},
        titles=GOOD,
    ),
    "consent_list": Case(
        {"/": html(CONSENT)}, "blocked", why="every way in is refused", reasons={"/": "asks for consent"}
    ),
    "consent_page": Case(
        three(CONSENT), "blocked", {"blocked": 3}, "3 pages refused", reasons=refused_everywhere("asks for consent")
    ),
    "consent_moved": Case(
        {"/": moved("http://consent.chips-daily.example/")},
        "blocked",
        why="every way in is refused",
        others={},
        reasons={"/": "asks for consent"},
    ),
    # Redirects.
    "endless_list": Case(
        {"/": moved("/2/"), "/2/": moved("/")},
        "failed",
        why="listing http://endless-list.example/: max redirections",
        reasons={"/": "max redirections reached"},
    ),
    "endless_page": Case(
        three(b=moved("/b/")),
        "ok",
        {"new": 2, "failed": 1},
        reasons={"/b/": "max redirections reached"},
        asked={"/": 1, "/a/": 1, "/b/": 6, "/c/": 1},
    ),
    "endless_pages": Case(
        {"/": listing("/a/", "/b/"), "/a/": moved("/b/"), "/b/": moved("/a/")},
        "failed",
        {"failed": 2},
        "none of 2 pages could be stored",
        reasons={"/a/": "max redirections", "/b/": "max redirections"},
    ),
    "sold": Case(
        three(moved("http://casino.example/")),
        "failed",
        {"ignored": 3},
        "none of 3 pages could be stored",
        reasons={f"/{slug}/": "leads to casino.example" for slug in "abc"},
    ),
    # Too much.
    "feed_bomb": Case(
        {"/feed/": Answer(packed(300), headers={"Content-Encoding": "gzip"})},
        "failed",
        ways=(FEED,),
        reasons={"/feed/": "exceeded"},
    ),
    "feed_items": Case({"/feed/": feed("<item/>" * 100_000)}, "failed", ways=(FEED,), reasons={"/feed/": "items"}),
    "sitemap_gzip": Case(
        {"/sitemap.xml": Answer(packed(300), type="application/gzip")},
        "failed",
        ways=(MAP,),
        reasons={"/sitemap.xml": "more than 50 MiB"},
    ),
    "sitemap_tags": Case(
        {"/sitemap.xml": Answer(gzip.compress(b"<urlset>" + b"<x/>" * 2**22 + b"</urlset>", 6, mtime=0))},
        "failed",
        ways=(MAP,),
        reasons={"/sitemap.xml": "tags"},
    ),
    "sitemap_entities": Case(
        {"/sitemap.xml": sitemap("/a/&h;", head=ENTITIES)},
        "failed",
        ways=(MAP,),
        reasons={"/sitemap.xml": "document type"},
    ),
    "sitemap_hidden": Case(
        {"/sitemap.xml": sitemap("/a/&h;", "/b/", head=f"<!-- <a> -->{ENTITIES}")},
        "failed",
        ways=(MAP,),
        reasons={"/sitemap.xml": "document type"},
    ),
    "feed_entities": Case(
        {"/feed/": feed(item("a", title="&h;"), head=f"<!-- <a> -->{ENTITIES}")},
        "failed",
        ways=(FEED,),
        reasons={"/feed/": "document type"},
    ),
    "sitemap_doctype": Case(
        {"/sitemap.xml": sitemap("/a/", head="<!DOCTYPE urlset SYSTEM 'file:///etc/passwd'>"), **three()},
        "ok",
        {"new": 3},
        ways=(MAP, LIST),
        reasons={"/sitemap.xml": "document type"},
    ),
    # Entries that lead nowhere.
    "index_of_itself": Case(
        {"/sitemap.xml": sitemap("/sitemap.xml", name="sitemapindex")},
        "empty",
        why=EMPTY,
        ways=(MAP,),
        asked={"/sitemap.xml": 1},
    ),
    "index_without_end": Case(
        {"/sitemap.xml*": lambda number: sitemap(f"/sitemap.xml?{number}", name="sitemapindex")},
        "empty",
        why=EMPTY,
        ways=(Sitemap("/sitemap.xml", pages=4),),
    ),
    "index_and_child": Case(
        {
            "/sitemap.xml": sitemap("/sitemap.xml", "/child.xml", name="sitemapindex"),
            **three(),
            "/child.xml": sitemap("/a/", "/b/", "/c/", "/sitemap.xml"),
        },
        "ok",
        {"new": 3},
        ways=(MAP,),
        facts={"include": r"/\w/$"},
        dropped={"include": 1},
    ),
    "others_only": Case(
        {"/": listing("http://casino.example/1", "//casino.example/2", "https://others-only.example.casino.example/")},
        "empty",
        why=EMPTY,
        dropped={"host": 3},
    ),
    # Articles that are not what they should be.
    "of_2087": Case(
        {
            "/feed/": feed(item("a", date="Sun, 20 Jul 2087 08:00:00 GMT"), item("b")),
            "/a/": html(article("a", date="2087-07-20T08:00:00Z")),
            "/b/": html(article("b")),
        },
        "ok",
        {"new": 2},
        ways=(FEED,),
    ),
    "one_address": Case(
        {"/feed/": feed(item("a", title="First"), item("a", title="Second")), "/a/": html(article("a"))},
        "ok",
        {"new": 1},
        ways=(FEED,),
        dropped={"duplicate": 1},
        asked={"/feed/": 1, "/a/": 1},
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
            "/": Answer(
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
    # Sites that do not answer as they should.
    "hanging_list": Case({"/": Answer(wait=30)}, "failed", reasons={"/": "DownloadTimeoutError"}, settings=HASTY),
    "hanging_page": Case(
        three(b=Answer(wait=30)),
        "ok",
        {"new": 2, "failed": 1},
        reasons={"/b/": "DownloadTimeoutError"},
        settings=HASTY,
    ),
    "dripping": Case(
        three(b=Answer(article("b").encode(), drip=0.2)),
        "ok",
        {"new": 2, "failed": 1},
        reasons={"/b/": "DownloadTimeoutError"},
        settings=HASTY,
    ),
    "closing": Case(
        {
            path: (lambda number, one=one: Answer(close=True) if number % 3 == 0 else one)
            for path, one in {**three(), "/robots.txt": Answer(type="text/plain")}.items()
        },
        "ok",
        {"new": 3},
        titles=GOOD,
    ),
    # Some pages meet a closed connection time and again.
    "closing_many": Case(
        {
            path: (lambda number, one=one: Answer(close=True) if number % 3 == 0 else one)
            for path, one in {
                "/": listing(*(f"/{slug}/" for slug in "abcdefghi")),
                **{f"/{slug}/": html(article(slug)) for slug in "abcdefghi"},
                "/robots.txt": Answer(type="text/plain"),
            }.items()
        },
        "ok",
        {"new": 9},
    ),
    "closing_always": Case(
        three(Answer(close=True)),
        "failed",
        {"failed": 3},
        "none of 3 pages could be stored",
        reasons={f"/{slug}/": "DownloadFailedError" for slug in "abc"},
        settings=NO_RETRY,
    ),
    "cut_short": Case(
        three(b=Answer(article("b").encode(), missing=1000)),
        "ok",
        {"new": 2, "failed": 1},
        reasons={"/b/": "DataLoss"},
        settings=NO_RETRY,
    ),
    "garbage": Case(three(b=Answer(status=99, headers={"": "x"})), "ok", {"new": 2, "failed": 1}, settings=NO_RETRY),
    "bad_gzip": Case(
        {"/feed/": Answer(BAD_GZIP, headers=GZIP), **three(b=Answer(BAD_GZIP, headers=GZIP))},
        "ok",
        {"new": 2, "failed": 1},
        ways=(FEED, LIST),
        settings=NO_RETRY,
        reasons={"/feed/": "decompress", "/b/": "decompress"},
    ),
    "bad_location": Case(
        {"/feed/": moved("http://[nowhere/"), **three(b=moved("http://[nowhere/"))},
        "ok",
        {"new": 2, "failed": 1},
        ways=(FEED, LIST),
        reasons={"/feed/": "Invalid", "/b/": "Invalid"},
    ),
    "retry_after_ages": Case(
        three(Answer(status=503, headers={"Retry-After": f"Mon, 01 Jan {'9' * 30} 00:00:00 GMT"})),
        "failed",
        {"failed": 3},
        "none of 3 pages",
        settings=NO_RETRY,
        reasons={"/a/": "HTTP 503"},
    ),
    "never_modified": Case(
        {"/": Answer(status=304)},
        "failed",
        reasons={"/": "HTTP 304"},
        asked={"/": 1},
    ),
    "half_characters": Case(
        {
            "/api": Answer(
                json.dumps(
                    [
                        {"url": "/a/", "title": "Title of a \ud83d", "summary": "half \udc00", "tags": ["\ud800"]},
                        {"url": "/b/\ud800", "title": "Title of b"},
                        {"url": "/c/", "title": "Title of c"},
                    ]
                ).encode(),
                type="application/json",
            )
        },
        "ok",
        {"new": 2},
        dropped={"address": 1},
        ways=(JsonApi("/api", fields={name: name for name in ("url", "title", "summary", "tags")}),),
        facts={"read": "entry", "keep": "abstract", "thresholds": Thresholds(0, 0, 0)},
        titles=frozenset({"Title of a \ufffd", "Title of c"}),
    ),
    "half_character_in_page": Case(
        three(
            b=article(
                "b",
                title="",
                head="""<script type="application/ld+json">{"@type": "NewsArticle", "headline":
            "Chips \\ud83d of b", "author": "A \\ud800", "keywords": "\\udc00"}</script>""",
            )
        ),
        "ok",
        {"new": 3},
    ),
    "huge_summary": Case(
        {
            "/feed/": feed(
                f"<item><title>Title of a</title><link>/a/</link><description>{'chips ' * 3_000_000}</description></item>",
                item("b"),
            )
        },
        "ok",
        {"new": 1, "quarantined": 1},
        ways=(FEED,),
        refused={"/a/": "summary of"},
        facts={"read": "entry", "keep": "abstract", "thresholds": Thresholds(0, 0, 0)},
    ),
    # robots.txt.
    "robots_slow": Case(
        {**three(), "/robots.txt": Answer(b"User-agent: *\nCrawl-delay: 86400\n")},
        "blocked",
        asked={},
        why="every way in is refused",
        reasons={"/": "asks for 86400 s"},
        settings={"XINWEN_POLITE": True},
    ),
    "robots_hanging": Case(
        {**three(), "/robots.txt": Answer(wait=30)},
        "failed",
        reasons={"/": "/robots.txt cannot be read"},
        asked={},
        settings=HASTY,
    ),
    "robots_500": Case(
        {**three(), "/robots.txt": Answer(status=500)},
        "failed",
        settings=NO_RETRY,
        reasons={"/": "/robots.txt cannot be read: HTTP 500"},
        asked={},
    ),
    "robots_429": Case(
        {**three(), "/robots.txt": Answer(status=429)},
        "failed",
        settings=NO_RETRY,
        reasons={"/": "/robots.txt cannot be read: HTTP 429"},
        asked={},
    ),
    "robots_nowhere": Case(
        {**three(), "/robots.txt": Answer(status=302)},
        "failed",
        reasons={"/": "/robots.txt cannot be read: HTTP 302"},
        asked={},
    ),
    "robots_404": Case({**three(), "/robots.txt": Answer(b"User-agent: *\nDisallow: /", status=404)}, "ok", {"new": 3}),
    "robots_challenge": Case(
        {**three(), "/robots.txt": html(CHALLENGE)},
        "blocked",
        why="every way in is refused",
        asked={},
        reasons={"/": "/robots.txt cannot be read: Cloudflare's challenge"},
    ),
    "robots_endless": Case(
        {**three(), "/robots.txt": moved("/robots.txt")},
        "failed",
        reasons={"/": "/robots.txt cannot be read: max"},
        asked={},
    ),
    "robots_403": Case(
        {**three(), "/robots.txt": Answer(status=403)},
        "blocked",
        why="every way in is refused",
        reasons={"/": "/robots.txt cannot be read: HTTP 403"},
        asked={},
    ),
    "robots_html": Case({**three(), "/robots.txt": html(article("robots"))}, "ok", {"new": 3}),
    "robots_huge": Case(
        {**three(), "/robots.txt": Answer(b"# much ado\n" * 2**20, type="text/plain")},
        "failed",
        asked={},
        reasons={"/": "/robots.txt cannot be read"},
    ),
    "robots_bars_pages": Case(
        {**three(), "/robots.txt": Answer(b"User-agent: *\nDisallow: /a/\nDisallow: /b/\nDisallow: /c/\n")},
        "blocked",
        {"barred": 3},
        "3 pages barred by robots.txt",
    ),
    "robots_500_of_pages": Case(
        {"/": listing(*(f"http://pages.robots-500.example/{slug}/" for slug in "ab"))},
        "failed",
        {"failed": 2},
        "none of 2 pages could be stored",
        settings=NO_RETRY,
        others={"pages.robots-500.example": {"/robots.txt": Answer(status=500)}},
        reasons={"http://pages.robots-500.example/a/": "/robots.txt cannot be read: HTTP 500"},
    ),
    "robots_403_of_pages": Case(
        {"/": listing(*(f"http://pages.robots-403.example/{slug}/" for slug in "ab"))},
        "blocked",
        {"blocked": 2},
        "2 pages refused",
        settings=NO_RETRY,
        others={"pages.robots-403.example": {"/robots.txt": Answer(status=403)}},
        reasons={"http://pages.robots-403.example/a/": "/robots.txt cannot be read: HTTP 403"},
    ),
    # In a process of its own, to see its memory.
    "feed_of_100_mb": Case(
        {"/feed/": HUGE, **three()},
        "ok",
        {"new": 3},
        ways=(FEED, LIST),
        reasons={"/feed/": "longer than a reply may be"},
    ),
}
