"""The columns of exported Parquet files, and what Hugging Face's `datasets` must know of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import pyarrow as pa

from pixcrawler_core.catalog.columns import clean
from pixcrawler_core.exports.rows import COLUMNS, NUMBERS
from pixcrawler_core.jsontext import dumps

IMAGE = "image"
IMAGE_TYPE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
"""How `datasets` stores images."""
NUMBER = "label"
"""The column with the number of the category."""
LABEL = pa.struct(
    [
        ("name", pa.string()),
        ("source", pa.string()),
        ("version", pa.string()),
        ("score", pa.float64()),
        ("box", pa.list_(pa.float64())),
        ("model", pa.string()),
        ("attributes", pa.string()),
    ]
)
"""A label as in the manifest, its attributes as JSON."""


def schema(*, images: bool, numbered: bool) -> pa.Schema:
    """The columns: the image (bytes and path), the number of its class, and the fields of the manifest."""
    image = [(IMAGE, IMAGE_TYPE)] if images else []
    number = [(NUMBER, pa.int64())] if numbered else []
    return pa.schema([*image, *number, *((name, _type(name)) for name in COLUMNS)])


def leaves(field: pa.Field) -> Iterator[str]:
    """The paths, as Parquet names them, of the columns in which a field is stored."""
    if pa.types.is_list(field.type):
        return leaves(pa.field(f"{field.name}.list.element", field.type.value_type))
    if pa.types.is_struct(field.type):
        parts = (pa.field(f"{field.name}.{part.name}", part.type) for part in field.type)
        return chain.from_iterable(map(leaves, parts))
    return iter([field.name])


def label_cells(labels: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """An image's labels as values of the column `labels`."""
    return [{field.name: _cell(label.get(field.name)) for field in LABEL} for label in labels]


def features(columns: pa.Schema, classes: Iterable[str]) -> Mapping[str, Any]:
    """What `datasets` reads under the key `huggingface`: the features by column.

    Images decode, and class numbers have names. The form is that of `Features.to_dict`; lists are written as
    lists of one, as versions 3.6 to 5.2 read them.
    """
    told = {field.name: _feature(field.type) for field in columns}
    if NUMBER in told:
        told[NUMBER] = {"names": list(classes), "_type": "ClassLabel"}
    if IMAGE in told:
        told[IMAGE] = {"_type": "Image"}
    return {"info": {"features": told}}


def _type(name: str) -> pa.DataType:
    if name == "labels":
        return pa.list_(LABEL)
    return pa.int64() if name in NUMBERS else pa.string()


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    return clean(dumps(value)) if isinstance(value, Mapping) else value


def _feature(kind: pa.DataType) -> Any:
    if pa.types.is_list(kind):
        return [_feature(kind.value_type)]
    if pa.types.is_struct(kind):
        return {field.name: _feature(field.type) for field in kind}
    return {"dtype": "float64" if pa.types.is_float64(kind) else str(kind), "_type": "Value"}
