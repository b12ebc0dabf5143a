"""`/jobs/choices`, `/jobs/expansions` and `/jobs/file`: what one needs to fill in a job."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Self

import tomli_w
from pydantic import Field, model_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.config.problems import OptionsError, Problem
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import Invalid
from pixcrawler_server.jobs.choices import Choices, choices
from pixcrawler_server.jobs.expansions import Widen, Widened, Widening
from pixcrawler_server.jobs.restrictions import allowed_job
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send, send_tagged

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

GIVEN = {"access": Access.USER, "scope": Scope.JOBS_READ, "tag": "jobs"}
LONGEST = 200_000
"""Characters of a job file."""
MOST_DOTS = 200
"""Dots of a line: `tomllib` takes time and memory by the square of the parts of a dotted key."""


class JobText(Input):
    """A job file, as text or as tables."""

    text: str | None = Field(default=None, max_length=LONGEST, description="The file, TOML.")
    tables: dict[str, Any] | None = Field(default=None, description="Its tables.")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.text is None) == (self.tables is None):
            raise ValueError("give either the text or the tables")
        return self


class ProblemView(View):
    """One thing wrong with a job."""

    field: str
    """Where, such as `job.keywords.0`; empty for the whole."""
    message: str


class JobFileView(View):
    """A job file in both forms, and what is wrong with it."""

    text: str
    tables: dict[str, Any]
    problems: list[ProblemView]


class ChoicesResource:
    """What a job may be made of."""

    def __init__(self, services: Services) -> None:
        self._given = services.registry, services.settings.crawl, services.secrets
        self._catalog = services.catalog

    @operation(**GIVEN, answers={200: Choices, 304: None})
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """List sources, checks, expanders and formats, and why some are off on this server.

        The first question takes a second or two: all plugins are loaded.
        """
        send_tagged(req, resp, await self._catalog.read(choices, *self._given))


class ExpansionsResource:
    """What keywords would be widened to."""

    def __init__(self, services: Services) -> None:
        self._widening = Widening(services.registry, services.settings.crawl)

    @operation(**GIVEN, budget=Budget.WRITE, limit="jobs_estimate", body=Widen, answers={200: Widened})
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: Widen) -> None:
        """Tell what keywords would be widened to, each query with its score, without ordering anything."""
        send(resp, await self._widening.widen(body))


class FileResource:
    """A job file as text and as tables."""

    def __init__(self, services: Services) -> None:
        self._registry = services.registry
        self._crawl = services.settings.crawl
        self._catalog = services.catalog

    @operation(**GIVEN, body=JobText, answers={200: JobFileView})
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: JobText) -> None:
        """Turn a job file into tables, or tables into a job file, and tell what is wrong with it."""
        send(resp, await self._catalog.read(self._turned, body))

    def _turned(self, body: JobText) -> JobFileView:
        tables = body.tables if body.text is None else _parsed(body.text)
        told = _written(tables or {})
        text = told if body.text is None else body.text
        return JobFileView(text=text, tables=tomllib.loads(told), problems=self._problems(tables or {}))

    def _problems(self, tables: Mapping[str, Any]) -> list[ProblemView]:
        try:
            allowed_job(tables, self._registry, self._crawl)
        except OptionsError as error:
            return [_problem(each) for each in error.problems]
        return []


def _problem(problem: Problem) -> ProblemView:
    return ProblemView(field=".".join(map(str, problem.path)), message=problem.message)


def _parsed(text: str) -> dict[str, Any]:
    if any(line.count(".") > MOST_DOTS for line in text.split("\n")):
        why = f"a line has more than {MOST_DOTS} dots; give lists an entry a line"
        raise Invalid(f"text: {why}", details={"field": "text"})
    try:
        return tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid(f"text: not valid TOML: {error}", details={"field": "text"}) from None


def _written(tables: Mapping[str, Any]) -> str:
    """TOML of tables. What it cannot say, null, is left out. Raises Invalid."""
    try:
        return tomli_w.dumps(_without_null(tables))
    except (TypeError, ValueError, RecursionError) as error:
        raise Invalid(f"tables: they are no job file: {error}", details={"field": "tables"}) from None


def _without_null(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_null(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_without_null(each) for each in value if each is not None]
    return value


@hookimpl
def register_routes() -> Iterator[Route]:
    for name, summary, resource in (
        ("choices", "What a job may be made of", ChoicesResource),
        ("expansions", "What keywords would be widened to", ExpansionsResource),
        ("file", "A job file as text and as tables", FileResource),
    ):
        yield Route(name=f"job-{name}", summary=summary, path=f"{API}/jobs/{name}", build=resource)
