"""The last step of a run: what is finished goes to the stores of the job."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.storage.bookkeeping import Books
from pixcrawler_core.storage.opening import opened
from pixcrawler_core.storage.pushing import Push
from pixcrawler_core.storage.units import DATASETS, EXPORTS

if TYPE_CHECKING:
    from pixcrawler_core.crawl.session import Session


def store_finished(session: Session, folder: Path, exports: Sequence[Path]) -> None:
    """Push a dataset and its exports to all stores of the job; what is there already is not sent again.

    Raises QuotaExceeded and the errors of stores: the dataset is finished all the same, and the next run
    pushes it.
    """
    table = session.job.storage
    for name in table.stores:
        with opened(session.registry, table, session.job.folder, name) as store:
            books = Books(session.database, store, name, session.now)
            for path, unit in _units(table.push, folder, exports):
                sent = Counter[bool]()
                with closing(books.push(Push(store, path, unit, session.tombstones.fetched))) as files:
                    for file in files:
                        sent[file.new] += 1
                session.note(
                    "stored", {"store": name, "unit": unit, "sent": sent[True], "files": sent.total()}
                )


def _units(push: Sequence[str], folder: Path, exports: Sequence[Path]) -> Iterator[tuple[Path, str]]:
    if "dataset" in push:
        yield folder, f"{DATASETS}/{folder.name}"
    if "exports" in push:
        yield from ((path, f"{EXPORTS}/{path.name}") for path in exports)
