"""The JSON Schema of the job file, with the options of every plugin that is installed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel

from pixcrawler_core.components import (
    Deduper,
    Expander,
    Exporter,
    Labeler,
    Part,
    Sink,
    Source,
    Storage,
    Validator,
)
from pixcrawler_core.config.job import LIST_SOURCE, JobFile
from pixcrawler_core.registry import Registry

DIALECT = "https://json-schema.org/draft/2020-12/schema"

Schema = dict[str, Any]


def job_schema(registry: Registry) -> Schema:
    """JSON Schema (draft 2020-12) of a job file, for editors and for checks in other programs.

    It tells keys, types and ranges; `load_job` also checks what concerns several keys at once.
    """
    schema: Schema = {"$schema": DIALECT, **JobFile.model_json_schema(), "title": "PixCrawler job file"}
    tables, defs = schema["properties"], schema["$defs"]
    sources = registry.all(Source)
    searching = {name: source.options for name, source in sources.items() if source.searches}
    _pick(defs, "SourcesTable", "engines", searching)
    picks: tuple[tuple[str, str, type[Part[Any]]], ...] = (
        ("DedupTable", "methods", Deduper),
        ("KeywordsTable", "expanders", Expander),
        ("LabelsTable", "labelers", Labeler),
        ("ExportTable", "formats", Exporter),
        ("StorageTable", "stores", Storage),
        ("EventsTable", "sinks", Sink),
    )
    for table, key, kind in picks:
        _pick(defs, table, key, {name: part.options for name, part in registry.all(kind).items()})
    checks = {name: part.options for name, part in registry.all(Validator).items()}
    tables["validators"] = _validators(tables["validators"], checks, defs)
    if LIST_SOURCE in sources:
        tables["urls"] = _table(sources[LIST_SOURCE].options, defs)
    return schema


def _pick(defs: Schema, table: str, key: str, options: Mapping[str, type[BaseModel] | None]) -> None:
    """Closes a table that lists plugins: only known names, and only their tables."""
    schema = defs[table]
    schema["properties"][key]["items"] = {"enum": list(options)}
    schema["properties"] |= {name: _table(model, defs) for name, model in options.items()}
    schema["additionalProperties"] = False


def _validators(schema: Schema, checks: Mapping[str, type[BaseModel] | None], defs: Schema) -> Schema:
    """The table of checks: each has its own options beside `enabled`."""
    common = defs.pop("ValidatorTable")["properties"]
    closed = {name: _table(model, defs) for name, model in checks.items()}
    for table in closed.values():
        table["properties"] = common | table.get("properties", {})
    return {
        "type": "object",
        "description": schema["description"],
        "properties": closed,
        "additionalProperties": False,
    }


def _table(model: type[BaseModel] | None, defs: Schema) -> Schema:
    """The schema of a plugin's options; what it refers to gets a name of its own in `defs`."""
    if model is None:
        return {"type": "object", "additionalProperties": False}
    prefix = f"{len(defs)}-"
    schema = model.model_json_schema(ref_template=f"#/$defs/{prefix}{{model}}")
    defs.update({prefix + name: inner for name, inner in schema.pop("$defs", {}).items()})
    # A model that refers to itself is only a reference; the table needs its content.
    return dict(defs[schema["$ref"].rpartition("/")[2]]) if "$ref" in schema else schema
