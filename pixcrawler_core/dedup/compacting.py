"""Gives back the room of rows that no key has any more, by copying the others into a new file.

The database names the file that counts, and takes up the new numbers of the slots and the name of the new
file in one transaction. So whatever ends the process leaves one of both states whole; the file that does not
count is deleted then, or by the next one who has the folder to himself.
"""

from __future__ import annotations

import logging
from contextlib import closing
from pathlib import Path

import numpy as np

from pixcrawler_core.dedup.rowfile import RowFile
from pixcrawler_core.dedup.slottable import SlotTable
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.exports.place import sync

logger = logging.getLogger(__name__)

LEAST_EMPTY = 1024
"""Slots without a key that are left alone."""
BLOCK = 1024
"""Rows copied at a time."""


def path_of(folder: Path, width: int, generation: int) -> Path:
    """The file of a generation of rows of `width` numbers."""
    return folder / (f"vectors-{width}.{generation}.i16" if generation else f"vectors-{width}.i16")


def tidy(table: SlotTable, width: int, least: int) -> None:
    """Delete files that do not count, and copy the rows if more than half of the slots have no key.

    Up to `least` slots without a key are left alone. Only for one who has the folder to himself. A warning
    tells what prevented it: the index can be used nevertheless.
    """
    try:
        _clear(table, width)
        empty = table.used() - table.count()
        if empty > least and 2 * empty > table.used():
            _compact(table, width)
            _clear(table, width)
    except (OSError, WorkspaceError) as error:
        logger.warning("the index %s keeps the room of what was removed: %s", table.path, error)


def _clear(table: SlotTable, width: int) -> None:
    folder = table.path.parent
    counts = path_of(folder, width, table.generation())
    others = [path for path in folder.glob(f"vectors-{width}.*i16") if path != counts]
    if not others or not table.settle():
        return
    for path in others:
        path.unlink()


def _compact(table: SlotTable, width: int) -> None:
    """Copy the rows that have keys, in the order of their slots."""
    folder, generation = table.path.parent, table.generation()
    path = path_of(folder, width, generation + 1)
    with (
        table.writing(),
        closing(RowFile(path_of(folder, width, generation), width, table.damaged)) as source,
        closing(RowFile(path, width, table.damaged)) as target,
    ):
        try:
            count = _copy(table, source, target, width)
            target.sync()
            sync(folder)
            table.note(count, generation + 1)
        except BaseException:
            path.unlink()
            raise


def _copy(table: SlotTable, source: RowFile, target: RowFile, width: int) -> int:
    """Copy rows and renumber their slots, which is never upwards; how many."""
    used, done = table.used(), 0
    rows = np.empty((BLOCK, width), np.int16)
    for begin in range(0, used, BLOCK):
        block = rows[: min(BLOCK, used - begin)]
        keys = table.keys_of(np.arange(begin, begin + len(block)))
        own = keys >= 0
        if not own.any():
            continue
        source.read(begin, block)
        target.write(done, block[own])
        table.give(zip(keys[own].tolist(), range(done, done + len(keys[own])), strict=True))
        done += int(own.sum())
    if done != table.count():
        raise table.damaged("it has keys in slots that were not given")
    return done
