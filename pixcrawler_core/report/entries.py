"""The rows of a manifest that a report shows, checked: people edit such files, and pass them on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pixcrawler_core.assembly.files import OURS
from pixcrawler_core.assembly.manifest import IMAGES, MANIFEST, entry_of, manifest_head
from pixcrawler_core.errors import WorkspaceError

PLACE = rf"^categories/[^./\\\x00][^/\\\x00]*/{OURS.pattern}$"
"""Paths of images; no other file is opened, whatever a manifest says."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Label(_Row):
    """What a labeler says of an image."""

    name: str
    source: str
    score: float | None = None


class Entry(_Row):
    """An image of the manifest; its fields are explained in docs/dataset.md."""

    path: str = Field(pattern=PLACE)
    sha256: str
    size: int | None
    format: str | None
    width: int | None = Field(ge=0)
    height: int | None = Field(ge=0)
    category: str
    labels: list[Label]
    split: str | None
    url: str
    final_url: str | None
    page: str | None
    title: str | None
    creator: str | None
    creator_url: str | None
    licence: str | None
    licence_url: str | None
    attribution: str | None = None
    consent: dict[str, Any]
    scores: dict[str, Any]
    engine: str
    query: str
    row: int


class Share(_Row):
    """A category: how many images were wanted, None for all there are, and how many there are."""

    wanted: int | None = None
    accepted: int = Field(ge=0)

    @property
    def short(self) -> int:
        """Images that are missing."""
        return max(0, (self.wanted or 0) - self.accepted)


class Head(_Row):
    """What the manifest says of the whole dataset."""

    pixcrawler: str
    dataset: str
    name: str
    created_at: str
    categories: dict[str, Share]


def read_head(folder: Path) -> Head:
    """The head of the manifest in a dataset's folder. Raises WorkspaceError."""
    path = folder / MANIFEST
    try:
        return Head.model_validate(manifest_head(path))
    except ValidationError as error:
        raise WorkspaceError(_edited(f"{path}: {_problem(error)}")) from error
    except OSError as error:
        raise WorkspaceError(f"{path} cannot be read: {error.strerror or error}") from error
    except ValueError as error:
        raise WorkspaceError(_edited(f"{path} is not the manifest of a dataset ({error})")) from error


def read_entries(folder: Path, head: Head) -> Iterator[Entry]:
    """The images one by one. Raises WorkspaceError, with the line, for what is none; for missing ones too."""
    path = folder / MANIFEST
    found = 0
    for number, line in _lines(path):
        try:
            told = entry_of(line)
            if told is None:
                break
            yield Entry.model_validate(told)
        except ValidationError as error:
            raise WorkspaceError(_edited(f"{path}, line {number}: {_problem(error)}")) from error
        except ValueError as error:
            raise WorkspaceError(_edited(f"{path}, line {number}: {error}")) from error
        found += 1
    told_of = sum(share.accepted for share in head.categories.values())
    if found != told_of:
        raise WorkspaceError(_edited(f"{path} lists {found} images, and counts {told_of} in its categories"))


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines after the one that opens the list, with their numbers from 1."""
    inside = False
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            if inside:
                yield number, line
            inside = inside or line.startswith(IMAGES)


def _problem(error: ValidationError) -> str:
    """The first of what is wrong: the field, and what it should be."""
    first = error.errors(include_url=False)[0]
    given = repr(first["input"])[:80] if first["type"] != "missing" else "nothing"
    return f"{'.'.join(map(str, first['loc']))} is {given}; {first['msg']}"


def _edited(problem: str) -> str:
    return f"{problem}; take the manifest as it was before it was edited, or run the job again"
