"""The description of a collection, `collection.json`: which methods it has fingerprints of."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.assembly.files import replaced
from pixcrawler_core.catalog.locking import FileLock, HeldError
from pixcrawler_core.errors import WorkspaceError

if TYPE_CHECKING:
    from pixcrawler_core.dedup.methods import Method

NAME = "collection.json"
LOCK = "collection.lock"
VERSION = 1


def is_collection(folder: Path) -> bool:
    """Whether a folder is a collection, and not one of images."""
    return (folder / NAME).is_file()


def locked(folder: Path) -> FileLock:
    """Take a collection for oneself; the folder is made if need be.

    Raises WorkspaceError where that fails, another process has it, or the folder has something else in it.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not is_collection(folder) and set(os.listdir(folder)) - {LOCK, f".{NAME}.part"}:
            raise WorkspaceError(f"{folder} is no collection, and not empty; name a new folder for it")
        return FileLock(folder / LOCK)
    except HeldError as error:
        raise WorkspaceError(
            f"the collection {folder} is in use ({error}); wait until that is done"
        ) from None
    except OSError as error:
        raise WorkspaceError(f"cannot use {folder} as a collection: {error.strerror or error}") from error


def described(folder: Path) -> list[str]:
    """The versions of the methods that a collection has, in the order in which it came to them.

    Raises WorkspaceError for what is no collection, or one of another version of the program.
    """
    return [each["version"] for each in _methods(folder)]


def describe(folder: Path, methods: Sequence[Method]) -> list[str]:
    """Add methods to a description that lacks them; returns the versions of all that it has then."""
    there = _methods(folder) if is_collection(folder) else []
    versions = [each["version"] for each in there]
    new = [each for each in methods if each.version not in versions]
    if there and not new:
        return versions
    told = [{"name": each.name, "version": each.version, "options": dict(each.options)} for each in new]
    try:
        with replaced(folder / NAME) as file:
            json.dump({"version": VERSION, "methods": [*there, *told]}, file, indent=1)
    except OSError as error:
        raise WorkspaceError(f"cannot write {folder / NAME}: {error.strerror or error}") from error
    return [*versions, *(each.version for each in new)]


def _methods(folder: Path) -> list[dict[str, Any]]:
    path = folder / NAME
    try:
        told = json.loads(path.read_bytes())
        version, methods = told["version"], told["methods"]
        sound = all(isinstance(each["version"], str) for each in methods)
    except OSError as error:
        raise WorkspaceError(f"cannot read the collection {folder}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, RecursionError):
        version, methods, sound = VERSION, [], False
    if version != VERSION:
        raise WorkspaceError(
            f"the collection {folder} has version {version!r:.40}, and this program knows version {VERSION}; "
            "use the program that wrote it, or another folder"
        )
    if not sound or not isinstance(methods, list):
        raise WorkspaceError(f"{path} is damaged; delete the folder {folder}, and make it again")
    return methods
