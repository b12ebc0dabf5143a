"""The description of an export as Croissant 1.0, with what is known of responsible AI.

The forms are https://docs.mlcommons.org/croissant/docs/croissant-spec.html and
https://docs.mlcommons.org/croissant/docs/croissant-rai-spec.html.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pixcrawler_core.exports.card import UNKNOWN, Facts
from pixcrawler_core.exports.card_text import LIMITS, LISTED, one_line

CROISSANT, RAI = "http://mlcommons.org/croissant/1.0", "http://mlcommons.org/croissant/RAI/1.0"
PARQUET = "application/x-parquet"
IMAGES, CATEGORIES, SPLITS, SHARDS = "images", "categories", "splits", "shards"
"""Ids of the record sets, and of the set of files with the images."""
TEXTS = {
    "sha256": "Digest of the image, SHA-256 in hex.",
    "format": "As decoded: JPEG, PNG, WEBP, ...",
    "url": "The image's URL as the source gave it.",
    "page": "The page on which a person finds it.",
    "title": "Its title, as the source told it.",
    "creator": "Who made it, as the source told it.",
    "creator_url": "Where who made it is found.",
    "licence": "A short code such as cc-by-4.0, as the source told it.",
    "licence_url": "The licence's address.",
    "spdx": "The licence's identifier in the list of SPDX; empty where it has none.",
    "attribution": "The sentence that credits it.",
    "engine": "The source that found it.",
    "query": "What the source was asked.",
}
NUMBERS = {"width": "Pixels as stored.", "height": "Pixels as stored."}
DEFINITIONS = {
    "train": "https://mlcommons.org/definitions/training_split",
    "val": "https://mlcommons.org/definitions/validation_split",
    "test": "https://mlcommons.org/definitions/test_split",
}
_TEX = re.compile(r"[\\{}%$#&_^~]")
_CONTEXT: Mapping[str, Any] = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "dct": "http://purl.org/dc/terms/",
    "sc": "https://schema.org/",
    "conformsTo": "dct:conformsTo",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "examples": {"@id": "cr:examples", "@type": "@json"},
    **{
        name: f"cr:{name}"
        for name in (
            *("citeAs", "column", "equivalentProperty", "extract", "field", "fileObject", "fileProperty"),
            *("fileSet", "format", "includes", "isLiveDataset", "jsonPath", "key", "md5", "parentField"),
            *("path", "recordSet", "references", "regex", "repeated", "replace", "samplingRate"),
            *("separator", "source", "subField", "transform"),
        )
    },
}
"""The context of the specification's appendix."""


@dataclass(frozen=True, kw_only=True)
class File:
    """A file of the export."""

    name: str
    size: int
    """Bytes."""
    sha256: str
    encoding: str
    """Its media type."""


@dataclass(frozen=True, kw_only=True)
class Told:
    """What only those know who publish the dataset; None for what is not told."""

    url: str | None
    creator: str | None
    version: str | None
    cite_as: str | None


def croissant(facts: Facts, files: Iterable[File], told: Told) -> Mapping[str, Any]:
    """The JSON-LD of the whole export."""
    names = ", ".join(_names(facts.categories))
    day = str(facts.head.get("created_at") or "")[:10]
    dated = {"dateCreated": day, "datePublished": day} if day else {}
    return {
        "@context": _CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": [CROISSANT, RAI],
        "name": facts.name,
        "description": f"{facts.images.total():,} images{f' of {names}' if names else ''}, found on "
        "the web and assembled by PixCrawler. Each image has a licence and a creator of its own.",
        **({"url": told.url} if told.url else {}),
        **({"creator": {"@type": "sc:Organization", "name": told.creator}} if told.creator else {}),
        **dated,
        "license": [facts.links[code] or code for code, _ in facts.licences.most_common()] or [UNKNOWN],
        "version": _version(facts, told),
        "citeAs": told.cite_as or _citation(facts, told, day),
        "isLiveDataset": False,
        "keywords": ["image", *_names(facts.categories)],
        **_responsible(facts),
        "distribution": [*map(_file, files), _shards()],
        "recordSet": [*_enumerations(facts), _images()],
    }


def _names(names: Sequence[str]) -> list[str]:
    return [one_line(name) for name in names[:LISTED]]


def _version(facts: Facts, told: Told) -> str:
    """The version that is told, or the dataset's own (https://semver.org)."""
    return told.version or f"{int(facts.head.get('version') or 1)}.0.0"


def _citation(facts: Facts, told: Told, day: str) -> str:
    """BibTeX, in which no sign has a meaning of its own."""
    author = f" author = {{{_TEX.sub(' ', told.creator)}}}," if told.creator else ""
    year = f" year = {{{day[:4]}}}," if day else ""
    name = _TEX.sub(" ", facts.name)
    key = re.sub(r"[^A-Za-z0-9-]", "-", facts.dataset)
    return f"@misc{{{key},{author} title = {{{name}}},{year} version = {{{_version(facts, told)}}}}}"


def _responsible(facts: Facts) -> Mapping[str, Any]:
    """What is known of how the data came about (Croissant RAI 1.0)."""
    engines = ", ".join(one_line(name) for name, _ in facts.engines.most_common(LISTED))
    found: dict[str, Any] = {
        "rai:dataCollection": f"Images that sources gave for words were fetched: {engines or UNKNOWN}.",
        "rai:dataCollectionType": ["Web API", "Web Scraping"],
        "rai:dataLimitations": list(LIMITS),
        "rai:dataBiases": [LIMITS[1]],
        "rai:personalSensitiveInformation": [LIMITS[3]],
    }
    if facts.checked:
        found["rai:dataCollectionTimeFrame"] = list(facts.checked)
    if facts.labelers:
        found["rai:machineAnnotationTools"] = [one_line(name) for name in sorted(facts.labelers)]
    return found


def _file(file: File) -> Mapping[str, Any]:
    return {
        "@type": "cr:FileObject",
        "@id": file.name,
        "name": file.name,
        "contentUrl": file.name,
        "contentSize": f"{file.size} B",
        "encodingFormat": file.encoding,
        "sha256": file.sha256,
    }


def _shards() -> Mapping[str, Any]:
    return {
        "@type": "cr:FileSet",
        "@id": SHARDS,
        "name": SHARDS,
        "description": "The images and what is known of each.",
        "encodingFormat": PARQUET,
        "includes": "data/*.parquet",
    }


def _images() -> Mapping[str, Any]:
    """Without references to the other record sets: mlcroissant reads shard by shard where none is joined."""
    return {
        "@type": "cr:RecordSet",
        "@id": IMAGES,
        "name": IMAGES,
        "key": {"@id": f"{IMAGES}/path"},
        "field": [
            {**_field("image", "sc:ImageObject", "The picture."), **_source("image", "bytes")},
            {**_field("path", "sc:Text", "Where it lies in the dataset's folder."), **_source("path")},
            {**_field("category", "sc:Text", "Its category."), **_source("category")},
            {**_field("split", "sc:Text", "Its split."), **_source("split")},
            {
                **_field("labels", "sc:Text", "The names of what labelers say it shows."),
                **_source("labels", "name"),
                "repeated": True,
            },
            *({**_field(name, "sc:Text", meaning), **_source(name)} for name, meaning in TEXTS.items()),
            *({**_field(name, "sc:Integer", meaning), **_source(name)} for name, meaning in NUMBERS.items()),
        ],
    }


def _enumerations(facts: Facts) -> list[Mapping[str, Any]]:
    """The splits and the categories; neither without images, as no set may be empty."""
    return [_split_names(facts), _category_names(facts)] if facts.images else []


def _category_names(facts: Facts) -> Mapping[str, Any]:
    rows = [{f"{CATEGORIES}/name": name} for name in facts.categories]
    return {**_enumeration(CATEGORIES, "sc:Enumeration", ("name",)), "data": rows}


def _split_names(facts: Facts) -> Mapping[str, Any]:
    rows = [{f"{SPLITS}/name": name, f"{SPLITS}/url": DEFINITIONS.get(name, "")} for name in facts.splits]
    return {**_enumeration(SPLITS, "cr:Split", ("name", "url")), "data": rows}


def _enumeration(own: str, kind: str, names: Iterable[str]) -> Mapping[str, Any]:
    fields = [
        {"@type": "cr:Field", "@id": f"{own}/{name}", "name": name, "dataType": "sc:Text"} for name in names
    ]
    return {
        "@type": "cr:RecordSet",
        "@id": own,
        "name": own,
        "dataType": kind,
        "key": {"@id": f"{own}/name"},
        "field": fields,
    }


def _field(name: str, kind: str, meaning: str) -> Mapping[str, Any]:
    return {
        "@type": "cr:Field",
        "@id": f"{IMAGES}/{name}",
        "name": name,
        "description": meaning,
        "dataType": kind,
    }


def _source(column: str, path: str = "") -> Mapping[str, Any]:
    transform = {"transform": {"jsonPath": path}} if path else {}
    return {"source": {"fileSet": {"@id": SHARDS}, "extract": {"column": column}, **transform}}
