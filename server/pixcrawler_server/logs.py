"""Logs of the server: one JSON object a line on standard error, with the id of the request."""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

import structlog
from structlog.tracebacks import ExceptionDictTransformer

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

SLOW = 1.0
"""Seconds after which an answer is logged even where requests are not."""
REQUEST: ContextVar[str | None] = ContextVar("request", default=None)
"""Id of the request that is answered in this context."""


def _add_request(
    _logger: object, _method: str, event: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    request = REQUEST.get()
    return event if request is None else {**event, "request_id": request}


SHARED: tuple[structlog.typing.Processor, ...] = (
    _add_request,
    structlog.stdlib.add_logger_name,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
)
logger = logging.getLogger("pixcrawler.requests")


class JsonFormatter(structlog.stdlib.ProcessorFormatter):
    """Writes a record of the logging module as JSON."""

    def __init__(self) -> None:
        super().__init__(
            foreign_pre_chain=[*SHARED, structlog.stdlib.ExtraAdder()],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.ExceptionRenderer(ExceptionDictTransformer(show_locals=False)),
                structlog.processors.JSONRenderer(),
            ],
        )


def log_config(level: str) -> dict[str, Any]:
    """For `logging.config.dictConfig`, and gunicorn's `logconfig_dict`: all logs from `level` on, as JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"json": {"()": f"{__name__}.JsonFormatter"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
        "root": {"level": level.upper(), "handlers": ["stderr"]},
        "loggers": {"gunicorn.error": {"level": level.upper(), "propagate": True, "handlers": []}},
    }


class RequestLog:
    """Falcon middleware that logs requests: all of them, or those that failed or took long.

    Those that were turned away since there was too much to do are only counted (`metrics.SHED`): a line for
    each would take longer than to refuse it.
    Neither queries nor bodies are logged: they may hold what is nobody's business.
    """

    def __init__(self, *, everything: bool) -> None:
        self._everything = everything

    async def process_request(self, req: Request, resp: Response) -> None:
        """Bind the request's id to all that is logged for it: in its own task, which ends with it."""
        REQUEST.set(req.context.request_id)

    async def process_response(self, req: Request, resp: Response, resource: object, succeeded: bool) -> None:
        """Log it, where that is wanted."""
        seconds = time.perf_counter() - req.context.began
        failed = resp.status_code >= 500 and req.context.shed is None
        if self._everything or failed or seconds > SLOW:
            principal = req.context.principal
            told = {
                "method": req.method,
                "path": req.path[:500],
                "status": resp.status_code,
                "milliseconds": round(seconds * 1000, 1),
                "user": str(principal.user_id) if principal else None,
            }
            logger.info("request", extra=told)
