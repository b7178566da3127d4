"""Datayes: research reports of Chinese brokers, from its MCP server or its web gateway, with the user's key."""

import json
import re
from dataclasses import replace
from typing import Any
from urllib.parse import quote

from crawler.discovery.entry_page import plain_texts
from crawler.discovery.methods import Credential, JsonApi, Link
from crawler.discovery.topic_words import SEMICONDUCTORS
from crawler.extraction.paragraphs import excerpt
from crawler.source import Selectors, Source, Thresholds

_SITE = "https://robo.datayes.com"
_GATEWAY = "https://gw.datayes.com"
_LOGIN = "contains(['-403', '-407'], to_string(code))"
_SUCCESS = "message == 'success' || contains(['0', '1'], to_string(code))"


def link_of(item: dict[str, Any], link: Link) -> Link | None:
    """Splits authors, who are one text, and drops news on other topics; the search of reports is for semiconductors."""
    link = replace(link, summary=excerpt(link.summary))
    if "orgName" in item or "abstractText" in item or link.kind == "report":
        return replace(
            link, authors=plain_texts(name for text in link.authors for name in re.split("[,，、;；]", text))
        )
    text = "\n".join((link.title, link.summary, *link.tags))
    return link if re.search(SEMICONDUCTORS, text, re.IGNORECASE) else None


def _tool(query: str, scope: str, kind: str, page: str, part: str) -> JsonApi:
    """A search by the official MCP server. Its field names are unknown: those of the gateway or plain ones."""
    return JsonApi(
        "https://mcp.datayes.com/ai/mcp/",
        mcp_tool="AiSearch",
        body=json.dumps({"query": query, "queryScope": scope}, ensure_ascii=False),
        fields={
            "url": f"(id && join('', ['{_SITE}/v2/details/{page}/', to_string(id)])) || url || link",
            "title": "title || reportTitle",
            "published": "publishTime || metadata.publishTime || publishDate || publish_time || insertTime || date",
            "summary": "abstractText || summary || abstract || shortDocContent || description || text || content",
            "authors": (
                "[author, authors, metadata.analyst, orgName, metadata.organization, roboColumn.name, source][]"
                " | [?@ && type(@) == 'string']"
            ),
            "tags": "[companyName, ratingContent, related[].targetName][] | [?@ && type(@) == 'string']",
            "kind": f"'{kind}'",
        },
        login=_LOGIN,
        credential=Credential("XINWEN_DATAYES_KEY", header="Authorization", scheme="Bearer"),
        verified=False,
        part=part,
    )


def _search(kind: str, pages: int) -> JsonApi:
    referer = f"{_SITE}/v2/fastreport/{kind.lower()}?subType={quote('不限')}&induName={quote('不限')}"
    return JsonApi(
        f"{_GATEWAY}/rrp_adventure/web/search?pageNow=1&authorId=&isOptional=false&orgName=&reportType={kind}"
        "&secCodeList=&reportSubType=&industry=&ratingType=&pubTimeStart=20200101&pubTimeEnd=20991231"
        f"&type=EXTERNAL_REPORT&pageSize=40&sortOrder=desc&query={quote('半导体')}&minPageCount=&maxPageCount=",
        items="data.list[].data",
        fields={
            "url": f"join('', ['{_SITE}/v2/details/report/', to_string(id)])",
            "title": "title",
            "published": "publishTime",
            "summary": "abstractText",
            "authors": "[author, orgName][] | [?@]",
            "tags": "[companyName, ratingContent][] | [?@]",
            "kind": "'report'",
        },
        page="pageNow",
        pages=pages,
        headers={"Origin": _SITE, "Referer": referer},
        ok=_SUCCESS,
        login=_LOGIN,
        part=kind,
    )


_NEWS = JsonApi(
    f"{_GATEWAY}/rrp_mammon/web/feed/list?pageSize=20",
    items="data.list",
    # Field names have changed over the years.
    fields={
        "url": f"join('', ['{_SITE}/v2/details/feed/', to_string(id)])",
        "title": "title",
        "published": "publishTime || insertTime || updateTime",
        "summary": "summary || shortDocContent || description",
        "authors": "roboColumn.name",
        "tags": "related[].targetName",
        "kind": "'news'",
    },
    headers={"Origin": _SITE, "Referer": f"{_SITE}/"},
    ok=_SUCCESS,
    login=_LOGIN,
    part="news",
)

SOURCE = Source(
    number=19,
    key="datayes",
    name="Datayes",
    name_zh="萝卜投研",
    category="媒体",
    address="https://robo.datayes.com/",
    note="国内研报",
    language="zh",
    timezone="Asia/Shanghai",
    discovery=(
        _tool("半导体行业研究报告", "research", "report", "report", part="INDUSTRY"),
        _search("INDUSTRY", 2),
        _tool("半导体公司研究报告", "research", "report", "report", part="COMPANY"),
        _search("COMPANY", 1),
        _tool("半导体", "news", "news", "feed", part="news"),
        _NEWS,
    ),
    keep="abstract",
    enabled=False,
    why="Without a key or a session of the user's own every reply is -403 or -407.",
    read="entry",
    # The MCP server may name pages on any host; none is requested.
    elsewhere=True,
    hosts=("robo.datayes.com",),
    credential=Credential("XINWEN_DATAYES_TOKEN", cookie="cloud-sso-token"),
    selectors=Selectors(
        published='[class*="ReportHeader__StyledMeta"] > span:last-of-type',
        tags='a [class*="StyledTag"]',
    ),
    site_names=("萝卜投研",),
    kind="report",
    link_of=link_of,
    # News are often only a headline.
    thresholds=Thresholds(text=0.3),
    delay=5.0,
)
