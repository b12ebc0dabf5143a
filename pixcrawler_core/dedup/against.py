"""Compares files with those of other collections, which stay as they are."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from pixcrawler_core.dedup.looking import Now
from pixcrawler_core.threads import in_threads

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from pixcrawler_core.dedup.collection import Collection
    from pixcrawler_core.dedup.files import File
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


Question = tuple[int, "File | None", list[Original]]
"""The key of an own file, the file if it must be looked at, and what it may duplicate."""
Link = tuple[bool, int, float, int, int]
"""Whether a match is doubtful, the method's place, the distance, the collection's number, and the key."""


def originals(
    own: Collection,
    keys: Iterable[int],
    others: Sequence[Collection],
    looker: Looker,
    left_out: Callable[[Path], bool],
    threads: int,
) -> Iterator[tuple[int, Original | None]]:
    """For each of the own files, by key, the one that it duplicates: the first of `possible` that is one.

    Files of the others whose path is `left_out` do not count.
    """
    versions = [each.version for each in own.methods]

    def likely(key: int) -> list[Original]:
        prints = own.prints(key)
        with own.trusted():
            return list(possible(prints, versions, others, looker, left_out))

    return in_threads(partial(_answered, own, looker), _questions(own, keys, likely), threads)


def _questions(
    own: Collection, keys: Iterable[int], likely: Callable[[int], list[Original]]
) -> Iterator[Question]:
    for key in keys:
        found = likely(key)
        looked_at = not all(each.sure for each in found)
        yield key, own.files(np.array([key]))[key] if looked_at else None, found


def _answered(own: Collection, looker: Looker, question: Question) -> tuple[int, Original | None]:
    key, file, found = question
    for each in found:
        method = own.methods[each.method]
        if each.sure or (file is not None and looker.same(file, each.file, method)):
            return key, each
    return key, None


def possible(
    prints: Mapping[str, Mapping[str, Any]],
    versions: Sequence[str],
    others: Sequence[Collection],
    looker: Looker,
    left_out: Callable[[Path], bool] = lambda _: False,
) -> Iterator[Original]:
    """What an image with fingerprints of methods of these versions may duplicate, the likeliest first.

    First comes what is sure, which is the end then; else those that are to be looked at, by the order of the
    methods, the distance, and the order of the collections. A sure one whose file is gone comes last, since
    its fingerprint is as true as before. One whose file has other bytes now does not come.
    """
    gone = None
    for original in _filed(_links(prints, versions, others), others):
        if left_out(original.file.path):
            continue
        now = looker.now(original.file) if original.sure else None
        if now is Now.GONE:
            gone = gone or original
        elif now is not Now.OTHER:
            yield original
        if now is Now.SAME:
            return
    if gone:
        yield gone


def _links(
    prints: Mapping[str, Mapping[str, Any]], versions: Sequence[str], others: Sequence[Collection]
) -> list[Link]:
    """All matches, sure ones first, by the order of the methods, the distance, and that of the others."""
    return sorted(
        (not match.sure, method, match.distance, number, match.key)
        for method, version in enumerate(versions)
        if version in prints
        for number, other in enumerate(others)
        for match in other.find(version, prints[version])
    )


def _filed(links: Sequence[Link], others: Sequence[Collection]) -> Iterator[Original]:
    """The links whose files are noted, with these."""
    for begin in range(0, len(links), PAGE):
        page = links[begin : begin + PAGE]
        files = [other.files(_keys(page, number)) for number, other in enumerate(others)]
        for doubtful, method, distance, number, key in page:
            if file := files[number].get(key):
                yield Original(file, number, method, distance, not doubtful)


def _keys(page: Sequence[Link], number: int) -> NDArray[np.int64]:
    return np.array([key for _, _, _, which, key in page if which == number], np.int64)
