"""Groups images in threads, also where nearly all of them are linked."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import groupby
from operator import attrgetter
from typing import Any

from pixcrawler_core.dedup.grouping import Group, Matches, Ranks, Same, group
from pixcrawler_core.threads import in_threads

Watched = Callable[[Iterable[Any], int], Iterator[Any]]
"""Gives the same things, of which there are so many, and shows how far that is."""
Answers = dict[tuple[int, int, int], bool]
"""By the keys of the better and the other image, and the number of the method."""
LARGE = 64
"""Images of a part from which on its doubtful matches are looked at beforehand. A part is grouped by one
thread, and a method with many doubtful matches links most images into one part."""


def settled(matches: Matches, ranks: Ranks, same: Same, threads: int, watched: Watched) -> Iterator[Group]:
    """All groups, as `grouping.groups` makes them, in no particular order."""
    parts, doubted = list(matches.parts()), ranks.keys() & matches.in_doubt()
    large = [image for part in parts if len(part) > LARGE for image in part if image in doubted]
    answers: Answers = {}
    look = partial(_looked, matches=matches, ranks=ranks, same=same)
    for found in watched(in_threads(look, large, threads), len(large)):
        answers.update(found)

    def known(kept: int, other: int, method: int) -> bool:
        question = kept, other, method
        return answers[question] if question in answers else same(*question)

    settle = partial(group, matches=matches, ranks=ranks, same=known)
    for groups in watched(in_threads(settle, parts, threads), len(parts)):
        yield from groups


def _looked(image: int, matches: Matches, ranks: Ranks, same: Same) -> Answers:
    """What `group` may ask of an image and those that are not as good."""
    answers: Answers = {}
    for other, links in groupby(matches.of(image), attrgetter("image")):
        if other not in ranks or ranks[other] < ranks[image]:
            continue
        for link in links:
            if link.sure:
                break
            answers[image, other, link.method] = same(image, other, link.method)
            if answers[image, other, link.method]:
                break
    return answers
