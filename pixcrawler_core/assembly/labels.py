"""Labels what a dataset keeps, in a few threads, and notes the labels in the catalog as they come."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Collection, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

from pixcrawler_core.image import Image

if TYPE_CHECKING:
    from pixcrawler_core.blobs.store import BlobStore
    from pixcrawler_core.catalog.ledger import Ledger
    from pixcrawler_core.catalog.reader import Kept
    from pixcrawler_core.labelling import Labelers
    from pixcrawler_core.records import Labelling

AHEAD = 4
"""Images a thread that are labelled, or wait for it, ahead of the one that is noted next: bounds memory."""
NOTED_AT_ONCE = 200
"""Images after which labels are noted at the latest."""
NOTED_EVERY = 1.0
"""Seconds after which labels are noted at the latest: what a killed run has to do again."""


def label_images(
    ledger: Ledger,
    blobs: BlobStore,
    labelers: Labelers,
    threads: int,
    *,
    unsaid: Collection[int] = (),
    stopped: Callable[[], bool] = lambda: False,
    progress: Callable[[int], None] = lambda _: None,
    clock: Callable[[], float] = time.monotonic,
) -> int:
    """Label the images of which other labelers, versions or options said something, or none; how many.

    Those with the ledger rows `unsaid` were asked about in vain a moment ago, and are left out.
    `progress` is told after each image how many there are, and `stopped` is asked: once it is true, what is
    done is noted, and the rest left. Raises WorkspaceError when an image cannot be read or the catalog does
    not take its labels.
    """
    wanted = [*labelers.digests.items()]
    unlabelled = (
        kept
        for kept in ledger.kept(but=labelers.digests)  # and those that no labeler was asked about
        if [*kept.labelling.made_by.items()] != wanted and kept.candidate.id not in unsaid
    )
    notes, count = _Notes(ledger, clock), 0
    with closing(_labelled(unlabelled, lambda kept: _label(kept, blobs, labelers), threads)) as made:
        for count, (kept, labelling) in enumerate(made, 1):
            notes.add(kept.candidate.id, labelling)
            progress(count)
            if stopped():
                break
    notes.write()
    return count


class _Notes:
    """Labels on their way to the catalog, several in a transaction."""

    def __init__(self, ledger: Ledger, clock: Callable[[], float]) -> None:
        self._ledger, self._clock = ledger, clock
        self._made: list[tuple[int, Labelling]] = []
        self._written = clock()

    def add(self, row: int, labelling: Labelling) -> None:
        self._made.append((row, labelling))
        if len(self._made) >= NOTED_AT_ONCE or self._clock() >= self._written + NOTED_EVERY:
            self.write()

    def write(self) -> None:
        if self._made:
            self._ledger.save_labels(self._made)
        self._made, self._written = [], self._clock()


def _labelled(
    images: Iterable[Kept], label: Callable[[Kept], Labelling], threads: int
) -> Generator[tuple[Kept, Labelling]]:
    """Each image with its labels, in the order of the images; at most so many a thread are in memory."""
    if threads == 1:  # another thread would only be waited for
        yield from ((kept, label(kept)) for kept in images)
        return
    begun: deque[tuple[Kept, Future[Labelling]]] = deque()
    pool = ThreadPoolExecutor(threads, thread_name_prefix="labels")
    try:
        for kept in images:
            begun.append((kept, pool.submit(label, kept)))
            if len(begun) >= AHEAD * threads:
                first, future = begun.popleft()
                yield first, future.result()
        while begun:
            first, future = begun.popleft()
            yield first, future.result()
    finally:
        pool.shutdown(cancel_futures=True)


def _label(kept: Kept, blobs: BlobStore, labelers: Labelers) -> Labelling:
    """Its views do not depend on which labelers are asked, so neither do labels."""
    digest = kept.outcome.sha256 or ""
    image = Image(blobs.file(digest), digest, kept.outcome.size or 0, kept.candidate, detailed=True)
    return labelers.run(image, kept.labelling)
