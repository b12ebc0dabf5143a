"""Candidates and outcomes as columns of the ledger, and back."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, fields
from operator import attrgetter
from typing import Any

from pixcrawler_core.catalog.fields import from_sql_time, to_json
from pixcrawler_core.jsontext import loads
from pixcrawler_core.quality import quality_of
from pixcrawler_core.records import Candidate, Labelling, Outcome, Stage, State
from pixcrawler_core.urls import host_of, url_key

CANDIDATE = ("id", "url", "category", "page", "rank", "seen_before", "meta")
OUTCOME = (
    "state",
    "stage",
    "reason",
    "detail",
    "passing",
    "sha256",
    "size",
    "http_status",
    "final_url",
    "consent",
    "format",
    "width",
    "height",
    "phash",
    "scores",
    "number",
    "duplicate_of",
)
"""Columns of an outcome, named as its fields and in their order; `replaces` is told by the other row."""

_OWN_COLUMN = {"id", "image_url", "category", "page", "rank", "seen_before", "engine", "query"}
_META: dict[str, Any] = {
    each.name: {} if each.default_factory is not MISSING else each.default
    for each in fields(Candidate)
    if each.name not in _OWN_COLUMN
}
"""Fields kept in `meta`, with the value that is not worth writing down."""
_meta_values = attrgetter(*_META)
_DECLARED = {"width": "declared_width", "height": "declared_height", "format": "declared_format"}


def clean(text: str | None) -> str | None:
    """Text that both databases can hold: NUL and lone surrogates become U+FFFD."""
    if text is None or (text.isascii() and "\0" not in text):
        return text
    return text.replace("\0", "\ufffd").encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def meta_of(candidate: Candidate, engine: str, query: str) -> str:
    """The candidate's `meta` column: what has no column of its own, or one that cannot hold it as it is."""
    told = zip(_META.items(), _meta_values(candidate), strict=True)
    meta = {name: value for (name, usual), value in told if value != usual}
    for name, stored in (
        ("engine", engine),
        ("query", query),
        ("category", clean(candidate.category)),
        ("image_url", clean(candidate.image_url)),
    ):
        if getattr(candidate, name) != stored:
            meta[name] = getattr(candidate, name)
    return to_json(meta) if meta else "{}"


def candidate_of(row: Sequence[Any], engine: str, query: str) -> Candidate:
    """The candidate behind the columns of `CANDIDATE`."""
    key, url, category, page, rank, seen_before, meta = row
    told: dict[str, Any] = {"engine": engine, "query": query, "category": category, "image_url": url}
    if meta != "{}":
        told.update(loads(meta))
        told["tags"] = tuple(told.get("tags", ()))
    return Candidate(id=key, page=page, rank=rank, seen_before=bool(seen_before), **told)


def outcome_values(outcome: Outcome) -> tuple[object, ...]:
    """The values of the columns of `OUTCOME`."""
    return (
        outcome.state.value,
        outcome.stage.value,
        clean(outcome.reason),
        clean(outcome.detail),
        outcome.passing,
        outcome.sha256,
        outcome.size,
        outcome.http_status,
        clean(outcome.final_url),
        _json_or_none(outcome.consent),
        clean(outcome.format),
        outcome.width,
        outcome.height,
        outcome.phash,
        _json_or_none(outcome.scores),
        outcome.number,
        outcome.duplicate_of,
    )


def image_values(dataset: str, candidate: Candidate, outcome: Outcome, now: str) -> tuple[object, ...]:
    """The values of the columns of an image that a dataset keeps, in the order of `statements.KEEP_IMAGE`."""
    scores = outcome.scores or {}
    return (
        dataset,
        candidate.id,
        clean(candidate.category),
        outcome.number,
        clean(candidate.image_url),
        outcome.width,
        outcome.height,
        outcome.size,
        clean(outcome.format),
        outcome.sha256,
        to_json({"scores": scores}),
        now,
        True,
        False,
        quality_of(scores),
        clean(candidate.engine),
        clean(host_of(candidate.image_url)),
        clean(candidate.license),
    )


def outcome_of(row: Sequence[Any]) -> Outcome:
    """The outcome behind the columns of `OUTCOME`."""
    told = dict(zip(OUTCOME, row, strict=True))
    told["state"], told["stage"] = State(told["state"]), Stage(told["stage"])
    told["passing"] = bool(told["passing"])
    told["consent"], told["scores"] = _loaded(told["consent"]), _loaded(told["scores"])
    return Outcome(**told)


def labelling_of(labels: str, metadata: str) -> Labelling:
    """What was said of an image, from the columns `labels` and `metadata` of its row."""
    told = loads(metadata)
    return Labelling(
        labels=loads(labels),
        errors=told.get("label_errors", {}),
        made_by=told.get("labelled_by", {}),
    )


def labelled(metadata: str, labelling: Labelling) -> str:
    """The column `metadata` of an image of which this was said."""
    told = loads(metadata)
    return to_json({**told, "labelled_by": labelling.made_by, "label_errors": labelling.errors})


def labelled_like(made_by: Mapping[str, str]) -> str:
    """The pattern, with `!` before what is meant as it is, of `metadata` of an image that these labelled."""
    told = to_json({"labelled_by": made_by})[1:-1]
    return "%" + re.sub("[!_%]", r"!\g<0>", told) + "%"


def unasked(metadata: str, labeler: str) -> str:
    """The column `metadata` of an image of which a labeler is to be asked again."""
    told = loads(metadata)
    asked = {name: digest for name, digest in told.get("labelled_by", {}).items() if name != labeler}
    return to_json({**told, "labelled_by": asked})


def flat_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """A whole row for people and tables: one level of plain values, JSON only where a value has parts.

    What the source declared of the file is told apart as `declared_width`, `declared_height`,
    `declared_format` and `filesize_bytes`; `consent`, `scores` and `extra` are JSON text or None.
    """
    meta = loads(row["meta"])
    told = {_DECLARED.get(name, name): meta.get(name, usual) for name, usual in _META.items()}
    told["tags"] = list(told["tags"])
    told["extra"] = to_json(told["extra"]) if told["extra"] else None
    kept = {name: value for name, value in row.items() if name != "meta"}
    kept["seen_before"], kept["passing"] = bool(kept["seen_before"]), bool(kept["passing"])
    for name in ("created_at", "updated_at"):
        kept[name] = from_sql_time(kept[name])
    return {**kept, **told}


def _json_or_none(value: Mapping[str, Any] | None) -> str | None:
    return None if value is None else to_json(value)


def _loaded(text: str | None) -> Any:
    return None if text is None else loads(text)


def larger(candidate: Candidate, known: tuple[Candidate, str | None] | None) -> bool:
    """Whether a page's copy of an image is to be taken in the place of one that was named before."""
    if known is None:
        return True
    sizes = [(each.width or 0) * (each.height or 0) for each in (candidate, known[0])]
    return sizes[0] > sizes[1]


def row_key(url: str) -> tuple[int, str | None]:
    """The URL's key, and what is wrong with a URL that cannot be asked for (its key is then of its text)."""
    try:
        return url_key(url), None
    except ValueError as error:
        digest = hashlib.blake2b(url.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        return int.from_bytes(digest) >> 1, str(error)
