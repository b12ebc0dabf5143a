"""Makes groups of duplicates out of pairs: which image is kept, and what is removed because of it.

The rule: of all images that are linked, if by others, the best one is kept, and all that match it directly
are its duplicates. Of what is left the best one is kept next, and so on. So whatever is removed matches the
image that is kept in its place: a chain in which `a` is like `b` and `b` like `c` does not remove `c` because
of `a`. And no two kept images match each other.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from pixcrawler_core.records import Pair

Places = NDArray[np.int64]
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

    Images at distance 0 by a method have equal fingerprints for it, so what matches one of them matches all,
    with the same distance: pairs of one of them suffice. Takes some 100 bytes for each pair. Threads may
    share it.
    """

    def __init__(self, pairs: Sequence[Iterable[Pair]]) -> None:
        columns = [_columns(each) for each in pairs]
        ends = [end for first, second, _, _ in columns for end in (first, second)]
        self.images: Places = np.unique(np.concatenate(ends)) if ends else np.empty(0, np.int64)
        """Keys of all images that have a pair, in ascending order."""
        self._layers = [
            _Layer(len(self.images), self._places(first), self._places(second), distance, sure)
            for first, second, distance, sure in columns
        ]

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

    def parts(self) -> Iterator[list[int]]:
        """The keys of images that are linked with each other, if by others; two or more in each part."""
        ends = [layer.ends for layer in self._layers]
        if not len(self.images):
            return
        first, second = (np.concatenate(each) for each in zip(*ends, strict=True))
        _, numbers = connected_components(_graph(len(self.images), first, second), directed=False)
        order = np.argsort(numbers, kind="stable")
        for part in np.split(self.images[order], np.cumsum(np.bincount(numbers))[:-1]):
            yield part.tolist()

    def _places(self, keys: Places) -> Places:
        return np.searchsorted(self.images, keys).astype(np.int64)


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
    """The matches of one method between places 0 to `count` - 1, as classes of images at distance 0.

    `ends` are pairs that link all that is linked.
    """

    def __init__(
        self,
        count: int,
        first: Places,
        second: Places,
        distance: NDArray[np.float64],
        sure: NDArray[np.bool_],
    ) -> None:
        self.ends = first, second
        equal = distance <= 0
        total, classes = connected_components(_graph(count, first[equal], second[equal]), directed=False)
        self._classes = classes
        self._members = np.argsort(classes, kind="stable")
        self._starts = np.searchsorted(classes[self._members], np.arange(total + 1))
        self._sure = np.ones(total, bool)
        np.logical_and.at(self._sure, classes[first[equal]], sure[equal])
        self._link(total, classes[first[~equal]], classes[second[~equal]], distance[~equal], sure[~equal])

    def near(self, place: int) -> Iterator[tuple[int, float, bool]]:
        """Places that one matches, or may, with distance and whether that is sure; each at most once."""
        own = int(self._classes[place])
        sure = bool(self._sure[own])
        yield from ((other, 0.0, sure) for other in self._of_class(own) if other != place)
        for link in range(*self._near_starts[own : own + 2].tolist()):
            distance, sure = float(self._distance[link]), bool(self._near_sure[link])
            yield from ((other, distance, sure) for other in self._of_class(int(self._near[link])))

    def _of_class(self, number: int) -> list[int]:
        begin, end = self._starts[number : number + 2].tolist()
        members: list[int] = self._members[begin:end].tolist()
        return members

    def _link(
        self,
        total: int,
        first: Places,
        second: Places,
        distance: NDArray[np.float64],
        sure: NDArray[np.bool_],
    ) -> None:
        """Links between classes, both ways, each once: the surest, then the nearest."""
        rows, others = np.concatenate([first, second]), np.concatenate([second, first])
        distance, sure = np.tile(distance, 2), np.tile(sure, 2)
        order = np.lexsort((distance, ~sure, others, rows))
        rows, others = rows[order], others[order]
        new = rows != others
        new[1:] &= (np.diff(rows) != 0) | (np.diff(others) != 0)
        self._near, self._distance, self._near_sure = others[new], distance[order][new], sure[order][new]
        self._near_starts = np.searchsorted(rows[new], np.arange(total + 1))


def _columns(pairs: Iterable[Pair]) -> tuple[Places, Places, NDArray[np.float64], NDArray[np.bool_]]:
    first, second, distance, sure = array("q"), array("q"), array("d"), array("b")
    for pair in pairs:
        first.append(pair.first)
        second.append(pair.second)
        distance.append(pair.distance)
        sure.append(pair.sure)
    return (
        np.frombuffer(first, np.int64),
        np.frombuffer(second, np.int64),
        np.frombuffer(distance, np.float64),
        np.frombuffer(sure, np.bool_),
    )


def _graph(count: int, first: Places, second: Places) -> Any:
    return coo_array((np.ones(len(first), bool), (first, second)), shape=(count, count)).tocsr()
