"""The process in which an export is written: as big as it may be, the API's own time is not touched.

It reads an `Order` as a line of JSON on standard input, and writes lines of JSON to standard output: how far
it is, and at last what came of it. SIGTERM stops it in good order; when standard input ends, whoever started
it is gone, and it ends at once.
"""

from __future__ import annotations

import hashlib
import json
import logging.config
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.config.export import ExportTable
from pixcrawler_core.config.problems import parse_options
from pixcrawler_core.crawl.exports import Exports
from pixcrawler_core.errors import DatasetError
from pixcrawler_core.exports.volumes import files_of
from pixcrawler_core.registry import load
from pixcrawler_server.logs import log_config
from pixcrawler_server.telling import told

EVERY = 0.5
"""Seconds between two lines on how far it is."""
NICENESS = 10
"""Added to the process's own: who waits for an answer of the API comes first."""


class Order(BaseModel):
    """What is to be written."""

    root: Path
    """Of the workspace, of which no catalog is opened."""
    folder: Path
    """Of the dataset."""
    place: Path
    """Folder of the exports."""
    table: dict[str, Any]
    mark: str
    blocked: tuple[str, ...]
    """Plugins that are left out."""


def main() -> None:
    """Write the export that is asked for on standard input."""
    os.nice(NICENESS)
    logging.config.dictConfig(log_config("warning"))
    order = Order.model_validate_json(sys.stdin.readline())
    threading.Thread(target=_end_with_whoever_began, daemon=True).start()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    try:
        _tell(done=_written(order))
    except Exception as error:  # noqa: BLE001  # the edge of a process: it is told to who began it
        _tell(error=told(error, order.root))


def _written(order: Order) -> dict[str, Any]:
    if not (order.folder / MANIFEST).is_file():
        raise DatasetError(f"the dataset {order.folder.name.removeprefix('dataset-')!r} has no files yet")
    table = parse_options(ExportTable, order.table, "the export")
    exports = Exports(load(blocked=order.blocked), table, order.place, order.mark)
    (done,) = exports.each(order.place, order.folder, _watched)
    files = files_of(done.path)
    digest = None
    if files == [done.path]:
        with done.path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = sum(each.stat().st_size for each in files)
    return {"path": done.path.name, "size": size, "sha256": digest, "images": done.images}


def _watched(things: Iterable[Any], total: int) -> Iterator[Any]:
    due = time.monotonic() + EVERY
    for number, each in enumerate(things):
        if time.monotonic() >= due:
            due = time.monotonic() + EVERY
            _tell(progress=100 * number / max(total, 1))
        yield each


def _tell(**what: Any) -> None:
    sys.stdout.write(f"{json.dumps(what)}\n")
    sys.stdout.flush()


def _end_with_whoever_began() -> None:
    while os.read(0, 4096):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
