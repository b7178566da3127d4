"""Log lines of the crawl: one line for each event, with the address of an article in place of its text."""

from __future__ import annotations

from typing import Any

from scrapy import Spider
from scrapy.http import Response
from scrapy.logformatter import LogFormatter, LogFormatterResult
from twisted.python.failure import Failure


class OneLineLogFormatter(LogFormatter):
    """Logs a dropped or failed item by its address. Scrapy's formatter logs the whole item, at times a long report."""

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
