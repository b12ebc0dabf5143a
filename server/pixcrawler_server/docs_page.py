"""The document of the API as a page for people: one file without scripts, which asks no other host."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from jinja2 import Environment, PackageLoader

from pixcrawler_server.errors import ERRORS

METHODS = ("get", "post", "put", "patch", "delete")
STYLE = re.compile(r"<style>(.*?)</style>", re.DOTALL)
CONSTRAINTS = (
    "minimum",
    "maximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "pattern",
    "format",
    "enum",
    "default",
)


@dataclass(frozen=True, kw_only=True)
class Field:
    """A parameter, or a field of a body."""

    name: str
    kind: str
    needed: bool
    limits: str
    about: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """An operation, as the page shows it."""

    method: str
    path: str
    told: Mapping[str, Any]
    fields: Sequence[Field]
    body: Sequence[Field]


def render(document: Mapping[str, Any]) -> tuple[str, str]:
    """The page of a document, and the Content-Security-Policy that it needs."""
    environment = Environment(loader=PackageLoader("pixcrawler_server"), autoescape=True, trim_blocks=True)
    groups: dict[str, list[Call]] = {}
    for call in _calls(document):
        groups.setdefault((call.told["tags"] or ["more"])[0], []).append(call)
    page = environment.get_template("docs.html").render(
        document=document, groups=dict(sorted(groups.items())), errors=ERRORS
    )
    styles = STYLE.findall(page)
    hashes = " ".join(f"'sha256-{_digest(style)}'" for style in styles)
    return page, f"default-src 'none'; style-src {hashes}; frame-ancestors 'none'"


def _calls(document: Mapping[str, Any]) -> Iterator[Call]:
    schemas = document["components"]["schemas"]
    for path, found in document["paths"].items():
        for method in METHODS:
            if method in found:
                told = found[method]
                yield Call(
                    method=method.upper(),
                    path=path,
                    told=told,
                    fields=[_parameter(each) for each in told["parameters"]],
                    body=list(_body(told, schemas)),
                )


def _parameter(told: Mapping[str, Any]) -> Field:
    return _field(told["name"], told["schema"], needed=told["required"])


def _body(told: Mapping[str, Any], schemas: Mapping[str, Any]) -> Iterator[Field]:
    content = told.get("requestBody", {}).get("content", {})
    schema = content.get("application/json", {}).get("schema", {})
    schema = schemas.get(_name(schema), schema)
    for name, each in schema.get("properties", {}).items():
        yield _field(name, each, needed=name in schema.get("required", ()))


def _field(name: str, schema: Mapping[str, Any], *, needed: bool) -> Field:
    limits = {key: value for each in (schema, *_choices(schema)) for key, value in each.items()}
    told = ", ".join(f"{key} {limits[key]}" for key in CONSTRAINTS if limits.get(key) is not None)
    return Field(
        name=name, kind=_kind(schema), needed=needed, limits=told, about=schema.get("description", "")
    )


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return _name(schema)
    if schema.get("type") == "array":
        return f"list of {_kind(schema.get('items', {}))}"
    choices = [_kind(each) for each in _choices(schema)]
    return " or ".join(dict.fromkeys(choices)) if choices else str(schema.get("type", "any"))


def _choices(schema: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    found: Sequence[Mapping[str, Any]] = schema.get("anyOf") or schema.get("oneOf") or ()
    return found


def _name(schema: Mapping[str, Any]) -> str:
    return str(schema.get("$ref", "")).rpartition("/")[2]


def _digest(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
