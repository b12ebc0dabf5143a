"""The forms of label files: JSON, CSV, YAML and plain text, of one image and of many."""

from __future__ import annotations

import csv
import io
import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from pixcrawler_core import jsontext
from pixcrawler_core.catalog.columns import clean
from pixcrawler_core.cells import guarded

Row = Mapping[str, Any]
"""An image with `path`, `sha256`, `category` and its `labels` as in the manifest."""
ABOUT = ("path", "sha256", "category")
BOX = ("left", "top", "width", "height")
TABLE = (*ABOUT, "name", "source", "version", "score", *BOX, "model", "attributes")
"""Columns of the CSV table, in which a row is a label."""
UNFOLDED = 2**31 - 1
"""Characters of a line of YAML: the most that libyaml takes, so that no text is cut into lines."""


class Form(ABC):
    """One form. A file of many images is `head`, an `item` for each, and `tail`."""

    tail = ""

    @property
    def head(self) -> str:
        """What a file of many images begins with."""
        return ""

    @abstractmethod
    def item(self, row: Row, *, first: bool) -> str:
        """An image in a file of many."""

    @abstractmethod
    def single(self, row: Row) -> str:
        """A file of one image."""


class _Json(Form):
    """An array with a line for each image; the file of one image is the object."""

    tail = "\n]\n"

    @property
    def head(self) -> str:
        """Opens the array."""
        return "["

    def item(self, row: Row, *, first: bool) -> str:
        return ("\n" if first else ",\n") + json.dumps(row, ensure_ascii=False)

    def single(self, row: Row) -> str:
        return json.dumps(row, ensure_ascii=False, indent=1) + "\n"


class _Csv(Form):
    """A table with a row for each label."""

    @property
    def head(self) -> str:
        """The names of the columns."""
        return csv_rows([TABLE])

    def item(self, row: Row, *, first: bool) -> str:
        return csv_rows(label_cells(row, label) for label in row["labels"])

    def single(self, row: Row) -> str:
        return self.head + self.item(row, first=True)


class _Yaml(Form):
    """A sequence of mappings; the file of one image is the mapping."""

    def item(self, row: Row, *, first: bool) -> str:
        return _yaml([row])

    def single(self, row: Row) -> str:
        return _yaml(row)


class _Text(Form):
    """A line for each image, its path and the names of its labels, parted by tabs; of one, a name a line."""

    def item(self, row: Row, *, first: bool) -> str:
        return "\t".join([row["path"], *_names(row)]) + "\n"

    def single(self, row: Row) -> str:
        return "".join(f"{name}\n" for name in _names(row))


FORMS: Mapping[str, Form] = {"json": _Json(), "csv": _Csv(), "yaml": _Yaml(), "txt": _Text()}
"""By the ending of their files."""


def as_row(entry: Mapping[str, Any]) -> Row:
    """What is told of an image, of its row of the manifest; halves of surrogate pairs become U+FFFD."""
    told = {name: entry[name] for name in (*ABOUT, "labels")}
    row: Row = jsontext.loads(clean(jsontext.dumps(told)) or "")
    return row


def label_cells(row: Row, label: Mapping[str, Any]) -> list[object]:
    """The cells of a label in the table, in the order of its columns."""
    cells = {**{name: row[name] for name in ABOUT}, **label}
    cells |= dict(zip(BOX, label.get("box", ()), strict=False))
    if "attributes" in label:
        cells["attributes"] = json.dumps(label["attributes"], ensure_ascii=False)
    return [cells.get(name) for name in TABLE]


def csv_rows(rows: Iterable[Iterable[object]]) -> str:
    """Rows of a CSV table, in which no text is a formula.

    All text is quoted: Python 3.11 and 3.12 do not quote a lone carriage return where they need not quote.
    """
    file = io.StringIO()
    csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_NONNUMERIC).writerows(
        [guarded(cell) if isinstance(cell, str) else cell for cell in row] for row in rows
    )
    return file.getvalue()


def _names(row: Row) -> Iterable[str]:
    return dict.fromkeys(label["name"] for label in row["labels"])


class _Dumper(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # type: ignore[misc]  # libyaml is faster
    """Quotes all text: what YAML 1.1 leaves plain (`1e3`, `0o7`) is a number in YAML 1.2."""

    def ignore_aliases(self, _data: object) -> bool:
        return True


def _quoted(dumper: Any, text: str) -> Any:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"')


_Dumper.add_representer(str, _quoted)


def _yaml(value: object) -> str:
    text: str = yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=UNFOLDED)
    return text
