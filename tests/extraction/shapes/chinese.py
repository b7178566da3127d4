"""Pages as Chinese portals, authorities and applications publish them; the English variations have the same markup."""

from __future__ import annotations

import json

from tests.extraction.draft import Draft
from tests.extraction.site import byline, figure, page, portal


def portal_article(d: Draft) -> str:
    source = d.either("Source", "来源")
    info = f"<div class='article-info'><span>{d.day('iso')}</span> <span>{source}：<a href='/s'>{d.site}</a></span> <span class='cmt'>评论 12</span></div>"
    editor = d.either("(Editor: Ann Weber)", "（责任编辑：林夏）")
    return portal(
        d, f"<div class='article'>{d.h1()}{info}<div class='article-content'>{d.ps(5)}<p>{editor}</p></div></div>"
    )


def old_portal(d: Draft) -> str:
    """A table lays out the page, and breaks part the paragraphs."""
    texts = "<br><br>&#12288;&#12288;".join(d.say(d.writer.paragraph(3)) for _ in range(5))
    links = d.teasers(10, "<tr><td>·<a href='/{n}.htm'>{headline}</a></td></tr>")
    return page(
        d,
        f"<table width='960'><tr><td class='nav'><a href='/'>首页</a> | <a href='/n'>新闻</a> | <a href='/m'>市场</a></td></tr></table>"
        f"<table width='960'><tr><td width='660' valign='top'><h1>{d.title}</h1><div align='center'>{d.day('iso')} {d.site}</div>"
        f"<div id='artibody'>&#12288;&#12288;{texts}</div></td><td width='300' valign='top'><table>{links}</table></td></tr></table>",
    )


def wechat(d: Draft) -> str:
    sections = "".join(
        f"<section style='margin:0 8px'><section><p><span style='font-size:15px'>{d.say(d.writer.paragraph(2))}</span></p></section></section>"
        for _ in range(6)
    )
    script = f"<script>var ct = '{int(d.moment.timestamp())}'; var createTime = '{d.moment:%Y-%m-%d %H:%M}';</script>"
    return page(
        d,
        f"<div id='js_article' class='rich_media'><div class='rich_media_inner'><h1 class='rich_media_title' id='activity-name'>{d.title}</h1>"
        f"<div id='meta_content'><a id='js_name'>{d.site}</a> <em id='publish_time'></em></div><div class='rich_media_content' id='js_content'>{sections}</div>"
        f"<div class='rich_media_tool'><span>{d.either('Read', '阅读')} 1.2万</span><span>{d.either('Like', '在看')}</span></div></div></div>{script}",
        f"<meta property='og:title' content='{d.title}'>",
        title=d.title,
    )


def authority(d: Draft) -> str:
    """As systems of authorities publish: a labelled date, sizes of letters, buttons to print and close."""
    label = d.either("Published on", "发布时间：")
    bar = f"<div class='xl_ly'>{label} {d.day()} &nbsp; {d.either('Source', '信息来源')}：{d.site} &nbsp; 字体：【<a>大</a> <a>中</a> <a>小</a>】</div>"
    return portal(
        d,
        f"<div class='xl_content'><div class='xl_title'><h1>{d.title}</h1></div>{bar}<div class='TRS_Editor'>{d.ps(5)}</div><div class='print'><a>打印</a><a>关闭</a></div></div>",
    )


def finance_portal(d: Draft) -> str:
    quotes = "".join(
        f"<tr><td><a href='/q/{n}'>{d.writer.thing()}</a></td><td>{n}.31</td><td>-0.4%</td></tr>" for n in range(11, 19)
    )
    disclaimer = d.either(
        "Disclaimer: this text is no advice to buy or sell.",
        "免责声明：本文仅供参考，不构成投资建议，据此操作风险自担。",
    )
    article = f"<div class='newsContent'>{d.h1()}<div class='time'>{d.day('iso')}</div><div class='stockbox'><table>{quotes}</table></div><div class='txtinfos'>{d.ps(4)}</div><p>{disclaimer}</p></div>"
    return portal(d, article, d.meta())


def spans(d: Draft) -> str:
    """An application of spans, with the date in the data of a script."""
    texts = "".join(
        f"<div class='index-module_textWrap_3ygOc'><p><span class='bjh-p'>{d.say(d.writer.paragraph(2))}</span></p></div>"
        for _ in range(5)
    )
    data = json.dumps(
        {
            "@context": "https://ziyuan.baidu.com/contexts/cambrian.jsonld",
            "title": d.title,
            "pubDate": f"{d.moment:%Y-%m-%dT%H:%M:%S}",
        },
        ensure_ascii=False,
    )
    return page(
        d,
        f"<div id='ssr-content'><div class='index-module_articleTitle_28fPT'><h1>{d.title}</h1></div><div class='index-module_authorTxt'>{d.author}</div>"
        f"<div class='index-module_articleWrap_2Zphx'>{texts}</div></div><div class='sidebar-module'><ul>{d.teasers(9)}</ul></div>",
        f"<script type='application/ld+json'>{data}</script>",
        title=d.title,
    )


def short_news(d: Draft) -> str:
    return portal(
        d, f"<div class='content-box'>{d.h1()}<p class='info'>{d.day('iso')}</p><div class='con'>{d.p(2)}</div></div>"
    )


def mobile(d: Draft) -> str:
    app = d.either("Open in the app", "打开APP阅读体验更佳")
    return page(
        d,
        f"<div class='m-top'><a href='/'>{d.site}</a><a href='/app'>{app}</a></div><section class='m-article'>{d.h1()}{byline(d)}{figure(d)}<div class='m-text'>{d.ps(4)}</div></section><div class='m-rec'><h3>{d.either('You may also like', '猜你喜欢')}</h3><ul>{d.teasers(6)}</ul></div>",
        d.meta(),
    )


def body_in_data(d: Draft) -> str:
    """The text is in JSON-LD only; the page shows it by a script."""
    texts = [d.writer.paragraph(3) for _ in range(4)]
    d.expected += texts
    return page(
        d,
        f"<div id='app'></div><noscript>{d.either('Please enable JavaScript.', '请启用JavaScript。')}</noscript>",
        d.jsonld(articleBody="\n".join(texts)),
    )


def date_in_address(d: Draft) -> str:
    """No date but the one in the address."""
    return portal(d, f"<div class='art'>{d.h1()}<div class='art-text'>{d.ps(4)}</div></div>")


SHAPES = {
    "Chinese portals": (portal_article, old_portal, authority, finance_portal, short_news, mobile, date_in_address),
    "applications": (wechat, spans, body_in_data),
}
