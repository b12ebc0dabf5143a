"""Reads bodies of requests, and never more of them than is taken."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, TypeVar

import falcon
import pydantic_core
from pydantic import BaseModel, ConfigDict, ValidationError

from pixcrawler_server.errors import BadRequest, Invalid, TooLarge, invalid

if TYPE_CHECKING:
    from falcon.asgi import Request

M = TypeVar("M", bound=BaseModel)
PATIENCE, SLOWEST = 10.0, 50_000
"""Seconds that a body may take, and bytes a second at which it comes beyond them."""


class Input(BaseModel):
    """Base of all that clients send: what is not declared is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class View(BaseModel):
    """Base of all that is answered."""

    model_config = ConfigDict(extra="forbid", frozen=True)


async def read_body(req: Request, most: int) -> bytes:
    """The bytes of a body, however often it is asked for.

    Raises TooLarge as soon as there are too many, and BadRequest for a body that is sent too slowly.
    """
    if req.context.body is not None:
        known: bytes = req.context.body
        return known
    if (req.content_length or 0) > most:
        raise too_large(most)
    try:
        async with asyncio.timeout(PATIENCE + most / SLOWEST):
            body = req.context.body = await _read(req, most)
    except TimeoutError:
        raise BadRequest("the body was sent too slowly; send it again") from None
    return body


async def _read(req: Request, most: int) -> bytes:
    chunks, size = [], 0
    async for chunk in req.stream:
        size += len(chunk)
        if size > most:
            raise too_large(most)
        chunks.append(chunk)
    return b"".join(chunks)


async def read_json(req: Request, model: type[M], most: int) -> M:
    """A JSON body as a model, in which every value has the type that is asked.

    Raises BadRequest for no JSON, Invalid for values that do not fit, TooLarge, and falcon's
    HTTPUnsupportedMediaType.
    """
    kind = (req.content_type or "").partition(";")[0].strip().lower()
    if kind != falcon.MEDIA_JSON:
        raise falcon.HTTPUnsupportedMediaType(
            description=f"the body must be {falcon.MEDIA_JSON}, not {kind[:80] or 'without a Content-Type'}"
        )
    data = await read_body(req, most)
    if b"\\u0000" in data and _has_nul(data):
        raise _no_nul("")
    try:
        return model.model_validate_json(data, strict=True)
    except ValidationError as error:
        if error.errors()[0]["type"] == "json_invalid":
            raise BadRequest(f"the body is no JSON: {error.errors()[0]['msg']}") from None
        raise invalid(error) from None


def read_query(req: Request, model: type[BaseModel] | None) -> BaseModel | None:
    """The parameters of the query as a model. Raises Invalid for those that do not fit or are not known."""
    if model is None and not req.params:
        return None
    for name, value in req.params.items():
        if "\0" in name or "\0" in "".join(value):
            raise _no_nul(name)
    try:
        return (model or Input).model_validate(req.params)
    except ValidationError as error:
        raise invalid(error) from None


def _has_nul(data: bytes) -> bool:
    """Whether a text in a JSON document has the character NUL, which PostgreSQL does not keep."""
    try:
        waiting = [pydantic_core.from_json(data)]
    except ValueError:  # it is told when the model is made
        return False
    while waiting:
        value = waiting.pop()
        if isinstance(value, str) and "\0" in value:
            return True
        if isinstance(value, dict):
            waiting += [*value, *value.values()]
        if isinstance(value, list):
            waiting += value
    return False


def _no_nul(field: str) -> Invalid:
    constraint = "no character NUL"
    return Invalid(f"{field or 'the body'}: {constraint}", details={"field": field, "constraint": constraint})


def too_large(most: int) -> TooLarge:
    """The error for a body of more than `most` bytes."""
    return TooLarge(f"the body has more than {most} bytes", details={"limit": most})
