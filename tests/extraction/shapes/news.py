"""Articles of news sites and blogs."""

from __future__ import annotations

from tests.extraction.draft import Draft
from tests.extraction.site import byline, figure, news_site, newsletter, page, portal, related, share


def newspaper(d: Draft) -> str:
    article = f"<article>{d.h1()}{byline(d)}{share()}{figure(d)}<div class='article-body'>{d.ps(3)}{d.h()}{d.ps(4)}</div></article>"
    return news_site(d, article + related(d), d.jsonld())


def wordpress(d: Draft) -> str:
    comments = f"<div id='comments' class='comments-area'><ol class='comment-list'>{d.comments(5)}</ol></div>"
    entry = f"<div class='entry-content'>{d.ps(2)}{d.h(3)}<ul><li>{d.say(d.writer.paragraph(1))}</li><li>{d.say(d.writer.paragraph(1))}</li></ul>{d.ps(3)}</div>"
    widgets = f"<aside id='secondary' class='widget-area'><ul class='widget'>{d.teasers(8)}</ul></aside>"
    post = f"<article class='post hentry has-sidebar'><header class='entry-header'>{d.h1('class=entry-title')}<time class='entry-date' datetime='{d.moment.isoformat()}'>{d.day()}</time></header>{entry}</article>"
    return news_site(d, post + comments + widgets, classes="single single-post has-sidebar rank-math ads-active")


def long_read(d: Draft) -> str:
    parts = "".join(f"{d.h()}{d.ps(3)}{figure(d)}" for _ in range(4))
    return news_site(
        d,
        f"<article class='node node--promoted'>{d.h1()}{byline(d)}<div class='field-body'>{d.ps(2)}{parts}</div></article>",
        d.meta(),
    )


def newsletter_boxes(d: Draft) -> str:
    body = f"{d.ps(2)}{newsletter(d)}{d.ps(2)}<div class='ad-slot'>{d.either('Advertisement', '广告')}</div>{d.ps(2)}{newsletter(d)}"
    return news_site(d, f"<article>{d.h1()}{byline(d)}<div class='story-content'>{body}</div></article>", d.jsonld())


def gallery(d: Draft) -> str:
    body = "".join(f"{figure(d)}{d.p()}" for _ in range(5))
    return news_site(d, f"<article>{d.h1()}{byline(d)}<div class='gallery-text'>{body}</div></article>", d.meta())


def interview(d: Draft) -> str:
    asks = d.either("What does that mean for {}?", "这对{}意味着什么？")
    talk = "".join(f"<p><strong>{d.say(asks.format(d.writer.thing()))}</strong></p>{d.p()}" for _ in range(5))
    return news_site(
        d,
        f"<article>{d.h1()}{byline(d)}<div class='article__content sidebar-grid__content'>{d.p()}{talk}</div></article>",
        d.jsonld(),
    )


def video(d: Draft) -> str:
    player = "<div class='player' data-src='/v.mp4'><button>Play</button><div class='sr-only'>Video player</div></div>"
    article = f"<article>{d.h1()}{player}{byline(d)}<div class='transcript'>{d.ps(4)}</div></article>"
    return news_site(d, article + related(d, 8), d.jsonld("VideoObject") + d.meta())


def endless(d: Draft) -> str:
    """A second article is loaded below the first."""
    first = f"<article class='story' data-id='1'>{d.h1()}{byline(d)}<div class='story-text'>{d.ps(5)}</div></article>"
    texts = "".join(f"<p>{d.writer.paragraph(2)}</p>" for _ in range(3))
    second = f"<div class='more-stories'><div class='story'><h2><a href='/next.html'>{d.writer.headline()}</a></h2><div class='story-text'>{texts}</div></div></div>"
    return news_site(d, first + second, d.jsonld())


def teasers_beside(d: Draft) -> str:
    """Teasers longer than the article, in the same container."""
    article = f"<div class='item-page'>{d.h1()}{byline(d)}<div class='text'>{d.ps(3)}</div></div>"
    river = d.teasers(
        12, "<div class='tile'><h3><a href='/{n}'>{headline}</a></h3><p class='tile-text'>{text}</p></div>"
    )
    return page(d, f"<div id='wrap'>{article}{river}</div>", d.meta())


def amp(d: Draft) -> str:
    head = "<script async src='https://cdn.example/v0.js'></script>" + d.jsonld()
    menu = "<amp-sidebar id='s' layout='nodisplay'><ul><li><a href='/'>Home</a></li></ul></amp-sidebar>"
    body = f"{menu}<article class='amp-wp-article'>{d.h1('class=amp-wp-title')}{byline(d)}<div class='amp-wp-article-content'>{d.ps(3)}<amp-ad width='300' height='250'></amp-ad>{d.ps(2)}</div></article>"
    return page(d, body, head)


def hashed_classes(d: Draft) -> str:
    body = d.ps(5, "p class='Text__P-sc-1f2 kXyZab'")
    rail = f"<div class='Rail__W-sc-9k1 bCdEfg'><ul class='Rail__L-sc-3d'>{d.teasers(7)}</ul></div>"
    article = f"<div id='__next'><div class='Layout__Grid-sc-7aa'><div class='Col-sc-11b'>{d.h1('class=Head-sc-1')}{byline(d)}<div class='Body__Wrap-sc-44'>{body}</div></div>{rail}</div></div>"
    data = "<script id='__NEXT_DATA__' type='application/json'>{\"props\":{}}</script>"
    return page(d, article + data, d.jsonld())


def opinion(d: Draft) -> str:
    about = d.either(f"{d.author} writes about chips and lives by the sea.", f"{d.author}，专栏作者，关注半导体产业。")
    box = f"<div class='author-box'><img src='/a.jpg' alt=''><p>{about}</p></div>"
    return news_site(
        d,
        f"<article>{d.h1()}{byline(d)}<div class='entry-content'>{d.ps(6)}</div>{box}</article>{related(d)}",
        d.jsonld("OpinionNewsArticle"),
    )


def listicle(d: Draft) -> str:
    items = "".join(f"<h3>{n}. {d.say(d.writer.thing())}</h3>{d.p()}" for n in range(1, 7))
    d.expected = [f"{(index - 1) // 2 + 1}. {text}" if index % 2 else text for index, text in enumerate(d.expected)]
    return portal(
        d, f"<div class='detail'>{d.h1()}{byline(d)}<div class='content'>{d.p()}{items}</div></div>", d.meta()
    )


def without_date(d: Draft) -> str:
    """A page that tells no date: none is right."""
    d.published = None
    return page(d, f"<main>{d.h1()}<div class='text'>{d.ps(4)}</div></main>")


def buttons(d: Draft) -> str:
    """A button that nobody closed swallows the page."""
    menu = "<div class='nav-open'><button class='nav-btn' aria-label='menu'><span>Menu</span>"
    return page(d, f"{menu}<main>{d.h1()}{byline(d)}<div class='article-text'>{d.ps(5)}</div></main></div>", d.jsonld())


SHAPES = {
    "news": (newspaper, wordpress, long_read, newsletter_boxes, gallery, interview, opinion, amp, hashed_classes),
    "beside other texts": (endless, teasers_beside, video, listicle, without_date, buttons),
}
