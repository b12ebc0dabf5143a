"""Reads an image's rows of a lock and of its manifest, as strangers may have written them."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pixcrawler_core.labelling import as_json
from pixcrawler_core.provenance.reading import checked_digest, checked_path, checked_size
from pixcrawler_core.records import Candidate, Label, Labelling
from pixcrawler_core.splitting.rules import SPLITS

LONGEST = 100_000
"""Characters of a text in a row: titles are the longest that sources tell."""
MOST = 10_000_000
"""The highest number of an image; no job may want more of a category."""
ABOUT = ("page", "title", "creator", "creator_url", "licence", "licence_url")
"""What is told of the picture, as the manifest calls it."""
_PATH = re.compile(r"categories/([a-z0-9]+(?:-[a-z0-9]+)*)/image_(\d{3,8})\.[a-z0-9]{2,4}")
_ENGINE = re.compile(r"[\w.-]{1,200}")
_PHASH = re.compile(r"[0-9a-f]{16}")


@dataclass(frozen=True, kw_only=True, slots=True)
class Locked:
    """An image of a lock: its place, its bytes, and whence they came."""

    path: str
    folder: str
    """That of its category."""
    number: int
    size: int
    """Bytes."""
    split: str | None
    phash: str | None
    candidate: Candidate
    """Without a page and a rank, and without what is only known by the lock (`extra`)."""
    labelling: Labelling | None = None
    """What the manifest says that it shows; None without a manifest."""

    @property
    def place(self) -> tuple[str, int]:
        """Folder and number, which no other image of the lock has."""
        return self.folder, self.number

    @property
    def extra(self) -> dict[str, Any]:
        """What the ledger keeps of it beside the candidate; `place_of` reads it."""
        told = {"folder": self.folder, "number": self.number, "split": self.split, "phash": self.phash}
        return {name: value for name, value in told.items() if value is not None}


def place_of(extra: Mapping[str, Any]) -> tuple[str, int] | None:
    """The place of an image in its lock, from what the ledger keeps; None for a row of another origin."""
    folder, number = extra.get("folder"), extra.get("number")
    return (sys.intern(folder), number) if isinstance(folder, str) and isinstance(number, int) else None


def locked_image(told: Mapping[str, Any], manifest: Mapping[str, Any] | None = None) -> Locked:
    """The image of a lock's row, with what the manifest's row of it adds. Raises ValueError."""
    path = checked_path(told.get("path"))
    found = _PATH.fullmatch(path)
    number = int(found[2]) if found else 0
    if not found or not 1 <= number <= MOST or f"{number:03d}" != found[2]:
        raise ValueError(f"its path {ascii(path)[:80]} is none that PixCrawler gives to an image")
    split, phash = _text(told, "split"), _text(told, "phash")
    if split not in (None, *SPLITS):
        raise ValueError(f"its split is {ascii(split)[:80]}, none of {', '.join(SPLITS)}")
    if phash is not None and not _PHASH.fullmatch(phash):
        raise ValueError(f"its phash is {ascii(phash)[:80]}, not 16 hex digits")
    return Locked(
        path=path,
        folder=found[1],
        number=number,
        size=checked_size(told.get("size")),
        split=split,
        phash=phash,
        candidate=_candidate(told, manifest or told),
        labelling=None if manifest is None else _labelling(manifest),
    )


def _candidate(told: Mapping[str, Any], fuller: Mapping[str, Any]) -> Candidate:
    page, title, creator, creator_url, licence, licence_url = (_text(fuller, name) for name in ABOUT)
    engine = _needed(told, "engine")
    if not _ENGINE.fullmatch(engine):
        raise ValueError(f"its engine {ascii(engine)[:80]} is no name of a source")
    return Candidate(
        engine=engine,
        category=_needed(told, "category"),
        query=_text(told, "query") or "",
        image_url=_needed(told, "url"),
        filesize_bytes=checked_size(told.get("size")),
        title=title,
        page_url=page,
        license=licence,
        license_url=licence_url,
        creator=creator,
        creator_url=creator_url,
        expected_sha256=checked_digest(told.get("sha256")),
    )


def _labelling(manifest: Mapping[str, Any]) -> Labelling:
    labels, errors = manifest.get("labels"), manifest.get("label_errors")
    if isinstance(labels, list) and isinstance(errors, dict):
        return Labelling(
            labels=[_label(each) for each in labels],
            errors={name: _needed(errors, name) for name in errors},
        )
    raise ValueError("its labels are no list of labels")


def _label(told: object) -> dict[str, Any]:
    given: dict[str, Any] = told if isinstance(told, dict) else {}
    try:
        label = as_json(
            Label(
                name=_needed(given, "name"),
                score=given.get("score"),
                box=given.get("box"),
                model=given.get("model"),
                attributes=dict(given.get("attributes") or {}),
            )
        )
    except (TypeError, RecursionError) as error:
        raise ValueError(str(error) or "a label is nested too deep") from None
    signed = {"source": _needed(given, "source"), "version": _needed(given, "version")}
    return {"name": label.pop("name"), **signed, **label}


def _needed(told: Mapping[str, Any], name: str) -> str:
    text = _text(told, name)
    if not text:
        raise ValueError(f"its {name} is not told")
    return text


def _text(told: Mapping[str, Any], name: str) -> str | None:
    value = told.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > LONGEST):
        raise ValueError(f"its {ascii(name)[:80]} is {ascii(value)[:80]}, not a text of a source")
    return value
