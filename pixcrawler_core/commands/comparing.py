"""What `pixcrawler dedup` needs whatever it does: the methods, and a collection of the files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from pixcrawler_core.commands.counting import counted
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.components import Deduper
from pixcrawler_core.config.load import load_dedup
from pixcrawler_core.dedup.collection import Collection
from pixcrawler_core.dedup.methods import Method, build_methods
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.machine import usable_cores

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.dedup.places import GivenFiles
    from pixcrawler_core.dedup.reading import Failure

T = TypeVar("T")
HASH = "phash"
"""The method whose radius has an option of the command."""
DEFAULT = ("sha256", "pixels", HASH)
ALL = (*DEFAULT, "embedding")


@dataclass(frozen=True, kw_only=True)
class Order:
    """Which methods the command line asks for, and where it keeps what they know."""

    methods: tuple[str, ...]
    radius: int | None
    config: Path | None
    index: Path | None


@dataclass
class Added:
    """What became of the files that were added to a collection."""

    keys: dict[Path, int] = field(default_factory=dict)
    """Of those that can be compared, by their true paths."""
    failures: list[Failure] = field(default_factory=list)
    read: int = 0
    """How many were not known."""

    @property
    def files(self) -> int:
        """How many there are in all."""
        return len(self.keys) + len(self.failures)


def methods_of(context: Context, order: Order) -> list[Method]:
    """The methods that are asked for, with their models. Raises ConfigError, also for unknown names."""
    names, tables = _named(context, order)
    if order.radius is not None:
        if HASH not in names:
            raise ConfigError(f"--radius is for the method {HASH}, which is not asked; add --method {HASH}")
        tables = {**tables, HASH: {**tables.get(HASH, {}), "radius": order.radius}}
    dedupers = [context.registry.get(Deduper, name) for name in names]
    context.ensure_models(model for deduper in dedupers for model in deduper.models)
    return build_methods(context.registry, names, tables)


@contextmanager
def collected(methods: Sequence[Method], folder: Path | None = None) -> Iterator[Collection]:
    """The collection in a folder, or one that is gone afterwards."""
    if folder is not None:
        with Collection(folder, methods) as collection:
            yield collection
        return
    with (
        tempfile.TemporaryDirectory(prefix="pixcrawler-") as temporary,
        Collection(Path(temporary), methods) as collection,
    ):
        yield collection


def add(context: Context, collection: Collection, files: Sequence[Path]) -> Added:
    """Add files to a collection, with progress; tells of those that cannot be compared."""
    added = Added()
    with closing(collection.add(files, usable_cores())) as seen:
        for each in watched(context, seen, len(files)):
            added.read += each.read
            if each.failure:
                added.failures.append(each.failure)
            elif each.key is not None:
                added.keys[each.path] = each.key
    return added


def watched(context: Context, things: Iterable[T], total: int) -> Iterator[T]:
    """The same things, with progress unless that is not wanted."""
    return iter(things) if context.quiet else counted(things, total)


def tell_failures(failures: Iterable[Failure], places: GivenFiles) -> None:
    """Print on standard error which files cannot be compared, and why."""
    for path, reason, detail in failures:
        click.echo(f"{visible(places.shown(path))}: {reason}: {visible(detail)}", err=True)


def _named(context: Context, order: Order) -> tuple[tuple[str, ...], Mapping[str, Mapping[str, Any]]]:
    names: tuple[str, ...] = DEFAULT
    tables: Mapping[str, Mapping[str, Any]] = {}
    if order.config:
        dedup = load_dedup(order.config, context.registry)
        names, tables = tuple(dedup.methods), dedup.tables
    if order.methods:
        names = tuple(each for name in order.methods for each in (ALL if name == "all" else (name,)))
    if not names:
        raise ConfigError(f"{order.config}: [dedup] methods is empty; name a method there, or with --method")
    return tuple(dict.fromkeys(names)), tables
