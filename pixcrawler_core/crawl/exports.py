"""The exports of a job: which formats there are, and when they are written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.assembly.exporting import export_dataset
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.errors import ConfigError

if TYPE_CHECKING:
    from pixcrawler_core.assembly.redaction import Redaction
    from pixcrawler_core.config.job import ExportTable
    from pixcrawler_core.registry import Registry


class Exports:
    """Writes a dataset in the formats of a job's `[export]`; the constructor checks them and their options.

    Raises PluginError, ConfigError for two that would write the same file, and ModelMissing where faces are
    to be blurred.
    """

    def __init__(self, registry: Registry, table: ExportTable) -> None:
        self._starts: dict[str, OpenWriter] = {}
        for name in table.formats:
            suffix = registry.get(Exporter, name).suffix
            if suffix in self._starts:
                raise ConfigError(
                    f"[export] formats: {name!r} would write the file of another one; remove one"
                )
            self._starts[suffix] = registry.build(Exporter, name, table.tables.get(name))
        self._redaction = _redaction(registry, table) if self._starts else None

    def write(self, place: Path, folder: Path, *, anew: bool) -> list[Path]:
        """Write to the folder `place` all of them `anew`, or those that are not there; returns all."""
        place.mkdir(exist_ok=True)
        for path in self._paths(place, folder):
            if anew or not path.exists():
                self._write(path, folder)
        return list(self._paths(place, folder))

    def renew(self, place: Path, folder: Path) -> list[Path]:
        """Write anew those that are there; returns them."""
        there = [path for path in self._paths(place, folder) if path.exists()]
        for path in there:
            self._write(path, folder)
        return there

    def _paths(self, place: Path, folder: Path) -> Iterator[Path]:
        return (place / f"{folder.name}{suffix}" for suffix in self._starts)

    def _write(self, path: Path, folder: Path) -> None:
        start = self._starts[path.name.removeprefix(folder.name)]
        export_dataset(folder, start(path.parent, folder.name), self._redaction)


def _redaction(registry: Registry, table: ExportTable) -> Redaction:
    from pixcrawler_core.assembly.redaction import FACES, Redaction

    faces = registry.models.session(FACES) if table.blur_faces else None
    return Redaction(metadata=table.metadata, faces=faces)
