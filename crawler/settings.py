"""How Scrapy is set up for this project; storing and its checks join by an add-on of their own."""

from __future__ import annotations

import logging
from pathlib import Path

from store.settings import SettingsError, settings

try:
    _xinwen = settings()
except SettingsError as error:
    raise SystemExit(f"error: {error}") from None
if _xinwen.sample_web and not Path(_xinwen.sample_web).is_dir():
    raise SystemExit(f"error: setting XINWEN_SAMPLE_WEB: {_xinwen.sample_web} is no folder")

BOT_NAME = "xinwen"
SPIDER_LOADER_CLASS = "crawler.spiderloader.SourceLoader"
COMMANDS_MODULE = "crawler.commands"
ADDONS = {"pipelines.addon.StoringAddon": 500}
# What `scrapy reread` calls: the command stands with the others, its work on the side that knows the database.
XINWEN_REREAD = "pipelines.reread.main"
XINWEN_RUNS = "pipelines.runs.Runs"
TWISTED_REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"

# Politeness. XINWEN_POLITE gives each spider the delay of its row.
USER_AGENT = _xinwen.user_agent
ROBOTSTXT_OBEY = True
ROBOTSTXT_USER_AGENT = "Xinwen"
XINWEN_POLITE = not _xinwen.sample_web
# One request at a time and none in waiting: what a site has refused must not be asked again by one already on its way.
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
# The newest article first, as the spider gives them. A priority for each would be as many queues, looked through for
# every request.
SCHEDULER_MEMORY_QUEUE = "scrapy.squeues.FifoMemoryQueue"
# Scrapy starts so many tasks for every response; a page gives one article, and only entries give more.
CONCURRENT_ITEMS = 8
AUTOTHROTTLE_ENABLED = XINWEN_POLITE
AUTOTHROTTLE_MAX_DELAY = 120
COOKIES_ENABLED = False
TELNETCONSOLE_ENABLED = False
REMOTE_CONTROL_ENABLED = False
# A redirect by script or tag is how challenges and consent pages work; news pages that refresh themselves do it too.
METAREFRESH_ENABLED = False
REDIRECT_MAX_TIMES = 5
DEFAULT_REQUEST_HEADERS = {"Accept": "*/*", "Accept-Language": "en, zh;q=0.8"}
EXTENSIONS = {"crawler.collector.FreezeLoaded": 0}
DOWNLOADER_MIDDLEWARES = {
    # Scrapy's own let subdomains through without a word, and take an unreadable robots.txt for leave.
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware": None,
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware": None,
    "crawler.middlewares.HostsMiddleware": 50,
    "crawler.robots.RobotsMiddleware": 100,
    # Nearer to the site than Scrapy's retries, which do not wait.
    "crawler.patience.PatienceMiddleware": 555,
    # After decompression and redirects, before retries.
    "crawler.middlewares.RefusalMiddleware": 560,
    "crawler.middlewares.LocationMiddleware": 610,
}

# Bounds: no site and no fault of ours may hold a run for ever or fill the memory.
DOWNLOAD_TIMEOUT = 60
DOWNLOAD_MAXSIZE = 100 * 2**20
DOWNLOAD_WARNSIZE = 0
RETRY_TIMES = 2
RETRY_GIVE_UP_LOG_LEVEL = "DEBUG"
MEMUSAGE_LIMIT_MB = 2048
CLOSESPIDER_TIMEOUT = 3600

# One line for each thing that matters.
LOG_LEVEL = "INFO"
LOG_FORMAT = "%(asctime)s %(levelname)s %(message)s"
LOG_DATEFORMAT = "%H:%M:%S"
LOG_FORMATTER = "crawler.log.OneLine"
LOG_VERSIONS: list[str] = []
LOGSTATS_INTERVAL = 0
STATS_DUMP = False


def _matters(record: logging.LogRecord) -> bool:
    """Not Scrapy's lists of what it has switched on; with ``-L DEBUG`` its other lines are there."""
    return record.levelno != logging.INFO


for _name in ("addons", "core.engine", "crawler", "extensions.memusage", "middleware", "utils.log"):
    logging.getLogger(f"scrapy.{_name}").addFilter(_matters)

if _xinwen.sample_web:
    DOWNLOAD_HANDLERS = dict.fromkeys(("http", "https"), "crawler.sample_server.SampleWebHandler")
