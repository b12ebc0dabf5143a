"""Compares files with those of other collections, which stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from pixcrawler_core.dedup.threads import in_threads

if TYPE_CHECKING:
    from pathlib import Path

    from pixcrawler_core.dedup.collection import Collection
    from pixcrawler_core.dedup.files import File
    from pixcrawler_core.dedup.grouping import Places
    from pixcrawler_core.dedup.looking import Looker

PAGE = 100
"""Matches of one file whose files are looked up at a time: mostly the first one is sure."""


class Original(NamedTuple):
    """A file of another collection that one duplicates, or may."""

    file: File
    collection: int
    """The number of the collection among those that were asked."""
    method: int
    """Its place in the order in which the methods were asked."""
    distance: float
    sure: bool


def originals(
    own: Collection,
    keys: Iterable[int],
    others: Sequence[Collection],
    looker: Looker,
    left_out: Callable[[Path], bool],
    threads: int,
) -> Iterator[tuple[int, Original | None]]:
    """For each of the own files, by key, the one that it duplicates: sure matches before others, then by the
    order of the methods, the distance, and the order of the collections.

    Files of the others whose path is `left_out` do not count.
    """

    def asked() -> Iterator[tuple[int, File | None, list[Original]]]:
        for key in keys:
            found = list(_possible(own, key, others, left_out))
            file = own.files(np.array([key]))[key] if found and not found[0].sure else None
            yield key, file, found

    def answered(question: tuple[int, File | None, list[Original]]) -> tuple[int, Original | None]:
        key, file, found = question
        for each in found:
            method = own.methods[each.method]
            if each.sure or (file is not None and looker.same(file, each.file, method)):
                return key, each
        return key, None

    return in_threads(answered, asked(), threads)


def _possible(
    own: Collection, key: int, others: Sequence[Collection], left_out: Callable[[Path], bool]
) -> Iterator[Original]:
    """What a file may duplicate, the likeliest first, up to the first sure one."""
    prints = own.prints(key)
    links = sorted(
        (not match.sure, method, match.distance, number, match.key)
        for method, version in enumerate(each.version for each in own.methods)
        if version in prints
        for number, other in enumerate(others)
        for match in other.find(version, prints[version])
    )
    for begin in range(0, len(links), PAGE):
        page = links[begin : begin + PAGE]
        files = [other.files(_keys(page, number)) for number, other in enumerate(others)]
        for doubtful, method, distance, number, match in page:
            file = files[number].get(match)
            if file is None or left_out(file.path):
                continue
            yield Original(file, number, method, distance, not doubtful)
            if not doubtful:
                return


def _keys(page: list[tuple[bool, int, float, int, int]], number: int) -> Places:
    return np.array([key for _, _, _, which, key in page if which == number], np.int64)
