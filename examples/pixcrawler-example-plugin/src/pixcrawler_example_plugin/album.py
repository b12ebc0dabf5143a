"""The format `album`: a folder with all files, and a page to look through the images with their credits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Exporter, OpenWriter
from pixcrawler_core.exports.writer import ExportWriter

SUFFIX = "-album"
INDEX = "index.html"


class AlbumOptions(BaseModel):
    """How the page looks."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    width: int = Field(default=320, ge=50, le=2000, description="Width of an image on the page in pixels.")


class Album(ExportWriter):
    """One album in the making: a hidden folder that gets its name when it is complete."""

    def __init__(self, folder: Path, dataset: str, options: AlbumOptions) -> None:
        self._width = options.width
        super().__init__(folder, dataset, SUFFIX)

    def begin(self) -> None:
        """Start the page, which is closed at the end, or when something fails."""
        self._page = self.opened(INDEX)
        self._page.write(f"<!doctype html>\n<meta charset=utf-8>\n<title>{escape(self.dataset)}</title>\n")

    def image(self, path: Path, name: str, entry: Mapping[str, Any]) -> None:
        """Add an image, and show it on the page with its credits: nothing from the web is taken for HTML."""
        self.place.put(path, name, own=False)
        told = (entry.get("title"), entry.get("creator"), entry.get("licence"))
        caption = escape(", ".join(str(each) for each in told if each))
        picture = f'<img src="{quote(name)}" width={self._width} loading=lazy alt="">'
        self._page.write(f"<figure>{picture}<figcaption>{caption}</figcaption></figure>\n")


def build(options: AlbumOptions) -> OpenWriter:
    """What starts an album."""
    return partial(Album, options=options)


@hookimpl
def register_exporters() -> Iterator[Exporter]:
    """The format `album`."""
    yield Exporter(
        name="album",
        summary="a folder with a page to look through",
        suffix=SUFFIX,
        options=AlbumOptions,
        build=build,
    )
