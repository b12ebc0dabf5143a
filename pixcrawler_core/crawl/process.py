"""Runs spiders in this process, on Scrapy's engine and one event loop, until the run is done or stopped."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from urllib.parse import urlsplit

from scrapy.crawler import AsyncCrawlerRunner
from scrapy.settings import Settings
from scrapy.utils.log import configure_logging
from scrapy.utils.reactor import install_reactor

from pixcrawler_core.components import Source
from pixcrawler_core.crawl.result import INTERRUPTED
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.machine import keep_freed_memory
from pixcrawler_core.secrets import Mask, keys_of

if TYPE_CHECKING:
    from types import FrameType

    from pydantic import SecretStr

    from pixcrawler_core.config.fetch import FetchOptions
    from pixcrawler_core.crawl.result import Result
    from pixcrawler_core.crawl.run import Run
    from pixcrawler_core.crawl.session import Session
    from pixcrawler_core.registry import Registry

T = TypeVar("T")
REACTOR = "twisted.internet.asyncioreactor.AsyncioSelectorReactor"
LAST_WORDS = 2.0
"""Seconds that spiders get to end by themselves once all goals are met."""
GRACE = 0.5
"""Seconds that spiders get to end in good order once their run was stopped."""
NOISY = ("scrapy.core.engine", "scrapy.core.scraper", "scrapy.utils.signal", __name__)
"""Loggers that tell of an exception wherever it passes."""
logger = logging.getLogger(__name__)

Watch = Callable[["Run"], Coroutine[Any, Any, None]]


class Asked(Protocol):
    """What spiders work for: a session, or a survey."""

    @property
    def records(self) -> bool: ...


def run_session(session: Session, watch: Watch, log_level: str = "WARNING") -> Result:
    """Run a job to its end; `watch` goes on beside it, to show progress. May be called once a process.

    SIGINT and SIGTERM stop the run in good order; a second one ends the process at once, which loses
    nothing that was recorded.
    """
    keep_freed_memory()
    settings = crawl_settings(session.job.fetch, log_level, proxy_hosts(session.plan.options.values()))
    keys = keys_of(session.plan.options.values())
    return run_loop(lambda: _drive(session, settings, watch), settings, keys)


async def _drive(session: Session, settings: Settings, watch: Watch) -> Result:
    run = await session.open()
    runner = AsyncCrawlerRunner(settings)
    _stop_on_signals(run)
    watching = asyncio.ensure_future(watch(run))
    try:
        if run.wanting:
            engines = session.plan.engines
            crawls = {asyncio.ensure_future(_crawl(session, runner, engine)) for engine in engines}
            await _until_done(crawls, run, runner)
    finally:
        try:
            result = await session.close()
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
    return result


async def _until_done(crawls: set[asyncio.Task[None]], run: Run, runner: AsyncCrawlerRunner) -> None:
    """Wait for the spiders; when the run is stopped, or has all, not for answers that may never come."""
    while crawls and run.wanting:
        _, crawls = await asyncio.wait(crawls, timeout=0.1)
    if crawls and not run.stopped:
        _, crawls = await asyncio.wait(crawls, timeout=LAST_WORDS)
    if not crawls:
        return
    stopping = asyncio.ensure_future(runner.stop())
    await asyncio.wait([*crawls, stopping], timeout=GRACE)
    for task in (*crawls, stopping):
        task.cancel()
    await asyncio.gather(*crawls, stopping, return_exceptions=True)


async def _crawl(session: Session, runner: AsyncCrawlerRunner, engine: str) -> None:
    """One spider from start to end. If it breaks, the others go on and its streams have the reason."""
    failure: str | None = None
    try:
        spider = session.registry.get(Source, engine).spider
        await runner.crawl(spider, session=session)
    except Exception as error:
        logger.exception("source %s broke", engine)
        failure = f"broke: {error.__class__.__name__}: {error}"
    session.run.release(engine, failure)


async def survey(registry: Registry, session: Any, settings: Settings) -> None:
    """Run spiders that only discover; what they find goes to the session's `found`."""
    from scrapy import signals

    runner = AsyncCrawlerRunner(settings)
    crawls: list[Awaitable[None]] = []
    for engine in session.plan.engines:
        crawler = runner.create_crawler(registry.get(Source, engine).spider)
        crawler.signals.connect(session.on_found, signals.item_scraped)
        crawls.append(runner.crawl(crawler, session=session))
    await asyncio.gather(*crawls)


def proxy_hosts(options: Iterable[object]) -> list[str]:
    """Hosts of the proxies that sources are given: they may well be private."""
    given = (proxy for each in options for proxy in getattr(each, "proxies", ()))
    return [urlsplit(proxy.get_secret_value()).hostname or "" for proxy in given]


def crawl_settings(fetch: FetchOptions, log_level: str, proxies: Sequence[str] = ()) -> Settings:
    """Scrapy's settings for a job: the project's, with the job's user agent and allowed private hosts."""
    settings = Settings()
    settings.setmodule("pixcrawler_core.settings", priority="project")
    settings.set("USER_AGENT", fetch.agent, priority="cmdline")
    allowed = fetch.allow_private_hosts
    settings.set(
        "PIXCRAWLER_ALLOW_PRIVATE_HOSTS",
        allowed if allowed is True else [*(allowed or ()), *proxies],
        "cmdline",
    )
    settings.set("LOG_LEVEL", log_level, priority="cmdline")
    return settings


def run_loop(
    main: Callable[[], Coroutine[Any, Any, T]], settings: Settings, secrets: Sequence[SecretStr] = ()
) -> T:
    """Run a coroutine on Twisted's asyncio reactor, and stop the reactor when it ends.

    `secrets` are left out of all logs.
    """
    install_reactor(REACTOR)
    from twisted.internet import reactor as installed

    from pixcrawler_core.resolver import PublicResolver

    reactor: Any = installed
    configure_logging(settings)
    Mask(secrets).logs()
    if settings["LOG_LEVEL"] != "DEBUG":
        for name in NOISY:
            logging.getLogger(name).addFilter(_is_news)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _end_at_once)
    PublicResolver.from_settings(settings, reactor).install_on_reactor()
    outcome: list[asyncio.Future[T]] = []

    def start() -> None:
        task = asyncio.ensure_future(main())
        outcome.append(task)
        task.add_done_callback(lambda _: reactor.stop())

    reactor.callWhenRunning(start)
    reactor.run(installSignalHandlers=False)
    return outcome[0].result()


def _end_at_once(_number: int, _frame: FrameType | None) -> None:
    """What a signal does where nothing is to be brought to an end: Twisted's threads would wait for ever."""
    sys.stdout.flush()
    os._exit(INTERRUPTED)


def _is_news(record: logging.LogRecord) -> bool:
    """Whether a log record tells more than the error in one line with which the command will end."""
    return not (record.exc_info and isinstance(record.exc_info[1], WorkspaceError))


def _stop_on_signals(run: Run) -> None:
    loop = asyncio.get_running_loop()
    received: list[int] = []

    def on_signal(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        if len(received) > 1:
            os._exit(INTERRUPTED)
        sys.stderr.write("stopping; run the same command again to go on (Ctrl-C once more ends at once)\n")
        loop.call_soon_threadsafe(run.stop)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, on_signal)
