"""Scrapy settings of this project. The add-on of ``pipelines`` adds the pipelines that store articles."""

from __future__ import annotations

import logging
from pathlib import Path

from crawler.budgets import HANGING, budgets
from crawler.sources import SOURCES
from store import logs
from store.errors import shown_in_one_line
from store.settings import SettingsError, settings

with shown_in_one_line(SettingsError):
    _xinwen = settings()
    # Reads the user's files of sources and budgets: no command goes on without what stands there.
    len(SOURCES)
    _budget = budgets().each
if _xinwen.sample_web and not Path(_xinwen.sample_web).is_dir():
    raise SystemExit(f"error: setting XINWEN_SAMPLE_WEB: {_xinwen.sample_web} is no folder")

BOT_NAME = "xinwen"
SPIDER_LOADER_CLASS = "crawler.spider.loader.SourceLoader"
COMMANDS_MODULE = "crawler.commands"
ADDONS = {"pipelines.addon.StoringAddon": 500}
# Called by `scrapy reread`, `crawl` and `crawlall`: dotted names, as the crawler itself does not import `pipelines`.
XINWEN_REREAD = "pipelines.ingest.reread.main"
XINWEN_RUNS = "pipelines.runs.run_records.RunRecords"
XINWEN_LEASES = "pipelines.storage.leased"
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

# Politeness. With XINWEN_POLITE each spider uses the delay of its source.
USER_AGENT = _xinwen.user_agent
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "Xinwen"
XINWEN_POLITE = not _xinwen.sample_web
# One request at a time: after a site has blocked one, no other request may already be on its way.
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# First in, first out: the spider yields the newest article first. A priority for each request would do the same, but
# Scrapy keeps one queue a priority and scans them all for every request.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
# Items of one response processed in parallel: a page yields one article, and only entry pages yield several.
CONCURRENT_ITEMS = 8
AUTOTHROTTLE_ENABLED = XINWEN_POLITE
AUTOTHROTTLE_MAX_DELAY = 120
COOKIES_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# Challenge and consent pages redirect by a meta tag, and news pages reload themselves by it: neither is followed.
METAREFRESH_ENABLED = False
REDIRECT_MAX_TIMES = 5
DEFAULT_REQUEST_HEADERS = {"Accept": "*/*", "Accept-Language": "en, zh;q=0.8"}
EXTENSIONS = {"crawler.gc_freeze.FreezeLoaded": 0}
# Scrapy does not verify certificates by default. A source that needs it says why: ``Source.unverified``.
DOWNLOAD_VERIFY_CERTIFICATES = True
TWISTED_DNS_RESOLVER = "crawler.resolver.PublicResolver"
# A redirect or a feed may name any scheme; only http and https are of use.
DOWNLOAD_HANDLERS: dict[str, str | None] = dict.fromkeys(("data", "file", "ftp", "s3"))
DOWNLOADER_MIDDLEWARES = {
    # Scrapy's own allow subdomains, and allow everything when robots.txt cannot be read.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.hosts.HostsMiddleware": 50,
    "crawler.middlewares.robots.RobotsMiddleware": 100,
    # Before Scrapy's retry middleware (550) sees the reply, as that one does not wait.
    "crawler.middlewares.retry_after.RetryAfterMiddleware": 555,
    # Before the retry middleware (550), and after decompression (590): it searches the text of the reply.
    "crawler.middlewares.blocked.BlockedMiddleware": 560,
    # Before the retry middleware (550) sees that a name was refused, as it would ask again.
    "crawler.middlewares.addresses.AddressesMiddleware": 565,
    # Before the redirect middleware (600), which would crash on an invalid address.
    "crawler.middlewares.location.LocationMiddleware": 610,
}

# Limits: neither a site nor a bug may keep a run going for ever or fill the memory.
DOWNLOAD_TIMEOUT = _budget.seconds_a_download
DOWNLOAD_MAXSIZE = 100 * 2**20
DOWNLOAD_WARNSIZE = 0
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"
MEMUSAGE_LIMIT_MB = 2048
# For a run that hangs: one that has met its budget of seconds ends by itself.
CLOSESPIDER_TIMEOUT = _budget.seconds_a_run + HANGING

# One log line for each event that matters.
LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_DATEFORMAT = "%H:%M:%S"
LOG_FORMATTER = "crawler.logformatter.OneLineLogFormatter"
LOG_VERSIONS: list[str] = []
LOGSTATS_INTERVAL = 0
STATS_DUMP = False
if logs.set_up():
    LOG_INSTALL_ROOT_HANDLER = False
    ADDONS["crawler.json_log.JsonLogAddon"] = 0


def _is_not_info(record: logging.LogRecord) -> bool:
    """Filters out Scrapy's INFO lists of enabled components; with ``-L DEBUG`` its debug lines remain."""
    return record.levelno != logging.INFO


for _name in ("addons", "core.engine", "crawler", "extensions.memusage", "middleware", "utils.log"):
    logging.getLogger(f"scrapy.{_name}").addFilter(_is_not_info)

if _xinwen.sample_web:
    DOWNLOAD_HANDLERS |= dict.fromkeys(("http", "https"), "crawler.sample_web.server.SampleWebHandler")
