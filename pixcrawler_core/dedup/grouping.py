"""Makes groups of duplicates out of pairs: which image is kept, and what is removed because of it.

The rule: of all images that are linked, if by others, the best one is kept, and all that match it directly
are its duplicates. Of what is left the best one is kept next, and so on. So whatever is removed matches the
image that is kept in its place: a chain in which `a` is like `b` and `b` like `c` does not remove `c` because
of `a`. And no two kept images match each other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby, islice
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.records import Pair

Places = NDArray[np.int64]
Block = dict[str, NDArray[Any]]
"""Columns of some pairs, as in `PAIR`."""
PAIR = np.dtype([("first", "i8"), ("second", "i8"), ("distance", "f8"), ("sure", "?"), ("equal", "?")])
PAIRS = 1 << 18
"""Pairs of a block."""
MOST = 20_000_000
"""Pairs of one method that are held at most: 6,300 images that are all alike have as many."""
Ranks = Mapping[int, Any]
"""By the key of each image that counts, what sorts the better one first; no two may be equal."""
Same = Callable[[int, int, int], bool]
"""Whether a match that was not sure is one: keys of the kept image and the other one, and the method."""


class Link(NamedTuple):
    """An image that another one matches, or may, by one method."""

    image: int
    sure: bool
    method: int
    """Its place in the order in which the methods were asked."""
    distance: float


class Duplicate(NamedTuple):
    """An image that is removed, and by what it was recognised: sure matches count before others, then the
    order of the methods."""

    image: int
    method: int
    distance: float


class Group(NamedTuple):
    """An image that is kept, with all that are removed because of it, in the order of their keys."""

    kept: int
    duplicates: tuple[Duplicate, ...]


class Matches:
    """Which images match, or may, by several methods; made of what `Index.pairs` of each of them gives.

    Images that are `equal` by a method match the same ones with the same distance: of those, pairs of one of
    them suffice. Takes 65 bytes for each pair, of which there may be `most` by a method; raises ConfigError
    for more. Threads may share it.
    """

    def __init__(self, pairs: Sequence[Iterable[Pair]], most: int = MOST) -> None:
        columns = [_columns(each, most) for each in pairs]
        self.images: Places = np.array(sorted(set().union(*(ends for _, ends in columns))), np.int64)
        """Keys of all images that have a pair, in ascending order."""
        self._layers = [_Layer(self.images, blocks) for blocks, _ in columns]

    def of(self, image: int) -> list[Link]:
        """All that match an image, or may: in the order of their keys, of each the surest method first."""
        place = int(np.searchsorted(self.images, image))
        if place == len(self.images) or self.images[place] != image:
            return []
        found = (
            Link(int(self.images[other]), sure, method, distance)
            for method, layer in enumerate(self._layers)
            for other, distance, sure in layer.near(place)
        )
        return sorted(found, key=lambda link: (link.image, not link.sure, link.method, link.distance))

    def in_doubt(self) -> frozenset[int]:
        """The keys of images that have a match that is not sure."""
        places = [layer.in_doubt() for layer in self._layers]
        return frozenset(self.images[np.unique(np.concatenate(places))].tolist()) if places else frozenset()

    def parts(self) -> Iterator[list[int]]:
        """The keys of images that are linked with each other, if by others; two or more in each part."""
        numbers = np.arange(len(self.images))
        for layer in self._layers:
            numbers = layer.joined(numbers)
        if not len(numbers):
            return
        order = np.argsort(numbers, kind="stable")
        for part in np.split(self.images[order], np.cumsum(np.bincount(numbers))[:-1]):
            yield part.tolist()


def group(part: Iterable[int], matches: Matches, ranks: Ranks, same: Same) -> list[Group]:
    """The groups among linked images (one of `Matches.parts`), the best kept image first.

    Images without a rank do not count. Matches that are not sure are asked of `same`, only those of images
    that are kept.
    """
    found: list[Group] = []
    taken: set[int] = set()
    for kept in sorted((image for image in part if image in ranks), key=ranks.__getitem__):
        if kept in taken:
            continue
        duplicates = tuple(_duplicates(kept, matches, ranks, same, taken))
        taken.update(each.image for each in duplicates)
        if duplicates:
            found.append(Group(kept, duplicates))
    return found


def groups(matches: Matches, ranks: Ranks, same: Same) -> Iterator[Group]:
    """All groups, in no particular order; `group` does the same part by part, in any thread."""
    for part in matches.parts():
        yield from group(part, matches, ranks, same)


def _duplicates(
    kept: int, matches: Matches, ranks: Ranks, same: Same, taken: set[int]
) -> Iterator[Duplicate]:
    for image, links in groupby(matches.of(kept), attrgetter("image")):
        if image not in ranks or image in taken or ranks[image] < ranks[kept]:
            continue
        found = next((link for link in links if link.sure or same(kept, image, link.method)), None)
        if found is not None:
            yield Duplicate(image, found.method, found.distance)


class _Layer:
    """The matches of one method between places in `images`: classes of equal ones, and links of classes."""

    def __init__(self, images: Places, blocks: list[Block]) -> None:
        first, second = _taken(blocks, "first", images), _taken(blocks, "second", images)
        sure, equal = _taken(blocks, "sure"), _taken(blocks, "equal")
        count, self._classes = _components(len(images), first[equal], second[equal])
        self._members = np.argsort(self._classes, kind="stable")
        self._starts = np.searchsorted(self._classes[self._members], np.arange(count + 1))
        self._sure = np.ones(count, bool)
        np.logical_and.at(self._sure, self._classes[first[equal]], sure[equal])
        first, second = self._classes[first], self._classes[second]
        near = first != second
        order = np.argsort(first[near], kind="stable").astype(np.int32)
        self._first, self._second = first[near][order], second[near][order]
        del first, second
        self._distance, self._near_sure = _taken(blocks, "distance")[near][order], sure[near][order]
        self._back = np.argsort(self._second, kind="stable").astype(np.int32)
        """The links by their second class."""
        classes = np.arange(count + 1)
        self._forth_starts = np.searchsorted(self._first, classes)
        self._back_starts = np.searchsorted(self._second[self._back], classes)

    def near(self, place: int) -> Iterator[tuple[int, float, bool]]:
        """Places that one matches, or may, with distance and whether that is sure; each at most once."""
        own = int(self._classes[place])
        sure = bool(self._sure[own])
        yield from ((other, 0.0, sure) for other in self._of_class(own) if other != place)
        nearest: dict[int, tuple[bool, float]] = {}
        for number, doubtful, distance in self._links(own):
            nearest[number] = min((doubtful, distance), nearest.get(number, (True, np.inf)))
        for number, (doubtful, distance) in nearest.items():
            yield from ((other, distance, not doubtful) for other in self._of_class(number))

    def in_doubt(self) -> Places:
        """The places that have a match that is not sure."""
        doubtful = ~self._near_sure
        classes = np.concatenate([self._first[doubtful], self._second[doubtful], np.flatnonzero(~self._sure)])
        return np.flatnonzero(np.isin(self._classes, classes))

    def joined(self, numbers: Places) -> Places:
        """Parts that are known by their number for each place, those that are linked here made one."""
        leaders = self._members[self._starts[:-1]]
        numbers = _united(numbers, numbers[leaders[self._classes]], numbers)
        for begin in range(0, len(self._first), PAIRS):
            part = slice(begin, begin + PAIRS)
            first, second = leaders[self._first[part]], leaders[self._second[part]]
            numbers = _united(numbers, numbers[first], numbers[second])
        return numbers

    def _links(self, own: int) -> Iterator[tuple[int, bool, float]]:
        """The classes that are linked with one, whether that is in doubt, and the distance."""
        forth = slice(*self._forth_starts[own : own + 2].tolist())
        back = self._back[slice(*self._back_starts[own : own + 2].tolist())]
        for others, links in ((self._second[forth], forth), (self._first[back], back)):
            doubtful = ~self._near_sure[links]
            yield from zip(others.tolist(), doubtful.tolist(), self._distance[links].tolist(), strict=True)

    def _of_class(self, number: int) -> list[int]:
        begin, end = self._starts[number : number + 2].tolist()
        members: list[int] = self._members[begin:end].tolist()
        return members


def _columns(pairs: Iterable[Pair], most: int) -> tuple[list[Block], set[int]]:
    """The pairs in blocks, and the keys of all images in them."""
    pairs, blocks, ends, count = iter(pairs), [], set[int](), 0
    while len(block := np.fromiter(islice(pairs, PAIRS), PAIR)):
        blocks.append({name: block[name].copy() for name in PAIR.names or ()})
        ends.update(np.unique(np.concatenate([block["first"], block["second"]])).tolist())
        count += len(block)
        if count > most:
            raise ConfigError(
                f"more than {most:,} pairs of images match by one method, which is more than can be grouped; "
                "let the method be stricter (a smaller --radius), or compare fewer images at a time"
            )
    return blocks, ends


def _taken(blocks: list[Block], name: str, images: Places | None = None) -> NDArray[Any]:
    """A column out of all blocks; keys as places in `images`."""
    parts = (block.pop(name) for block in blocks)
    if images is not None:
        parts = (np.searchsorted(images, keys).astype(np.int32) for keys in parts)
    return np.concatenate([np.empty(0, np.int32 if images is not None else PAIR[name]), *parts])


def _united(numbers: Places, first: Places, second: Places) -> Places:
    """Numbers of parts, after those with some numbers were united."""
    _, united = _components(len(numbers), first, second)
    return united[numbers].astype(np.int64)


def _components(count: int, first: Places, second: Places) -> tuple[int, NDArray[np.int32]]:
    """How many parts there are of `count` numbers that are linked by pairs, and the part of each."""
    graph = coo_array((np.ones(len(first), bool), (first, second)), shape=(count, count))
    found: tuple[int, NDArray[np.int32]] = connected_components(graph.tocsr(), directed=False)
    return found
