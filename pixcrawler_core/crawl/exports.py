"""The exports of a dataset: which formats there are, what goes out, and when they are written."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.assembly.exporting import Exported, Watched, export_dataset, unwatched
from pixcrawler_core.assembly.outgoing import Outgoing
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.config.export import FORMATS
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.exports.volumes import standing
from pixcrawler_core.policies import load_policy

if TYPE_CHECKING:
    from pixcrawler_core.assembly.rendition import Rendition
    from pixcrawler_core.config.export import ExportTable
    from pixcrawler_core.registry import Registry

logger = logging.getLogger(__name__)


class Exports:
    """Writes a dataset in the formats of a table `[export]`; the constructor checks them and their options.

    The file of a policy is looked for in `base`. Raises PluginError, ConfigError for two that would write the
    same file and for a policy that cannot be read, and ModelMissing where faces are to be blurred.
    """

    def __init__(self, registry: Registry, table: ExportTable, base: Path) -> None:
        self._starts: dict[str, OpenWriter] = {}
        for name in table.formats:
            suffix = registry.get(Exporter, name).suffix
            if suffix in self._starts:
                raise ConfigError(
                    f"[export] formats: {name!r} would write the file of another one; remove one"
                )
            self._starts[suffix] = registry.build(Exporter, name, table.tables.get(name))
        self._added = _added(table)
        self._outgoing = _outgoing(registry, table, base) if self._starts else Outgoing()

    def write(self, place: Path, folder: Path, *, anew: bool) -> list[Path]:
        """Write to the folder `place` all of them `anew`, or those that are not there; returns all.

        Of an export in volumes that is the first one.
        """
        place.mkdir(exist_ok=True)
        found = ((path, None if anew else standing(path)) for path in self._paths(place, folder))
        return [there or self._write(path, folder).path for path, there in found]

    def renew(self, place: Path, folder: Path) -> list[Path]:
        """Write anew those that are there; returns them."""
        return [self._write(path, folder).path for path in self._paths(place, folder) if standing(path)]

    def each(self, place: Path, folder: Path, watched: Watched) -> Iterator[Exported]:
        """Write all of them to the folder `place`, and tell of each what went out."""
        for path in self._paths(place, folder):
            yield self._write(path, folder, watched)

    def _paths(self, place: Path, folder: Path) -> Iterator[Path]:
        return (place / f"{folder.name}{self._added}{suffix}" for suffix in self._starts)

    def _write(self, path: Path, folder: Path, watched: Watched = unwatched) -> Exported:
        name = f"{folder.name}{self._added}"
        start = self._starts[path.name.removeprefix(name)]
        done = export_dataset(folder, start(path.parent, name), self._outgoing, name, watched)
        if not done.images:
            why = ", ".join(f"{count} {reason}" for reason, count in done.left_out.most_common(5))
            logger.warning("%s has no images: none fits (%s)", done.path, why or "there are none")
        return done


def _added(table: ExportTable) -> str:
    """What a name tells of an export that is not the whole dataset as it is."""
    policy = [Path(table.policy).stem.replace(",", "+")] if table.policy else []
    size = [f"{table.size}px"] if table.size else []
    size += [f"max{table.max_side}px"] if table.max_side else []
    encode = [table.encode] if table.encode != "original" else []
    return "".join(f"-{part}" for part in (*table.splits, *policy, *size, *encode))


def _outgoing(registry: Registry, table: ExportTable, base: Path) -> Outgoing:
    rendition = _rendition(registry, table)
    return Outgoing(
        change=rendition,
        reshapes=table.encode != "original" or bool(table.size or table.max_side),
        splits=table.splits,
        policy=load_policy(table.policy, base) if table.policy else None,
    )


def _rendition(registry: Registry, table: ExportTable) -> Rendition:
    from pixcrawler_core.assembly.rendition import FACES, Rendition
    from pixcrawler_core.assembly.resizing import Resizing

    size = table.size or 0
    return Rendition(
        metadata=table.metadata,
        faces=registry.models.session(FACES) if table.blur_faces else None,
        resizing=Resizing(mode=table.resize, size=size, max_side=table.max_side, enlarge=table.enlarge),
        format=FORMATS.get(table.encode),
        quality=table.quality,
    )
