"""What `pixcrawler dedup` does with files: finds duplicates, tells of them, links or deletes them."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
import numpy as np

from pixcrawler_core.amounts import count
from pixcrawler_core.commands.comparing import Order, add, collected, methods_of, tell_failures, watched
from pixcrawler_core.commands.dedup_page import write_page
from pixcrawler_core.commands.duplicates import Copy, Found, saved_by, show, totals
from pixcrawler_core.commands.paths import check_paths, visible
from pixcrawler_core.commands.removing import do_away
from pixcrawler_core.dedup.against import originals
from pixcrawler_core.dedup.best import Standing
from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.dedup.description import is_collection
from pixcrawler_core.dedup.files import File
from pixcrawler_core.dedup.looking import Looker
from pixcrawler_core.dedup.places import GivenFiles
from pixcrawler_core.dedup.reserved import Reserved
from pixcrawler_core.dedup.settling import settled
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.machine import keep_freed_memory, usable_cores

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context

Recognised = tuple[File, str, float]
"""A duplicate, the name of the method, and the distance."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What the command line asks for, beside the methods."""

    paths: tuple[Path, ...]
    against: tuple[Path, ...]
    as_json: bool
    report: Path | None
    act: str | None
    """`link`, `delete` or None."""
    yes: bool


def dedup_files(context: Context, order: Order, asked: Asked) -> int:
    """Find duplicates, print them, and do away with them if that is asked; returns the exit code."""
    places = _places(order, asked)
    methods = methods_of(context, order)
    keep_freed_memory()
    start = time.monotonic()
    with collected(methods, order.index) as own:
        added = add(context, own, list(places.files()))
        for root in places.roots:
            own.remove_gone(root)
        comparison = _Comparison(context, own, places)
        found = comparison.found(asked.against, set(added.keys.values()))
        show(found, as_json=asked.as_json)
        seconds = time.monotonic() - start
        failures = [*added.failures, *comparison.looker.failures.values()]
        if not context.quiet:
            tell_failures(failures, places)
            rate = f"{seconds:.1f} s, {added.files / max(seconds, 0.001):.1f} files a second"
            told = f"{len(failures)} cannot be compared; " if failures else ""
            click.echo(
                f"{count(added.files, 'file')}: {totals(found)}; {told}{added.read} read, {rate}", err=True
            )
        if asked.report:
            write_page(asked.report, found)
        if asked.act is None:
            return 0
        gone, complete = do_away(context, found, asked.act, places.reserved, yes=asked.yes)
        own.remove(gone)
    return 0 if complete else 1


def _places(order: Order, asked: Asked) -> GivenFiles:
    """The files to look at: not those of `--against`. Raises ConfigError for paths that are not there, and
    if no file is left."""
    if asked.report and not asked.report.parent.is_dir():
        raise ConfigError(f"--report {asked.report}: there is no folder {asked.report.parent}; make it first")
    check_paths(asked.paths)
    check_paths(asked.against, "--against")
    index = [order.index] if order.index else []
    named = GivenFiles(asked.paths, without=index)
    places = GivenFiles(asked.paths, without=index, reserved=Reserved(asked.against, named.roots).has)
    if asked.against and not any(places.files()) and any(named.files()):
        told = ", ".join(map(visible, asked.against))
        raise ConfigError(
            f"--against {told} has all files that are to be looked at, and its files are only compared with; "
            "name others, or leave --against out to compare these among themselves"
        )
    return places


class _Comparison:
    """Finds what duplicates what among the files of a collection."""

    def __init__(self, context: Context, own: Collection, places: GivenFiles) -> None:
        self.looker = Looker()
        self._context = context
        self._own = own
        self._places = places

    def found(self, against: Sequence[Path], keys: set[int]) -> list[Found]:
        """All groups, in the order of the kept files' paths; `keys` are those of the files that count."""
        taken: set[int] = set()
        found: list[Found] = []
        if against:
            for each in self._references(against, keys):
                found.append(each)
                taken.update(copy.file.key for copy in each.copies)
        found += (self._told(kept, None, copies) for kept, copies in self._groups(keys - taken))
        return sorted(found, key=lambda each: str(each.shown))

    def _references(self, against: Sequence[Path], keys: set[int]) -> Iterator[Found]:
        """Files of others, each with the own ones that duplicate it."""
        copies: dict[tuple[int, File], list[Recognised]] = defaultdict(list)
        with ExitStack() as stack:
            others = [stack.enter_context(self._other(path)) for path in against]
            answers = originals(
                self._own, sorted(keys), others, self.looker, self._places.__contains__, usable_cores()
            )
            for key, found in watched(self._context, answers, len(keys)):
                if found:
                    (file,) = self._own.files(np.array([key])).values()
                    name = self._own.methods[found.method].name
                    copies[found.collection, found.file].append((file, name, found.distance))
        for (number, kept), recognised in copies.items():
            yield self._told(kept, against[number], recognised)

    def _groups(self, keys: set[int]) -> Iterator[tuple[File, list[Recognised]]]:
        """Own files that are kept, with their duplicates."""
        own, matches = self._own, self._own.matches()
        files = own.files(np.array([key for key in matches.images.tolist() if key in keys], np.int64))
        ranks = {key: _standing(file).key for key, file in files.items()}

        def same(kept: int, other: int, method: int) -> bool:
            return self.looker.same(files[kept], files[other], own.methods[method])

        watch = partial(watched, self._context)
        for kept, duplicates in settled(matches, ranks, same, usable_cores(), watch):
            named = [(files[each.image], own.methods[each.method].name, each.distance) for each in duplicates]
            yield files[kept], named

    @contextmanager
    def _other(self, path: Path) -> Iterator[Collection]:
        """A collection to compare with: that in a folder, or one of the images there. Raises ConfigError for
        one without images: what was not compared would pass for new."""
        if is_collection(path):
            with Collection(path, self._own.methods, changing=False) as collection:
                yield _filled(path, collection)
            return
        with collected(self._own.methods) as collection:
            places = GivenFiles([path])
            tell_failures(add(self._context, collection, list(places.files())).failures, places)
            yield _filled(path, collection)

    def _told(self, kept: File, reference: Path | None, copies: Iterable[Recognised]) -> Found:
        ordered = sorted(copies, key=lambda each: each[0].path)
        saved = saved_by(kept, [file for file, _, _ in ordered])
        shown = self._places.shown if reference is None else GivenFiles([reference]).shown
        return Found(
            kept=kept,
            shown=shown(kept.path),
            reference=reference,
            copies=tuple(
                Copy(
                    file=file,
                    shown=self._places.shown(file.path),
                    method=method,
                    distance=distance,
                    saves=bytes_,
                )
                for (file, method, distance), bytes_ in zip(ordered, saved, strict=True)
            ),
        )


def _filled(path: Path, collection: Collection) -> Collection:
    if collection.is_empty():
        raise ConfigError(f"--against {visible(path)}: there is no picture to compare with; name another one")
    return collection


def _standing(file: File) -> Standing:
    return Standing(name=os.fspath(file.path), pixels=file.width * file.height, size=file.stamp.size)
