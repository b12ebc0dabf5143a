"""What the writers of export formats have in common."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from pixcrawler_core.catalog.locking import HeldError
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.exports.names import check_name
from pixcrawler_core.exports.place import Place, sync


class ExportWriter(ABC):
    """One export in the making. A write that fails removes what was written, and raises WorkspaceError.

    So does the constructor while another export of the same name is being written to the same folder.

    A format says what it does with an image, with another file, and at the end. It writes at or below
    `place.part`, and opens files that stay open with `opened`.
    """

    folder: bool = True
    """Whether `place.part` is a folder; else it is a file."""
    whole_names: bool = False
    """Whether names are kept as they are given; else the dataset's name before them is left out."""

    def __init__(self, folder: Path, dataset: str, suffix: str, place: Place | None = None) -> None:
        self.place = place or Place(folder, dataset, suffix)
        self.dataset = dataset
        self.files = ExitStack()
        """What is closed with the export."""
        try:
            with self._writing():
                self.place.clear()
                if self.folder:
                    self.place.part.mkdir()
                self.begin()
        except HeldError as error:
            raise WorkspaceError(
                f"cannot write {self.place.final}: another export of this name is being written ({error}); "
                "wait until it is finished, and export again"
            ) from None
        except BaseException:
            self.abort()
            raise

    def add(self, path: Path, name: str, entry: Mapping[str, Any] | None, /) -> None:
        """Add the file at `path` under the relative name `name`; `entry` is an image's row of the manifest.

        Raises ValueError for a name that is not relative, leads elsewhere or is taken already.
        """
        check_name(name)
        if not self.whole_names:
            name = name.removeprefix(f"{self.dataset}/")
        with self._writing():
            if entry is None:
                self.other(path, name)
            else:
                self.image(path, name, entry)

    def close(self) -> Path:
        """Finish the export and give it its name."""
        try:
            with self._writing():
                self.finish()
                self.files.close()
                if not self.folder:
                    sync(self.place.part)
                finished = self.place.finish()
        except BaseException:
            self.abort()
            raise
        self.place.release()
        return finished

    def abort(self) -> None:
        """Remove what was written; an earlier export of the same name stays."""
        with suppress(OSError, ValueError):  # a full disk fails once more, on a file that is to go
            self.files.close()
        with suppress(OSError):
            self.place.remove()
        with suppress(OSError):
            self.place.release()

    def opened(self, name: str = "") -> IO[str]:
        """A text file in the export, which is closed with it; without a name the export itself."""
        path = self.place.part / name if name else self.place.part
        path.parent.mkdir(parents=True, exist_ok=True)
        return self.files.enter_context(path.open("w", encoding="utf-8", errors="replace", newline=""))

    def begin(self) -> None:  # noqa: B027  # most formats need not
        """Write what comes first."""

    @abstractmethod
    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Write an image."""

    def other(self, path: Path, name: str) -> None:
        """Write a file that is no image: a folder has it under its own name."""
        if self.folder:
            self.place.put(path, name, own=False)

    def finish(self) -> None:  # noqa: B027  # most formats need not
        """Write what comes last."""

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            self.abort()
            place = f" ({error.filename})" if error.filename else ""
            raise WorkspaceError(
                f"cannot write {self.place.final}: {error.strerror or error}{place}; "
                "free some space or choose another folder, and export again"
            ) from error


def is_own(path: Path, entry: Mapping[str, Any]) -> bool:
    """Whether a file is the one in the dataset's folder, and no copy that is changed for the next image."""
    return path.as_posix().endswith(f"/{entry.get('path')}")
