"""Wires, live pages, paid pages, comments and forums."""

from __future__ import annotations

from tests.extraction.draft import Draft
from tests.extraction.site import byline, news_site, page, portal, related


def flash(d: Draft) -> str:
    return news_site(
        d,
        f"<article class='flash'>{d.h1()}<time datetime='{d.moment.isoformat()}'>{d.day()}</time><p>{d.say(d.writer.paragraph(2))}</p></article>{related(d)}",
    )


def wire(d: Draft) -> str:
    lead = d.say(f"{d.either('VALLEY CITY', '河谷')}, {d.day()} ({d.site}) - {d.writer.paragraph(1)}")
    credits = d.either(f"(Reporting by {d.author}; Editing by Tom Hale)", f"（编辑：{d.author}）")
    return news_site(
        d,
        f"<article>{d.h1()}<div class='text'><p>{lead}</p>{d.ps(5)}<p class='credits'>{credits}</p></div></article>",
        d.jsonld(),
    )


def live(d: Draft) -> str:
    posts = "".join(
        f"<div class='live-post' id='p{n}'><span class='live-time'>{20 - n}:0{n}</span><div class='live-match-comment-body'>{d.p()}</div></div>"
        for n in range(8)
    )
    return news_site(
        d, f"<article>{d.h1()}{byline(d)}<div class='live-posts'>{posts}</div></article>", d.jsonld("LiveBlogPosting")
    )


def paid(d: Draft) -> str:
    offer = d.either(
        "<h2>Keep reading for one euro</h2><p>Subscribe now to read the rest of this story and all others, and cancel at any time.</p><p>Already a subscriber? Log in.</p>",
        "<p>本文为付费内容，剩余百分之八十的内容需要开通会员后继续阅读。</p><p>已有账号？请登录后阅读全文。</p>",
    )
    wall = {"@type": "WebPageElement", "isAccessibleForFree": False, "cssSelector": ".paywall"}
    return news_site(
        d,
        f"<article>{d.h1()}{byline(d)}<div class='teaser'>{d.ps(2)}</div><div class='paywall'>{offer}</div></article>{related(d)}",
        d.jsonld(isAccessibleForFree=False, hasPart=wall),
    )


def paid_without_data(d: Draft) -> str:
    offer = d.either(
        "<p>To continue reading this article, start your trial.</p><p>$1 for four weeks</p>",
        "<p>登录后阅读全文</p><p>年度会员198元/年</p>",
    )
    return portal(
        d,
        f"<div class='article'>{d.h1()}{byline(d)}<div class='article-content'>{d.ps(3)}{offer}</div></div>",
        d.meta(),
    )


def metered(d: Draft) -> str:
    """Paid, but the text is there."""
    wall = {"isAccessibleForFree": "False", "cssSelector": ".body-text"}
    return news_site(
        d,
        f"<article>{d.h1()}{byline(d)}<div class='body-text'>{d.ps(7)}</div></article>",
        d.jsonld(isAccessibleForFree="False", hasPart=[wall]),
    )


def comments_longer(d: Draft) -> str:
    comments = f"<section id='comments'><h3>{d.either('Comments', '网友评论')}</h3><ul>{d.comments(14)}</ul></section>"
    return news_site(
        d, f"<article>{d.h1()}{byline(d)}<div class='text'>{d.ps(2)}</div></article>{comments}", d.jsonld()
    )


def schema_comments(d: Draft) -> str:
    comments = d.comments(
        10,
        "<div itemscope itemtype='https://schema.org/Comment'><span>{name}</span><div itemprop='text'>{text}</div></div>",
    )
    return news_site(
        d, f"<article>{d.h1()}{byline(d)}<div class='text'>{d.ps(3)}</div></article><div>{comments}</div>", d.meta()
    )


def forum(d: Draft) -> str:
    """A thread: all posts are its text."""
    posts = "".join(
        f"<table class='plhin' id='pid{n}'><tr><td class='pls'><a href='/u/{n}'>{d.writer.name()}</a><p>{d.either('Member', '会员')}</p></td><td class='plc'><div class='t_f'>{d.say(d.writer.paragraph(3))}</div></td></tr></table>"
        for n in range(5)
    )
    return page(
        d,
        f"<div id='hd'><a href='/'>{d.site}</a></div><div id='postlist'><h1>{d.title}</h1><div class='pti'>{d.either('Posted on ', '发表于 ')}{d.day('iso')}</div>{posts}</div>",
    )


def mail(d: Draft) -> str:
    """A message in a <pre>, with lines of 70 characters in English."""
    texts = [d.writer.paragraph(3) for _ in range(4)]
    d.expected += texts
    return page(
        d,
        f"<h1>{d.title}</h1><b>{d.author}</b> <i>{d.moment:%a, %d %b %Y %H:%M:%S %z}</i><hr><pre>{(chr(10) * 2).join(texts)}</pre><hr><a href='prev'>Previous</a> <a href='next'>Next</a>",
    )


SHAPES = {
    "wires and live pages": (flash, wire, live),
    "paid pages": (paid, paid_without_data, metered),
    "comments and forums": (comments_longer, schema_comments, forum, mail),
}
