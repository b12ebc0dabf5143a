"""The description of a collection, `collection.json`: which methods it has fingerprints of."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from pixcrawler_core.assembly.files import replaced
from pixcrawler_core.catalog.locking import FileLock, HeldError
from pixcrawler_core.errors import WorkspaceError

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
    path = folder / NAME
    try:
        told = json.loads(path.read_bytes())
        version, methods = told["version"], told["methods"]
    except OSError as error:
        raise WorkspaceError(f"cannot read the collection {folder}: {error.strerror or error}") from error
    except (ValueError, TypeError, KeyError, RecursionError):
        raise WorkspaceError(f"{path} is damaged; delete the folder {folder}, and make it again") from None
    if version != VERSION:
        raise WorkspaceError(
            f"the collection {folder} has version {version!r:.40}, and this program knows version {VERSION}; "
            "use the program that wrote it, or another folder"
        )
    if not isinstance(methods, list) or not all(isinstance(each, str) for each in methods):
        raise WorkspaceError(f"{path} is damaged; delete the folder {folder}, and make it again")
    return methods


def describe(folder: Path, versions: Sequence[str]) -> list[str]:
    """Add versions of methods to a description that lacks them; returns all that it has then."""
    there = described(folder) if is_collection(folder) else []
    wanted = [*there, *(each for each in versions if each not in there)]
    if wanted == there:
        return there
    try:
        with replaced(folder / NAME) as file:
            json.dump({"version": VERSION, "methods": wanted}, file, indent=1)
    except OSError as error:
        raise WorkspaceError(f"cannot write {folder / NAME}: {error.strerror or error}") from error
    return wanted
