"""Writes answers: JSON of a model, with an ETag, and what conditional requests make of it."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple

from pydantic import BaseModel

from pixcrawler_server.errors import PreconditionFailed

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

JSON = "application/json"


class Ready(NamedTuple):
    """A body of JSON, and the ETag that changes with it."""

    data: bytes
    tag: str


def send(resp: Response, view: BaseModel, status: int = 200, *, location: str | None = None) -> None:
    """Answer with a model as JSON."""
    resp.status = status
    resp.content_type = JSON
    resp.data = view.model_dump_json().encode()
    if location:
        resp.set_header("Location", location)


def send_tagged(req: Request, resp: Response, view: BaseModel, status: int = 200) -> None:
    """Answer with a model and its ETag, or with 304 if the client has it already (RFC 9110, section 13)."""
    data = view.model_dump_json().encode()
    send_data(req, resp, data, _tag(data), status)


def send_data(req: Request, resp: Response, data: bytes, tag: str, status: int = 200) -> None:
    """The same with JSON that is made already, and an ETag that changes with it."""
    resp.set_header("ETag", tag)
    if req.method in ("GET", "HEAD") and matches(req.get_header("If-None-Match"), tag):
        resp.status = 304
        return
    resp.status, resp.content_type, resp.data = status, JSON, data


def check_match(wanted: str | None, view: BaseModel) -> None:
    """Raise PreconditionFailed unless `If-Match`, where it was given, names what is there now.

    To be called in the transaction that changes it.
    """
    check_tag(wanted, tag_of(view))


def check_tag(wanted: str | None, tag: str) -> None:
    """The same for the ETag that the thing has now."""
    if wanted is not None and not matches(wanted, tag):
        raise PreconditionFailed(
            "it was changed meanwhile; read it again, and send the change with the new ETag",
            details={"etag": tag},
        )


def tag_of(view: BaseModel) -> str:
    """The strong ETag of a model's JSON."""
    return _tag(view.model_dump_json().encode())


def _tag(data: bytes) -> str:
    return f'"{hashlib.sha256(data).hexdigest()[:32]}"'


def matches(header: str | None, tag: str) -> bool:
    """Whether `If-Match` or `If-None-Match` names an ETag."""
    if header is None:
        return False
    told = [each.strip().removeprefix("W/") for each in header.split(",")]
    return "*" in told or tag in told
