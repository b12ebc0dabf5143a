"""What the writers of archives have in common."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core.exports.volumes import SMALLEST, VolumePlace, Volumes
from pixcrawler_core.exports.writer import ExportWriter

CHUNK = 1024 * 1024
"""Bytes of a file that are copied at once."""


class VolumeOptions(BaseModel):
    """How an archive is cut."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    volume: int | None = Field(
        default=None,
        ge=SMALLEST,
        description="Bytes of a volume: the archive is cut into files that end in `.001`, `.002` and so on, "
        "999 at most. Not given: one file.",
    )


class ArchiveWriter(ExportWriter):
    """An archive in the making, in one file or in volumes; names in it are those that are given.

    A format says how a file becomes a member, and writes to `stream`. Of each member its name stays in
    memory.
    """

    whole_names = True

    def __init__(self, folder: Path, dataset: str, suffix: str, volume: int | None) -> None:
        place = VolumePlace(folder, dataset, suffix)
        self.stream = Volumes(place.part, place.final.name, volume)
        self.names: dict[str, None] = {}
        """The names of all members, in their order."""
        super().__init__(folder, dataset, suffix, place)

    def begin(self) -> None:
        """Have the stream closed with the export."""
        self.files.callback(self.stream.close)

    def image(self, path: Path, name: str, _entry: Mapping[str, Any]) -> None:
        """Add an image."""
        self.other(path, name)

    def other(self, path: Path, name: str) -> None:
        """Add a file. Raises ValueError for a name that is taken."""
        if name in self.names:
            raise ValueError(f"the name {name!r} was added already")
        with path.open("rb") as source:
            self.member(source, os.fstat(source.fileno()).st_size, name)
        self.names[name] = None

    @abstractmethod
    def member(self, source: BinaryIO, size: int, name: str) -> None:
        """Write a file of so many bytes under this name."""

    def abort(self) -> None:
        """Remove what was written; an earlier export of the same name stays."""
        self.stream.discard()
        super().abort()
