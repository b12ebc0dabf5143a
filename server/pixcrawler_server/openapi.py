"""The document of the API (OpenAPI 3.1), made of the declarations that each request is checked by."""

from __future__ import annotations

import inspect
import re
from asyncio import to_thread
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import falcon
import pydantic_core
from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from pixcrawler_core.version import __version__
from pixcrawler_server import idempotency
from pixcrawler_server.docs_page import render
from pixcrawler_server.handlers import ErrorBody
from pixcrawler_server.operations import Access, Budget, Operation, operation, operation_of
from pixcrawler_server.paths import FIELD, without_converters

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

KINDS: Mapping[str | None, Mapping[str, Any]] = {
    "int": {"type": "integer"},
    "row": {"type": "integer"},
    "uuid": {"type": "string", "format": "uuid"},
    None: {"type": "string"},
}
REFERENCES = "#/components/schemas/{model}"
TAG_HEADER = {"ETag": {"description": "Of what is answered.", "schema": {"type": "string"}}}
KEY_PARAMETER = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "description": "Of your choice, a new one for each request: the same request sent again under its key is "
    f"not done again for a day, and has the same answer, with the header {idempotency.REPLAYED}.",
    "schema": {"type": "string", "pattern": idempotency.PATTERN},
}


class Document:
    """Collects operations; `as_json` is the document. `base_url` is the server's address."""

    def __init__(self, base_url: str) -> None:
        self._base_url = base_url
        self._found: list[tuple[str, str, Operation]] = []

    def add(self, template: str, resource: object) -> None:
        """Take in the operations of a resource."""
        self._found += [(template, method, each) for method, each in operations_of(resource)]

    def as_json(self) -> dict[str, Any]:
        """The document, as JSON values."""
        models, definitions = models_json_schema(
            sorted(self._models(), key=lambda each: (each[0].__name__, each[1])), ref_template=REFERENCES
        )
        paths: dict[str, dict[str, Any]] = {}
        for template, method, each in self._found:
            paths.setdefault(without_converters(template), {})[method] = _described(
                template, method, each, models
            )
        return {
            "openapi": "3.1.0",
            "info": {"title": "PixCrawler", "version": __version__},
            "servers": [{"url": self._base_url}],
            "paths": paths,
            "components": {"schemas": definitions.get("$defs", {}), "securitySchemes": SCHEMES},
        }

    def _models(self) -> set[tuple[type[BaseModel], JsonSchemaMode]]:
        found: set[tuple[type[BaseModel], JsonSchemaMode]] = {(ErrorBody, "serialization")}
        for _, _, each in self._found:
            found |= {(model, "validation") for model in (each.query, each.body) if model is not None}
            answers = (answer for answer in each.answers.values() if isinstance(answer, type))
            found |= {(answer, "serialization") for answer in answers}
        return found


class DocumentResource:
    """`/openapi.json`, which is made when it is asked for first: that takes longer than all else at start."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._data = b""

    @operation(access=Access.PUBLIC, tag="operations", answers={200: falcon.MEDIA_JSON})
    async def on_get(self, req: Request, resp: Response) -> None:
        """This document."""
        if not self._data:
            self._data = await to_thread(lambda: pydantic_core.to_json(self._document.as_json()))
        resp.content_type, resp.data = falcon.MEDIA_JSON, self._data
        resp.set_header("Cache-Control", "public, max-age=60")


class PageResource:
    """`/docs`, made when it is asked for first."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._page, self._policy = "", ""

    @operation(access=Access.PUBLIC, tag="operations", answers={200: falcon.MEDIA_HTML})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Show the document of the API."""
        if not self._page:
            self._page, self._policy = await to_thread(lambda: render(self._document.as_json()))
        resp.content_type, resp.text = falcon.MEDIA_HTML, self._page
        resp.set_header("Content-Security-Policy", self._policy)
        resp.set_header("Cache-Control", "public, max-age=60")


SCHEMES = {"bearer": {"type": "http", "scheme": "bearer", "description": "An access token or an API key."}}

Models = Mapping[tuple[Any, JsonSchemaMode], Mapping[str, Any]]


def operations_of(resource: object) -> Iterator[tuple[str, Operation]]:
    """The operations of a resource by their methods, in lower case."""
    for name, responder in inspect.getmembers(resource, callable):
        found = operation_of(responder)
        if name.startswith("on_") and found is not None:
            yield name.removeprefix("on_"), found


def _described(template: str, method: str, each: Operation, models: Models) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": _operation_id(template, method, each.tag),
        "summary": each.summary,
        "description": each.description,
        "tags": [each.tag] if each.tag else [],
        "parameters": [*_path_parameters(template), *_query_parameters(each)],
        "responses": _responses(method, each, models),
        "security": [] if each.access is Access.PUBLIC else [{"bearer": []}],
        "x-access": each.access.value,
        "x-scope": each.scope.value if each.scope else None,
        "x-rate-limit": each.limit,
        "x-flag": each.flag.value if each.flag else None,
    }
    if _is_done_once(method, each):
        described["parameters"].append(KEY_PARAMETER)
    if each.body:
        content = {falcon.MEDIA_JSON: {"schema": models[each.body, "validation"]}}
        described["requestBody"] = {"required": True, "content": content}
    if each.upload:
        binary = {"schema": {"type": "string", "format": "binary"}}
        described["requestBody"] = {"required": True, "content": dict.fromkeys(each.upload, binary)}
    return described


def _operation_id(template: str, method: str, tag: str) -> str:
    parts = re.findall(r"\w+", FIELD.sub(r"by_\g<name>", template).removeprefix("/api/v1/"))
    return "_".join((method, *(("page",) if tag == "page" else ()), *parts))  # /jobs is not /api/v1/jobs


def _path_parameters(template: str) -> Iterator[dict[str, Any]]:
    for field in FIELD.finditer(template):
        schema = KINDS.get(field["kind"], KINDS[None])
        yield {"name": field["name"], "in": "path", "required": True, "schema": schema}


def _query_parameters(each: Operation) -> Iterator[dict[str, Any]]:
    if each.query is None:
        return
    schema = each.query.model_json_schema(ref_template=REFERENCES)
    for name, told in schema.get("properties", {}).items():
        yield {"name": name, "in": "query", "required": name in schema.get("required", ()), "schema": told}


def _is_done_once(method: str, each: Operation) -> bool:
    return method == "post" and each.access is not Access.PUBLIC


def _responses(method: str, each: Operation, models: Models) -> dict[str, Any]:
    told = {str(status): _answer(status, answer, models) for status, answer in each.answers.items()}
    body = {falcon.MEDIA_JSON: {"schema": models[ErrorBody, "serialization"]}}
    kept = (409,) if _is_done_once(method, each) else ()
    for status in sorted({*each.errors, *_implied(each), *kept} - set(each.answers)):
        told[str(status)] = {"description": falcon.code_to_http_status(status), "content": body}
    return told


def _answer(status: int, answer: type[BaseModel] | str | None, models: Models) -> dict[str, Any]:
    told: dict[str, Any] = {"description": falcon.code_to_http_status(status)}
    if isinstance(answer, str):
        told["content"] = {answer: {}}
    elif answer is not None:
        told["content"] = {falcon.MEDIA_JSON: {"schema": models[answer, "serialization"]}}
    return told


def _implied(each: Operation) -> Iterator[int]:
    """Statuses of errors that follow from a declaration."""
    yield 422  # parameters that are not known
    if each.budget is not Budget.FREE:
        yield 503
    if each.access is not Access.PUBLIC:
        yield 401
    if each.access is not Access.PUBLIC and not each.while_erasing:
        yield 403
    if each.scope or each.verified or each.flag or each.access in (Access.ADMIN, Access.SIGNED_IN):
        yield 403
    if each.body or each.upload:
        yield from (400, 413, 415)
    if each.limit:
        yield 429
