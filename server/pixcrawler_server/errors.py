"""What the API answers when it does not do what was asked; each error is a status, a code and a sentence."""

from __future__ import annotations

import json
from collections.abc import Mapping
from math import isfinite
from typing import Any

from annotated_types import Ge, Le
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


class ApiError(Exception):
    """Base of the API's errors. `details` are JSON values, `headers` go with the answer."""

    status = 500
    code = "INTERNAL_ERROR"

    def __init__(
        self,
        message: str,
        *,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.details = dict(details or {})
        self.headers = dict(headers or {})


class BadRequest(ApiError):
    """The request cannot be read."""

    status, code = 400, "BAD_REQUEST"


class Unauthenticated(ApiError):
    """Nobody knows who asks; the answer names the scheme (RFC 9110, section 11.6.1)."""

    status, code = 401, "UNAUTHENTICATED"

    def __init__(self, message: str, **named: Any) -> None:
        super().__init__(message, **{"headers": {"WWW-Authenticate": "Bearer"}, **named})


class Forbidden(ApiError):
    """Whoever asks may not do this."""

    status, code = 403, "FORBIDDEN"


class SwitchedOff(ApiError):
    """An admin has switched this off."""

    status, code = 403, "SWITCHED_OFF"


class QuotaExceeded(ApiError):
    """The plan does not have room for this."""

    status, code = 403, "QUOTA_EXCEEDED"


class NotFound(ApiError):
    """There is no such thing, or none that whoever asks may know of."""

    status, code = 404, "NOT_FOUND"

    def __init__(self, what: str, which: object) -> None:
        super().__init__(f"there is no {what} {str(which)[:80]!r}", details={what: str(which)[:80]})


class NotAssembled(ApiError):
    """The dataset has no folder yet: no job of it has come so far."""

    status, code = 404, "NOT_ASSEMBLED"

    def __init__(self, dataset_id: str) -> None:
        super().__init__(
            f"the dataset {dataset_id!r} has no files yet; they are there when a job has ended",
            details={"dataset": dataset_id},
        )


class NotAvailable(ApiError):
    """It was there, and cannot be had now; the message says why."""

    status, code = 409, "NOT_AVAILABLE"


class Conflict(ApiError):
    """It does not fit what is there."""

    status, code = 409, "CONFLICT"


class PreconditionFailed(ApiError):
    """It was changed meanwhile: the ETag in `If-Match` is not the one it has now."""

    status, code = 412, "PRECONDITION_FAILED"


class TooLarge(ApiError):
    """The body has more bytes than are taken."""

    status, code = 413, "TOO_LARGE"


class Invalid(ApiError):
    """A value is not one that fits; `details` name the field, what it must be, and what was given."""

    status, code = 422, "VALIDATION_ERROR"


class KeyReused(ApiError):
    """The key of a request stands for another one."""

    status, code = 422, "KEY_REUSED"


class RangeNotSatisfiable(ApiError):
    """No byte that is asked for is there."""

    status, code = 416, "RANGE_NOT_SATISFIABLE"


class Misdirected(ApiError):
    """The server is asked by a name that is none of its own."""

    status, code = 421, "MISDIRECTED"


class RateLimited(ApiError):
    """Too many requests; `Retry-After` says when there may be another."""

    status, code = 429, "RATE_LIMITED"


class Unavailable(ApiError):
    """Something that is needed does not answer, or there is too much to do; asking again later may help."""

    status, code = 503, "UNAVAILABLE"


ERRORS: tuple[type[ApiError], ...] = (
    BadRequest,
    Unauthenticated,
    Forbidden,
    SwitchedOff,
    QuotaExceeded,
    NotFound,
    NotAssembled,
    NotAvailable,
    Conflict,
    PreconditionFailed,
    TooLarge,
    Invalid,
    KeyReused,
    RangeNotSatisfiable,
    Misdirected,
    RateLimited,
    Unavailable,
)


MOST = 20
"""Problems that are told of one request."""
BEYOND = ("greater_than_equal", "less_than_equal")
"""What pydantic calls a number that is out of its range."""


def invalid(error: ValidationError, model: type[BaseModel]) -> Invalid:
    """What pydantic found, as the API tells it: the first in the message, `MOST` in `details.errors`."""
    found = error.errors(include_url=False, include_context=False)[:MOST]
    problems = [_problem(each, model) for each in found]
    first = problems[0]
    message = f"{first['field']}: {first['constraint']}" if first["field"] else first["constraint"]
    return Invalid(message, details={**first, "errors": problems})


def _problem(error: ErrorDetails, model: type[BaseModel]) -> dict[str, Any]:
    field = ".".join(str(part) for part in error["loc"])
    given = None if error["type"] == "missing" else error.get("input")  # else it would be what is around it
    plain = isinstance(given, bool | int | None) or (isinstance(given, float) and isfinite(given))
    text = json.dumps(given, default=str) if isinstance(given, dict | list) else str(given)
    shown = given if plain else text[:100]
    constraint = _range(field, model) if error["type"] in BEYOND else ""
    return {"field": field, "constraint": constraint or error["msg"], "provided_value": shown}


def _range(name: str, model: type[BaseModel]) -> str:
    """The whole range of a field that has two ends; pydantic names the one that was left."""
    field = model.model_fields.get(name)
    bounds = {type(each): each for each in field.metadata} if field else {}
    least, most = bounds.get(Ge), bounds.get(Le)
    return f"must be {least.ge} to {most.le}" if least and most else ""
