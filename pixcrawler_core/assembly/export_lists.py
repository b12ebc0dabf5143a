"""What lists the images of an export: the dataset's own files where all images go out, else new ones."""

from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import ExitStack
from itertools import takewhile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pixcrawler_core.assembly.attribution import write_head, write_line
from pixcrawler_core.assembly.dataset import ATTRIBUTION, EXTRAS, QUALITY, REPLAY, TABLE
from pixcrawler_core.assembly.files import replaced
from pixcrawler_core.assembly.image_table import ImageTable
from pixcrawler_core.assembly.label_files import MISLABELS, SINGLE, WHOLE, LabelFiles, LabelOptions
from pixcrawler_core.assembly.manifest import IMAGES, MANIFEST, image_line, manifest_head
from pixcrawler_core.assembly.outgoing import Outgoing
from pixcrawler_core.errors import DatasetError
from pixcrawler_core.provenance.lock import LOCK

NOT_IN_PARTS = frozenset({LOCK, QUALITY, REPLAY, MISLABELS})
"""Files that tell of all images, and so do not go with a part of them, or with others than they tell of."""


class WholeLists:
    """Copies the manifest, with what was changed in images; a context manager.

    `manifest` is the one to be exported: the dataset's own if nothing was changed.
    """

    def __init__(self, folder: Path, scratch: Path, _outgoing: Outgoing) -> None:
        self.manifest = folder / MANIFEST
        self.files = EXTRAS
        """What goes out beside the images, where it is there."""
        self._copy = scratch / MANIFEST
        self._changed = False

    def __enter__(self) -> Self:
        self._stack = ExitStack()
        self._source = self._stack.enter_context(self.manifest.open(encoding="utf-8"))
        self._file = self._stack.enter_context(self._copy.open("w", encoding="utf-8"))
        self._file.writelines(takewhile(lambda line: not line.startswith(IMAGES), self._source))
        self._file.write(f"{IMAGES}\n")
        return self

    def add(self, entry: Mapping[str, Any]) -> None:
        """Copy an image's line, or write it anew if the image was changed. In the manifest's order."""
        line = next(line for line in self._source if line.startswith("{"))
        if "exported" not in entry and "export_error" not in entry:
            self._file.write(line)
            return
        self._changed = True
        self._file.write(image_line(entry) + line[len(line.rstrip().removesuffix(",")) :])

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        with self._stack:
            if error is None:
                self._file.writelines(self._source)
        if self._changed:
            self.manifest = self._copy
        else:
            self._copy.unlink()


class PartLists:
    """Writes what lists the images anew in a scratch folder; a context manager.

    Written are the manifest, the table, ATTRIBUTION.md and those label files that the dataset has. What was
    chosen is told in the manifest, with the number of images.
    """

    def __init__(self, folder: Path, scratch: Path, outgoing: Outgoing) -> None:
        self.manifest = scratch / MANIFEST
        self.files = tuple(name for name in EXTRAS if name not in NOT_IN_PARTS | outgoing.without)
        """What goes out beside the images, where it is there."""
        self._folder, self._scratch, self._outgoing = folder, scratch, outgoing
        self._rows = self._images = 0

    def __enter__(self) -> Self:
        head = _head(self._folder)
        (self._scratch / ATTRIBUTION).parent.mkdir()
        with ExitStack() as stack:
            self._file = stack.enter_context(replaced(self.manifest))
            self._attribution = stack.enter_context(replaced(self._scratch / ATTRIBUTION))
            self._lists = (
                stack.enter_context(ImageTable(self._scratch / TABLE)),
                stack.enter_context(LabelFiles(self._scratch, _label_options(self._folder))),
            )
            write_head(self._attribution, str(head.get("name") or self._folder.name))
            self._file.write(json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}"))
            self._file.write(f",\n{IMAGES}")
            self._stack = stack.pop_all()
        return self

    def add(self, entry: Mapping[str, Any]) -> None:
        """Write an image's row; one that could not be changed is only in the manifest."""
        self._file.write(f"{',' if self._rows else ''}\n{image_line(entry)}")
        self._rows += 1
        if "export_error" in entry:
            return
        self._images += 1
        write_line(self._attribution, entry)
        for each in self._lists:
            each.add(entry)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            there = [name for name in self.files if self._is_there(name)]
            told = {"files": there, "export": {**self._outgoing.as_json(), "images": self._images}}
            self._file.write(f"\n],\n {json.dumps(told)[1:]}\n")
        self._stack.__exit__(kind, error, traceback)

    def _is_there(self, name: str) -> bool:
        return (self._folder / name).exists() or name in (TABLE, ATTRIBUTION)


def _head(folder: Path) -> dict[str, Any]:
    try:
        return manifest_head(folder / MANIFEST)
    except (OSError, ValueError) as error:
        raise DatasetError(f"{folder / MANIFEST} cannot be read: {error}") from error


def _label_options(folder: Path) -> LabelOptions:
    """The label files that a dataset has."""
    forms = [form for form, name in WHOLE.items() if (folder / name).exists()]
    return LabelOptions(forms=forms, per_image=(folder / SINGLE).is_dir())
