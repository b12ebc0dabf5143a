"""Tables of what the server takes and answers, made from its models."""

from __future__ import annotations

import ast
import importlib
import inspect
import textwrap

from pixcrawler_server.bodies import View
from pydantic import BaseModel

from pixcrawler_core.config.reference import keys_of, type_of


def fields_of(place: str) -> str:
    """A Markdown table of the fields of a model that is named like `pixcrawler_server.resources.me:Me`."""
    module, _, name = place.partition(":")
    model: type[BaseModel] = getattr(importlib.import_module(module), name)
    if not issubclass(model, View):
        return keys_of(model)
    said = _said(model)
    schema = model.model_json_schema()
    rows = (
        f"| `{field}` | {_type(told, schema)} | {said.get(field, '')} |\n"
        for field, told in schema["properties"].items()
    )
    return "| field | type | meaning |\n|---|---|---|\n" + "".join(rows)


def _type(told: dict[str, object], schema: dict[str, dict[str, object]]) -> str:
    ends = str(told.get("$ref", "")).rpartition("/")[2]
    return type_of(schema["$defs"][ends] if ends else told)  # type: ignore[arg-type]


def _said(model: type[BaseModel]) -> dict[str, str]:
    """What stands below each field of a model, and of those that it is made of."""
    said: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if not issubclass(each, View) or each is View:
            continue
        (found,) = ast.parse(textwrap.dedent(inspect.getsource(each))).body
        assert isinstance(found, ast.ClassDef)
        for field, below in zip(found.body, found.body[1:], strict=False):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name):
                said[field.target.id] = _text(below)
    return said


def _text(below: ast.stmt) -> str:
    match below:
        case ast.Expr(value=ast.Constant(value=str(text))):
            return " ".join(text.split())
    return ""
