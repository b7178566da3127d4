"""Asks the sample web for what stands on stdin, through Scrapy, and prints each answer as a line of JSON."""

from __future__ import annotations

import json
import sys
from collections.abc import AsyncIterator

import scrapy
from scrapy.crawler import AsyncCrawlerProcess
from scrapy.http import Response
from twisted.python.failure import Failure

_HEADERS = ("Content-Type", "ETag", "Location", "Vary", "X-Own")


class Asker(scrapy.Spider):
    name = "asker"

    async def start(self) -> AsyncIterator[scrapy.Request]:
        for number, (url, facts) in enumerate(json.load(sys.stdin)):
            given = {"cb_kwargs": {"number": number}, "dont_filter": True, **facts}
            given["meta"] = {"dont_redirect": True, "handle_httpstatus_all": True}
            yield scrapy.Request(url, self.answered, errback=self.failed, **given)

    def answered(self, response: Response, number: int) -> None:
        headers = {name: response.headers[name].decode() for name in _HEADERS if name in response.headers}
        body = response.body.decode("utf-8", "replace")
        sys.stdout.write(json.dumps([number, response.status, response.url, body, headers]) + "\n")

    def failed(self, failure: Failure) -> None:
        number = failure.request.cb_kwargs["number"]
        sys.stdout.write(json.dumps([number, type(failure.value).__name__, str(failure.value)]) + "\n")


if __name__ == "__main__":
    handlers = dict.fromkeys(("http", "https"), "crawler.sample_web.server.SampleWebHandler")
    quiet = {"LOG_LEVEL": "ERROR", "TELNETCONSOLE_ENABLED": False, "RETRY_ENABLED": False, "DOWNLOAD_TIMEOUT": 1}
    quiet["TWISTED_DNS_RESOLVER"] = "crawler.resolver.PublicResolver"
    process = AsyncCrawlerProcess({"DOWNLOAD_HANDLERS": handlers, **quiet})
    process.crawl(Asker)
    process.start()
