"""What stands around the article on the pages: menus, banners, related columns, comments, footers."""

from __future__ import annotations

from html import escape

from tests.extraction.draft import Draft

_SECTIONS = {
    "en": ["Home", "News", "Foundries", "Memory", "Equipment", "Markets", "Opinion", "Video", "Events", "Jobs"],
    "zh": ["首页", "新闻", "晶圆代工", "存储", "设备", "市场", "观点", "视频", "会议", "招聘"],
}


def page(draft: Draft, body: str, head: str = "", *, title: str = "", classes: str = "") -> str:
    """A document with *body* as it is; the title of the document names the site."""
    separator = draft.either(" - ", "_")
    named = title or f"{draft.title}{separator}{draft.site}"
    return (
        f'<!DOCTYPE html>\n<html lang="{draft.either("en", "zh-CN")}">\n<head><meta charset="utf-8">'
        f"<title>{escape(named)}</title>{head}\n<style>.x{{color:red}}</style><script>var dataLayer=[];</script></head>\n"
        f"<body{f' class={chr(34)}{classes}{chr(34)}' if classes else ''}>\n{body}\n</body></html>"
    )


def news_site(draft: Draft, article: str, head: str = "", *, aside: str = "", classes: str = "post-template") -> str:
    """A page of a news site of today, with everything that such sites put around *article*."""
    return page(
        draft,
        f"{cookies(draft)}{header(draft)}<main id='main'>{article}{aside}</main>{footer(draft)}",
        head,
        classes=classes,
    )


def portal(draft: Draft, article: str, head: str = "") -> str:
    """A Chinese portal, or an English site built like one: columns of lists beside a narrow text."""
    hot = draft.teasers(
        12, "<li><em>1</em><a href='/hot/{n}.shtml' target='_blank'>{headline}</a><span>{day}</span></li>"
    )
    return page(
        draft,
        f"""<div class="topbar"><ul>{menu(draft)}</ul><a href="/login">{draft.either("Log in", "登录")}</a></div>
<div class="path wrap"><a href="/">{draft.either("Home", "首页")}</a> &gt; <a href="/chip">{draft.either("Chips", "芯片")}</a></div>
<div class="wrap clearfix"><div class="left-col">{article}
<div class="tags"><a href="/t/1">{draft.writer.thing()}</a> <a href="/t/2">{draft.writer.thing()}</a></div>
<div class="xgnews"><h3>{draft.either("Related articles", "相关阅读")}</h3><ul>{draft.teasers(6)}</ul></div></div>
<div class="right-col"><div class="rank-box"><h3>{draft.either("Most read", "热门文章")}</h3><ul>{hot}</ul></div>
<div class="ad300"><a href="/ad"><img src="/a.gif" alt=""></a></div></div></div>{footer(draft)}""",
        head,
    )


def menu(draft: Draft) -> str:
    return "".join(f"<li><a href='/{number}/'>{name}</a></li>" for number, name in enumerate(_SECTIONS[draft.language]))


def header(draft: Draft) -> str:
    return (
        f"<header class='site-header'><a class='skip visually-hidden-focusable' href='#main'>{draft.either('Skip to content', '跳到正文')}</a>"
        f"<a class='logo' href='/'>{draft.site}</a><nav class='primary-nav'><ul>{menu(draft)}</ul></nav>"
        f"<button type='button' class='menu-toggle'><span>{draft.either('Menu', '菜单')}</span></button></header>"
    )


def footer(draft: Draft) -> str:
    return (
        f"<footer class='site-footer'><ul>{menu(draft)}</ul><p>{draft.either('Copyright 2015-2026', '版权所有 2015-2026')} {draft.site}. "
        f"{draft.either('All rights reserved. Quotes are delayed by at least 15 minutes.', '未经授权不得转载，行情数据延迟至少15分钟。')}</p></footer>"
    )


def cookies(draft: Draft) -> str:
    text = draft.either(
        "We and our 214 partners store and read information on your device, such as cookies, to show you adverts that fit"
        " and to measure how they work. You may change your choice at any time in the settings of this site.",
        "我们使用Cookie来改善您的浏览体验，并向您展示更合适的广告。您可以随时在设置中更改您的选择，继续浏览即表示同意。",
    )
    return f"<div id='onetrust-banner-sdk' role='dialog'><p>{text}</p><button>{draft.either('Accept all', '全部接受')}</button></div>"


def newsletter(draft: Draft) -> str:
    text = draft.either(
        "Get the chip newsletter: the five stories that matter, in your mailbox each morning.",
        "订阅我们的芯片早报，每天早上五条要闻。",
    )
    return f"<aside class='newsletter-signup'><p>{text}</p><form><input type='email'><button>{draft.either('Sign up', '订阅')}</button></form></aside>"


def share() -> str:
    links = "".join(f"<li><a href='#{name}'>{name}</a></li>" for name in ("Facebook", "X", "LinkedIn", "Weibo"))
    return f"<ul class='share-bar'>{links}</ul>"


def byline(draft: Draft, style: str = "") -> str:
    """Author and date; on some pages also the date of an update."""
    update = f"<span class='updated'>{draft.either('Updated ', '更新于')}{draft.other_day()}</span>"
    return (
        f"<div class='article-meta'><span class='author'>{draft.either('By ', '作者：')}{draft.author}</span> "
        f"<span class='date'>{draft.day(style)}</span> {update if draft.rng.random() < 0.3 else ''}</div>"
    )


def figure(draft: Draft) -> str:
    caption = draft.either(
        f"A hall of {draft.writer.company}. Photo: {draft.author}",
        f"{draft.writer.company}的厂房。图片来源：{draft.site}",
    )
    return f"<figure><img src='/i/{draft.rng.randint(1, 99)}.jpg' alt=''><figcaption>{caption}</figcaption></figure>"


def related(draft: Draft, number: int = 5) -> str:
    cards = draft.teasers(
        number,
        "<div class='card'><a href='/{n}'><img src='/{n}.jpg' alt=''></a><h3><a href='/{n}'>{headline}</a></h3><span class='date'>{day}</span><p>{text}</p></div>",
    )
    return f"<section class='related-stories'><h2>{draft.either('Related stories', '相关报道')}</h2>{cards}</section>"
