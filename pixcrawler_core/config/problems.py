"""Turns what pydantic finds wrong in a table into sentences for the person who wrote the table."""

from __future__ import annotations

import difflib
import json
import re
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, SecretBytes, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from pixcrawler_core.errors import PluginError

Path = tuple[str | int, ...]
"""Keys and list positions (from 0) that lead from the outermost table to a value."""

M = TypeVar("M", bound=BaseModel)

SUBJECT = re.compile(r"\A(?:Input|List|String|Tuple|Value) should")
TOML_WORDS = {
    "bool_type": "it should be true or false",
    "byte_size": "it should be a number of bytes or a size such as '50 MB' or '20 MiB'",
    "dict_type": "it should be a table",
    "float_type": "it should be a number",
    "int_type": "it should be a whole number",
    "json_invalid": "its values are nested too deeply",
    "list_type": "it should be a list",
    "model_type": "it should be a table",
    "string_type": "it should be a string",
    "tuple_type": "it should be a list",
}


@dataclass(frozen=True)
class Problem:
    """One thing wrong with a table: the place, and a sentence that names it and says what would fit."""

    path: Path
    message: str
    missing: bool = False
    """Whether a needed key is not there, rather than one wrong that is."""


class OptionsError(PluginError):
    """A table does not fit its model; `problems` has one entry for each line of the message."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(problem.message for problem in problems))
        self.problems = tuple(problems)


def parse_options(model: type[M], table: Mapping[str, Any], where: str) -> M:
    """An instance of `model` from a table; `where` names the table in messages (`validator 'size'`).

    Values must have the type that is asked: `"3"` is no number and `1` is no truth value. Raises
    OptionsError, a PluginError, with one line for each problem.
    """
    return parse(model, table, lambda path: " ".join([where, *(_name(path),) * bool(path)]))


def parse(model: type[M], table: Mapping[str, Any], label: Callable[[Path], str]) -> M:
    """Like `parse_options`, for nested tables: `label` names the (sub)table at a path."""
    try:
        # JSON mode, since its strict types are those of TOML: lists fill tuples, words fill enumerations.
        return model.model_validate_json(json.dumps(table, default=str), strict=True)
    except ValidationError as error:
        details = error.errors(include_url=False, include_context=False)
        raise OptionsError(_problems(model, table, details, label)) from None


def unknown_key(path: Path, table: str, valid: Iterable[str]) -> Problem:
    """The problem of a key that a table does not have: names the nearest valid one, or all."""
    names = sorted(valid)
    near = difflib.get_close_matches(str(path[-1]), names, 1)
    hint = f"did you mean {near[0]!r}?" if near else f"valid keys are {', '.join(names) or 'none'}"
    return Problem(path, f"unknown key {path[-1]!r} in {table}; {hint}")


def _problems(
    model: type[BaseModel],
    table: Mapping[str, Any],
    details: list[ErrorDetails],
    label: Callable[[Path], str],
) -> list[Problem]:
    """One problem a place; a place inside another one is the more exact account of the same problem."""
    found: dict[Path, Problem] = {}
    for detail in details:
        path = _path(table, detail)
        problem = _problem(model, path, detail, label)
        if path in found:  # the other members of a union
            problem = Problem(path, f"{found[path].message}, or {_reason(detail)}")
        found[path] = problem
    outer = {path[:length] for path in found for length in range(len(path))}
    return [found[path] for path in found if path not in outer]


def _problem(
    model: type[BaseModel], path: Path, detail: ErrorDetails, label: Callable[[Path], str]
) -> Problem:
    if not path:
        return Problem(path, f"{label(path)}: {_reason(detail)}")
    if detail["type"] == "extra_forbidden":
        return unknown_key(path, label(path[:-1]), _valid_keys(model, path[:-1]))
    if detail["type"] == "missing":
        return Problem(path, f"missing key {str(path[-1])!r} in {label(path[:-1])}", missing=True)
    value = detail["input"]
    parent = next(i for i in range(len(path) - 1, -1, -1) if i == 0 or isinstance(path[i], str))
    # A table or list may hold a secret under another key.
    hidden = _secret(model, path) or (isinstance(value, (Mapping, list)) and value)
    shown = "" if hidden else f" is {_short(value)}"
    return Problem(path, f"{label(path[:parent])} {_name(path[parent:])}{shown}: {_reason(detail)}")


def _path(table: Mapping[str, Any], detail: ErrorDetails) -> Path:
    """Where an error is in the table; pydantic also names members of unions, which are left out."""
    path: list[str | int] = []
    value: Any = table
    for step in detail["loc"]:
        keys: Iterable[Any] = range(len(value)) if isinstance(value, list) else ()
        if step in (value if isinstance(value, Mapping) else keys):
            value = value[step]
        elif not (detail["type"] == "missing" and step == detail["loc"][-1]):
            continue
        path.append(step)
    return tuple(path)


def _reason(detail: ErrorDetails) -> str:
    text = TOML_WORDS.get(detail["type"], detail["msg"].removeprefix("Value error, "))
    return SUBJECT.sub("it should", text).replace(" after validation", "")


def _short(value: Any) -> str:
    shorten = reprlib.Repr()
    shorten.maxstring = shorten.maxother = 80
    return shorten.repr(value)


def _name(path: Path) -> str:
    """`size`, `size.width` or `item 2 of keywords`; items are counted from 1 for people."""
    keys = ".".join(str(step) for step in path if isinstance(step, str))
    items = "".join(f"item {step + 1} of " for step in reversed(path) if isinstance(step, int))
    return items + keys


def _annotations(model: type[BaseModel], path: Path) -> Iterable[Any]:
    """The types of the fields that a path passes, outermost first."""
    current: type[BaseModel] | None = model
    for step in path:
        if current is None or not isinstance(step, str):
            continue
        field = current.model_fields.get(step)
        if field is None:
            return
        yield field.annotation
        current = next((kind for kind in _flat(field.annotation) if issubclass(kind, BaseModel)), None)


def _flat(annotation: Any) -> list[type]:
    """The classes that make up a type: `tuple[SecretStr, ...] | None` has a SecretStr in it."""
    members = [kind for part in get_args(annotation) for kind in _flat(part)]
    return [*members, annotation] if isinstance(annotation, type) else members


def _valid_keys(model: type[BaseModel], path: Path) -> list[str]:
    kinds = (
        [kind for last in list(_annotations(model, path))[-1:] for kind in _flat(last)] if path else [model]
    )
    return [name for kind in kinds if issubclass(kind, BaseModel) for name in kind.model_fields]


def _secret(model: type[BaseModel], path: Path) -> bool:
    kinds = [kind for annotation in _annotations(model, path) for kind in _flat(annotation)]
    return SecretStr in kinds or SecretBytes in kinds
