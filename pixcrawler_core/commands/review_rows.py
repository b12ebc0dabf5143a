"""Reads a reviewer's decisions from files: a CSV table with a header, or JSON objects, a line each."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pixcrawler_core.catalog.label_reviews import Holds
from pixcrawler_core.catalog.reviews import Verb
from pixcrawler_core.cells import unguarded
from pixcrawler_core.errors import ConfigError

NAMES = ("path", "sha256", "url")
"""Columns of which a row needs one, to say which image it means."""
MORE = ("category", "note", "reviewer", "labeler", "label", "holds")
LONGEST = 2000
"""Characters of a value."""
_DIGEST = re.compile(r"[0-9a-f]{64}")
_HALVES = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A decision as it is written; what is not given is empty."""

    place: str
    """File and line."""
    verb: Verb
    path: str
    sha256: str
    """In lower case."""
    url: str
    category: str
    note: str
    reviewer: str
    labeler: str = ""
    label: str = ""
    holds: str = ""
    """A `Holds`; with a decision on a label."""

    @property
    def image(self) -> str:
        """The image as the row names it."""
        name, value = next((name, getattr(self, name)) for name in NAMES if getattr(self, name))
        return f"{name} {value!r}"


def read_rows(file: Path, verb: Verb) -> list[Row]:
    """The decisions in a file. Raises ConfigError with file and line for what is none."""
    text = _text(file)
    read = _json_rows if text.lstrip().startswith("{") else _csv_rows
    return [_row(f"{file}:{line}", verb, values) for line, values in read(file, text, verb)]


def _text(file: Path) -> str:
    try:
        return file.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{file}: byte {error.start} is not UTF-8; save the file as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{file}: cannot be read: {error.strerror or error}") from error


def _json_rows(file: Path, text: str, _verb: Verb) -> Iterator[tuple[int, Mapping[str, Any]]]:
    for number, line in enumerate(text.split("\n"), 1):
        if not line.strip():
            continue
        try:
            values = json.loads(line)
        except (ValueError, RecursionError):
            raise ConfigError(f"{file}:{number}: not a line of JSON; write one object a line") from None
        if not isinstance(values, dict):
            raise ConfigError(f"{file}:{number}: not a JSON object; write one a line")
        yield number, values


def _csv_rows(file: Path, text: str, verb: Verb) -> Iterator[tuple[int, Mapping[str, Any]]]:
    table = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip().lower() for name in next(table, [])]
        _check_header(file, header, verb)
        for cells in table:
            if len(cells) > len(header):
                raise ConfigError(f"{file}:{table.line_num}: it has more cells than the table has columns")
            if any(cells):
                yield table.line_num, dict(zip(header, map(unguarded, cells), strict=False))
    except csv.Error as error:
        raise ConfigError(f"{file}:{table.line_num}: not a line of a CSV table: {error}") from None


def _check_header(file: Path, header: Iterable[str], verb: Verb) -> None:
    if not set(NAMES) & set(header):
        raise ConfigError(f"{file}:1: no column says which image is meant; it needs path, sha256 or url")
    missing = [name for name in ("labeler", "label", "holds") if name not in header]
    if verb is Verb.LABEL and missing:
        raise ConfigError(f"{file}:1: the column {missing[0]} is missing; it needs labeler, label and holds")
    if verb is Verb.MOVE and "category" not in header:
        raise ConfigError(f"{file}:1: the column category is missing, which says where images are moved to")


def _row(place: str, verb: Verb, values: Mapping[str, Any]) -> Row:
    told = {name: _value(place, name, values.get(name)) for name in (*NAMES, *MORE)}
    told["sha256"] = told["sha256"].lower()
    if not any(told[name] for name in NAMES):
        raise ConfigError(f"{place}: it does not say which image is meant; give path, sha256 or url")
    if told["sha256"] and not _DIGEST.fullmatch(told["sha256"]):
        raise ConfigError(f"{place}: sha256 {told['sha256'][:80]!r} is not 64 hexadecimal digits")
    if verb is Verb.MOVE and not told["category"]:
        raise ConfigError(f"{place}: it does not say where the image is moved to; give its category")
    if verb is Verb.LABEL and not (told["labeler"] and told["label"] and told["holds"] in set(Holds)):
        raise ConfigError(f"{place}: give labeler, label, and yes, no or open as holds")
    return Row(place=place, verb=verb, **told)


def _value(place: str, name: str, value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise ConfigError(f"{place}: {name} is {str(value)[:80]}; it should be a string")
    if len(value) > LONGEST:
        raise ConfigError(f"{place}: {name} has {len(value)} characters; {LONGEST} is the most")
    if _HALVES.search(value):
        raise ConfigError(f"{place}: {name} has half a character (a lone surrogate); write the file anew")
    return value.strip()
