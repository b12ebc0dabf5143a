"""Labels as files beside the images: all of them in one, an image's in one of its own, likely wrong ones."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, TYPE_CHECKING, Any, Self

from pixcrawler_core.assembly.files import NUMBERED, replaced
from pixcrawler_core.assembly.label_forms import FORMS, Form, as_row, csv_rows

if TYPE_CHECKING:
    from pixcrawler_core.assembly.label_forms import Row

WHOLE = {name: f"metadata/labels.{name}" for name in FORMS}
"""The file with the labels of all images, by its form."""
MISLABELS = "metadata/mislabels.csv"
"""Only in datasets with likely mislabels."""
SINGLE = "labels"
"""Folder of the files of single images."""
CATEGORY = "category"
"""The labeler that scores how well an image agrees with its category."""
MOST_MISLABELS = 10_000
"""Images that are listed at most, the least sure ones: bounds memory. Decided ones make room for others."""
COLUMNS = ("path", "sha256", "category", "score", "shows")


@dataclass(frozen=True, kw_only=True)
class LabelOptions:
    """Which files are written."""

    forms: Sequence[str] = ()
    """`json`, `csv`, `yaml`, `txt`."""
    per_image: bool = False
    """Whether each image has a file of its own, too."""
    doubtful: float = 0.0
    """The score, 0 to 1, of a category's label below which it is listed as a likely mislabel."""
    decided: Collection[str] = field(default_factory=frozenset)
    """Digests of images on which a person has decided: these are not listed."""

    @property
    def whole(self) -> list[str]:
        """The files with the labels of all images, within the dataset's folder."""
        return [WHOLE[form] for form in self.forms]


class LabelFiles:
    """Writes labels while the images of a dataset are gone through; a context manager."""

    def __init__(self, folder: Path, options: LabelOptions) -> None:
        self._folder = folder
        self._options = options
        self._stack = ExitStack()
        self._open: list[tuple[Form, IO[str]]] = []
        self._made: set[Path] = set()
        self._mislabels: list[tuple[Any, ...]] = []
        self._first = True

    def __enter__(self) -> Self:
        for name in self._options.forms:
            form = FORMS[name]
            file = self._stack.enter_context(replaced(self._folder / WHOLE[name]))
            file.write(form.head)
            self._open.append((form, file))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if error is None:
            for form, file in self._open:
                file.write(form.tail)
        self._stack.__exit__(kind, error, traceback)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Write the labels of one image, a row of the manifest."""
        self._weigh(entry)
        if not self._open:
            return
        row = as_row(entry)
        for form, file in self._open:
            file.write(form.item(row, first=self._first))
        self._first = False
        if self._options.per_image:
            self._write_single(row)

    def write_mislabels(self) -> bool:
        """Write the list of likely mislabels, lowest score first; whether there are any."""
        path = self._folder / MISLABELS
        if not self._mislabels:
            path.unlink(missing_ok=True)
            return False
        with replaced(path) as file:
            file.write(csv_rows([COLUMNS]))
            for score, name, sha256, category, shows in sorted(self._mislabels)[:MOST_MISLABELS]:
                file.write(csv_rows([[name, sha256, category, score, shows]]))
        return True

    def _weigh(self, entry: Mapping[str, Any]) -> None:
        for label in entry["labels"]:
            score = label.get("score")
            if label["source"] != CATEGORY or score is None or score >= self._options.doubtful:
                continue
            if entry["sha256"] in self._options.decided:
                continue
            about = entry["path"], entry["sha256"], entry["category"], _shown(label)
            self._mislabels.append((score, *about))
        if len(self._mislabels) >= 2 * MOST_MISLABELS:
            self._mislabels = sorted(self._mislabels)[:MOST_MISLABELS]

    def _write_single(self, row: Row) -> None:
        for name, (form, _) in zip(self._options.forms, self._open, strict=True):
            path = self._folder / single_file(row["path"], name)
            if path.parent not in self._made:
                path.parent.mkdir(parents=True, exist_ok=True)
                self._made.add(path.parent)
            with replaced(path) as file:
                file.write(form.single(row))


def single_file(image: str, form: str) -> str:
    """The file of an image's labels, as its path: `categories/red-panda/image_001.jpg` has its labels in
    `labels/red-panda/image_001.json`."""
    place = PurePosixPath(image)
    return f"{SINGLE}/{place.parent.name}/{place.stem}.{form}"


def remove_stale(folder: Path, images: Iterable[str], options: LabelOptions) -> None:
    """Remove label files of earlier runs that are not written any more; only those that we named."""
    for form, whole in WHOLE.items():
        if form not in options.forms:
            (folder / whole).unlink(missing_ok=True)
    forms = options.forms if options.per_image else ()
    wanted = {single_file(image, form) for image in images for form in forms}
    for path in _single_files(folder):
        if path.relative_to(folder).as_posix() not in wanted:
            path.unlink()


def _single_files(folder: Path) -> Iterator[Path]:
    for path in folder.glob(f"{SINGLE}/*/image_*"):
        if NUMBERED.fullmatch(path.stem) and path.suffix[1:] in FORMS and path.is_file():
            yield path


def _shown(label: Mapping[str, Any]) -> str:
    """What the picture shows rather, in a line."""
    shows = label.get("attributes", {}).get("shows", [])
    return "; ".join(map(str, shows)) if isinstance(shows, list) else str(shows)
