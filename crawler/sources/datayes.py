"""Datayes: research reports of Chinese brokers, which need a session of the user's own."""

from crawler.source import JsonApi, Source

_SEARCH = JsonApi(
    "https://gw.datayes.com/rrp_adventure/web/search?pageNow=1&reportType=INDUSTRY&type=EXTERNAL_REPORT"
    "&pageSize=40&sortOrder=desc&query=%E5%8D%8A%E5%AF%BC%E4%BD%93",
    items="data.list[].data",
    fields={
        "url": "join('', ['https://robo.datayes.com/v2/details/report/', to_string(id)])",
        "title": "title",
        "published": "publishTime",
        "summary": "abstractText",
        "authors": "[author, orgName]",
        "tags": "[companyName, ratingContent]",
    },
    page="pageNow",
    pages=2,
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
    ways=(_SEARCH,),
    keep="abstract",
    enabled=False,
    why="Without a key or a session of the user's own every reply is -403 or -407.",
    read="entry",
    hosts=("robo.datayes.com",),
    kind="report",
    delay=5.0,
)
