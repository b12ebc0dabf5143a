"""The format `album`: a folder with all files, and a page to look through the images with their credits."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from html import escape
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.errors import WorkspaceError

INDEX = "index.html"


class AlbumOptions(BaseModel):
    """How the page looks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int = Field(default=320, ge=50, le=2000, description="Width of an image on the page in pixels.")


class Album:
    """One album in the making: a hidden folder that gets its name when it is complete."""

    def __init__(self, folder: Path, dataset: str, options: AlbumOptions) -> None:
        check_name(dataset)
        self._final = folder / dataset
        self._unfinished = folder / f".{dataset}.part"
        self._width = options.width
        with self._writing():
            shutil.rmtree(self._unfinished, ignore_errors=True)
            self._unfinished.mkdir()
            self._page = (self._unfinished / INDEX).open("w", encoding="utf-8")
            self._page.write(f"<!doctype html>\n<meta charset=utf-8>\n<title>{escape(dataset)}</title>\n")

    def add(self, path: Path, name: str, entry: Mapping[str, Any] | None, /) -> None:
        """Copy the file at `path`, and show it on the page if it is an image.

        Raises ValueError for a name that is not relative, leads elsewhere or is taken already.
        """
        check_name(name)
        target = self._unfinished / name
        if target.exists():
            raise ValueError(f"the name {name!r} is taken already")
        with self._writing():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            if entry is not None:
                self._page.write(self._figure(name, entry))

    def close(self) -> Path:
        """Finish the page and put the album in the place of an earlier one."""
        with self._writing():
            self._page.close()
            if self._final.exists():
                shutil.rmtree(self._final)
            return self._unfinished.replace(self._final)

    def abort(self) -> None:
        """Remove what was written; an earlier album stays."""
        with suppress(OSError):  # a full disk fails once more, on a page that is to go
            self._page.close()
        shutil.rmtree(self._unfinished, ignore_errors=True)

    def _figure(self, name: str, entry: Mapping[str, Any]) -> str:
        """An image with its credits: nothing that the web told is taken for HTML."""
        told = (entry.get("title"), entry.get("creator"), entry.get("licence"))
        caption = escape(", ".join(str(each) for each in told if each))
        image = f'<img src="{quote(name)}" width={self._width} loading=lazy alt="">'
        return f"<figure>{image}<figcaption>{caption}</figcaption></figure>\n"

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise WorkspaceError(
                f"cannot write {self._final}: {error.strerror or error}; make room, and export again"
            ) from error


def check_name(name: str) -> None:
    """Raise ValueError unless it is a plain relative path, on every system."""
    path = PurePosixPath(name)
    plain = name == str(path) and name != "." and ".." not in path.parts
    if not plain or PureWindowsPath(name).anchor or "\\" in name or not name.isprintable():
        raise ValueError(f"the name {name!r} is not a plain relative path")


def build(options: AlbumOptions) -> OpenWriter:
    """What starts an album."""
    return partial(Album, options=options)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `album`."""
    yield Exporter(
        name="album",
        summary="a folder with a page to look through",
        suffix="",
        options=AlbumOptions,
        build=build,
    )
