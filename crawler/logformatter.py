"""Log lines of the crawl: one line each, with an address and not with the whole article."""

from __future__ import annotations

from typing import Any

from scrapy import Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure


class OneLine(LogFormatter):
    """Scrapy's own lines of a dropped or failed item hold all of it, many pages of a report at times."""

    def dropped(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        level = super().dropped(item, exception, response, spider)["level"]
        return {"level": level, "msg": "dropped %s: %s", "args": (_address(item), exception)}

    def item_error(
        self, item: Any, exception: BaseException, response: Response | Failure | None, spider: Spider
    ) -> LogFormatterResult:
        level = super().item_error(item, exception, response, spider)["level"]
        return {"level": level, "msg": "error with %s: %s", "args": (_address(item), exception)}


def _address(item: Any) -> str:
    return str(getattr(item, "url", item))
