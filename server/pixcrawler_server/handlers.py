"""Where errors become answers: each of them has the same body, whoever raised it."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import falcon
import pydantic_core

from pixcrawler_core.errors import ConfigError, PixCrawlerError, WorkspaceError
from pixcrawler_core.errors import QuotaExceeded as StorageQuotaExceeded
from pixcrawler_core.jobs.errors import DatasetBusy, IllegalTransition
from pixcrawler_core.storage.errors import ObjectArchived, ObjectMissing, StoreUnavailable
from pixcrawler_server.bodies import View
from pixcrawler_server.errors import ApiError, Conflict, Invalid, QuotaExceeded, Unavailable

if TYPE_CHECKING:
    from falcon.asgi import App, Request, Response

logger = logging.getLogger(__name__)

CODES = {
    400: "BAD_REQUEST",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    413: "TOO_LARGE",
    415: "UNSUPPORTED_MEDIA_TYPE",
}
SEEN: Mapping[type[PixCrawlerError], type[ApiError]] = {
    DatasetBusy: Conflict,
    IllegalTransition: Conflict,
    ConfigError: Invalid,
    StorageQuotaExceeded: QuotaExceeded,
    ObjectArchived: Conflict,
    StoreUnavailable: Unavailable,
    WorkspaceError: Unavailable,
}
"""What errors of the core are to a client; all others are our own fault."""
AWAY = "something that the server needs does not answer now; ask again in a moment"
"""What it is stands in the log: paths and addresses are nobody's business."""


class ErrorView(View):
    """What went wrong."""

    code: str
    message: str
    details: dict[str, Any]
    request_id: str
    timestamp: datetime
    documentation_url: str


class ErrorBody(View):
    """The body of every error."""

    error: ErrorView


class ErrorHandlers:
    """Answers errors. `documentation_url` is where they point to."""

    def __init__(self, documentation_url: str, now: Callable[[], datetime]) -> None:
        self._url = documentation_url
        self._now = now

    def add_to(self, app: App[Any, Any]) -> None:
        """Let them answer all errors of an application."""
        app.add_error_handler(Exception, self.unexpected)
        app.add_error_handler(falcon.HTTPError, self.by_falcon)
        app.add_error_handler(PixCrawlerError, self.by_core)
        app.add_error_handler(ApiError, self.by_us)

    async def by_us(self, req: Request, resp: Response, error: ApiError, params: object) -> None:
        """An error that a resource raised."""
        resp.set_headers(error.headers)
        self._answer(req, resp, error.status, error.code, error.message, error.details)

    async def by_core(self, req: Request, resp: Response, error: PixCrawlerError, params: object) -> None:
        """An error of the core."""
        if isinstance(error, ObjectMissing):
            self._answer(req, resp, 404, "NOT_FOUND", str(error), {})
            return
        kind = next((kind for own, kind in SEEN.items() if isinstance(error, own)), None)
        if kind is None:
            await self.unexpected(req, resp, error, params)
            return
        if kind is Unavailable:
            logger.error("%s: %s", req.context.request_id, error)
            resp.set_header("Retry-After", "5")
        message = AWAY if kind is Unavailable else str(error)
        self._answer(req, resp, kind.status, kind.code, message, {})

    async def by_falcon(self, req: Request, resp: Response, error: falcon.HTTPError, params: object) -> None:
        """An error of the framework: no such path, no such method."""
        status = falcon.http_status_to_code(error.status)
        resp.set_headers(error.headers or {})
        message = error.description or error.title or "the request cannot be answered"
        self._answer(req, resp, status, CODES.get(status, "BAD_REQUEST"), message, {})

    async def unexpected(self, req: Request, resp: Response, error: Exception, params: object) -> None:
        """A fault of ours: told in the log, and without a word of it to the client."""
        logger.error("%s: %s %s failed", req.context.request_id, req.method, req.path, exc_info=error)
        message = "the server failed; what it was is in its log under the request's id"
        self._answer(req, resp, 500, "INTERNAL_ERROR", message, {})

    def _answer(
        self, req: Request, resp: Response, status: int, code: str, message: str, details: Mapping[str, Any]
    ) -> None:
        told = {
            "code": code,
            "message": message,
            "details": details,
            "request_id": req.context.request_id,
            "timestamp": f"{self._now():%Y-%m-%dT%H:%M:%SZ}",
            "documentation_url": f"{self._url}#{code.lower().replace('_', '-')}",
        }
        resp.status, resp.content_type = status, falcon.MEDIA_JSON
        resp.data = pydantic_core.to_json({"error": told})
