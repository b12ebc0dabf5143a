"""Writes answers: JSON of a model, with an ETag, and what conditional requests make of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from pydantic import BaseModel

from pixcrawler_server.errors import PreconditionFailed

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

JSON = "application/json"


def send(resp: Response, view: BaseModel, status: int = 200, *, location: str | None = None) -> None:
    """Answer with a model as JSON."""
    resp.status = status
    resp.content_type = JSON
    resp.data = view.model_dump_json().encode()
    if location:
        resp.set_header("Location", location)


def send_tagged(req: Request, resp: Response, view: BaseModel, status: int = 200) -> None:
    """Answer with a model and its ETag, or with 304 if the client has it already (RFC 9110, section 13)."""
    send(resp, view, status)
    resp.set_header("ETag", tag_of(view))
    if req.method == "GET" and _matches(req.get_header("If-None-Match"), tag_of(view)):
        resp.status = 304
        resp.data = None


def check_match(wanted: str | None, view: BaseModel) -> None:
    """Raise PreconditionFailed unless `If-Match`, where it was given, names what is there now.

    To be called in the transaction that changes it.
    """
    if wanted is not None and not _matches(wanted, tag_of(view)):
        raise PreconditionFailed(
            "it was changed meanwhile; read it again, and send the change with the new ETag",
            details={"etag": tag_of(view)},
        )


def tag_of(view: BaseModel) -> str:
    """The strong ETag of a model's JSON."""
    return f'"{hashlib.sha256(view.model_dump_json().encode()).hexdigest()[:32]}"'


def _matches(header: str | None, tag: str) -> bool:
    if header is None:
        return False
    told = [each.strip().removeprefix("W/") for each in header.split(",")]
    return "*" in told or tag in told
