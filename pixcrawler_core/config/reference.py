"""The reference tables in docs/job-file.md, written from the same types that check job files.

`python -m pixcrawler_core.config.reference docs/job-file.md` writes them anew between their markers.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pixcrawler_core.components import Source
from pixcrawler_core.config.events import EventsTable
from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.config.job import (
    LIST_SOURCE,
    Category,
    DedupTable,
    FetchOptions,
    JobTable,
    LabelsTable,
    ValidatorTable,
)
from pixcrawler_core.config.keywords import KeywordsTable
from pixcrawler_core.config.sources import SourcesTable
from pixcrawler_core.config.splits import SplitsTable
from pixcrawler_core.config.storage import StorageTable
from pixcrawler_core.registry import Registry, load

MARKED = re.compile(
    r"(?P<start><!-- keys of (?P<table>[\w.]+) -->\n).*?(?P<end><!-- end of keys -->)", re.DOTALL
)

HEAD = "| key | type | default | range | meaning |\n|---|---|---|---|---|\n"

TYPES = {
    "boolean": "true or false",
    "integer": "whole number",
    "number": "number",
    "object": "table",
    "string": "string",
}


def tables(registry: Registry) -> dict[str, type[BaseModel]]:
    """The tables that the reference describes, by the name in their marker."""
    return {
        "job": JobTable,
        "category": Category,
        "keywords": KeywordsTable,
        "sources": SourcesTable,
        "urls": registry.get(Source, LIST_SOURCE).options,
        "fetch": FetchOptions,
        "validators": ValidatorTable,
        "dedup": DedupTable,
        "labels": LabelsTable,
        "splits": SplitsTable,
        "export": ExportTable,
        "storage": StorageTable,
        "events": EventsTable,
    }


def keys_of(model: type[BaseModel]) -> str:
    """A Markdown table with type, default, range and meaning of each key of a model."""
    schema = model.model_json_schema()
    required = schema.get("required", ())
    rows = [_row(key, value, key in required) for key, value in schema["properties"].items()]
    return HEAD + "".join(rows)


def updated(text: str, models: Mapping[str, type[BaseModel]]) -> str:
    """The text with the tables between its markers written anew."""
    return MARKED.sub(lambda mark: mark["start"] + keys_of(models[mark["table"]]) + mark["end"], text)


def _row(key: str, schema: Mapping[str, Any], required: bool) -> str:
    kinds = [kind for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null"]
    default = "needed" if required else _default(schema.get("default"))
    types = type_of(schema)
    ranges = "; ".join(filter(None, (_range(kind) for kind in kinds)))
    cells = (f"`{key}`", types, default, ranges, schema.get("description", ""))
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |\n"


def type_of(schema: Mapping[str, Any]) -> str:
    """The type of a value in words, such as `list of strings`; null is not told."""
    return " or ".join(_type(kind) for kind in schema.get("anyOf", [schema]) if kind.get("type") != "null")


def _default(value: Any) -> str:
    return "not given" if value is None else f"`{json.dumps(value, ensure_ascii=False)}`"


def _type(schema: Mapping[str, Any]) -> str:
    kind = schema.get("type", "string")
    if kind == "array":
        return f"list of {_type(schema['items'])}s"
    return " or ".join(TYPES[name] for name in ([kind] if isinstance(kind, str) else kind))


def _range(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{json.dumps(value)}`" for value in schema["enum"])
    size = _span(schema.get("minLength"), schema.get("maxLength"), " characters")
    items = _span(schema.get("minItems"), schema.get("maxItems"), " items")
    value = _span(schema.get("minimum"), schema.get("maximum"), "")
    if "exclusiveMinimum" in schema:
        value = f"more than {schema['exclusiveMinimum']}, {value}".removesuffix(", ")
    inner = _range(schema["items"]) if "items" in schema else ""
    return ", ".join(filter(None, (items, size, value, inner and f"each {inner}")))


def _span(low: float | None, high: float | None, unit: str) -> str:
    if low is not None and high is not None:
        return f"{low} to {high}{unit}"
    if low == 1 and unit:
        return "not empty"
    return f"at least {low}{unit}" * (low is not None) + f"at most {high}{unit}" * (high is not None)


if __name__ == "__main__":
    for name in sys.argv[1:]:
        page = Path(name)
        page.write_text(updated(page.read_text("utf-8"), tables(load(installed=False))), "utf-8")
