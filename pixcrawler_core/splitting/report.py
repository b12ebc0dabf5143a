"""The leak report: from a manifest alone, whether images that belong together stand in two splits."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pixcrawler_core.assembly.dataset import MANIFEST, SPLITS, manifest_entries, manifest_head
from pixcrawler_core.assembly.files import replaced
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.splitting.groups import group_images
from pixcrawler_core.splitting.rules import DUPLICATES, PAGE, Rules
from pixcrawler_core.splitting.spanning import Spanning, duplicate_pairs, page_pairs
from pixcrawler_core.splitting.table import NO_SPLIT, Fact, Images, collect

LARGEST = 10
"""Groups that are named, at most."""
NAMED = 20
"""Images of a group that are named, at most."""
NOTHING: Mapping[int, str] = MappingProxyType({})
WHY = "an image came that joins its group with one that has at least as many images in the other split"
MISCOUNTED = (
    "the images listed are not those that the manifest counts at its head: it was cut short or changed; "
    "run the job again"
)


def write_report(folder: Path, moved: Mapping[int, str] = NOTHING) -> list[str]:
    """Write the leak report of a dataset's folder from its manifest; returns the errors that are in it.

    `moved` has the split in which an image was before, by its ledger row. Raises WorkspaceError.
    """
    report = leak_report(folder / MANIFEST, moved)
    try:
        with replaced(folder / SPLITS) as file:
            json.dump(report, file, indent=1, ensure_ascii=False)
            file.write("\n")
    except OSError as error:
        raise WorkspaceError(
            f"{folder / SPLITS} cannot be written: {error.strerror or error}; "
            "make room and run the same command again"
        ) from error
    return list(report["errors"])


def leak_report(manifest: Path, moved: Mapping[int, str] = NOTHING) -> dict[str, Any]:
    """What `metadata/splits.json` holds. Nothing is read but the manifest.

    Raises WorkspaceError for a file that cannot be read as a manifest, and for one without splits.
    """
    try:
        head = manifest_head(manifest)
        if head.get("splits") is None:
            raise WorkspaceError(f"{manifest} has no splits: its job has no [splits] table")
        rules = Rules.of_json(head["splits"])
        named = {name: _text(head, name) for name in ("dataset", "created_at")}
        images = collect(map(_fact, manifest_entries(manifest)), rules.splits)
    except OSError as error:
        raise WorkspaceError(f"{manifest} cannot be read: {error.strerror or error}") from error
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        told = f"{type(error).__name__}: {error}"[:200]
        raise WorkspaceError(
            f"{manifest} is not the manifest of a dataset ({told}); assemble it anew"
        ) from error
    return {**named, **_Report(manifest, rules, images, moved).as_json(head["splits"].get("images"))}


def _fact(entry: Mapping[str, Any]) -> Fact:
    _text(entry, "path")
    return Fact(
        row=entry["row"],
        category=_text(entry, "category"),
        sha256=_text(entry, "sha256"),
        phash=entry["phash"] and _text(entry, "phash"),
        page=entry["page"] and _text(entry, "page"),
        split=entry["split"] and _text(entry, "split"),
    )


def _text(told: Mapping[str, Any], name: str) -> str:
    """The text of this name. Raises KeyError without one and TypeError for anything else."""
    value = told[name]
    if not isinstance(value, str):
        raise TypeError(f"{name} is {value!r:.50}")
    return value


class _Report:
    """The parts of the report; images are named by their paths, which a second look at the manifest gives."""

    def __init__(self, manifest: Path, rules: Rules, images: Images, moved: Mapping[int, str]) -> None:
        self.rules, self.images = rules, images
        self.groups = group_images(images, rules)
        self.pairs = self._pairs()
        self.members = np.argsort(self.groups, kind="stable")
        self.sizes = np.bincount(self.groups)
        self.ends = np.cumsum(self.sizes)
        self.moved = np.flatnonzero(np.isin(images.rows, np.array(sorted(moved), np.int64)))
        self.before = moved
        self.lost = np.flatnonzero(images.splits == NO_SPLIT)
        self.paths = _paths(manifest, self._wanted())

    def as_json(self, counted: Any) -> dict[str, Any]:
        """The report; `counted` is what the manifest counts at its head."""
        images = self.images.counts(self.rules.splits, self.images.splits)
        return {
            **self.rules.as_json(),
            "images": images,
            "without_split": len(self.lost),
            "groups": {
                "count": len(self.sizes),
                "of_several_images": int((self.sizes > 1).sum()),
                "spanning": self._torn_groups(),
                "largest": [self._group(group) for group in self._largest()],
            },
            "pairs": {name: self._told(found) for name, found in self.pairs.items()},
            "moved": [self._move(place) for place in self.moved.tolist()],
            "errors": [*self._errors(), *((MISCOUNTED,) if counted not in (None, images) else ())],
        }

    def _pairs(self) -> dict[str, Spanning]:
        splits = len(self.rules.splits)
        found = {}
        if DUPLICATES in self.rules.together:
            found[DUPLICATES] = duplicate_pairs(self.images, splits, self.rules.radius)
        if PAGE in self.rules.together:
            found[PAGE] = page_pairs(self.images, splits)
        return found

    def _wanted(self) -> set[int]:
        """Places of the images that are named."""
        groups = {*self._largest(), *self.groups[self.moved].tolist()}
        named = [*(self._places(group)[:NAMED] for group in groups), self.moved, self.lost[:1]]
        pairs = (place for found in self.pairs.values() for pair in found.examples for place in pair)
        return {*np.concatenate(named).tolist(), *pairs}

    def _largest(self) -> list[int]:
        """The largest groups of several images."""
        order: list[int] = np.argsort(-self.sizes, kind="stable")[:LARGEST].tolist()
        return [group for group in order if self.sizes[group] > 1]

    def _places(self, group: int) -> NDArray[np.int64]:
        """Where the images of a group stand in the manifest."""
        end = int(self.ends[group])
        return self.members[end - int(self.sizes[group]) : end]

    def _torn_groups(self) -> int:
        """Groups with images in two splits."""
        placed = self.images.splits >= 0
        splits, groups = self.images.splits[placed], self.groups[placed]
        known = np.unique(groups * len(self.rules.splits) + splits) // len(self.rules.splits)
        return int((np.bincount(known) > 1).sum()) if len(known) else 0

    def _group(self, group: int) -> dict[str, Any]:
        places = self._places(group)
        splits = self.images.splits[places]
        return {
            "images": len(places),
            "splits": {
                name: int((splits == n).sum()) for n, name in enumerate(self.rules.splits) if n in splits
            },
            "paths": self._names(places),
        }

    def _names(self, places: NDArray[np.int64]) -> list[str]:
        """The paths of the first of these images."""
        return [self.paths[place] for place in places[:NAMED].tolist()]

    def _told(self, found: Spanning) -> dict[str, Any]:
        examples = [[self.paths[place] for place in pair] for pair in found.examples]
        return {"count": found.pairs, "spanning": found.spanning, "examples": examples}

    def _split(self, place: int) -> str | None:
        number = int(self.images.splits[place])
        return None if number == NO_SPLIT else self.rules.splits[number]

    def _move(self, place: int) -> dict[str, Any]:
        return {
            "path": self.paths[place],
            "from": self.before[int(self.images.rows[place])],
            "to": self._split(place),
            "why": WHY,
            "group": self._names(self._places(int(self.groups[place]))),
        }

    def _errors(self) -> Iterator[str]:
        kinds = {DUPLICATES: "near-duplicates", PAGE: "images of one page"}
        for name, found in self.pairs.items():
            if found.spanning:
                first, second = (f"{self.paths[each]} ({self._split(each)})" for each in found.examples[0])
                yield (
                    f"pairs of {kinds[name]} in two splits: {found.spanning}, such as {first} and {second}; "
                    "do not use these splits, and make others by another seed in [splits]"
                )
        if len(self.lost):
            first = self.paths[int(self.lost[0])]
            yield f"images without a split: {len(self.lost)}, such as {first}; run the job again"


def _paths(manifest: Path, places: set[int]) -> dict[int, str]:
    """The paths of the images at these places of a manifest."""
    entries = enumerate(manifest_entries(manifest)) if places else ()
    return {place: str(entry["path"]) for place, entry in entries if place in places}
