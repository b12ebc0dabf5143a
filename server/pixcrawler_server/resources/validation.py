"""`/validation`: checks of images, one at once or many as a job."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import falcon
from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.amounts import count
from pixcrawler_core.catalog.models import MemberRole
from pixcrawler_core.config.job import Job
from pixcrawler_core.examining import Examined
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input, View, read_json
from pixcrawler_server.checking import ImageChecks
from pixcrawler_server.errors import Invalid
from pixcrawler_server.flags import Flag
from pixcrawler_server.jobs.children import LISTS
from pixcrawler_server.jobs.orders import Orders
from pixcrawler_server.jobs.restrictions import left_out
from pixcrawler_server.jobs.views import JobDetail
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send
from pixcrawler_server.resources.jobs import ROOT as JOBS
from pixcrawler_server.resources.jobs import found

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

Level = Literal["fast", "medium", "slow"]
BYTES = ("application/octet-stream", "image/jpeg", "image/png", "image/webp", "image/gif", "image/avif")
Url = Annotated[str, Field(min_length=8, max_length=2000, pattern=r"^https?://[^\s\x00-\x1f\x7f]+$")]


class LevelQuery(Input):
    """How thorough the checks are."""

    level: Level = Field(default="fast", description="A level includes the cheaper ones.")


class ImageUrl(Input):
    """An image of the web."""

    url: Url


class Batch(Input):
    """Images of the web."""

    dataset: str = Field(
        min_length=1, max_length=200, description="Id of the dataset that takes what passes."
    )
    urls: list[Url] = Field(min_length=1, max_length=10_000)
    level: Level = "fast"
    category: str = Field(default="images", min_length=1, max_length=100, pattern=r"\w")


class CheckVerdictView(View):
    """What one check said."""

    name: str
    verdict: Literal["passed", "rejected", "not asked"]
    """The first rejection ends the checks."""
    score: float | None
    threshold: float | None
    measures: dict[str, Any]


class ImageReport(View):
    """What the checks said of an image."""

    accepted: bool
    reason: str | None
    detail: str | None
    sha256: str
    size: int
    format: str | None
    width: int | None
    height: int | None
    phash: str | None
    checks: list[CheckVerdictView]


class SingleResource:
    """Checks one image."""

    def __init__(self, services: Services) -> None:
        self._checks = services.checks
        self._flags = services.flags
        self._most = services.settings.server.max_body

    @operation(
        access=Access.USER,
        scope=Scope.VALIDATION,
        budget=Budget.WRITE,
        limit="validation_single",
        tag="validation",
        query=LevelQuery,
        upload=(falcon.MEDIA_JSON, *BYTES),
        answers={200: ImageReport},
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, query: LevelQuery) -> None:
        """Check an image as a crawl would: one that is sent, or that `{"url": ...}` names.

        An image of the web is fetched only where its site does not object, and no address of a private
        network is asked; the switch `url_validation` turns that off. Nothing is kept.
        """
        kind = (req.content_type or "").partition(";")[0].strip().lower()
        if kind == falcon.MEDIA_JSON:
            await self._flags.require(Flag.URL_VALIDATION)
            body = await read_json(req, ImageUrl, self._most)
            image = self._checks.fetched(body.url)
        elif kind in BYTES:
            image = self._checks.uploaded(req)
        else:
            raise falcon.HTTPUnsupportedMediaType(
                description=f"send {falcon.MEDIA_JSON} or one of {', '.join(BYTES)}"
            )
        async with image as path:
            examined = await self._checks.check(path, query.level)
        send(resp, _report(self._checks, query.level, examined))


class BatchResource:
    """Checks many images."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._dispatcher = services.dispatcher
        self._registry = services.registry
        self._crawl = services.settings.crawl
        self._folder = services.workspace.root / LISTS
        self._orders = Orders(services.settings, services.registry, services.secrets, services.now)

    @operation(
        access=Access.USER,
        scope=Scope.VALIDATION,
        budget=Budget.WRITE,
        limit="validation_batch",
        verified=True,
        tag="validation",
        body=Batch,
        answers={201: JobDetail},
        errors=(404, 409),
        flag=Flag.URL_VALIDATION,
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: Batch) -> None:
        """Check images of the web, as a job: `/jobs/{id}/ledger` says what became of each."""
        await self._catalog.read(dataset_of, principal, body.dataset, MemberRole.EDITOR)
        path, job = await self._catalog.read(self._listed, body)
        try:
            made = await self._catalog.write(self._placed, principal, body, job)
        except BaseException:
            path.unlink()
            raise
        await self._catalog.read(self._dispatcher.submit, made.id)
        send(resp, made, 201, location=f"{JOBS}/{made.id}")

    def _listed(self, body: Batch) -> tuple[Path, Job]:
        path = _written(self._folder, body.urls)
        tables = _tables(body, path) | {"validators": left_out(self._registry, body.level, self._crawl)}
        try:
            return path, self._orders.listed(tables, self._folder)
        except Invalid:
            path.unlink()
            raise

    def _placed(self, principal: Principal, body: Batch, job: Job) -> JobDetail:
        dataset = dataset_of(principal, body.dataset, MemberRole.EDITOR)
        row = self._orders.place(dataset, job, principal.user_id)
        return found(principal, row.id)


def _written(folder: Path, urls: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{secrets.token_hex(16)}.txt"
    path.write_text("".join(f"{url}\n" for url in urls), encoding="utf-8")
    return path


def _tables(body: Batch, path: Path) -> dict[str, Any]:
    name = f"Validation of {count(len(body.urls), 'image')}"
    return {
        "job": {"name": name, "validation": body.level, "report": False},
        "urls": {"file": path.name, "category": body.category},
    }


def _report(checks: ImageChecks, level: str, examined: Examined) -> ImageReport:
    report = examined.report
    views, verdict = [], "passed"
    for name in checks.names(level):
        now = "rejected" if name == report.check else verdict
        measures = dict(report.scores.get(name, {}))
        score, threshold = measures.pop("score", None), measures.pop("threshold", None)
        views.append(
            CheckVerdictView.model_validate(
                {"name": name, "verdict": now, "score": score, "threshold": threshold, "measures": measures}
            )
        )
        verdict = "not asked" if now == "rejected" else verdict
    return ImageReport(
        accepted=report.accepted,
        reason=report.reason,
        detail=report.detail,
        sha256=examined.sha256,
        size=examined.size,
        format=report.format,
        width=report.width,
        height=report.height,
        phash=report.phash,
        checks=views,
    )


@hookimpl
def register_routes() -> Iterator[Route]:
    root = f"{API}/validation"
    yield Route(
        name="validation-single", summary="Checks an image", path=f"{root}/single", build=SingleResource
    )
    yield Route(
        name="validation-batch", summary="Checks many images", path=f"{root}/batch", build=BatchResource
    )
