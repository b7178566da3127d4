"""Statista: a fixed list of links; its API is requested only with a key of the user."""

import re
from dataclasses import replace
from typing import Any

from crawler.discovery.methods import Credential, FixedLinks, JsonApi, Link, Listing
from crawler.source import Selectors, Source
from store.article import Article

_SITE = "https://www.statista.com"
_MASKED = re.compile(r"[$€£¥]?\*+(?:[.,]\*+)+|[$€£¥]?\*{2,}")
# A lone dash in place of a number: before a unit or in the last cell of a row, not between two years.
_DASH = re.compile(r"(?<=\s)-(?=\s+(?:(?:b|m|tr)illion|thousand|percent|per cent|U\.S\.|euros?|dollars?|units)\b|$)")
_WITHHELD = "withheld"


def without_masks(text: str) -> str:
    """*text* with hidden numbers replaced by words, so that a mask is never taken for a value."""
    text = _WITHHELD if text.strip() == "-" else text
    return _DASH.sub(_WITHHELD, _MASKED.sub(_WITHHELD, text))


def link_of(item: dict[str, Any], link: Link) -> Link:
    """Replaces hidden numbers by words, and adds a tag that says whether the statistic is free or premium."""
    premium = item.get("is_premium", item.get("premium"))
    paid = {"true": "premium", "1": "premium", "false": "free", "0": "free"}.get(str(premium).lower())
    return replace(
        link,
        # A link without a host is on the site, not on the API.
        url=re.sub(r"^https://api\.statista\.ai(?=/)", _SITE, link.url),
        title=without_masks(link.title),
        summary=without_masks(link.summary),
        tags=(*link.tags, *([paid] if paid else [])),
        access="abstract" if link.summary else None,
    )


def article_of(page: bytes, article: Article) -> Article:
    """For pages that users bring: locked cells of a table are a dash or asterisks."""
    return replace(
        article,
        title=without_masks(article.title),
        summary=without_masks(article.summary),
        body="\n".join(map(without_masks, article.body.split("\n"))),
    )


_STATISTICS = {
    "266973/global-semiconductor-sales-since-1988": "Semiconductor market revenue worldwide since 1988",
    "495743/semiconductor-demand-worldwide-by-end-segment": "Semiconductor demand worldwide by end segment",
    "267392/market-share-of-semiconductor-equipment-manufacturers": "Market share of semiconductor equipment makers",
}
_LINKS = FixedLinks(
    f"{_SITE}/topics/1182/semiconductors/",
    links=(
        Link(f"{_SITE}/topics/1182/semiconductors/", title="Semiconductor industry worldwide: topic page"),
        *(Link(f"{_SITE}/statistics/{place}/", title=title) for place, title in _STATISTICS.items()),
    ),
    part="list",
)
_FIELDS = {
    "url": "link",
    "title": "title",
    "published": "date || updated_at",
    "summary": "description || subject",
    "tags": "industries[].[name || title || @][] | [?type(@) == 'string']",
}

# The cards of the free charts, for pages that people bring: robots.txt forbids to collect them.
_CHARTS = Listing(
    f"{_SITE}/chartoftheday/",
    item="a.infographicsPanelCard",
    link="::attr(href)",
    title="img::attr(alt) || img::attr(title) || h2, h3, .infographicsPanelCard__title",
    published="time::attr(datetime) || time",
)


def _api(what: str, kind: str = "data", part: str = "") -> JsonApi:
    # Without date_from only the last three months are searched. One page: its owner forbids systematic crawling.
    return JsonApi(
        f"https://api.statista.ai/v1/{what}?q=semiconductor&platform=en&size=10&page=1&date_from=2015-01-01&sort=1",
        items="items",
        fields=_FIELDS | {"kind": f"'{kind}'"},
        part=part or what,
    )


SOURCE = Source(
    number=18,
    key="statista",
    name="Statista",
    category="媒体",
    address="https://www.statista.com/topics/1182/semiconductors/",
    note="行业指数",
    language="en",
    timezone="Europe/Berlin",
    discovery=(
        _LINKS,
        _api("statistics"),
        # This version takes fewer parameters and may refuse unknown ones.
        JsonApi(
            "https://api.statista.ai/v1/search/statistics?q=semiconductor&size=10&date_from=2015-01-01",
            items="items",
            fields=_FIELDS | {"kind": "'data'"},
            verified=False,
            part="statistics",
        ),
        _api("studies", kind="report"),
        _api("infographics"),
        _api("marketInsights"),
    ),
    captured=(_CHARTS,),
    keep="headline",
    enabled=False,
    why="robots.txt forbids any collection, and the interface answers only to a key of the user's own.",
    read="entry",
    credential=Credential("XINWEN_STATISTA_KEY", header="x-api-key"),
    include=rf"^{re.escape(_SITE)}/(topics|statistics|chart|infographic|outlook|forecasts|study)/",
    selectors=Selectors(body=".responsiveText.readingAid__text, #statTable tr, .article__contentText, article"),
    kind="data",
    link_of=link_of,
    article_of=article_of,
    delay=10.0,
)
