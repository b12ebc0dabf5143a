"""Asks sources one small question each, and remembers how they answered."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.standings import save_standing, standings
from pixcrawler_core.components import Source
from pixcrawler_core.config.load import check_tables
from pixcrawler_core.config.sources import Suspensions
from pixcrawler_core.crawl.arguments import SurveySession, survey_tables
from pixcrawler_core.crawl.health import Health
from pixcrawler_core.crawl.process import crawl_settings, run_loop, survey
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.secrets import Secrets, keys_of
from pixcrawler_core.sources import PageClass, PageReport

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.testing.web import SimulatedWeb

CANDIDATES = 3
"""Candidates that are enough for an answer."""


def check_sources(
    context: Context, names: Sequence[str], *, query: str, accept_terms: bool, simulated: Path | None
) -> list[dict[str, Any]]:
    """One row for each source: `name`, `state` (a page class), `candidates`, `problem`, `status`, `url`.

    Without names, all sources that search and need nothing that is missing. Raises PluginError for an
    unknown name and ConfigError for a source that lacks its key or the acceptance of its terms.
    """
    with ExitStack() as stack:
        web = stack.enter_context(_web(simulated)) if simulated else None
        secrets = _test_keys(context) if web else context.secrets
        chosen = [_askable(context.registry.get(Source, name)) for name in names]
        accepted = accept_terms or web is not None
        chosen = chosen or [each for each in _ready(context, secrets) if accepted or not each.terms]
        asked = _first_category(simulated) if simulated else query
        sessions = [_session(context, source, asked, secrets, web, accepted) for source in chosen]
        _ask(context, sessions)
    if web is None:
        _remember(context, sessions)
    return [_row(session) for session in sessions]


def _askable(source: Source) -> Source:
    if "endpoint" not in source.options.model_fields:
        raise ConfigError(f"source {source.name!r} has no one to ask: it goes where a job file sends it")
    return source


def _web(photographs: Path) -> SimulatedWeb:
    from pixcrawler_core.testing.web import SimulatedWeb

    return SimulatedWeb(photographs)


def _test_keys(context: Context) -> Secrets:
    from pixcrawler_core.testing.web.engine import KEY

    sources = context.registry.all(Source).values()
    return Secrets({secret.env: KEY for source in sources for secret in source.secrets})


def _first_category(photographs: Path) -> str:
    names = sorted(folder.name for folder in photographs.iterdir() if folder.is_dir())
    return names[0].replace("-", " ") if names else "photograph"


def _ready(context: Context, secrets: Secrets) -> list[Source]:
    """Sources that can be asked as they are: those without an address of their own are told whom to ask."""
    sources = context.registry.all(Source).values()
    own = (source for source in sources if "endpoint" in source.options.model_fields)
    return [source for source in own if not secrets.missing(source)]


def _session(
    context: Context, source: Source, query: str, secrets: Secrets, web: SimulatedWeb | None, accepted: bool
) -> SurveySession:
    options: dict[str, Any] = {"accept_terms": True} if source.terms and accepted else {}
    if web is not None:
        options |= {"endpoint": web.endpoint(source.name), "delay": 0}
    tables = survey_tables([query], {source.name: options}, CANDIDATES)
    tables["fetch"] = {"allow_private_hosts": ["127.0.0.1", "localhost"] if web else []}
    job = check_tables(tables, context.registry, Path.cwd())
    return SurveySession(job, context.registry, secrets)


def _ask(context: Context, sessions: Sequence[SurveySession]) -> None:
    if not sessions:
        return
    settings = crawl_settings(sessions[0].job.fetch, "DEBUG" if context.debug else "CRITICAL")

    async def all_of_them() -> None:
        await asyncio.gather(*(survey(context.registry, session, settings) for session in sessions))

    keys = keys_of(options for session in sessions for options in session.plan.options.values())
    run_loop(all_of_them, settings, keys)


def _remember(context: Context, sessions: Sequence[SurveySession]) -> None:
    with context.open_workspace():
        health = Health(standings=standings(), seconds=Suspensions().model_dump())
        for session in sessions:
            for engine, report in session.discovery.reports:
                standing = health.note(engine, report)
                if standing is not None:
                    save_standing(engine, standing)


def _row(session: SurveySession) -> dict[str, Any]:
    (engine,) = session.plan.engines
    reports = [report for _, report in session.discovery.reports]
    found = sum(session.discovery.found.values())
    last = next((each for each in reversed(reports) if each.final), PageReport(page_class=PageClass.FAILED))
    failure: Mapping[str, str] = session.discovery.failures
    return {
        "name": engine,
        "state": PageClass.OK.value if found else last.page_class.value,
        "candidates": found,
        "problem": None if found else last.marker or next(iter(failure.values()), None),
        "status": last.status,
        "url": last.url,
    }
