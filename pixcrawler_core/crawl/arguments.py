"""Makes a job of the arguments of `scrapy crawl NAME -a ...`, and the session or survey that serves it."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.asking import split_keywords
from pixcrawler_core.config.load import check_tables
from pixcrawler_core.crawl.discovery import Survey
from pixcrawler_core.crawl.planning import plan_job
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.registry import Registry, load
from pixcrawler_core.secrets import Mask, keys_of, user_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from scrapy.settings import BaseSettings

    from pixcrawler_core.config.job import Job
    from pixcrawler_core.crawl.session import Session
    from pixcrawler_core.records import Candidate
    from pixcrawler_core.secrets import Secrets

logger = logging.getLogger(__name__)
JOB = ("name", "max_images", "validation")
"""Keys of `[job]` that may be given as spider arguments, beside `keywords`."""
FETCH = ("allow_private_hosts", "contact", "concurrency", "per_host")
"""Keys of `[fetch]` that may be given as spider arguments."""


class SurveySession:
    """What a spider works for when it only discovers."""

    shared = False
    records = False

    def __init__(
        self,
        job: Job,
        registry: Registry,
        secrets: Secrets,
        found: Callable[[Candidate], None] | None = None,
    ) -> None:
        self.job = job
        self.plan = plan_job(job, registry, secrets)
        self.discovery = Survey(self.plan)
        self._found = found

    def on_found(self, item: Candidate) -> None:
        """Receives what the spiders yield (a handler for Scrapy's signal `item_scraped`)."""
        if self._found is not None:
            self._found(item)


def session_from_arguments(
    engine: str, settings: BaseSettings, arguments: dict[str, Any]
) -> Session | SurveySession:
    """The session for one engine; `arguments` are emptied of what is understood.

    `keywords`, `max_images`, `validation`, `name` and `discover_only` are the job's, some are of `[fetch]`,
    all others are the source's options. What does not fit ends the process with one line and exit code 2,
    since Scrapy would only log a traceback.
    """
    try:
        session = _session(engine, settings, arguments)
    except ConfigError as error:
        sys.stderr.write(f"{error}\n")
        raise SystemExit(error.exit_code) from error
    for warning in session.plan.warnings:
        logger.warning("%s", warning)
    Mask(keys_of(session.plan.options.values())).logs()
    return session


def _session(engine: str, settings: BaseSettings, arguments: dict[str, Any]) -> Session | SurveySession:
    registry = load(blocked=settings.getlist("PIXCRAWLER_BLOCKED_PLUGINS"))
    only = _truth(arguments.pop("discover_only", "0"))
    job = check_tables(_tables(engine, arguments, settings), registry, Path.cwd())
    if only:
        return SurveySession(job, registry, user_secrets())
    from pixcrawler_core.crawl.session import Session
    from pixcrawler_core.storage.opening import blob_cipher
    from pixcrawler_core.workspace import Workspace

    root = Path(settings["PIXCRAWLER_WORKSPACE"])
    workspace = Workspace(root, cipher=blob_cipher(registry, root))
    return Session(job=job, registry=registry, workspace=workspace, secrets=user_secrets(), shared=False)


def _tables(engine: str, arguments: dict[str, Any], settings: BaseSettings) -> dict[str, Any]:
    given = {key: _value(arguments.pop(key)) for key in list(arguments)}
    allowed = settings.getlist("PIXCRAWLER_ALLOW_PRIVATE_HOSTS")
    fetch = {"allow_private_hosts": allowed} if allowed else {}
    fetch |= {key: given.pop(key) for key in FETCH if key in given}
    hosts = fetch.get("allow_private_hosts")
    if isinstance(hosts, str):
        fetch["allow_private_hosts"] = list(split_keywords(hosts))
    keywords = list(split_keywords(str(given.pop("keywords", ""))))
    job: dict[str, Any] = {key: given.pop(key) for key in JOB if key in given}
    tables: dict[str, Any] = {"job": job, "fetch": fetch}
    if "file" in given:
        return {**tables, "urls": given}
    if not keywords:
        raise ConfigError(
            f'source {engine!r} needs something to look for: -a keywords="red panda, snow leopard"'
        )
    job.setdefault("name", f"{engine} {' '.join(keywords)}"[:100])
    job["keywords"] = keywords
    return {**tables, "sources": {"engines": [engine], engine: given}}


def _value(text: Any) -> Any:
    """A number or truth value where an argument looks like one, else the text itself."""
    try:
        value = json.loads(text) if isinstance(text, str) else text
    except ValueError:
        return text
    return value if isinstance(value, bool | int | float | list) else text


def _truth(text: Any) -> bool:
    return str(text).strip().lower() in ("1", "true", "yes", "on")


def survey_tables(
    keywords: list[str], engines: Mapping[str, Mapping[str, Any]], limit: int
) -> dict[str, Any]:
    """The tables of a job that only looks for these keywords at these engines."""
    return {
        "job": {"name": "search", "keywords": keywords, "max_images": limit},
        "sources": {
            "engines": list(engines),
            **{name: dict(table) for name, table in engines.items() if table},
        },
    }
