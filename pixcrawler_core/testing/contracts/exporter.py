"""What holds for exporters."""

# ruff: noqa: S101  # these are tests

from __future__ import annotations

import hashlib
import tracemalloc
from abc import ABC, abstractmethod
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pixcrawler_core.components import Exporter, Writer
from pixcrawler_core.testing.contracts.part import PartContract

HOSTILE_NAMES = (
    *("", ".", "..", "../up.jpg", "a/../../up.jpg", "a/..", "/etc/passwd", "//host/share", "./a.jpg"),
    *("a//b.jpg", "a/", "a\\b.jpg", "..\\up.jpg", "C:/a.jpg", "C:a.jpg", "a\0b.jpg", "a\nb.jpg", "\ud800"),
)
"""Names that an exporter must refuse."""

ENTRIES = 1000
ENTRY_BYTES = 32 * 1024
MEMORY_BYTES = 6 * 1024 * 1024


class ExporterContract(PartContract, ABC):
    """What holds for every export format; a subclass says how to read one back."""

    component: Exporter

    @abstractmethod
    def read(self, export: Path) -> dict[str, bytes]:
        """The contents of a finished export by name."""

    def holds(self, name: str, /) -> bool:
        """Whether the format has the bytes of the file that is added under this name; a table has none."""
        return True

    def entry(self, name: str, path: Path) -> Mapping[str, Any]:
        """A row of the manifest."""
        labels = [{"name": "a picture", "source": "category", "version": "1"}]
        return {"path": name, "sha256": _digest(path), "size": path.stat().st_size, "labels": labels}

    def test_it_holds_what_was_added(self, tmp_path: Path) -> None:
        """Everything that it `holds`, under the names that were given, in a file with the promised suffix."""
        target = _folder(tmp_path, "target")
        added = self._fill(writer := self._open(target), tmp_path)
        given = {name: data for name, data in added.items() if self.holds(name)}
        assert not [path for path in target.iterdir() if path.name == f"set{self.component.suffix}"]
        export = writer.close()
        assert export == target / f"set{self.component.suffix}"
        assert [path.name for path in target.iterdir()] == [export.name]
        found = self.read(export)
        assert {name: found[name] for name in given} == given

    def test_the_same_entries_give_the_same_bytes(self, tmp_path: Path) -> None:
        """Whenever and wherever it is written."""
        exports = []
        for name in ("one", "two"):
            source = _folder(tmp_path, f"source-{name}")
            self._fill(writer := self._open(_folder(tmp_path, name)), source)
            exports.append(_tree(writer.close()))
        assert exports[0] == exports[1]

    def test_abort_leaves_nothing(self, tmp_path: Path) -> None:
        """Nothing half-written stays, and an earlier export is not touched."""
        target = _folder(tmp_path, "target")
        self._fill(writer := self._open(target), tmp_path)
        writer.abort()
        assert list(target.iterdir()) == []
        self._fill(writer := self._open(target), tmp_path)
        earlier = _tree(export := writer.close())
        self._fill(writer := self._open(target), tmp_path)
        writer.abort()
        assert _tree(export) == earlier

    def test_hostile_names_are_refused(self, tmp_path: Path) -> None:
        """Each with a ValueError, and nothing is written anywhere."""
        target, source = _folder(tmp_path, "target"), tmp_path / "file"
        source.write_bytes(b"bytes")
        writer = self._open(target)
        taken = [name for name in HOSTILE_NAMES if not self._refuses(writer, source, name)]
        writer.abort()
        assert not taken
        assert sorted(path.name for path in tmp_path.iterdir()) == ["file", "target"]

    def test_memory_does_not_grow(self, tmp_path: Path) -> None:
        """Neither with a thousand entries, nor with one that is larger than the memory allowed."""
        source, large = tmp_path / "file", tmp_path / "large"
        source.write_bytes(bytes(ENTRY_BYTES))
        large.write_bytes(bytes(2 * MEMORY_BYTES))
        writer = self._open(_folder(tmp_path, "target"))
        tracemalloc.start()
        try:
            for number in range(ENTRIES):
                writer.add(source, f"images/{number:04}.jpg", self.entry("file", source))
            writer.add(large, "large.jpg", self.entry("large", source))
            writer.close()
            peak = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert peak < MEMORY_BYTES, f"{peak} bytes for {ENTRIES} entries of {ENTRY_BYTES} bytes"

    def _open(self, folder: Path) -> Writer:
        writer: Writer = self.build()(folder, "set")
        return writer

    def _fill(self, writer: Writer, folder: Path) -> dict[str, bytes]:
        given: dict[str, bytes] = {}
        for number, name in enumerate(("categories/a/1.jpg", "categories/ünïcode/2.jpg", "empty", "m.json")):
            path = folder / f"source-{number}"
            path.write_bytes(given.setdefault(name, bytes([number]) * 1000 * number))
            writer.add(path, name, self.entry(name, path) if name.endswith(".jpg") else None)
        return given

    def _refuses(self, writer: Writer, source: Path, name: str) -> bool:
        try:
            writer.add(source, name, None)
        except ValueError:
            return True
        return False


def _folder(parent: Path, name: str) -> Path:
    folder = parent / name
    folder.mkdir()
    return folder


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _tree(export: Path) -> dict[str, bytes]:
    files = sorted(export.rglob("*")) if export.is_dir() else [export]
    return {str(path.relative_to(export)): path.read_bytes() for path in files if path.is_file()}
