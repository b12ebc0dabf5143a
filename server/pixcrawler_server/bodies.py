"""Reads bodies of requests, and never more of them than is taken."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, TypeVar

import falcon
import pydantic_core
from pydantic import BaseModel, ConfigDict, ValidationError

from pixcrawler_server.errors import BadRequest, Invalid, TooLarge, invalid

if TYPE_CHECKING:
    from falcon.asgi import Request

M = TypeVar("M", bound=BaseModel)
SLOWEST = 50_000
"""Bytes a second at which a body comes, beyond the seconds that each may take (`body_seconds`)."""


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
    body: bytes = b"".join([chunk async for chunk in chunks_of(req, most)])
    req.context.body = body
    return body


async def chunks_of(req: Request, most: int) -> AsyncIterator[bytes]:
    """The bytes of a body as they come, or at once where they were read already.

    Raises TooLarge as soon as there are too many, and BadRequest for a body that is sent too slowly.
    """
    if (req.content_length or 0) > most:
        raise too_large(most)
    if req.context.body is not None:
        yield req.context.body
        return
    chunks, size = aiter(req.stream), 0
    until = asyncio.get_running_loop().time() + req.context.patience
    while (chunk := await _next(chunks, until + size / SLOWEST)) is not None:
        size += len(chunk)
        if size > most:
            raise too_large(most)
        yield chunk


async def _next(chunks: AsyncIterator[bytes], until: float) -> bytes | None:
    try:
        async with asyncio.timeout_at(until):
            return await anext(chunks, None)
    except TimeoutError:
        raise BadRequest("the body was sent too slowly; send it again") from None


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
        if error.error_count() == 1 and (only := error.errors()[0])["type"] == "json_invalid":
            raise BadRequest(f"the body is no JSON: {only['msg']}") from None
        raise invalid(error, model) from None


def read_query(req: Request, model: type[BaseModel] | None) -> BaseModel | None:
    """The parameters of the query as a model. Raises Invalid for those that do not fit or are not known."""
    if model is None and not req.params:
        return None
    for name, value in req.params.items():
        if "\0" in name or "\0" in "".join(value):
            raise _no_nul(name)
    kind = model or Input
    try:
        return kind.model_validate(req.params)
    except ValidationError as error:
        raise invalid(error, kind) from None


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
