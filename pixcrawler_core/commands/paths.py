"""Paths on the command line, and how they are shown."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from pixcrawler_core.errors import ConfigError


class GivenPath(click.Path):
    """A path that is not empty, which would be the current folder: a variable was not set."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path."""
        if not os.fspath(value):
            self.fail("a path is empty; write . for the current folder", param, ctx)
        return super().convert(value, param, ctx)


def check_paths(paths: Iterable[Path], option: str = "") -> None:
    """Raise ConfigError, which names the `option`, if any, for paths at which there is nothing."""
    if missing := [visible(path) for path in paths if not os.path.exists(path)]:
        named = f"{option} {', '.join(missing)}".lstrip()
        raise ConfigError(f"{named}: there is no such file or folder")


def visible(path: Path | str) -> str:
    """A path or a sentence on one line, with what a terminal would not show, or obey, as escapes."""
    return "".join(each if each.isprintable() else ascii(each)[1:-1] for each in str(path))


def text_of(path: Path) -> str:
    """The path as text for other programs, whatever bytes its name has."""
    return str(path).encode("utf-8", "backslashreplace").decode()
