"""Scrapy settings of every PixCrawler crawl. They rule what spiders ask; images are ruled by `[fetch]`."""

import os

from pixcrawler_core.version import __version__

BOT_NAME = "pixcrawler"
USER_AGENT = f"PixCrawler/{__version__}"
SPIDER_LOADER_CLASS = "pixcrawler_core.spiderloader.PluginSpiderLoader"

ITEM_PIPELINES = {
    "pixcrawler_core.stages.session.SessionPipeline": 100,
    "pixcrawler_core.stages.fetch.FetchPipeline": 300,
    "pixcrawler_core.stages.validate.ValidatePipeline": 500,
    "pixcrawler_core.stages.select.SelectPipeline": 700,
}
DOWNLOADER_MIDDLEWARES = {"pixcrawler_core.stages.stopped.StoppedSources": 50}
EXTENSIONS = {
    "pixcrawler_core.stages.lost.LostItems": 500,
    "scrapy.extensions.corestats.CoreStats": None,
    "scrapy.extensions.logstats.LogStats": None,
    "scrapy.extensions.remote_control.RemoteControl": None,
}
"""Scrapy's counters are off: they cost a task for each image, and the ledger counts."""
CONCURRENT_ITEMS = 64
"""Candidates of one answer that are under way at once; the fetch stage has limits of its own."""

ROBOTSTXT_OBEY = True
AUTOTHROTTLE_ENABLED = True
AUTOTHROTTLE_START_DELAY = 0.0
AUTOTHROTTLE_MAX_DELAY = 60.0
CONCURRENT_REQUESTS = 1
CONCURRENT_REQUESTS_PER_DOMAIN = 1
DOWNLOAD_DELAY_JITTER = 0.0
RETRY_TIMES = 1
RETRY_GIVE_UP_LOG_LEVEL = "INFO"
RETRY_HTTP_CODES = [408, 500, 502, 504]
"""429 and 503 are not here: the spider base waits as long as the source asks."""
DOWNLOAD_TIMEOUT = 30
DOWNLOAD_MAXSIZE = 32 * 1024 * 1024
DOWNLOAD_WARNSIZE = 0
SCRAPER_SLOT_MAX_ACTIVE_SIZE = 2**40
"""Bytes of answers in work from which Scrapy asks for nothing more. Answers stay in work while their
candidates wait for their turn, perhaps behind a page not asked for yet: a bound here would be a deadlock."""
COOKIES_ENABLED = False
REFERRER_POLICY = "no-referrer"

TWISTED_DNS_RESOLVER = "pixcrawler_core.resolver.PublicResolver"
DOWNLOAD_HANDLERS = {"data": None, "file": None, "ftp": None, "s3": None}
TELNETCONSOLE_ENABLED = False

LOG_LEVEL = "INFO"
LOG_FORMATTER = "pixcrawler_core.stages.logformat.QuietFormatter"
STATS_DUMP = False

PIXCRAWLER_WORKSPACE = os.environ.get("PIXCRAWLER_WORKSPACE", "pixcrawler-data")
"""Folder of catalog, blobs and datasets for `scrapy crawl`."""
PIXCRAWLER_BLOCKED_PLUGINS = os.environ.get("PIXCRAWLER_BLOCKED_PLUGINS", "")
"""Plugins that are left out: entry-point names or module names, parted by commas."""
PIXCRAWLER_ALLOW_PRIVATE_HOSTS: list[str] = []
"""Names, addresses or networks that may be asked although they are not public."""
