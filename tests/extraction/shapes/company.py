"""Releases, results, filings, reports and lists of data of companies."""

from __future__ import annotations

from tests.extraction.draft import Draft
from tests.extraction.site import cookies, footer, header, news_site, page, related


def _company_page(d: Draft, inside: str, head: str = "") -> str:
    return page(d, f"{cookies(d)}{header(d)}<div class='page-wrap'>{inside}</div>{footer(d)}", head)


def _about(d: Draft) -> str:
    company = d.writer.company
    text = d.either(
        f"{company} makes parts for cars and power supplies, and has four plants in the valley and in the hills.",
        f"{company}成立于1998年，主要为汽车和电源提供芯片，在全国拥有四座工厂。",
    )
    return f"<p><b>{d.either('About', '关于')}{d.either(' ', '')}{company}</b></p><p>{text}</p>"


def _statements(d: Draft, cell: str = "<td>{}</td>") -> str:
    heading = d.say(d.either("Condensed statements of income", "合并利润表"))
    return f"<h3>{heading}</h3><table class='financial-table'>{d.rows(6, cell)}</table>"


def release(d: Draft) -> str:
    contact = d.either("Media contact", "媒体联系人")
    body = f"{d.ps(5)}<p># # #</p>{_about(d)}<p>{contact}</p><p>press@{d.host}</p>"
    return _company_page(
        d,
        f"<article class='full-news-article'><h1 class='article-heading'>{d.title}</h1><div class='related-documents-line'><time datetime='{d.moment.isoformat()}'>{d.day()}</time></div>{body}</article>",
    )


def release_with_statements(d: Draft) -> str:
    body = f"{d.ps(5)}{_about(d)}{_statements(d, '<td><p>{}</p></td>')}"
    return _company_page(
        d,
        f"<div class='module_item'>{d.h1()}<div class='module_date-text'>{d.day()}</div><div class='module_body'>{body}</div></div>",
    )


def wire_release(d: Draft) -> str:
    lead = d.say(
        f"{d.either('VALLEY CITY', '河谷')}, {d.day()} /{d.either('Valley Wire', '河谷通讯')}/ -- {d.writer.paragraph(2)}"
    )
    return news_site(
        d,
        f"<article class='news-release'>{d.h1()}<p class='mb-no'>{d.day()}</p><section class='release-body'><p>{lead}</p>{d.ps(4)}<p>SOURCE {d.writer.company}</p></section></article>",
        d.meta(),
    )


def results(d: Draft) -> str:
    """Few sentences, many rows."""
    body = f"{d.p(2)}<table><tbody>{d.rows(14)}</tbody></table>"
    return _company_page(
        d, f"<article>{d.h1()}<span class='date'>{d.day()}</span>{body}</article>", d.jsonld("Article")
    )


def filing(d: Draft) -> str:
    """As filings are: fonts, and tables for figures."""
    texts = "".join(
        f"<div style='margin-top:9pt'><font style='font-family:Times'>{d.say(d.writer.paragraph(4))}</font></div>"
        for _ in range(6)
    )
    table = f"<table>{d.rows(8, '<td><font size=2>{}</font></td>')}</table>"
    return page(
        d,
        f"<div style='text-align:center'><font style='font-weight:bold'>{d.title}</font></div><div>{d.day()}</div>{texts}{table}",
        title=d.title,
    )


def product(d: Draft) -> str:
    table = f"<div class='spec-table'><table>{d.rows(5)}</table></div>"
    return _company_page(
        d,
        f"<main><div class='hero'>{d.h1()}<p class='date'>{d.day()}</p></div><div class='rte'>{d.ps(3)}{table}{d.p()}</div></main>",
        d.meta(),
    )


def insight(d: Draft) -> str:
    parts = "".join(f"{d.h()}{d.ps(2)}" for _ in range(3))
    authors = f"<section class='about-authors'><h5>{d.either('About the authors', '关于作者')}</h5><p>{d.author}</p></section>"
    return _company_page(
        d,
        f"<article><div class='hero'>{d.h1()}<time datetime='{d.moment:%Y-%m-%d}'>{d.day()}</time></div><div class='mck-c-generic'>{d.ps(2)}{parts}</div>{authors}</article>{related(d, 4)}",
        d.jsonld("Article"),
    )


def explainer(d: Draft) -> str:
    asks = d.either("What are {}?", "什么是{}？")
    parts = "".join(f"<h2>{d.say(asks.format(d.writer.thing()))}</h2>{d.ps(2)}" for _ in range(5))
    return _company_page(
        d,
        f"<main>{d.h1()}<div class='byline'>{d.day()}</div><div class='copy'>{parts}</div></main>",
        d.jsonld("Article"),
    )


def data_list(d: Draft) -> str:
    """A list of figures, with one line above it."""
    note = d.say(d.either("The figures are not audited.", "以下数据未经审计。"))
    return _company_page(
        d,
        f"<main>{d.h1()}<p>{note}</p><table class='data'>{d.rows(20)}</table><p class='upd'>{d.either('Published', '发布日期')}: {d.day('iso')}</p></main>",
    )


def event(d: Draft) -> str:
    """The day of an event stands in the text, the day of publication above it."""
    when = d.say(
        d.either(
            "The meeting takes place on December 9, 2026 in the town hall of Valley City.",
            "会议将于2026年12月9日在河谷市政厅举行。",
        )
    )
    label = d.either("Published on ", "发布日期：")
    return _company_page(
        d,
        f"<main>{d.h1()}<div class='meta'>{label}{d.day()}</div><div class='text'><p>{when}</p>{d.ps(3)}</div></main>",
    )


SHAPES = {
    "releases": (release, release_with_statements, wire_release, product, event),
    "reports": (insight, explainer, filing),
    "tables": (results, data_list),
}
