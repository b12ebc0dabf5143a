"""Compares what a store has of a folder with what the folder has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.storage.pushing import stats_of
from pixcrawler_core.storage.units import local_files

if TYPE_CHECKING:
    from pixcrawler_core.storage.protocols import Store


@dataclass(frozen=True, slots=True)
class Difference:
    """An object that is not as it should be."""

    key: str
    what: str
    """`missing`, `changed` or `extra`; for a whole unit `accounting`, where the catalog had it otherwise."""
    detail: str = ""


def differences(store: Store, path: Path, name: str) -> Iterator[Difference]:
    """What a store lacks, has otherwise, or has too much of a folder or file, by what it has noted.

    Reads all local bytes, and none of the store's: what was damaged there is found by `storage check`.
    """
    there = {stat.key: "" if stat.refused else stat.sha256 for stat in stats_of(store, name)}
    for local in local_files(path, name):
        digest = there.pop(local.key, None)
        if digest is None:
            yield Difference(local.key, "missing")
            continue
        with local.path.open("rb") as file:
            if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                yield Difference(local.key, "changed")
    yield from (Difference(key, "extra") for key in sorted(there))
