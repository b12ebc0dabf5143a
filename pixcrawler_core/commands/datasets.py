"""Finds the dataset that a command line names: what all commands that take DATASET share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from os.path import isdir, isfile  # those of pathlib raise an error for names that are too long
from pathlib import Path
from typing import TYPE_CHECKING

from slugify import slugify

from pixcrawler_core.assembly.manifest import MANIFEST, manifest_head
from pixcrawler_core.commands.paths import visible
from pixcrawler_core.errors import ConfigError, WorkspaceError
from pixcrawler_core.provenance.versions import kept_folder, kept_versions, version_of

if TYPE_CHECKING:
    from pixcrawler_core.cli import Context
    from pixcrawler_core.workspace import Workspace

PREFIX = "dataset-"
_VERSION = re.compile(r"(?P<name>.+)(?:\.v|@)(?P<number>[1-9]\d{0,8})")


def dataset_folder(context: Context, text: str) -> Path:
    """The folder of a finished dataset: of this path, or in the workspace of this id, name or folder's name.

    `ID.vN` and `ID@N` name one of its versions. The path ends in a name, also for `.`. Nothing is made, and
    no catalog is opened. Raises ConfigError for what is none.
    """
    given = Path(text)
    if text and isfile(given / MANIFEST):
        return given if given.name not in ("", "..") else given.resolve()
    workspace = context.open_workspace()
    for folder in _folders(workspace, text):
        if isfile(folder / MANIFEST):
            return folder
    if found := _VERSION.fullmatch(text):
        return _version(workspace, found["name"], int(found["number"]))
    if text and isdir(given):
        raise ConfigError(f"{visible(text)} is no finished dataset: it has no {MANIFEST}")
    raise _unknown(workspace, text)


def _version(workspace: Workspace, name: str, number: int) -> Path:
    for folder in _folders(workspace, name):
        if not isfile(folder / MANIFEST):
            continue
        if _current(folder) == number:
            return folder
        kept = kept_folder(folder, number)
        if isfile(kept / MANIFEST):
            return kept
        there = ", ".join(map(str, sorted({*kept_versions(folder), _current(folder)})))
        raise ConfigError(f"dataset {visible(name)!r} has no version {number}; there are: {there}")
    raise _unknown(workspace, name)


def _current(folder: Path) -> int:
    try:
        return version_of(manifest_head(folder / MANIFEST))
    except (OSError, ValueError) as error:
        raise ConfigError(f"{folder / MANIFEST}: not the manifest of a dataset ({error})") from error


def _folders(workspace: Workspace, text: str) -> Iterator[Path]:
    """The folders that a dataset of this name may have."""
    for name in dict.fromkeys((text, text.removeprefix(PREFIX), slugify(text))):
        try:
            yield workspace.dataset(name)
        except WorkspaceError:
            continue


def _unknown(workspace: Workspace, text: str) -> ConfigError:
    there = sorted(
        path.parent.name.removeprefix(PREFIX) for path in workspace.datasets.glob(f"{PREFIX}*/{MANIFEST}")
    )
    known = ", ".join(name for name in there if "." not in name) or "none"
    return ConfigError(
        f"no finished dataset is called {visible(text)!r} in {workspace.root}, and no folder of one lies "
        f"there; there are: {known}"
    )
